package io.nightshift.storage.destination.redis;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.RedisDestination;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.destination.CommittedBatch;
import io.nightshift.storage.destination.Manifest;
import io.nightshift.storage.destination.Publication;
import io.nightshift.storage.destination.PublicationRefusal;
import io.nightshift.storage.destination.redis.RedisBatch.State;
import io.nightshift.storage.redis.RedisConnection;
import io.nightshift.storage.redis.RedisServer;
import java.time.Duration;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.Protocol.Command;

/// Publishes the records of a batch by one script, which points the key of the newest batch at it.
///
/// The records of each batch have keys of their own, with the batch's number. Readers find the number in the
/// pointer, so they see nothing of a batch before, and all of it afterwards. The pointer always names the
/// last of a sorted set: the published batches by their time of submission. So a batch never replaces a newer
/// one.
final class RedisPublisher {

    private static final Logger LOG = LoggerFactory.getLogger(RedisPublisher.class);

    /// The time to wait for a server that is down.
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /// Questions that are sent before the answer to the first of them is read.
    private static final int AHEAD = 500;

    /// The number of records that one step looks for.
    private static final int COUNTED = 1000;

    /// The number of steps that are sent before the answer to the first of them is read. Each step has some hundred
    /// bytes.
    private static final int STEPS_AHEAD = 100;

    private final RedisDestination destination;
    private final DataSources dataSources;
    private final RedisKeys keys;

    RedisPublisher(RedisDestination destination, DataSources dataSources) {
        this.destination = destination;
        this.dataSources = dataSources;
        this.keys = new RedisKeys(destination.name());
    }

    private RedisConnection open(BatchId batch, String doing) {
        return RedisConnection.open(
                dataSources.redis(destination.dataSource()),
                "%s, %s %s".formatted(batch, doing, destination),
                PATIENCE,
                () -> false);
    }

    private Optional<RedisBatch> find(RedisConnection connection, BatchId batch) {
        return RedisBatch.find(connection, keys, batch);
    }

    private long run(RedisConnection connection, Script script, RedisBatch batch, Object... more) {
        List<Object> arguments = new ArrayList<>(List.of(destination.name(), batch.number()));
        arguments.addAll(List.of(more));
        return script.number(connection, arguments.toArray());
    }

    /// Why the keys can't be used.
    List<String> obstacles(RedisConnection connection) {
        List<String> reasons = new ArrayList<>(RedisServer.of(connection).obstacles());
        if (reasons.isEmpty()
                && connection.number(Command.EXISTS, keys.latest()) > 0
                && connection.number(Command.EXISTS, keys.batches()) == 0) {
            reasons.add(
                    "the key %s exists, and Nightshift did not create it; choose another name under destination.redis, or delete the key"
                            .formatted(keys.latest()));
        }
        return reasons;
    }

    void prepare(BatchId batch, Job job, List<RecordColumn> columns) {
        try (RedisConnection connection = open(batch, "preparing")) {
            List<String> reasons = obstacles(connection);
            if (!reasons.isEmpty()) {
                throw FailureException.permanent(
                        "%s can't be written: %s".formatted(destination, String.join("; ", reasons)));
            }
            Script.PREPARE.number(
                    connection,
                    destination.name(),
                    "0",
                    batch.value(),
                    "job",
                    job.name(),
                    "format",
                    destination.format().name(),
                    "columns",
                    columns.stream().skip(1).map(RecordColumn::name).collect(Collectors.joining("\n")));
        }
    }

    private Publication publication(String manifest) {
        return Publication.of(destination, manifest);
    }

    Optional<Publication> fence(BatchId batch, int incarnation) {
        try (RedisConnection connection = open(batch, "looking whether readers see it already in")) {
            RedisBatch open = find(connection, batch).orElse(null);
            if (open != null) {
                run(connection, Script.FENCE, open, incarnation);
            }
            return find(connection, batch).map(RedisBatch::manifest).map(this::publication);
        }
    }

    Publication publish(CommittedBatch batch, Runnable before) {
        try (RedisConnection connection = open(batch.id(), "publishing")) {
            RedisBatch found = find(connection, batch.id()).orElse(null);
            if (found == null) {
                throw PublicationRefusal.superseded(batch);
            }
            String manifest = found.manifest();
            if (manifest == null) {
                manifest = publish(connection, found, batch, before);
            } else {
                before.run();
            }
            removeStaged(connection, found);
            return publication(manifest);
        }
    }

