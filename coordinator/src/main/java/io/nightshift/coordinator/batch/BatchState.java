package io.nightshift.coordinator.batch;

import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchEvent.AttemptFailed;
import io.nightshift.protocol.batch.BatchEvent.Cancelled;
import io.nightshift.protocol.batch.BatchEvent.Committed;
import io.nightshift.protocol.batch.BatchEvent.Failed;
import io.nightshift.protocol.batch.BatchEvent.Paused;
import io.nightshift.protocol.batch.BatchEvent.Planned;
import io.nightshift.protocol.batch.BatchEvent.Published;
import io.nightshift.protocol.batch.BatchEvent.Rescored;
import io.nightshift.protocol.batch.BatchEvent.Resumed;
import io.nightshift.protocol.batch.BatchEvent.Retried;
import io.nightshift.protocol.batch.BatchEvent.Submitted;
import io.nightshift.protocol.batch.BatchEvent.TookOver;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A batch as its ledger tells it: an immutable fold over the entries, free of actors, clocks and
/// I/O.
///
/// @param entries the number of ledger entries behind this state
/// @param head the hash of the last one
/// @param phase null before the batch is submitted
/// @param incarnation of the last coordinator that took charge; 0 before the first
/// @param attemptsFailed by partition, since the batch was opened or retried, or the partition
///     rescored
public record BatchState(
        BatchId batch,
        long entries,
        String head,
        @Nullable Phase phase,
        @Nullable Submitted submitted,
        @Nullable Plan plan,
        int incarnation,
        CommittedPartitions winners,
        Totals totals,
        Map<Integer, Integer> attemptsFailed,
        @Nullable Failure failure,
        @Nullable Published published) {

    /// The pinned input.
    public record Plan(List<SourceFile> files, PartitionPlan partitions, PartitionPlan.Index index) {}

    /// Sums over the committed partitions.
    ///
    /// @param rows the length of their ranges
    /// @param read rows that the job's `where` let through
    public record Totals(long rows, long read, long predictions, long quarantined, long bytes) {

        static final Totals ZERO = new Totals(0, 0, 0, 0, 0);

        Totals minus(Totals other) {
            return new Totals(
                    rows - other.rows,
                    read - other.read,
                    predictions - other.predictions,
                    quarantined - other.quarantined,
                    bytes - other.bytes);
        }

        Totals plus(PartitionCommit commit) {
            return new Totals(
                    rows + commit.rows(),
                    read + commit.read(),
                    predictions + commit.predictions(),
                    quarantined + commit.quarantined(),
                    bytes + commit.bytes());
        }
    }

    public static BatchState none(BatchId batch) {
        return new BatchState(
                batch,
                0,
                LedgerEntry.origin(batch),
                null,
                null,
                null,
                0,
                CommittedPartitions.none(0),
                Totals.ZERO,
                Map.of(),
                null,
                null);
    }

    /// Whether every partition is committed.
    public boolean isComplete() {
        return plan != null && winners.isComplete();
    }

    /// Whether the batch is open: neither published nor cancelled.
    public boolean isOpen() {
        return phase != null && !phase.isEnd();
    }

    /// The plan of a batch that must have one.
    public Plan pinned() {
        if (plan == null) {
            throw new IllegalStateException(batch + " has no plan yet");
        }
        return plan;
    }

    /// The submission of a batch that must have one.
    public Submitted submission() {
        if (submitted == null) {
            throw new IllegalStateException(batch + " was not submitted");
        }
        return submitted;
    }

    /// The state after one more entry.
    ///
    /// @throws IllegalStateException if the entry doesn't continue the chain or can't happen
    ///     now: the ledger is damaged, or its cause is a
    ///     [NewerEventException][io.nightshift.protocol.ledger.NewerEventException]
    public BatchState apply(LedgerEntry entry) {
        try {
            if (!entry.follows(head)) {
                throw new IllegalStateException("its hash does not follow from the entry before");
            }
            return apply(entry.event()).at(entry.hash());
        } catch (IllegalStateException
                | IllegalArgumentException
                | IndexOutOfBoundsException
                | UncheckedIOException damage) {
            throw new IllegalStateException(
                    "ledger of %s, entry %d: %s".formatted(batch, entries + 1, damage.getMessage()), damage);
        }
    }

    private BatchState at(String hash) {
        return new BatchState(
                batch,
                entries,
                hash,
                phase,
                submitted,
                plan,
                incarnation,
                winners,
                totals,
                attemptsFailed,
                failure,
                published);
    }

    /// The state after one more event, without an entry of the ledger.
    ///
    /// @throws IllegalStateException if the event can't happen now
    BatchState apply(BatchEvent event) {
        if (event instanceof Submitted first) {
            if (phase != null) {
                throw new IllegalStateException("it can't begin twice");
            }
            if (!first.batch().equals(batch)) {
                throw new IllegalStateException("it is about " + first.batch());
            }
            return new BatchState(
                    batch,
                    entries + 1,
                    head,
                    Phase.SUBMITTED,
                    first,
                    null,
                    0,
                    winners,
                    totals,
                    attemptsFailed,
                    null,
                    null);
        }
        Phase before = phase;
        if (before == null || !Transitions.allows(before, event.getClass())) {
            throw new IllegalStateException("%s can't happen to a batch that is %s"
                    .formatted(event.getClass().getSimpleName(), before == null ? "not submitted" : before));
        }
        BatchState next = fold(event);
        return next.counted(Transitions.next(before, event.getClass(), next.plan != null, next.isComplete())
                .orElseThrow());
    }

    private BatchState counted(Phase next) {
        return new BatchState(
                batch,
                entries + 1,
                head,
                next,
                submitted,
                plan,
                incarnation,
                winners,
                totals,
                attemptsFailed,
                failure,
                published);
    }

    private BatchState fold(BatchEvent event) {
        Plan nextPlan = plan;
        int nextIncarnation = incarnation;
        CommittedPartitions nextWinners = winners;
        Totals nextTotals = totals;
        Map<Integer, Integer> nextAttemptsFailed = attemptsFailed;
        Failure nextFailure = failure;
        Published nextPublished = published;
        switch (event) {
            case Submitted again -> throw new IllegalStateException("it can't begin twice");
            case TookOver tookOver -> {
                if (tookOver.incarnation() <= incarnation) {
                    throw new IllegalStateException(
                            "incarnation %d can't follow %d".formatted(tookOver.incarnation(), incarnation));
                }
                nextIncarnation = tookOver.incarnation();
            }
            case Planned planned -> {
                if (plan != null) {
                    throw new IllegalStateException("it can't be planned twice");
                }
                PartitionPlan.Index index = planned.partitions().index(planned.files());
                nextPlan = new Plan(planned.files(), planned.partitions(), index);
                nextWinners = CommittedPartitions.none(index.partitions());
            }
            case Committed committed -> {
                nextWinners = winners.with(committed.commits());
                for (PartitionCommit commit : committed.commits()) {
                    check(commit);
                    nextTotals = nextTotals.plus(commit);
                }
            }
            case AttemptFailed failed -> {
                nextAttemptsFailed = new HashMap<>(attemptsFailed);
                nextAttemptsFailed.merge(failed.partition(), 1, Integer::sum);
                nextAttemptsFailed = Map.copyOf(nextAttemptsFailed);
            }
            case Paused paused -> {}
            case Resumed resumed -> {}
            case Rescored rescored -> {
                nextWinners = winners.without(rescored.partitions());
                nextAttemptsFailed = new HashMap<>(attemptsFailed);
                for (int partition : rescored.partitions()) {
                    long rows = pinned().index().range(partition).rows();
                    nextTotals = nextTotals.minus(winners.totals(partition, rows));
                    nextAttemptsFailed.remove(partition);
                }
                nextAttemptsFailed = Map.copyOf(nextAttemptsFailed);
            }
            case Failed failed -> nextFailure = failed.failure();
            case Retried retried -> {
                nextFailure = null;
                nextAttemptsFailed = Map.of();
            }
            case Published done -> nextPublished = done;
            case Cancelled cancelled ->
                nextFailure =
                        Failure.permanent(cancelled.reason().isBlank() ? "no reason was given" : cancelled.reason());
        }
        return new BatchState(
                batch,
                entries,
                head,
                phase,
                submitted,
                nextPlan,
                nextIncarnation,
                nextWinners,
                nextTotals,
                nextAttemptsFailed,
                nextFailure,
                nextPublished);
    }

    private void check(PartitionCommit commit) {
        PartitionPlan.Range range = pinned().index().range(commit.partition());
        if (commit.firstRow() != range.firstRow() || commit.rows() != range.rows()) {
            throw new IllegalStateException(
                    "partition %d is committed with other rows than planned".formatted(commit.partition()));
        }
    }
}
