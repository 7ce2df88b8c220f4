package io.nightshift.redis.destination;

import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.Manifest;
import io.nightshift.destination.Publication;
import io.nightshift.destination.PublicationRefusal;
import io.nightshift.destination.server.ServerPublisher;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.RedisDestination;
import io.nightshift.redis.RedisConnection;
import io.nightshift.redis.RedisServerFacts;
import io.nightshift.redis.destination.RedisBatch.State;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Protocol.Command;

/// Publishes the records of a batch by one script, which points the key of the newest batch at it.
///
/// The records of each batch have keys of their own, with the batch's number. Readers find the number in the
/// pointer, so they see nothing of a batch before, and all of it afterwards. The pointer always names the
/// last of a sorted set: the published batches by their time of submission. So a batch never replaces a newer
/// one.
final class RedisPublisher extends ServerPublisher<List<RecordColumn>> {

    /// Questions that are sent before the answer to the first of them is read.
    private static final int AHEAD = 500;

    /// The number of records that one step looks for.
    private static final int COUNTED = 1000;

    /// The number of steps that are sent before the answer to the first of them is read. Each step has some hundred
    /// bytes.
    private static final int STEPS_AHEAD = 100;

    private final RedisConnection connection;
    private final RedisDestination redis;
    private final RedisKeys keys;
    private @Nullable RedisBatch checked;

    RedisPublisher(RedisConnection connection, RedisDestination redis, BatchId id) {
        super(redis, id);
        this.connection = connection;
        this.redis = redis;
        this.keys = new RedisKeys(redis.name());
    }

    private Optional<RedisBatch> find() {
        return RedisBatch.find(connection, keys, id);
    }

    /// The batch, which this coordinator has claimed.
    private RedisBatch claimed() {
        return find().orElseThrow(() -> PublicationRefusal.removed(id));
    }

    private long run(Script script, RedisBatch batch, Object... more) {
        List<Object> arguments = new ArrayList<>(List.of(redis.name(), batch.number()));
        arguments.addAll(List.of(more));
        return script.number(connection, arguments.toArray());
    }

    /// Why the keys can't be used.
    static List<String> obstacles(RedisConnection connection, RedisKeys keys) {
        List<String> reasons = new ArrayList<>(RedisServerFacts.of(connection).obstacles());
        if (reasons.isEmpty()
                && connection.number(Command.EXISTS, keys.latest()) > 0
                && connection.number(Command.EXISTS, keys.batches()) == 0) {
            reasons.add(
                    "the key %s exists, and Nightshift did not create it; choose another name under destination.redis, or delete the key"
                            .formatted(keys.latest()));
        }
        return reasons;
    }

    @Override
    protected void prepare(Job job, List<RecordColumn> columns) {
        List<String> reasons = obstacles(connection, keys);
        if (!reasons.isEmpty()) {
            throw FailureException.permanent(
                    "%s can't be written: %s".formatted(destination, String.join("; ", reasons)));
        }
        Script.PREPARE.number(
                connection,
                redis.name(),
                "0",
                id.value(),
                "job",
                job.name(),
                "format",
                redis.format().name(),
                "columns",
                columns.stream().skip(1).map(RecordColumn::name).collect(Collectors.joining("\n")));
    }

    // The steps of the publication.

    @Override
    public Optional<String> manifest() {
        return find().flatMap(found -> Optional.ofNullable(found.manifest()));
    }

    @Override
    public boolean claim(int incarnation) {
        checked = find().orElse(null);
        return checked != null && run(Script.FENCE, checked, incarnation) != 0;
    }

    /// Its version is that of the last claim. A part that an attempt changes later changes the version.
    private RedisBatch checked() {
        return Objects.requireNonNull(checked);
    }

    @Override
    public void requireParts(CommittedBatch batch) {
        RedisBatch found = checked();
        Map<Integer, String> parts = new TreeMap<>();
        RedisBatch.fields(
                connection,
                found.keys().parts(),
                (partition, text) -> parts.put(
                        Integer.parseInt(partition), CommittedPart.of(text).written()));
        for (PartitionCommit commit : batch.commits()) {
            requirePart(
                    commit,
                    parts.getOrDefault(commit.partition(), "nothing"),
                    found.keys().parts());
        }
    }

    /// @param is what the server has of the partition, under this key
    private void requirePart(PartitionCommit commit, String is, String key) {
        String said = CommittedPart.written(commit);
        if (!is.equals(said)) {
            throw FailureException.permanent(
                    "the committed records of %s are not those in %s (%s has %s, the ledger %s). Start over with --new"
                            .formatted(commit.attempt(id), destination, key, is, said));
        }
    }

    @Override
    public void requireRows(CommittedBatch batch) {
        checkCounts(checked(), batch);
        checkRecords(checked(), batch);
    }

