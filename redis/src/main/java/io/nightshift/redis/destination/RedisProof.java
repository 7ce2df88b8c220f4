package io.nightshift.redis.destination;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.destination.Check;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.FileNames;
import io.nightshift.destination.OutputProof;
import io.nightshift.destination.PredictionColumns;
import io.nightshift.destination.Publication;
import io.nightshift.destination.table.SourceIds;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.RowsDigest;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.RedisDestination;
import io.nightshift.protocol.job.RedisDestination.Format;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.redis.RedisConnection;
import io.nightshift.storage.database.DataSourceSettings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Protocol.Command;

/// The records of a batch, compared with what the ledger keeps of each partition: their number and their digest.
/// Reads some records at a time.
final class RedisProof implements OutputProof {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int AT_ONCE = 500;
    private static final int SCANNED = 10_000;

    /// A scan may return a key twice while the server's table of keys shrinks.
    private static final int SCANS = 3;

    private final CommittedBatch batch;
    private final Phase phase;
    private final @Nullable Publication publication;
    private final RedisDestination destination;
    private final RedisKeys keys;
    private final SourceIds sourceIds;
    private final RedisConnection connection;
    private final @Nullable RedisBatch found;
    private final RecordBuffer row = new RecordBuffer();
    private final RowsDigest any = new RowsDigest();
    private final Map<Integer, RowsDigest> ids = new HashMap<>();

