package io.nightshift.coordinator.batch.state;

import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.ModelComparison;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Shadow;
import io.nightshift.protocol.job.Rollout;
import io.nightshift.protocol.model.ModelVersion;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The shadow of a batch: a candidate scores partitions in addition to the version whose predictions are published.
///
/// @param at when the batch was planned
/// @param candidate the version whose predictions are only compared
/// @param partitions the partitions that it is to score, ascending; empty for all
/// @param chosen how many these are
/// @param committed how many of them have been committed, each counted once
/// @param comparisons how many of them both have scored
/// @param compared what both have made of the rows of these; null before the first
/// @param rescored partitions that were withdrawn after they had been counted. They are not compared again
/// @param endedAt when it was abandoned; null otherwise
/// @param reason why it was abandoned; null otherwise
public record ShadowState(
        Instant at,
        ModelVersion candidate,
        List<Integer> partitions,
        int chosen,
        int committed,
        int comparisons,
        @Nullable ModelComparison compared,
        Set<Integer> rescored,
        @Nullable Instant endedAt,
        @Nullable String reason) {

    static ShadowState of(BatchEvent.ShadowStarted event, ModelVersion candidate, int partitions) {
        return new ShadowState(
                event.at(),
                candidate,
                event.partitions(),
                event.partitions().isEmpty() ? partitions : event.partitions().size(),
                0,
                0,
                null,
                Set.of(),
                null,
                null);
    }

    /// Whether it is not abandoned.
    public boolean isRunning() {
        return reason == null;
    }

    /// Whether the candidate is to score a partition.
    public boolean contains(int partition) {
        return partitions.isEmpty() || Collections.binarySearch(partitions, partition) >= 0;
    }

    /// Whether an attempt at a partition scores with the candidate, too.
    ///
    /// @param failed how many attempts at it have failed. An attempt after a failure scores without the candidate,
    ///     which may be the cause
    public boolean scores(int partition, int failed) {
        return isRunning() && failed == 0 && contains(partition) && !rescored.contains(partition);
    }

    ShadowState committed(PartitionCommit commit) {
        if (!contains(commit.partition()) || rescored.contains(commit.partition())) {
            return this;
        }
        ModelComparison more = commit.comparison();
        ModelComparison sum = compared;
        int compares = comparisons;
        if (more != null && more.failure() == null) {
            sum = compared == null ? more : compared.plus(more);
            compares++;
        }
        return new ShadowState(
                at, candidate, partitions, chosen, committed + 1, compares, sum, rescored, endedAt, reason);
    }

    ShadowState withdrawn(List<Integer> withdrawn) {
        Set<Integer> more = new TreeSet<>(rescored);
        withdrawn.stream().filter(this::contains).forEach(more::add);
        return new ShadowState(
                at,
                candidate,
                partitions,
                chosen,
                committed,
                comparisons,
                compared,
                Collections.unmodifiableSet(more),
                endedAt,
                reason);
    }

    /// @throws IllegalStateException if it is abandoned already
    ShadowState abandoned(BatchEvent.ShadowAbandoned event) {
        if (!isRunning()) {
            throw new IllegalStateException("the shadow is abandoned twice");
        }
        return new ShadowState(
                at,
                candidate,
                partitions,
                chosen,
                committed,
                comparisons,
                compared,
                rescored,
                event.at(),
                event.reason());
    }

    /// The report of a batch's shadow; null if it has none.
    public static @Nullable Shadow report(BatchState state) {
        ShadowState shadow = state.shadow();
        if (shadow == null) {
            return null;
        }
        ModelComparison compared = shadow.compared;
        boolean isEmpty = compared == null
                || compared.scored().rows() == 0
                || compared.other().rows() == 0;
        Rollout rollout = state.submission().job().rollout();
        return new Shadow(
                shadow.at,
                shadow.candidate,
                state.submission().model(),
                shadow.chosen,
                shadow.comparisons,
                shadow.reason != null
                        ? Shadow.State.ABANDONED
                        : shadow.committed == shadow.chosen ? Shadow.State.COMPLETED : Shadow.State.RUNNING,
                compared,
                compared == null || isEmpty ? 0 : StabilityIndex.of(compared.scored(), compared.other()),
                rollout == null ? 0 : rollout.differences(),
                state.totals().use().processor(),
                shadow.endedAt,
                shadow.reason);
    }
}