    /// Compares the lengths of the lists. Each record is written in one step with its ID.
    private void checkCounts(RedisBatch found, CommittedBatch batch) {
        List<PartitionCommit> commits = batch.commits();
        for (int from = 0; from < commits.size(); from += AHEAD) {
            List<PartitionCommit> some = commits.subList(from, Math.min(from + AHEAD, commits.size()));
            for (PartitionCommit commit : some) {
                connection.send(Command.LLEN, found.keys().ids(commit.partition()));
                connection.send(Command.LLEN, found.keys().quarantine(commit.partition()));
            }
            for (PartitionCommit commit : some) {
                check(found.keys().ids(commit.partition()), connection.read(), commit.part());
                check(found.keys().quarantine(commit.partition()), connection.read(), commit.quarantine());
            }
        }
    }

    /// Checks that the server still has every record.
    private void checkRecords(RedisBatch found, CommittedBatch batch) {
        // After this request, the server keeps the script, so the next ones are sent without its text.
        run(Script.COUNT, found, -1, 0, 1);
        for (PartitionCommit commit : batch.commits()) {
            long rows = commit.part().rows();
            long there = 0;
            for (long first = 0; first < rows; ) {
                int sent = 0;
                for (; sent < STEPS_AHEAD && first < rows; sent++) {
                    Script.COUNT.send(connection, redis.name(), found.number(), commit.partition(), first, COUNTED);
                    first += COUNTED;
                }
                for (; sent > 0; sent--) {
                    there += RedisConnection.asNumber(connection.read());
                }
            }
            if (there != rows) {
                throw FailureException.permanent(
                        "%d of the %d committed records of %s are gone from %s: they were deleted, or have expired. Start over with --new"
                                .formatted(rows - there, rows, commit.attempt(id), destination));
            }
        }
    }

    private static void check(String key, @Nullable Object length, @Nullable OutputFile committed) {
        long expected = committed == null ? 0 : committed.rows();
        if (RedisConnection.asNumber(length) != expected) {
            throw FailureException.permanent("%s has %s elements, but %d rows were committed. Start over with --new"
                    .formatted(key, length, expected));
        }
    }

    @Override
    public void refuseRepeatedIds(CommittedBatch batch) {
        if (batch.job().source().uniqueId() && batch.quarantined() > 0) {
            List<String> repeated = QuarantinedIds.repeated(connection, checked(), batch.commits(), 3);
            if (!repeated.isEmpty()) {
                throw PublicationRefusal.idsRepeated(batch.job(), repeated);
            }
        }
    }

    @Override
    protected void decide(CommittedBatch batch, String manifest) {
        RedisBatch found = checked();
        List<Object> publication = new ArrayList<>(List.of(
                batch.incarnation(),
                found.version(),
                manifest,
                id.value(),
                ChronoUnit.MICROS.between(Instant.EPOCH, batch.submittedAt())));
        description(found, batch).forEach((field, value) -> publication.addAll(List.of(field, value)));
        long published = run(Script.PUBLISH, found, publication.toArray());
        if (published == 0) {
            throw PublicationRefusal.superseded(batch);
        }
        if (published < 0) {
            throw PublicationRefusal.writtenMeanwhile(batch, destination);
        }
    }

    /// No attempt stages more, because the batch is over. The output of an open supplement stays.
    @Override
    public void removeStaged(int incarnation) {
        find().ifPresent(this::removeStaged);
    }

    private void removeStaged(RedisBatch batch) {
        RedisBatch.fields(
                connection, batch.keys().held(), (partition, epoch) -> run(Script.UNSTAGE, batch, partition, epoch));
    }

