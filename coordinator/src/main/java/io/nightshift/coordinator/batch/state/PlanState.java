package io.nightshift.coordinator.batch.state;

import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchEvent.ExtensionRequested;
import io.nightshift.protocol.batch.BatchEvent.PartsReused;
import io.nightshift.protocol.batch.BatchEvent.PlanExtended;
import io.nightshift.protocol.batch.BatchEvent.Planned;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.ReusedParts;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The input that a batch scores, and the parts of it that another batch has scored: a part of the fold
/// [BatchState].
///
/// @param pinned the input; null before the batch is planned
/// @param extension the request to extend the plan that [PlanExtended] has not answered yet; null if there is
///     none
/// @param reusedTo the number of partitions, the first ones, about whose reuse is decided
/// @param reused the parts of another batch that the batch has taken over, by model
record PlanState(
        @Nullable PinnedPlan pinned, @Nullable ExtensionRequested extension, int reusedTo, List<ReusedParts> reused) {

    static final PlanState NONE = new PlanState(null, null, 0, List.of());

    PlanState {
        reused = List.copyOf(reused);
    }

    /// @param before the state before the event
    PlanState after(BatchEvent event, BatchState before) {
        return switch (event) {
            case Planned planned -> planned(planned, before.input());
            case ExtensionRequested requested -> {
                if (before.phase() == Phase.FAILED && before.isComplete()) {
                    throw new IllegalStateException("it can't be extended, because all its partitions are committed");
                }
                yield new PlanState(pinned, requested, reusedTo, reused);
            }
            case PlanExtended extended ->
                new PlanState(
                        before.pinned().extended(extended, extension == null ? null : extension.input()),
                        null,
                        reusedTo,
                        reused);
            case PartsReused parts -> reused(parts, before);
            default -> this;
        };
    }

    /// @param submitted digest of the input that the submission or the request to extend the plan named
    private PlanState planned(Planned planned, @Nullable String submitted) {
        if (pinned != null) {
            throw new IllegalStateException("it can't be planned twice");
        }
        PinnedPlan plan = PinnedPlan.of(
                planned.files(),
                planned.partitions(),
                planned.cuts(),
                planned.input() == null ? submitted : planned.input(),
                extension == null ? submitted : extension.input());
        return new PlanState(plan, isAnsweredBy(plan) ? null : extension, reusedTo, reused);
    }

    /// Whether a plan is what the request to extend it asks for.
    private boolean isAnsweredBy(PinnedPlan plan) {
        return extension == null
                || extension.input() == null
                || extension.input().equals(plan.input());
    }

    private PlanState reused(PartsReused parts, BatchState before) {
        if (!before.isReusing()
                || parts.to() <= reusedTo
                || parts.to() > before.pinned().index().partitions()) {
            throw new IllegalStateException(
                    "parts are reused up to partition %d after %d".formatted(parts.to(), reusedTo));
        }
        for (PartitionCommit commit : parts.commits()) {
            if (!commit.epoch().equals(Epoch.ofReuse(before.incarnation()))
                    || commit.partition() < reusedTo
                    || commit.partition() >= parts.to()) {
                throw new IllegalStateException(
                        "partition %d can't be reused now as %s".formatted(commit.partition(), commit.epoch()));
            }
        }
        String from = Objects.requireNonNull(before.submission().reuse()).batch();
        return new PlanState(pinned, extension, parts.to(), withReused(from, parts.commits()));
    }

    private List<ReusedParts> withReused(String from, List<PartitionCommit> commits) {
        Map<String, ReusedParts> byModel = new TreeMap<>();
        reused.forEach(parts -> byModel.put(parts.model(), parts));
        for (PartitionCommit commit : commits) {
            ReusedParts known = byModel.getOrDefault(commit.model(), new ReusedParts(from, commit.model(), 0, 0));
            byModel.put(
                    commit.model(),
                    new ReusedParts(from, commit.model(), known.parts() + 1, known.rows() + commit.read()));
        }
        return List.copyOf(byModel.values());
    }
}
