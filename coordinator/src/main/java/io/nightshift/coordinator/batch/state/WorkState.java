package io.nightshift.coordinator.batch.state;

import io.nightshift.coordinator.forecast.ProgressCurve;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchEvent.Approved;
import io.nightshift.protocol.batch.BatchEvent.AttemptFailed;
import io.nightshift.protocol.batch.BatchEvent.CanaryDecided;
import io.nightshift.protocol.batch.BatchEvent.Committed;
import io.nightshift.protocol.batch.BatchEvent.Failed;
import io.nightshift.protocol.batch.BatchEvent.PartsReused;
import io.nightshift.protocol.batch.BatchEvent.Paused;
import io.nightshift.protocol.batch.BatchEvent.PlanExtended;
import io.nightshift.protocol.batch.BatchEvent.Planned;
import io.nightshift.protocol.batch.BatchEvent.Rescored;
import io.nightshift.protocol.batch.BatchEvent.Resumed;
import io.nightshift.protocol.batch.BatchEvent.Retried;
import io.nightshift.protocol.batch.BatchEvent.Submitted;
import io.nightshift.protocol.batch.BatchEvent.SupplementPublished;
import io.nightshift.protocol.batch.BatchEvent.TookOver;
import io.nightshift.protocol.batch.BatchEvent.WindowIgnored;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.plan.PartitionPlan;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The scored part of a batch, and how the scoring goes on: a part of the fold [BatchState].
///
/// @param committed the committed partitions, with the winning epoch of each
/// @param totals sums over the committed partitions
/// @param attemptsFailed how many attempts of each partition have failed since the batch was submitted or
///     last retried, or the partition was last rescored; partitions without failures are absent
/// @param outage the failures of a resource without a success since; null if there is none
/// @param progressAt when the batch last came forward: it was submitted, planned, resumed or retried, or
///     partitions were committed; null before
/// @param ignoresWindow whether an operator lets the batch score outside its job's window
/// @param curve the rows that were committed in each part of the active time
/// @param resources what was thrown away, and what the nodes could have done
@RecordBuilder
@RecordBuilder.Options(addClassRetainedGenerated = true, addStaticBuilder = false, enableWither = false)
record WorkState(
        CommittedPartitions committed,
        CommittedTotals totals,
        Map<Integer, Integer> attemptsFailed,
        @Nullable ResourceOutage outage,
        @Nullable Instant progressAt,
        boolean ignoresWindow,
        ProgressCurve curve,
        ResourceUse resources) {

    static final WorkState NONE = new WorkState(
            CommittedPartitions.empty(0),
            CommittedTotals.ZERO,
            Map.of(),
            null,
            null,
            false,
            ProgressCurve.EMPTY,
            ResourceUse.NONE);

    WorkState {
        attemptsFailed = Map.copyOf(attemptsFailed);
    }

    private WorkStateBuilder with() {
        return WorkStateBuilder.builder(this);
    }

    WorkState with(ResourceUse next) {
        return with().resources(next).build();
    }

    /// @param before the state before the event
    /// @param plan after the event; null if there is none
    /// @param upkeep after the event
    WorkState after(BatchEvent event, BatchState before, @Nullable PinnedPlan plan, UpkeepState upkeep) {
        WorkStateBuilder next = with().outage(ResourceOutage.after(outage, event));
        return switch (event) {
            case Submitted first -> next.progressAt(first.at()).build();
            case TookOver tookOver ->
                next.curve(before.phase() == Phase.RUNNING ? curve.begun(tookOver.at()) : curve)
                        .build();
            case Planned planned ->
                next.committed(CommittedPartitions.empty(partitions(plan)))
                        .progressAt(planned.at())
                        .curve(before.phase() == Phase.PAUSED ? curve : curve.begun(planned.at()))
                        .build();
            case PlanExtended extended -> extended(extended, before.phase(), partitions(plan), next);
            case Committed done -> committed(done, before, next);
            case PartsReused parts -> reused(parts, before, next);
            case CanaryDecided decided -> next.attemptsFailed(Map.of()).build();
            case AttemptFailed failed
            when failed.until() == null ->
                next.attemptsFailed(withFailure(failed.partition())).build();
            case Paused pause ->
                next.curve(curve.stopped(pause.at(), before.pausingWindow())).build();
            case Resumed resumed ->
                next.progressAt(resumed.at())
                        .curve(plan == null ? curve : curve.begun(resumed.at()))
                        .build();
            case WindowIgnored ignored ->
                next.ignoresWindow(true)
                        .curve(curve.at(ignored.at(), before.pausingWindow()))
                        .build();
            case Rescored rescored -> rescored(rescored, before, next);
            case Failed failed ->
                next.curve(curve.stopped(failed.at(), before.pausingWindow())).build();
            case Retried retried ->
                next.attemptsFailed(Map.of())
                        .progressAt(retried.at())
                        .curve(before.phase() == Phase.FAILED && plan != null ? curve.begun(retried.at()) : curve)
                        .build();
            case Approved now -> next.progressAt(now.at()).build();
            case SupplementPublished end ->
                next.totals(totals.plus(upkeep.supplements().getLast())).build();
            default -> next.build();
        };
    }

    private static int partitions(@Nullable PinnedPlan plan) {
        return Objects.requireNonNull(plan).index().partitions();
    }

    private WorkState extended(PlanExtended extended, @Nullable Phase phase, int partitions, WorkStateBuilder next) {
        CommittedPartitions kept = committed.resized(extended.keptPartitions(), partitions);
        Map<Integer, Integer> failures = new HashMap<>(attemptsFailed);
        failures.keySet().removeIf(partition -> partition >= extended.keptPartitions());
        boolean begins = phase == Phase.RUNNING && !kept.isComplete() && !curve.isActive();
        return next.committed(kept)
                .attemptsFailed(failures)
                .progressAt(extended.at())
                .curve(begins ? curve.begun(extended.at()) : curve)
                .build();
    }

    private WorkState committed(Committed done, BatchState before, WorkStateBuilder next) {
        CommittedPartitions now = committed.withCommits(done.commits());
        CommittedTotals sum = sum(done.commits(), before.pinned());
        ProgressCurve grown =
                curve.committed(done.at(), done.commits().size(), sum.rows() - totals.rows(), before.pausingWindow());
        return next.committed(now)
                .totals(sum)
                .progressAt(done.at())
                .curve(now.isComplete() ? grown.stopped(done.at(), null) : grown)
                .build();
    }

    private WorkState reused(PartsReused parts, BatchState before, WorkStateBuilder next) {
        CommittedPartitions now = committed.withCommits(parts.commits());
        // The time for the reuse is no time for scoring.
        ProgressCurve begun = curve.isActive() ? curve.begun(parts.at()) : curve;
        return next.committed(now)
                .totals(sum(parts.commits(), before.pinned()))
                .progressAt(parts.at())
                .curve(curve.isActive() && now.isComplete() ? begun.stopped(parts.at(), null) : begun)
                .build();
    }

    private WorkState rescored(Rescored rescored, BatchState before, WorkStateBuilder next) {
        CommittedTotals sum = totals;
        Map<Integer, Integer> failures = new HashMap<>(attemptsFailed);
        for (int partition : rescored.partitions()) {
            long rows = before.pinned().index().range(partition).rows();
            sum = sum.minus(committed.totals(partition, rows));
            failures.remove(partition);
        }
        return next.committed(committed.withoutPartitions(rescored.partitions()))
                .totals(sum)
                .attemptsFailed(failures)
                .build();
    }

    private Map<Integer, Integer> withFailure(int partition) {
        Map<Integer, Integer> failures = new HashMap<>(attemptsFailed);
        failures.merge(partition, 1, Integer::sum);
        return failures;
    }

    private CommittedTotals sum(List<PartitionCommit> commits, PinnedPlan plan) {
        CommittedTotals sum = totals;
        for (PartitionCommit commit : commits) {
            PartitionPlan.Range range = plan.index().range(commit.partition());
            if (commit.firstRow() != range.firstRow() || commit.rows() != range.rows()) {
                throw new IllegalStateException(
                        "partition %d is committed with other rows than planned".formatted(commit.partition()));
            }
            sum = sum.plus(commit);
        }
        return sum;
    }
}
