package io.nightshift.redis.destination;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.RedisDestination.Format;
import io.nightshift.redis.RedisConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Protocol.Command;

/// A batch as the server knows it.
///
/// @param number of the batch
/// @param keys of the batch
/// @param state what became of it
/// @param format of its records
/// @param columns of its records, without the ID
/// @param keepsQuarantine whether a cancelled batch keeps its quarantined rows
/// @param version counts the changes of its parts
/// @param manifest null unless it is published
record RedisBatch(
        long number,
        RedisKeys.Batch keys,
        State state,
        Format format,
        List<String> columns,
        boolean keepsQuarantine,
        String version,
        @Nullable String manifest) {

    /// The states of a batch. The scripts write these names in lower case.
    enum State {
        OPEN,
        PUBLISHED,
        CANCELLED,
        /// Readers don't see it any more.
        REMOVED
    }

    /// Elements that one answer has.
    private static final int SCANNED = 1000;

    /// Nothing if the batch was never prepared, or nothing is left of it.
    static Optional<RedisBatch> find(RedisConnection connection, RedisKeys keys, BatchId batch) {
        String number = connection.text(Command.HGET, keys.batches(), batch.value());
        if (number == null) {
            return Optional.empty();
        }
        RedisKeys.Batch own = keys.batch(Long.parseLong(number));
        List<@Nullable String> fields = connection.texts(
                Command.HMGET, own.own(), "state", "format", "columns", "keeps_quarantine", "version", "manifest");
        String state = fields.get(0);
        String format = fields.get(1);
        String columns = fields.get(2);
        String version = fields.get(4);
        if (state == null || format == null || columns == null || version == null) {
            return Optional.empty();
        }
        State is = State.valueOf(state.toUpperCase(Locale.ROOT));
        return Optional.of(new RedisBatch(
                Long.parseLong(number),
                own,
                is,
                Format.valueOf(format),
                List.of(columns.split("\n", -1)),
                fields.get(3) != null,
                version,
                is == State.PUBLISHED ? fields.get(5) : null));
    }

    /// Shows the fields of a hash, some at a time. A field that changes meanwhile may be shown twice.
    static void fields(RedisConnection connection, String key, BiConsumer<String, String> visitor) {
        String cursor = "0";
        do {
            List<@Nullable Object> answer =
                    RedisConnection.asList(connection.call(Command.HSCAN, key, cursor, "COUNT", SCANNED));
            cursor = String.valueOf(RedisConnection.asText(answer.getFirst()));
            List<@Nullable Object> found = RedisConnection.asList(answer.getLast());
            for (int i = 0; i + 1 < found.size(); i += 2) {
                visitor.accept(
                        String.valueOf(RedisConnection.asText(found.get(i))),
                        String.valueOf(RedisConnection.asText(found.get(i + 1))));
            }
        } while (!cursor.equals("0"));
    }

    /// Is shown a record.
    @FunctionalInterface
    interface RecordVisitor {
        /// @param stored for a hash, the text of each column, or null; otherwise the JSON object, or null if
        ///     the record is missing
        /// @return whether to go on
        boolean see(byte[] id, List<byte @Nullable []> stored);
    }

    /// Shows the records of a partition in the order of its rows, some at a time.
    ///
    /// @return whether the visitor wants more
    /// @throws FailureException if they can't be read
    boolean records(RedisConnection connection, int partition, int atOnce, RecordVisitor visitor) {
        long from = 0;
        List<@Nullable Object> ids;
        do {
            ids = RedisConnection.asList(connection.call(Command.LRANGE, keys.ids(partition), from, from + atOnce - 1));
            from += ids.size();
            for (@Nullable Object id : ids) {
                ask(connection, bytes(id));
            }
            List<List<byte @Nullable []>> all = new ArrayList<>();
            for (int i = 0; i < ids.size(); i++) {
                all.add(stored(connection.read()));
            }
            for (int i = 0; i < ids.size(); i++) {
                if (!visitor.see(bytes(ids.get(i)), all.get(i))) {
                    return false;
                }
            }
        } while (ids.size() == atOnce);
        return true;
    }

    private static byte[] bytes(@Nullable Object id) {
        if (id instanceof byte[] raw) {
            return raw;
        }
        throw new IllegalStateException("an ID is no text: " + id);
    }

    private void ask(RedisConnection connection, byte[] id) {
        byte[] prefix = RedisConnection.bytes(keys.records());
        byte[] key = new byte[prefix.length + id.length];
        System.arraycopy(prefix, 0, key, 0, prefix.length);
        System.arraycopy(id, 0, key, prefix.length, id.length);
        switch (format) {
            case HASH -> {
                List<Object> arguments = new ArrayList<>(List.of(key));
                arguments.addAll(columns);
                connection.send(Command.HMGET, arguments.toArray());
            }
            case JSON -> connection.send(Command.GET, key);
        }
    }

    private static List<byte @Nullable []> stored(@Nullable Object answer) {
        List<byte @Nullable []> stored = new ArrayList<>();
        if (answer instanceof List<?> fields) {
            fields.forEach(field -> stored.add(field instanceof byte[] raw ? raw : null));
        } else {
            stored.add(answer instanceof byte[] raw ? raw : null);
        }
        return stored;
    }
}