    private String publish(RedisConnection connection, RedisBatch found, CommittedBatch batch, Runnable before) {
        if (run(connection, Script.FENCE, found, batch.incarnation()) == 0) {
            throw PublicationRefusal.superseded(batch);
        }
        checkParts(connection, found, batch);
        checkCounts(connection, found, batch);
        checkRecords(connection, found, batch);
        if (batch.job().source().uniqueId() && batch.quarantined() > 0) {
            List<String> repeated = QuarantinedIds.repeated(connection, found, batch.commits(), 3);
            if (!repeated.isEmpty()) {
                throw PublicationRefusal.idsRepeated(batch.job(), repeated);
            }
        }
        String manifest = Manifest.text(batch);
        before.run();
        List<Object> publication = new ArrayList<>(List.of(
                batch.incarnation(),
                found.version(),
                manifest,
                batch.id().value(),
                ChronoUnit.MICROS.between(Instant.EPOCH, batch.submittedAt())));
        description(found, batch).forEach((field, value) -> publication.addAll(List.of(field, value)));
        long published = run(connection, Script.PUBLISH, found, publication.toArray());
        if (published == 0) {
            throw PublicationRefusal.superseded(batch);
        }
        if (published < 0) {
            throw PublicationRefusal.writtenMeanwhile(batch, destination);
        }
        return manifest;
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

    void reuse(BatchId published, BatchId batch, List<PartitionCommit> parts) {
        try (RedisConnection connection = open(batch, "reusing parts in")) {
            new RedisPartCopier(destination, connection, published, batch).copy(parts);
        }
    }

    // Supplements of a published batch.

    void prepareSupplement(CommittedBatch batch) {
        int partition = batch.commits().getLast().partition() + 1;
        try (RedisConnection connection = open(batch.id(), "preparing")) {
            RedisBatch found = published(connection, batch);
            String before = CommittedPart.epoch(new Epoch(batch.incarnation(), 0));
            if (run(connection, Script.OPEN, found, partition, before, batch.incarnation()) == 0) {
                throw PublicationRefusal.supplementSuperseded(batch);
            }
        }
    }

    private RedisBatch published(RedisConnection connection, CommittedBatch batch) {
        return find(connection, batch.id())
                .filter(found -> found.manifest() != null)
                .orElseThrow(() -> PublicationRefusal.gone(batch, destination));
    }

    /// One step of the server stores the records, replaces the quarantined rows, and replaces the manifest,
    /// if it is the one that the supplement follows.
    Publication publishSupplement(CommittedBatch batch) {
        try (RedisConnection connection = open(batch.id(), "adding rows to")) {
            RedisBatch found = published(connection, batch);
            String before = Objects.requireNonNull(found.manifest());
            if (Manifest.hasSupplements(before, batch)) {
                return publication(before);
            }
            String manifest = Manifest.text(batch);
            addSupplement(connection, found, batch, before, manifest);
            return publication(manifest);
        }
    }

    private void addSupplement(
            RedisConnection connection, RedisBatch found, CommittedBatch batch, String before, String manifest) {
        PartitionCommit commit = batch.supplements().getLast().commit();
        String part = connection.text(Command.HGET, found.keys().own(), "supplement_part");
        requirePart(
                batch,
                commit,
                part == null ? "nothing" : CommittedPart.of(part).written(),
                found.keys().own());
        Object added = Script.SUPPLEMENT.run(
                connection,
                destination.name(),
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
                    .formatted(RedisConnection.asText(added), destination, batch.id()));
        }
        if (done == 0) {
            throw PublicationRefusal.supplementSuperseded(batch);
        }
        if (done < 0) {
            throw FailureException.permanent(
                    "the rows of %s are gone from %s".formatted(commit.attempt(batch.id()), destination));
        }
    }

    /// The right to publish is taken from earlier coordinators first. Each publication is one step of the server,
    /// so afterwards the manifest says for good what readers see.
    Optional<Publication> withdrawSupplement(CommittedBatch batch) {
        String last = CommittedPart.epoch(new Epoch(batch.incarnation(), Integer.MAX_VALUE));
        try (RedisConnection connection = open(batch.id(), "taking back rows of")) {
            RedisBatch found = find(connection, batch.id()).orElse(null);
            if (found == null) {
                return Optional.empty();
            }
            if (run(connection, Script.FENCE_SUPPLEMENT, found, batch.incarnation(), last) == 0) {
                throw PublicationRefusal.supplementSuperseded(batch);
            }
            String manifest =
                    find(connection, batch.id()).map(RedisBatch::manifest).orElse(null);
            if (manifest != null && Manifest.hasSupplements(manifest, batch)) {
                return Optional.of(publication(manifest));
            }
            run(connection, Script.DISCARD_SUPPLEMENT, found, last);
            return Optional.empty();
        }
    }

    void discardSupplement(BatchId batch, int incarnation) {
        String last = CommittedPart.epoch(new Epoch(incarnation, Integer.MAX_VALUE));
        try (RedisConnection connection = open(batch, "removing what was staged in")) {
            find(connection, batch).ifPresent(found -> run(connection, Script.DISCARD_SUPPLEMENT, found, last));
        }
    }

    // Comparison of the ledger with the server.

    private void checkParts(RedisConnection connection, RedisBatch found, CommittedBatch batch) {
        Map<Integer, String> parts = new TreeMap<>();
        RedisBatch.fields(
                connection,
                found.keys().parts(),
                (partition, text) -> parts.put(
                        Integer.parseInt(partition), CommittedPart.of(text).written()));
        for (PartitionCommit commit : batch.commits()) {
            requirePart(
                    batch,
                    commit,
                    parts.getOrDefault(commit.partition(), "nothing"),
                    found.keys().parts());
        }
    }

