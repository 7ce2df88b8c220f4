package io.nightshift.redis.destination;

import io.nightshift.destination.ReuseFailure;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.RedisDestination;
import io.nightshift.redis.RedisConnection;
import java.util.ArrayList;
import java.util.List;
import redis.clients.jedis.Protocol.Command;

/// Copies parts of a published batch as records of another batch, inside the server. A record does not name its
/// batch, so the copy is the same, byte for byte.
///
/// It *claims* each partition and keeps its records as an attempt does ([RedisAttempt]). So a copy never replaces
/// that of a later coordinator or the records of an attempt.
final class RedisPartCopier {

    /// Records that one step copies.
    private static final int COPIED = 1000;

    /// Steps that are sent before the answer to the first of them is read.
    private static final int AHEAD = 16;

    private final RedisDestination destination;
    private final RedisConnection connection;
    private final BatchId published;
    private final BatchId batch;
    private final RedisBatch from;
    private final RedisBatch to;

    /// @param published whose parts are copied
    /// @param batch that is open
    RedisPartCopier(RedisDestination destination, RedisConnection connection, BatchId published, BatchId batch) {
        this.destination = destination;
        this.connection = connection;
        this.published = published;
        this.batch = batch;
        RedisKeys keys = new RedisKeys(destination.name());
        this.from = RedisBatch.find(connection, keys, published)
                .filter(found -> found.manifest() != null)
                .orElseThrow(() -> changed("%s does not have it".formatted(keys.published())));
        this.to =
                RedisBatch.find(connection, keys, batch).orElseThrow(() -> ReuseFailure.superseded(batch, destination));
        if (from.format() != to.format() || !from.columns().equals(to.columns())) {
            throw changed("its records have other fields");
        }
    }

    private FailureException changed(String found) {
        return ReuseFailure.changed(published, destination, found);
    }

    /// Copies what is not there yet.
    ///
    /// @param parts with their epochs in the batch
    void copy(List<PartitionCommit> parts) {
        parts.forEach(this::copy);
    }

    private void copy(PartitionCommit commit) {
        CommittedPart original = original(commit);
        String epoch = CommittedPart.epoch(commit.epoch());
        CommittedPart copy = new CommittedPart(epoch, original.output(), original.predictedAt(), original.model());
        if (step(Script.CLAIM, commit, epoch) != 1) {
            throw ReuseFailure.superseded(batch, destination);
        }
        if (copy.text().equals(connection.text(Command.HGET, to.keys().parts(), commit.partition()))) {
            return;
        }
        long removed = Script.REMOVED;
        while (removed == Script.REMOVED) {
            removed = held(step(Script.REPLACE, commit, epoch));
        }
        copyRecords(commit, epoch);
        long kept = step(Script.KEEP, commit, epoch, commit.part().rows(), commit.quarantined(), copy.text());
        if (kept == 0) {
            throw ReuseFailure.superseded(batch, destination);
        }
        if (kept < 0) {
            throw changed("partition %d does not have %d records and %d quarantined rows"
                    .formatted(commit.partition(), commit.part().rows(), commit.quarantined()));
        }
    }

    private CommittedPart original(PartitionCommit commit) {
        String text = connection.text(Command.HGET, from.keys().parts(), commit.partition());
        String expected = CommittedPart.output(commit.part(), commit.quarantine());
        CommittedPart original = text == null ? null : CommittedPart.of(text);
        if (original == null || !original.output().equals(expected)) {
            throw changed("for partition %d, %s says %s, the ledger %s"
                    .formatted(
                            commit.partition(),
                            from.keys().parts(),
                            original == null ? "nothing" : original.output(),
                            expected));
        }
        return original;
    }

    private void copyRecords(PartitionCommit commit, String epoch) {
        long rows = commit.part().rows();
        copied(step(Script.REUSE, commit, epoch, from.number(), 0, COPIED), commit);
        long next = COPIED;
        while (next < rows) {
            int sent = 0;
            for (; sent < AHEAD && next < rows; sent++) {
                Script.REUSE.send(connection, arguments(commit, epoch, from.number(), next, COPIED));
                next += COPIED;
            }
            for (; sent > 0; sent--) {
                copied(RedisConnection.asNumber(connection.read()), commit);
            }
        }
    }

    private void copied(long records, PartitionCommit commit) {
        if (held(records) == 0 && commit.part().rows() > 0) {
            throw changed("records of partition %d are gone".formatted(commit.partition()));
        }
    }

    private long held(long answer) {
        if (answer < 0) {
            throw ReuseFailure.superseded(batch, destination);
        }
        return answer;
    }

    private long step(Script script, PartitionCommit commit, String epoch, Object... more) {
        return script.number(connection, arguments(commit, epoch, more));
    }

    private Object[] arguments(PartitionCommit commit, String epoch, Object... more) {
        List<Object> all = new ArrayList<>(List.of(destination.name(), to.number(), commit.partition(), epoch));
        all.addAll(List.of(more));
        return all.toArray();
    }
}