    /// The fields of the hash that describes the batch to readers.
    private static Map<String, Object> description(RedisBatch found, CommittedBatch batch) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("job", batch.job().name());
        fields.put("model_name", batch.model().name());
        fields.put("model_version", batch.model().version());
        fields.put("submitted_at", batch.submittedAt());
        fields.put("published_at", Instant.now().truncatedTo(ChronoUnit.MICROS));
        fields.put("format", found.format().name().toLowerCase(Locale.ROOT));
        fields.put("predictions", batch.predictions());
        fields.put("quarantined", batch.quarantined());
        if (batch.reusedFrom() != null) {
            fields.put("reused_from", batch.reusedFrom());
        }
        return fields;
    }

    @Override
    public void reuse(BatchId published, List<PartitionCommit> commits) {
        new RedisPartCopier(redis, connection, published, id).copy(commits);
    }

    // Supplements of a published batch.

    @Override
    public void prepareSupplement(CommittedBatch batch) {
        requireManifest(batch);
        int partition = batch.commits().getLast().partition() + 1;
        String before = CommittedPart.epoch(new Epoch(batch.incarnation(), 0));
        if (run(Script.OPEN, claimed(), partition, before, batch.incarnation()) == 0) {
            throw PublicationRefusal.supplementSuperseded(batch);
        }
    }

    /// One step of the server stores the records, replaces the quarantined rows, and replaces the manifest,
    /// if it is the one that the supplement follows.
    @Override
    protected void addSupplement(CommittedBatch batch, String before, String manifest) {
        RedisBatch found = claimed();
        PartitionCommit commit = batch.supplements().getLast().commit();
        String part = connection.text(Command.HGET, found.keys().own(), "supplement_part");
        requirePart(
                commit,
                part == null ? "nothing" : CommittedPart.of(part).written(),
                found.keys().own());
        Object added = Script.SUPPLEMENT.run(
                connection,
                redis.name(),
                found.number(),
                batch.incarnation(),
                before,
                manifest,
                commit.partition(),
                CommittedPart.epoch(commit.epoch()),
                found.format().name().toLowerCase(Locale.ROOT),
                String.valueOf(part),
                batch.predictions(),
                batch.quarantined());
        if (!(added instanceof Long done)) {
            throw FailureException.permanent("the record %s is in %s already, so no rows can be added to %s"
                    .formatted(RedisConnection.asText(added), destination, id));
        }
        if (done == 0) {
            throw PublicationRefusal.supplementSuperseded(batch);
        }
        if (done < 0) {
            throw FailureException.permanent(
                    "the rows of %s are gone from %s".formatted(commit.attempt(id), destination));
        }
    }

    /// The right to publish is taken from earlier coordinators first. Each publication is one step of the server,
    /// so afterwards the manifest says for good what readers see.
    @Override
    public Optional<Publication> withdrawSupplement(CommittedBatch batch) {
        RedisBatch found = find().orElse(null);
        if (found == null) {
            return Optional.empty();
        }
        if (run(Script.FENCE_SUPPLEMENT, found, batch.incarnation(), last(batch.incarnation())) == 0) {
            throw PublicationRefusal.supplementSuperseded(batch);
        }
        Optional<String> manifest = manifest().filter(shown -> Manifest.hasSupplements(shown, batch));
        if (manifest.isEmpty()) {
            run(Script.DISCARD_SUPPLEMENT, found, last(batch.incarnation()));
        }
        return manifest.map(shown -> Publication.of(destination, shown));
    }

    @Override
    public void discardSupplement(int incarnation) {
        find().ifPresent(found -> run(Script.DISCARD_SUPPLEMENT, found, last(incarnation)));
    }

    private static String last(int incarnation) {
        return CommittedPart.epoch(new Epoch(incarnation, Integer.MAX_VALUE));
    }

    // The end of a batch.

    @Override
    public void keepQuarantine(CommittedBatch batch) {
        find().filter(found -> found.manifest() == null).ifPresent(found -> {
            cancel(found, true);
            for (int partition : partitions(found)) {
                PartitionCommit commit = batch.commit(partition);
                if (commit == null || commit.quarantined() == 0) {
                    connection.call(Command.UNLINK, found.keys().quarantine(partition));
                }
            }
        });
    }

    private void cancel(RedisBatch found, boolean keepsQuarantine) {
        if (run(Script.CANCEL, found, keepsQuarantine ? 1 : 0) == 0) {
            throw new FailureException(Failure.transientFailure("the batch was published meanwhile"));
        }
    }

    private Set<Integer> partitions(RedisBatch found) {
        Set<Integer> partitions = new TreeSet<>();
        RedisBatch.fields(
                connection, found.keys().held(), (partition, epoch) -> partitions.add(Integer.parseInt(partition)));
        RedisBatch.fields(
                connection, found.keys().parts(), (partition, part) -> partitions.add(Integer.parseInt(partition)));
        return partitions;
    }

    @Override
    public void discard() {
        find().filter(found -> found.state() == State.OPEN || found.state() == State.CANCELLED)
                .ifPresent(found -> {
                    cancel(found, found.keepsQuarantine());
                    remove(found, found.keepsQuarantine());
                });
    }

    @Override
    public void unpublish() {
        find().ifPresent(found -> run(Script.UNPUBLISH, found, id.value()));
    }

    @Override
    public void delete() {
        find().filter(found -> found.state() == State.REMOVED).ifPresent(found -> remove(found, false));
    }

    /// Removes records in pieces, and then what is left.
    private void remove(RedisBatch found, boolean keepsQuarantine) {
        for (int partition : partitions(found)) {
            long removed = Script.REMOVED;
            while (removed == Script.REMOVED) {
                removed = run(Script.REMOVE, found, partition);
            }
            if (!keepsQuarantine) {
                connection.call(Command.UNLINK, found.keys().quarantine(partition));
            }
        }
        removeStaged(found);
        run(Script.FORGET, found, id.value(), keepsQuarantine ? 1 : 0);
    }

    @Override
    public void close() {
        connection.close();
    }
}
