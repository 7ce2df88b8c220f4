package io.nightshift.storage.destination.iceberg;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import java.nio.ByteBuffer;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.Schema;
import org.apache.iceberg.expressions.Literal;
import org.apache.iceberg.types.Comparators;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types.NestedField;
import org.apache.iceberg.util.UnicodeUtil;
import org.jspecify.annotations.Nullable;

/// The metrics of data files in a table, by which readers skip files: numbers of values and of NULLs, and
/// bounds. DuckDB reads it from the footers of the files. Whole numbers, texts,
/// dates and timestamps get bounds. For one thread.
final class FileMetrics {

    /// The characters of a bound, as in the tables of other writers.
    private static final int TRUNCATED = 16;

    /// The columns of one file.
    private static final class Columns {
        final Map<Integer, Long> sizes = new HashMap<>();
        final Map<Integer, Long> values = new HashMap<>();
        final Map<Integer, Long> nulls = new HashMap<>();
        final Map<Integer, Object> least = new HashMap<>();
        final Map<Integer, Object> greatest = new HashMap<>();
    }

    private final Schema schema;
    private final Map<String, Columns> files = new HashMap<>();

    private FileMetrics(Schema schema) {
        this.schema = schema;
    }

    /// Reads the footers of files.
    ///
    /// @param paths at least one
    /// @param schema of the table
    /// @throws FailureException if they can't be read, or have other columns than the table
    static FileMetrics read(DuckDb duckDb, Collection<String> paths, Schema schema) {
        FileMetrics metrics = new FileMetrics(schema);
        try (Connection connection = duckDb.connect();
                Statement statement = connection.createStatement()) {
            metrics.checkFieldIds(statement, paths);
            try (ResultSet row = statement.executeQuery(columns(paths))) {
                while (row.next()) {
                    metrics.add(row);
                }
            }
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the footers of the committed files can't be read", e), e);
        }
        return metrics;
    }

    /// NULLs are unknown if a row group does not tell them. Row groups without values have no bounds.
    private static String columns(Collection<String> paths) {
        return """
                SELECT file_name, path_in_schema, CAST(sum(num_values) AS BIGINT),
                CAST(sum(total_compressed_size) AS BIGINT),
                CASE WHEN count(stats_null_count) = count(*) THEN CAST(sum(stats_null_count) AS BIGINT) END,
                list(stats_min_value) FILTER (WHERE num_values > coalesce(stats_null_count, 0)),
                list(stats_max_value) FILTER (WHERE num_values > coalesce(stats_null_count, 0))
                FROM parquet_metadata(%s) GROUP BY ALL
                """.formatted(Sql.files(paths));
    }

    /// Somebody may have dropped a column and added another of the same name.
    private void checkFieldIds(Statement statement, Collection<String> paths) throws SQLException {
        String query = "SELECT DISTINCT name, field_id FROM parquet_schema(%s) WHERE type IS NOT NULL"
                .formatted(Sql.files(paths));
        try (ResultSet row = statement.executeQuery(query)) {
            while (row.next()) {
                NestedField field = schema.findField(row.getString(1));
                if (field == null || field.fieldId() != row.getInt(2)) {
                    throw FailureException.permanent(
                            "the column %s of the table was replaced while the batch was written. Start over with --new"
                                    .formatted(row.getString(1)));
                }
            }
        }
    }

    private void add(ResultSet row) throws SQLException {
        NestedField field = Objects.requireNonNull(schema.findField(row.getString(2)));
        Columns columns = files.computeIfAbsent(row.getString(1), file -> new Columns());
        columns.values.put(field.fieldId(), row.getLong(3));
        columns.sizes.put(field.fieldId(), row.getLong(4));
        long nulls = row.getLong(5);
        if (!row.wasNull()) {
            columns.nulls.put(field.fieldId(), nulls);
        }
        bound(columns.least, field, row.getArray(6), -1);
        bound(columns.greatest, field, row.getArray(7), 1);
    }

    /// A row group without a bound leaves the file without one.
    private static void bound(Map<Integer, Object> bounds, NestedField field, @Nullable Array ofRowGroups, int sign)
            throws SQLException {
        Object bound = null;
        for (Object text : ofRowGroups == null ? new Object[0] : (Object[]) ofRowGroups.getArray()) {
            Object other = text == null ? null : parsed(field.type(), text.toString());
            if (other == null) {
                return;
            }
            bound = bound == null || sign * compare(field.type(), other, bound) > 0 ? other : bound;
        }
        if (bound != null) {
            bounds.put(field.fieldId(), bound);
        }
    }

    private static int compare(Type type, Object one, Object other) {
        return Comparators.forType(type.asPrimitiveType()).compare(one, other);
    }

    /// A bound as Iceberg has values of the type; null if the type gets no bounds, and for years before 1 or after
    /// 9999, which DuckDB writes in its own way.
    private static @Nullable Object parsed(Type type, String text) {
        try {
            return bound(type, text);
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    private static @Nullable Object bound(Type type, String text) {
        return switch (type.typeId()) {
            case INTEGER -> Integer.valueOf(text);
            case LONG -> Long.valueOf(text);
            case STRING -> text;
            case DATE -> (int) LocalDate.parse(text).toEpochDay();
            case TIMESTAMP ->
                ChronoUnit.MICROS.between(
                        LocalDateTime.ofEpochSecond(0, 0, ZoneOffset.UTC),
                        LocalDateTime.parse(text.replaceFirst("[+]00$", "").replace(' ', 'T')));
            default -> null;
        };
    }

    /// The metrics of a file.
    ///
    /// @param rows how many it has
    Metrics of(String path, long rows) {
        Columns columns = Objects.requireNonNull(files.get(path));
        return new Metrics(
                rows,
                columns.sizes,
                columns.values,
                columns.nulls,
                Map.of(),
                bounds(columns.least, false),
                bounds(columns.greatest, true));
    }

    private Map<Integer, ByteBuffer> bounds(Map<Integer, Object> values, boolean isUpper) {
        Map<Integer, ByteBuffer> bounds = new HashMap<>();
        values.forEach((id, value) -> {
            Object bound = value instanceof String text ? truncated(text, isUpper) : value;
            if (bound != null) {
                bounds.put(id, Conversions.toByteBuffer(schema.findType(id), bound));
            }
        });
        return bounds;
    }

    private static @Nullable CharSequence truncated(String text, boolean isUpper) {
        Literal<CharSequence> literal = Literal.of(text);
        Literal<CharSequence> shortened = isUpper
                ? UnicodeUtil.truncateStringMax(literal, TRUNCATED)
                : UnicodeUtil.truncateStringMin(literal, TRUNCATED);
        return shortened == null ? null : shortened.value();
    }
}
