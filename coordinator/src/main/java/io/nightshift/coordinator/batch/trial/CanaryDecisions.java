package io.nightshift.coordinator.batch.trial;

import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.attempt.AttemptDecisions;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.CanaryState;
import io.nightshift.coordinator.batch.state.StabilityIndex;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.GuardResult;
import io.nightshift.protocol.batch.ModelComparison;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.Rollout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Decides about the canary of a batch: which partitions a candidate scores first, and whether it scores the
/// others.
///
/// While the canary runs, a failure that would otherwise fail the batch fails only the candidate. The exception is
/// the failure of a resource, such as a database. If the candidate fails, the same write withdraws its commits. So
/// the champion scores these partitions, too, and a crash can't let the batch be published with withdrawn parts.
///
/// Deterministic, like [BatchDecisions].
public class CanaryDecisions {

    private final AttemptDecisions attempts;

    public CanaryDecisions(AttemptDecisions attempts) {
        this.attempts = attempts;
    }

    /// The event that begins the canary of a batch that is planned; empty if it tries no candidate, or has no
    /// partition.
    ///
    /// @param planned the state after the plan
    public static List<BatchEvent> started(BatchState planned, DecisionTime now) {
        Rollout rollout = planned.submission().job().rollout();
        int partitions = planned.pinned().index().partitions();
        boolean isReusing = planned.submission().reuse() != null;
        return rollout == null
                        || !rollout.isCanary()
                        || isReusing
                        || planned.submission().candidate() == null
                        || partitions == 0
                ? List.of()
                : List.of(new BatchEvent.CanaryStarted(
                        now.instant(),
                        spread(
                                rollout.partitions(partitions),
                                partitions,
                                planned.batch().value())));
    }

    /// Some of the partitions, spread evenly: sources are often sorted by time, region or key, so neighbours are
    /// alike. Each batch has others, so that the same rows are not always first.
    ///
    /// @param chosen how many, from 1 to `partitions`
    /// @param seed by which the places differ
    static List<Integer> spread(int chosen, int partitions, String seed) {
        long offset = Math.floorMod(seed.hashCode(), partitions);
        List<Integer> places = new ArrayList<>();
        for (long i = 0; i < chosen; i++) {
            places.add((int) ((i * partitions / chosen + offset) % partitions));
        }
        return places.stream().sorted().toList();
    }

    /// Replaces or completes the events of attempts, if they decide the canary.
    ///
    /// @param state before the events
    /// @return the same decision if they don't
    public BatchDecision decide(BatchState state, BatchDecision decision, DecisionTime now) {
        CanaryState canary = state.canary();
        if (canary == null || !canary.isRunning() || decision.events().isEmpty()) {
            return decision;
        }
        List<BatchEvent> events = new ArrayList<>(decision.events());
        Failure failure = events.getLast() instanceof BatchEvent.Failed(var at, Failure why) ? why : null;
        if (failure != null && !blamesCandidate(state, events)) {
            return decision;
        }
        if (failure != null) {
            events.removeLast();
        }
        BatchState next = state.after(events);
        String reason = failure == null ? exhausted(next) : failure.message();
        if (reason == null && !isScored(next, canary)) {
            return decision;
        }
        List<BatchEvent> decided = decided(next, reason, now);
        events.addAll(decided);
        return BatchDecision.persist(events, decision.actions()).plus(attempts.restart(state.after(events), now));
    }

    /// Whether all partitions of the canary are committed. No others are, before it is decided.
    protected boolean isScored(BatchState next, CanaryState canary) {
        return next.committed().count() == canary.partitions().size();
    }

    /// Whether a failure may be the candidate's. A resource that fails is not its fault, unless it is the registry,
    /// which may lack this version only.
    private static boolean blamesCandidate(BatchState state, List<BatchEvent> events) {
        List<BatchEvent.AttemptFailed> failed = events.stream()
                .filter(BatchEvent.AttemptFailed.class::isInstance)
                .map(BatchEvent.AttemptFailed.class::cast)
                .toList();
        boolean isOfOutage = failed.isEmpty() && events.size() == 1;
        return isOfOutage
                ? state.outage() != null && isOfRegistry(state.outage().failure())
                : failed.isEmpty()
                        || failed.stream()
                                .anyMatch(attempt -> attempt.until() == null || isOfRegistry(attempt.failure()));
    }

    static boolean isOfRegistry(Failure failure) {
        return failure.resource() != null && failure.resource().type() == FailedResource.Type.REGISTRY;
    }

    /// Why the candidate fails if one of its partitions has exhausted its attempts, in a job that scores the others
    /// first; null otherwise.
    private @Nullable String exhausted(BatchState next) {
        return attempts.exhaustedPartitions(next, next.attemptsFailed()).stream()
                .min(Integer::compare)
                .map(partition -> "partition %d failed %d times"
                        .formatted(partition, next.attemptsFailed().get(partition)))
                .orElse(null);
    }

    /// @param next the state after the events that lead to the decision
    /// @param reason why the candidate has failed; null if the guards decide
    private List<BatchEvent> decided(BatchState next, @Nullable String reason, DecisionTime now) {
        CanaryState canary = Objects.requireNonNull(next.canary());
        Rollout rollout = Objects.requireNonNull(next.submission().job().rollout());
        long rows = rows(canary);
        String why = reason == null && rows == 0 ? "none of its rows has a prediction" : reason;
        BatchEvent.CanaryDecided decided = new BatchEvent.CanaryDecided(
                now.instant(), rows, why == null ? results(rollout, canary) : List.of(), why);
        List<BatchEvent> events = new ArrayList<>();
        if (decided.passed()) {
            events.add(decided);
            return events;
        }
        withdraw(next, canary, events, now);
        events.add(decided);
        if (rollout.onFail() == Rollout.OnFail.FAIL) {
            events.add(new BatchEvent.Failed(
                    now.instant(),
                    Failure.permanent("the rollout fails: "
                            + canary.status().decided(decided).sentence())));
        }
        return events;
    }

    /// Withdraws the candidate's commits, before the decision is added.
    protected void withdraw(BatchState next, CanaryState canary, List<BatchEvent> events, DecisionTime now) {
        List<Integer> committed =
                canary.partitions().stream().filter(next.committed()::contains).toList();
        if (!committed.isEmpty()) {
            attempts.withdraw(next, committed);
            events.add(new BatchEvent.Rescored(now.instant(), committed));
        }
    }

    /// The rows that both models have scored in the committed partitions.
    public static long rows(CanaryState canary) {
        return canary.compared() == null ? 0 : canary.compared().rows();
    }

    /// The results of the guards, in the job's order, for a canary with rows that both models have scored.
    public static List<GuardResult> results(Rollout rollout, CanaryState canary) {
        ModelComparison compared = Objects.requireNonNull(canary.compared());
        double rows = compared.rows();
        return rollout.guards().stream()
                .map(guard -> GuardResult.of(
                        guard,
                        switch (guard.measure()) {
                            case QUARANTINED -> canary.quarantined() / (double) canary.read();
                            case PREDICTION_NULLS -> compared.scored().missing() / rows;
                            case PREDICTION_PSI -> StabilityIndex.of(compared.other(), compared.scored());
                            case AGREEMENT -> compared.agreed() / rows;
                            case LATENCY -> compared.scoredNanos() / (double) Math.max(1, compared.otherNanos());
                        }))
                .toList();
    }
}
