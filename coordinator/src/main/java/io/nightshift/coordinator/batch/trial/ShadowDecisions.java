package io.nightshift.coordinator.batch.trial;

import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.ShadowState;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.ModelComparison;
import io.nightshift.protocol.job.Rollout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Decides about the shadow of a batch: which partitions a candidate scores in addition, and when it stops.
///
/// A candidate never decides about the batch. What it throws, the attempt reports with its commit. If an attempt
/// fails altogether, the candidate may be the cause: it may hang, or take all memory. So the next attempt at the
/// partition scores without it, and is granted in addition to those of the job. The failure of a resource is
/// not the candidate's, unless it is the registry, which may lack this version only.
///
/// Deterministic, like [BatchDecisions].
public class ShadowDecisions {

    /// How many nodes may fall silent during attempts with the candidate before it is taken for the cause.
    private static final int MOST_SILENT_NODES = 1;

    /// The nodes that this incarnation has seen fall silent during attempts with the candidate.
    private final Set<String> silent = new HashSet<>();

    /// The event that begins the shadow of a batch that is planned; empty if it has none, or no partition.
    ///
    /// @param planned the state after the plan
    public static List<BatchEvent> started(BatchState planned, DecisionTime now) {
        Rollout rollout = planned.submission().job().rollout();
        int partitions = planned.pinned().index().partitions();
        if (rollout == null
                || rollout.isCanary()
                || planned.submission().reuse() != null
                || planned.submission().candidate() == null
                || partitions == 0) {
            return List.of();
        }
        int chosen = rollout.partitions(partitions);
        return List.of(new BatchEvent.ShadowStarted(
                now.instant(),
                chosen == partitions
                        ? List.of()
                        : CanaryDecisions.spread(
                                chosen, partitions, planned.batch().value())));
    }

    /// Abandons the shadow if the events say that the candidate fails. A batch that fails needs no decision.
    ///
    /// @param state before the events
    /// @param isExpiry whether the attempts among the events have failed because their nodes fell silent
    /// @return the same decision if the shadow continues
    public BatchDecision decide(BatchState state, BatchDecision decision, boolean isExpiry, DecisionTime now) {
        ShadowState shadow = state.shadow();
        boolean isFailing = !decision.events().isEmpty() && decision.events().getLast() instanceof BatchEvent.Failed;
        if (shadow == null || !shadow.isRunning() || isFailing) {
            return decision;
        }
        String reason = decision.events().stream()
                .map(event -> reason(state, shadow, event, isExpiry))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
        if (reason == null) {
            return decision;
        }
        List<BatchEvent> events = new ArrayList<>(decision.events());
        events.add(new BatchEvent.ShadowAbandoned(now.instant(), reason));
        return BatchDecision.persist(events, decision.actions());
    }

    private @Nullable String reason(BatchState state, ShadowState shadow, BatchEvent event, boolean isExpiry) {
        return switch (event) {
            case BatchEvent.Committed committed ->
                committed.commits().stream()
                        .map(commit -> failure(commit.comparison()))
                        .filter(Objects::nonNull)
                        .findFirst()
                        .orElse(null);
            case BatchEvent.AttemptFailed failed
            when (failed.until() == null || CanaryDecisions.isOfRegistry(failed.failure()))
                    && shadow.scores(failed.partition(), failures(state, failed.partition())) ->
                !isExpiry
                        ? "an attempt that scored with it failed: "
                                + failed.failure().message()
                        : isSilenced(failed.node())
                                ? "%d nodes stopped sending heartbeats while they scored with it"
                                        .formatted(silent.size())
                                : null;
            default -> null;
        };
    }

    private boolean isSilenced(String node) {
        silent.add(node);
        return silent.size() > MOST_SILENT_NODES;
    }

    private static @Nullable String failure(@Nullable ModelComparison comparison) {
        return comparison == null ? null : comparison.failure();
    }

    static int failures(BatchState state, int partition) {
        return state.attemptsFailed().getOrDefault(partition, 0);
    }
}