    /// Connects to the server.
    ///
    /// @throws FailureException if that can't be done
    RedisProof(
            CommittedBatch batch,
            Phase phase,
            @Nullable Publication publication,
            RedisDestination destination,
            DataSourceSettings settings,
            SourceIds sourceIds) {
        this.batch = batch;
        this.phase = phase;
        this.publication = publication;
        this.destination = destination;
        this.sourceIds = sourceIds;
        this.keys = new RedisKeys(destination.name());
        this.connection = RedisConnection.open(settings, destination.toString(), PATIENCE, () -> false);
        try {
            this.found = RedisBatch.find(connection, keys, batch.id()).orElse(null);
        } catch (RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    @Override
    public String place() {
        return "keys";
    }

    @Override
    public @Nullable FileNames files() {
        return null;
    }

    private RedisBatch found() {
        if (found == null) {
            throw FailureException.permanent("%s doesn't know %s".formatted(keys.batches(), batch.id()));
        }
        return found;
    }

    @Override
    public InputStream manifest() throws IOException {
        String manifest = found == null ? null : found.manifest();
        if (manifest == null) {
            throw new IOException("%s has no published batch %s".formatted(keys.batches(), batch.id()));
        }
        return new ByteArrayInputStream(manifest.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void checkPlace(Check place) {
        String recorded = publication == null ? "" : publication.destination();
        if (!destination.toString().equals(recorded)) {
            place.problem("the ledger says it was published in %s, its job says %s", recorded, destination);
        }
        if (found == null || found.manifest() == null) {
            place.problem("%s says nothing of a publication of %s", keys.batches(), batch.id());
            return;
        }
        String newest = null;
        List<@Nullable String> last = connection.texts(Command.ZREVRANGE, keys.published(), 0, 0);
        if (!last.isEmpty()) {
            newest = connection.text(Command.HGET, keys.batches(), String.valueOf(last.getFirst()));
        }
        String pointer = connection.text(Command.GET, keys.latest());
        String expected =
                newest == null ? null : keys.batch(Long.parseLong(newest)).readers();
        if (expected == null || !expected.equals(pointer)) {
            place.problem("%s is %s, but the newest published batch is %s", keys.latest(), pointer, expected);
        }
        if (connection.number(Command.ZCARD, keys.published()) > 0
                && connection.text(Command.ZSCORE, keys.published(), batch.id().value()) == null) {
            place.problem("%s lacks %s", keys.published(), batch.id());
        }
        if (connection.number(Command.EXISTS, found.keys().readers()) == 0) {
            place.problem(
                    "%s, which describes the batch to readers, is missing",
                    found.keys().readers());
        }
        place.proved(
                "%s:* are the records of %s; %s is %s", found.keys().readers(), batch.id(), keys.latest(), pointer);
    }

    @Override
    public boolean checkRows(Check checksums, Check rows) {
        long records = 0;
        try {
            RedisBatch is = found();
            for (PartitionCommit commit : batch.commits()) {
                RowsDigest predictions = any.emptyCopy();
                RowsDigest quarantine = any.emptyCopy();
                RowsDigest all = any.emptyCopy();
                read(is, commit.partition(), predictions, quarantine, all);
                ids.put(commit.partition(), all);
                records += predictions.rows();
                compare(commit, "predictions", predictions, commit.part(), checksums, rows);
                compare(commit, "quarantined rows", quarantine, commit.quarantine(), checksums, rows);
            }
            if (phase == Phase.PUBLISHED) {
                checkOthers(is, records, rows);
            }
        } catch (FailureException e) {
            rows.problem("the records can't be read: %s", e.getMessage());
            checksums.open("not computed, since the records can't be read");
            return false;
        }
        checksums.proved(
                "%,d partitions: the records of each have the digest that was committed",
                batch.commits().size());
        rows.proved(
                "there are %,d records and %,d quarantined rows, partition by partition as committed",
                batch.predictions(), batch.quarantined());
        return true;
    }

    private void read(RedisBatch is, int partition, RowsDigest predictions, RowsDigest quarantine, RowsDigest all) {
        is.records(connection, partition, AT_ONCE, (id, stored) -> {
            row.clear();
            row.putField(id);
            all.add(row.bytes(), 0, row.length());
            for (byte[] field : stored) {
                if (field == null) {
                    row.putNoField();
                } else {
                    row.putField(field);
                }
            }
            predictions.add(row.bytes(), 0, row.length());
            return true;
        });
        QuarantineReader.elements(connection, is, partition, element -> {
            row.clear();
            row.putField(element);
            quarantine.add(row.bytes(), 0, row.length());
            String id = QuarantineReader.id(element);
            row.clear();
            row.putField(RedisConnection.bytes(id == null ? "" : id));
            all.add(row.bytes(), 0, row.length());
            return true;
        });
    }

    private static void compare(
            PartitionCommit commit,
            String what,
            RowsDigest digest,
            @Nullable OutputFile committed,
            Check checksums,
            Check rows) {
        long expected = committed == null ? 0 : committed.rows();
        if (digest.rows() != expected) {
            rows.problem(
                    "partition %d has %,d %s, the ledger says %,d", commit.partition(), digest.rows(), what, expected);
        } else if (committed != null && !digest.text().equals(committed.sha256())) {
            checksums.problem(
                    "%s of partition %d were changed: their digest is %s, the ledger says %s",
                    what, commit.partition(), digest.text(), committed.sha256());
        }
    }

    /// Looks for records that are in no list of IDs. A reader who asks for their ID would find them.
    private void checkOthers(RedisBatch is, long records, Check rows) {
        TreeSet<Integer> others = new TreeSet<>();
        RedisBatch.fields(connection, is.keys().parts(), (partition, part) -> others.add(Integer.parseInt(partition)));
        others.removeIf(partition -> batch.commit(partition) != null);
        others.forEach(
                partition -> rows.problem("there are records of a partition %d, which was not committed", partition));
        long least = Long.MAX_VALUE;
        for (int scan = 0; scan < SCANS && least > records; scan++) {
            least = Math.min(least, count(is));
        }
        if (least != records) {
            rows.problem(
                    "%,d keys begin with %s, but %,d records were committed",
                    least, is.keys().records(), records);
        }
    }

    private long count(RedisBatch is) {
        String pattern = is.keys().records() + "*";
        String cursor = "0";
        long found = 0;
        do {
            List<@Nullable Object> answer =
                    RedisConnection.asList(connection.call(Command.SCAN, cursor, "MATCH", pattern, "COUNT", SCANNED));
            cursor = String.valueOf(RedisConnection.asText(answer.getFirst()));
            found += RedisConnection.asList(answer.getLast()).size();
        } while (!cursor.equals("0"));
        return found;
    }

    @Override
    public boolean areSame(List<PartitionCommit> commits, List<Slice> slices) {
        String output = any.emptyCopy().text();
        for (PartitionCommit commit : commits) {
            RowsDigest partition = ids.get(commit.partition());
            output = partition == null ? output : RowsDigest.sum(output, partition.text());
        }
        return output.equals(sourceIds.digest(batch.job(), slices));
    }

    @Override
    public List<String> repeated(List<PartitionCommit> commits, int limit) {
        return QuarantinedIds.repeated(connection, found(), commits, limit);
    }

    @Override
    public boolean predictions(List<PartitionCommit> commits, PredictionVisitor visitor) {
        RedisBatch is = found();
        String column = PredictionColumns.checked(is.columns(), batch.job().output());
        if (column == null) {
            return false;
        }
        int at = is.columns().indexOf(column);
        for (PartitionCommit commit : commits) {
            is.records(connection, commit.partition(), AT_ONCE, (id, stored) -> {
                byte[] text = stored.get(is.format() == Format.HASH ? at : 0);
                visitor.prediction(text == null ? Double.NaN : prediction(is, column, text));
                return true;
            });
        }
        return true;
    }

    private static double prediction(RedisBatch is, String column, byte[] text) {
        String number = new String(text, StandardCharsets.UTF_8);
        if (is.format() == Format.JSON) {
            JsonNode value = QuarantineReader.parsed(is.keys().records(), text).path(column);
            number = value.isNumber() ? value.asText() : "NaN";
        }
        return Double.parseDouble(number);
    }

    @Override
    public void checkStaging(Check staging) {
        RedisBatch is = found;
        if (is != null && (phase == Phase.CANCELLED || phase == Phase.PUBLISHED)) {
            if (phase == Phase.CANCELLED && is.manifest() != null) {
                staging.problem(
                        "%s:* are the batch's records, though it was cancelled",
                        is.keys().readers());
            }
            if (connection.number(Command.EXISTS, is.keys().held()) > 0) {
                staging.problem(
                        "%s and what attempts have staged is left", is.keys().held());
            }
            if (phase == Phase.CANCELLED
                    && (connection.number(Command.EXISTS, is.keys().parts()) > 0 || !is.keepsQuarantine())) {
                staging.problem("%s still has records of the batch", destination);
            }
        }
        staging.proved("nothing is left behind in %s", destination);
    }

    @Override
    public void close() {
        connection.close();
    }
}