    /// @param is what the server has of the partition, under this key
    private void requirePart(CommittedBatch batch, PartitionCommit commit, String is, String key) {
        String said = CommittedPart.written(commit);
        if (!is.equals(said)) {
            throw FailureException.permanent(
                    "the committed records of %s are not those in %s (%s has %s, the ledger %s). Start over with --new"
                            .formatted(commit.attempt(batch.id()), destination, key, is, said));
        }
    }

    /// Compares the lengths of the lists. Each record is written in one step with its ID.
    private void checkCounts(RedisConnection connection, RedisBatch found, CommittedBatch batch) {
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
    private void checkRecords(RedisConnection connection, RedisBatch found, CommittedBatch batch) {
        // After this request, the server keeps the script, so the next ones are sent without its text.
        run(connection, Script.COUNT, found, -1, 0, 1);
        for (PartitionCommit commit : batch.commits()) {
            long rows = commit.part().rows();
            long there = 0;
            for (long first = 0; first < rows; ) {
                int sent = 0;
                for (; sent < STEPS_AHEAD && first < rows; sent++) {
                    Script.COUNT.send(
                            connection, destination.name(), found.number(), commit.partition(), first, COUNTED);
                    first += COUNTED;
                }
                for (; sent > 0; sent--) {
                    there += RedisConnection.asNumber(connection.read());
                }
            }
            if (there != rows) {
                throw FailureException.permanent(
                        "%d of the %d committed records of %s are gone from %s: they were deleted, or have expired. Start over with --new"
                                .formatted(rows - there, rows, commit.attempt(batch.id()), destination));
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

    // The end of a batch.

    /// Removes staged output that was not kept. No attempt stages more, because the batch is over. The output of an
    /// open supplement stays.
    private void removeStaged(RedisConnection connection, RedisBatch batch) {
        RedisBatch.fields(
                connection,
                batch.keys().held(),
                (partition, epoch) -> run(connection, Script.UNSTAGE, batch, partition, epoch));
    }

    void keepQuarantine(CommittedBatch batch) {
        if (batch.quarantined() == 0) {
            return;
        }
        try (RedisConnection connection = open(batch.id(), "keeping the quarantined rows of")) {
            find(connection, batch.id())
                    .filter(found -> found.manifest() == null)
                    .ifPresent(found -> {
                        cancel(connection, found, true);
                        for (int partition : partitions(connection, found)) {
                            PartitionCommit commit = batch.commit(partition);
                            if (commit == null || commit.quarantined() == 0) {
                                connection.call(Command.UNLINK, found.keys().quarantine(partition));
                            }
                        }
                    });
        }
    }

    private void cancel(RedisConnection connection, RedisBatch found, boolean keepsQuarantine) {
        if (run(connection, Script.CANCEL, found, keepsQuarantine ? 1 : 0) == 0) {
            throw new FailureException(Failure.transientFailure("the batch was published meanwhile"));
        }
    }

    private static Set<Integer> partitions(RedisConnection connection, RedisBatch found) {
        Set<Integer> partitions = new TreeSet<>();
        RedisBatch.fields(
                connection, found.keys().held(), (partition, epoch) -> partitions.add(Integer.parseInt(partition)));
        RedisBatch.fields(
                connection, found.keys().parts(), (partition, part) -> partitions.add(Integer.parseInt(partition)));
        return partitions;
    }

    void discard(BatchId batch) {
        try (RedisConnection connection = open(batch, "removing what was staged in")) {
            find(connection, batch)
                    .filter(found -> found.state() == State.OPEN || found.state() == State.CANCELLED)
                    .ifPresent(found -> {
                        cancel(connection, found, found.keepsQuarantine());
                        remove(connection, batch, found, found.keepsQuarantine());
                    });
        } catch (FailureException e) {
            LOG.warn("{}: what was staged could not be removed: {}", batch, e.getMessage());
        }
    }

    void unpublish(BatchId batch) {
        try (RedisConnection connection = open(batch, "taking from readers of")) {
            find(connection, batch).ifPresent(found -> run(connection, Script.UNPUBLISH, found, batch.value()));
        }
    }

    void delete(BatchId batch) {
        unpublish(batch);
        try (RedisConnection connection = open(batch, "deleting from")) {
            find(connection, batch)
                    .filter(found -> found.state() == State.REMOVED)
                    .ifPresent(found -> remove(connection, batch, found, false));
        }
    }

    /// Removes records in pieces, and then what is left.
    private void remove(RedisConnection connection, BatchId batch, RedisBatch found, boolean keepsQuarantine) {
        for (int partition : partitions(connection, found)) {
            long removed = Script.REMOVED;
            while (removed == Script.REMOVED) {
                removed = run(connection, Script.REMOVE, found, partition);
            }
            if (!keepsQuarantine) {
                connection.call(Command.UNLINK, found.keys().quarantine(partition));
            }
        }
        removeStaged(connection, found);
        run(connection, Script.FORGET, found, batch.value(), keepsQuarantine ? 1 : 0);
    }
}
