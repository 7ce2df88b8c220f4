package io.nightshift.redis.destination;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.api.QuarantinedRow;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.QuarantinedRows;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.RedisDestination;
import io.nightshift.redis.RedisConnection;
import io.nightshift.storage.database.DataSources;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Protocol.Command;

/// The quarantined rows of a batch: a list for each partition, with a JSON object for each row.
final class QuarantineReader implements QuarantinedRows {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int AT_ONCE = 500;

    private final CommittedBatch batch;
    private final RedisDestination destination;
    private final DataSources dataSources;

    QuarantineReader(CommittedBatch batch, RedisDestination destination, DataSources dataSources) {
        this.batch = batch;
        this.destination = destination;
        this.dataSources = dataSources;
    }

    /// Shows the rows of a partition as they are stored, until the reader returns false.
    ///
    /// @return the number of rows that were shown
    static long elements(RedisConnection connection, RedisBatch batch, int partition, Predicate<byte[]> reader) {
        String key = batch.keys().quarantine(partition);
        long from = 0;
        List<@Nullable Object> rows;
        do {
            rows = RedisConnection.asList(connection.call(Command.LRANGE, key, from, from + AT_ONCE - 1));
            for (@Nullable Object row : rows) {
                from++;
                if (row instanceof byte[] raw && !reader.test(raw)) {
                    return from;
                }
            }
        } while (rows.size() == AT_ONCE);
        return from;
    }

    /// The ID of a row; null if it has none.
    static @Nullable String id(byte[] row) {
        return text(parsed("the quarantined rows", row), RecordColumn.ID);
    }

    /// @param key that holds the JSON, for a message
    static JsonNode parsed(String key, byte[] json) {
        try {
            return JSON.readTree(new String(json, StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            throw FailureException.permanent("an element of %s is no JSON: %s".formatted(key, e.getOriginalMessage()));
        }
    }

    private RedisConnection open() {
        return RedisConnection.open(
                dataSources.redis(destination.dataSource()),
                "%s, reading the quarantined rows of %s".formatted(batch.id(), destination),
                Duration.ZERO,
                () -> false);
    }

    private RedisBatch found(RedisConnection connection) {
        return RedisBatch.find(connection, new RedisKeys(destination.name()), batch.id())
                .orElseThrow(this::gone);
    }

    private FailureException gone() {
        return FailureException.permanent(
                "the quarantined rows of %s are gone from %s".formatted(batch.id(), destination));
    }

    @Override
    public List<String> places() {
        if (batch.quarantined() == 0) {
            return List.of();
        }
        try (RedisConnection connection = open()) {
            return List.of("the lists %s:quarantine:* of the data source %s"
                    .formatted(found(connection).keys().own(), destination.dataSource()));
        }
    }

    @Override
    public void forEach(Predicate<QuarantinedRow> reader) {
        if (batch.quarantined() == 0) {
            return;
        }
        try (RedisConnection connection = open()) {
            RedisBatch found = found(connection);
            for (PartitionCommit commit : batch.commits()) {
                if (commit.quarantined() == 0) {
                    continue;
                }
                boolean[] wanted = {true};
                long shown = elements(connection, found, commit.partition(), row -> {
                    wanted[0] = reader.test(row(parsed("the quarantined rows", row)));
                    return wanted[0];
                });
                if (!wanted[0]) {
                    return;
                }
                if (shown != commit.quarantined()) {
                    throw gone();
                }
            }
        }
    }

    private static QuarantinedRow row(JsonNode row) {
        return new QuarantinedRow(
                row.path("record_file").asText(),
                row.path("record_row").asLong(),
                text(row, RecordColumn.ID),
                row.path("reason").asText(),
                text(row, "value"),
                text(row, "message"),
                row.path("values").asText());
    }

    private static @Nullable String text(JsonNode row, String name) {
        JsonNode value = row.get(name);
        return value == null || value.isNull() ? null : value.asText();
    }
}
