package io.nightshift.iceberg.destination;

import io.nightshift.destination.lake.FileFooters;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import java.nio.ByteBuffer;
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
import java.util.Comparator;
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
/// bounds. They come from the footers of the files. Whole numbers, texts,
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
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the footers of the committed files can't be read", e), e);
        }
        FileFooters.read(duckDb, paths)
                .forEach((path, columns) -> columns.forEach((name, column) -> metrics.add(path, name, column)));
        return metrics;
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

    private void add(String path, String name, FileFooters.Column column) {
        NestedField field = Objects.requireNonNull(schema.findField(name));
        Columns columns = files.computeIfAbsent(path, file -> new Columns());
        columns.values.put(field.fieldId(), column.values());
        columns.sizes.put(field.fieldId(), column.bytes());
        if (column.nulls() != null) {
            columns.nulls.put(field.fieldId(), column.nulls());
        }
        Object least = column.<Object>least(text -> parsed(field.type(), text), order(field.type()));
        if (least != null) {
            columns.least.put(field.fieldId(), least);
        }
        Object greatest = column.<Object>greatest(text -> parsed(field.type(), text), order(field.type()));
        if (greatest != null) {
            columns.greatest.put(field.fieldId(), greatest);
        }
    }

    private static Comparator<Object> order(Type type) {
        return Comparators.forType(type.asPrimitiveType());
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
