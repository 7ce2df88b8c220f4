package io.nightshift.redis.destination;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.destination.FirstRows;
import io.nightshift.destination.Manifest;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.OutputSchema;
import io.nightshift.protocol.job.RedisDestination.Format;
import io.nightshift.redis.RedisConnection;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/// The records of a published batch with the columns that its schema lists, which are those of every destination.
final class StoredRecords {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int AT_ONCE = 500;

    private final RedisConnection connection;
    private final RedisBatch batch;
    private final BatchId id;
    private final List<OutputSchema.Column> schema;
    private final List<Kind> kinds;

    /// The type of a column, as far as it matters when records are read back.
    private enum Kind {
        WHOLE("BIGINT"),
        FRACTION("DOUBLE"),
        TRUTH("BOOLEAN"),
        TEXT("VARCHAR");

        final String duckDb;

        Kind(String duckDb) {
            this.duckDb = duckDb;
        }

        static Kind of(String type) {
            return switch (type.replaceAll("\\(.*", "")) {
                case "TINYINT", "UTINYINT", "SMALLINT", "USMALLINT", "INTEGER", "UINTEGER", "BIGINT" -> WHOLE;
                case "FLOAT", "DOUBLE", "DECIMAL", "UBIGINT", "HUGEINT", "UHUGEINT" -> FRACTION;
                case "BOOLEAN" -> TRUTH;
                default -> TEXT;
            };
        }

        Object value(String text) {
            return switch (this) {
                case WHOLE -> Long.valueOf(text);
                case FRACTION -> Double.valueOf(text);
                case TRUTH -> Boolean.valueOf(text);
                case TEXT -> text;
            };
        }
    }

    /// @throws FailureException if readers don't see the batch
    StoredRecords(RedisConnection connection, @Nullable RedisBatch batch, BatchId id) {
        String manifest = batch == null ? null : batch.manifest();
        if (batch == null || manifest == null) {
            throw FailureException.permanent("the predictions of %s are gone".formatted(id));
        }
        this.connection = connection;
        this.batch = batch;
        this.id = id;
        try {
            OutputSchema found = Manifest.schema(manifest);
            schema = found == null ? List.of() : found.columns();
        } catch (IOException e) {
            throw new FailureException(
                    Failure.permanent("the manifest of %s can't be read: %s".formatted(id, e.getMessage())), e);
        }
        kinds = schema.stream().map(column -> Kind.of(column.type())).toList();
    }

    /// Is shown a row.
    @FunctionalInterface
    private interface RowVisitor {
        /// @return whether to go on
        boolean see(@Nullable Object[] row);
    }

    private void each(int atOnce, RowVisitor visitor) {
        Map<Integer, CommittedPart> parts = new TreeMap<>();
        RedisBatch.fields(
                connection,
                batch.keys().parts(),
                (partition, text) -> parts.put(Integer.parseInt(partition), CommittedPart.of(text)));
        for (Map.Entry<Integer, CommittedPart> part : parts.entrySet()) {
            boolean more = batch.records(
                    connection,
                    part.getKey(),
                    atOnce,
                    (record, stored) -> visitor.see(row(record, stored, part.getValue())));
            if (!more) {
                return;
            }
        }
    }

    private @Nullable Object[] row(byte[] record, List<byte @Nullable []> stored, CommittedPart part) {
        JsonNode object = batch.format() == Format.JSON ? object(record, stored.getFirst()) : null;
        @Nullable Object[] row = new @Nullable Object[schema.size()];
        for (int i = 0; i < row.length; i++) {
            String name = schema.get(i).name();
            String text = i == 0 && name.equals(RecordColumn.ID)
                    ? new String(record, StandardCharsets.UTF_8)
                    : object == null ? field(name, stored) : field(name, object);
            if (text == null && !batch.columns().contains(name)) {
                text = constant(name, part);
            }
            row[i] = text == null ? null : kinds.get(i).value(text);
        }
        return row;
    }

    private @Nullable String field(String name, List<byte @Nullable []> stored) {
        int at = batch.columns().indexOf(name);
        byte[] text = at < 0 ? null : stored.get(at);
        return text == null ? null : new String(text, StandardCharsets.UTF_8);
    }

    private static @Nullable String field(String name, JsonNode object) {
        JsonNode value = object.get(name);
        return value == null || value.isNull() ? null : value.asText();
    }

    private JsonNode object(byte[] record, byte @Nullable [] json) {
        if (json == null) {
            return JSON.createObjectNode();
        }
        try {
            return JSON.readTree(new String(json, StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            throw FailureException.permanent("%s%s is no JSON: %s"
                    .formatted(
                            batch.keys().records(),
                            new String(record, StandardCharsets.UTF_8),
                            e.getOriginalMessage()));
        }
    }

    /// The value of a column that is the same in all rows of a partition; null for other columns.
    private @Nullable String constant(String name, CommittedPart part) {
        String[] model = part.model().split(" ", 2);
        return switch (name) {
            case "model_name" -> model[0];
            case "model_version" -> model[1];
            case "batch_id" -> id.value();
            case "predicted_at" -> part.predictedAt();
            default -> null;
        };
    }

    private List<String> names() {
        return schema.stream().map(OutputSchema.Column::name).toList();
    }

    FirstRows first(int limit) {
        List<List<@Nullable Object>> rows = new ArrayList<>();
        each(Math.min(limit, AT_ONCE), row -> {
            rows.add(Collections.unmodifiableList(Arrays.asList(row)));
            return rows.size() < limit;
        });
        return FirstRows.of(names(), rows);
    }

    /// Makes a temporary table of the records.
    void copy(Connection duckDb, String table) {
        List<String> definitions = new ArrayList<>();
        for (int i = 0; i < schema.size(); i++) {
            definitions.add(Sql.name(schema.get(i).name()) + " " + kinds.get(i).duckDb);
        }
        try (Statement statement = duckDb.createStatement()) {
            statement.execute("CREATE TEMP TABLE %s (%s)"
                    .formatted(Sql.name(table), definitions.stream().collect(Collectors.joining(", "))));
            try (DuckDBAppender appender =
                    duckDb.unwrap(DuckDBConnection.class).createAppender("temp", "main", table)) {
                SQLException[] failed = new SQLException[1];
                each(AT_ONCE, row -> {
                    try {
                        append(appender, row);
                        return true;
                    } catch (SQLException e) {
                        failed[0] = e;
                        return false;
                    }
                });
                if (failed[0] != null) {
                    throw failed[0];
                }
                appender.flush();
            }
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the records can't be copied", e), e);
        }
    }

    private static void append(DuckDBAppender appender, @Nullable Object[] row) throws SQLException {
        appender.beginRow();
        for (@Nullable Object value : row) {
            switch (value) {
                case null -> appender.appendNull();
                case Long number -> appender.append(number.longValue());
                case Double number -> appender.append(number.doubleValue());
                case Boolean truth -> appender.append(truth.booleanValue());
                default -> appender.append(String.valueOf(value));
            }
        }
        appender.endRow();
    }
}
