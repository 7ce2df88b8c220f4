package io.nightshift.coordinator.batch.life;

import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.attempt.AttemptDecisions;
import io.nightshift.coordinator.batch.attempt.CommitDecisions;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.batch.decision.StagedParts;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.Measured;
import io.nightshift.coordinator.batch.state.Transitions;
import io.nightshift.coordinator.batch.trial.CanaryDecisions;
import io.nightshift.coordinator.batch.trial.CheckDecisions;
import io.nightshift.coordinator.batch.trial.ShadowDecisions;
import io.nightshift.destination.Publication;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.SourceInspector.InspectedFile;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Decides about the outcomes of a batch's background tasks: the plan, the check of the input, the reuse of parts,
/// the measurement, the publication and the fence of a failed batch. [TaskFailureDecisions] and
/// [ExtensionDecisions] decide about the others.
///
/// Deterministic, like [BatchDecisions].
public class TaskOutcomeDecisions {

    private final String node;
    private final AttemptDecisions attempts;
    private final CommitDecisions commits;
    private final Incarnation incarnation;
    private final CurrentTask task;
    private final LifecycleDecisions lifecycle;
    private final ExtensionDecisions extensions;
    private final TaskFailureDecisions failures;

    /// @param node this node, `host:port`
    public TaskOutcomeDecisions(
            String node,
            AttemptDecisions attempts,
            CommitDecisions commits,
            Incarnation incarnation,
            CurrentTask task,
            LifecycleDecisions lifecycle,
            ExtensionDecisions extensions,
            TaskFailureDecisions failures) {
        this.node = node;
        this.attempts = attempts;
        this.commits = commits;
        this.incarnation = incarnation;
        this.task = task;
        this.lifecycle = lifecycle;
        this.extensions = extensions;
        this.failures = failures;
    }

    /// @param startedBy the incarnation that started the task
    /// @param others the other nodes that can do a task now
    public BatchDecision stepEnded(
            BatchState state,
            int startedBy,
            CoordinatorMessage.StepOutcome outcome,
            List<String> others,
            DecisionTime now) {
        if (startedBy == incarnation.number() && !isRepeated(state, outcome)) {
            task.stepEnded();
        }
        Phase phase = state.phase();
        if (phase == Phase.CANCELLED) {
            return BatchDecision.of(lifecycle.reportEnd(state));
        }
        if (startedBy != incarnation.number() || phase == null) {
            return BatchDecision.nothing();
        }
        return switch (outcome) {
            case CoordinatorMessage.PlanCompleted completed -> planned(state, phase, completed, now);
            case CoordinatorMessage.PartsStaged(StagedParts staged) -> partsReused(state, phase, staged, now);
            case CoordinatorMessage.InputUnchanged unchanged -> inputUnchanged(state, phase, now);
            case CoordinatorMessage.InputInspected inspected -> extensions.inspected(state, phase, inspected, now);
            case CoordinatorMessage.BatchMeasured(Measured measured) -> measured(state, measured, now);
            case CoordinatorMessage.PublicationCompleted(
                    Publication publication,
                    CoordinatorMessage.Promotion promotion)
            when promotion != null
                    && promotion.failure() != null
                    && failures.mayBePromotedLater(state, promotion.failure(), now) ->
                failures.promotionFailed(state, phase, step(promotion.failure(), null, others), now);
            case CoordinatorMessage.PublicationCompleted(
                    Publication publication,
                    CoordinatorMessage.Promotion promotion) -> published(state, phase, publication, promotion, now);
            case CoordinatorMessage.TaskFailed(Failure failure, String by) ->
                failures.taskFailed(state, phase, step(failure, by, others), now);
            case CoordinatorMessage.TaskStalled(Failure failure, String by) ->
                failures.taskStalled(state, phase, step(failure, by, others), now);
            case CoordinatorMessage.HelperLost lost -> failures.helperLost(state, phase, lost, others, now);
        };
    }

    /// Whether parts are reported again while the next ones are staged.
    private static boolean isRepeated(BatchState state, CoordinatorMessage.StepOutcome outcome) {
        return outcome instanceof CoordinatorMessage.PartsStaged(StagedParts staged)
                && staged.from() != state.reusedTo();
    }

    /// @param by the other node that did the task; null for this node
    private TaskFailureDecisions.FailedStep step(Failure failure, @Nullable String by, List<String> others) {
        return new TaskFailureDecisions.FailedStep(failure, by == null ? node : by, others);
    }

    private BatchDecision planned(
            BatchState state, Phase phase, CoordinatorMessage.PlanCompleted completed, DecisionTime now) {
        if (state.plan() != null || !Transitions.allows(phase, BatchEvent.Planned.class)) {
            return BatchDecision.nothing();
        }
        List<SourceFile> files =
                completed.files().stream().map(InspectedFile::file).toList();
        boolean isSubmitted = completed.input().equals(state.submission().input());
        List<BatchEvent> events = new ArrayList<>();
        events.add(new BatchEvent.Planned(
                now.instant(),
                files,
                completed.partitions(),
                isSubmitted ? null : completed.input(),
                completed.cuts()));
        BatchState planned = state.after(events);
        events.addAll(CanaryDecisions.started(planned, now));
        events.addAll(ShadowDecisions.started(planned, now));
        BatchState next = state.after(events);
        task.succeeded();
        return BatchDecision.persist(events, next.isReusing() ? List.of() : startLeasing(next, now));
    }

    private BatchDecision inputUnchanged(BatchState state, Phase phase, DecisionTime now) {
        if (!Transitions.allows(phase, BatchEvent.Committed.class) || attempts.hasStarted()) {
            return BatchDecision.nothing();
        }
        boolean endsOutage = state.outage() != null && state.outage().ofStep();
        List<BatchEvent> events = endsOutage ? List.of(new BatchEvent.OutageEnded(now.instant())) : List.of();
        task.succeeded();
        return BatchDecision.persist(events, startLeasing(state.after(events), now));
    }

    /// Leases begin when it is decided about all partitions. During a pause, they begin when the batch is resumed.
    private BatchDecision partsReused(BatchState state, Phase phase, StagedParts staged, DecisionTime now) {
        if (!state.isReusing()
                || state.reusedTo() != staged.from()
                || !Transitions.allows(phase, BatchEvent.PartsReused.class)) {
            return BatchDecision.nothing();
        }
        List<BatchEvent> events = List.of(new BatchEvent.PartsReused(now.instant(), staged.to(), staged.commits()));
        BatchState next = state.after(events);
        String violation = commits.violation(next);
        if (violation != null) {
            return BatchDecision.failBatch(events, Failure.permanent(violation), now);
        }
        task.succeeded();
        boolean leases = next.phase() == Phase.RUNNING && !next.isReusing();
        return BatchDecision.persist(events, leases ? startLeasing(next, now) : List.of());
    }

    private List<CoordinatorAction> startLeasing(BatchState state, DecisionTime now) {
        return attempts.start(state, incarnation.number(), now);
    }

    private BatchDecision measured(BatchState state, Measured measured, DecisionTime now) {
        if (state.phase() != Phase.PUBLISHING || !state.needsChecks()) {
            return BatchDecision.nothing();
        }
        task.succeeded();
        return BatchDecision.persist(CheckDecisions.events(state, measured, now), List.of());
    }

    /// @param promotion of the candidate; null if none was tried
    BatchDecision published(
            BatchState state,
            Phase phase,
            Publication publication,
            CoordinatorMessage.@Nullable Promotion promotion,
            DecisionTime now) {
        if (!Transitions.allows(phase, BatchEvent.Published.class)) {
            return BatchDecision.nothing();
        }
        List<BatchEvent> events = new ArrayList<>();
        if (promotion != null) {
            Failure failure = promotion.failure();
            events.add(new BatchEvent.CandidatePromoted(
                    now.instant(),
                    promotion.alias(),
                    failure == null ? null : failure.message(),
                    promotion.writeBack()));
        }
        events.add(new BatchEvent.Published(
                now.instant(), publication.destination(), publication.manifestSha256(), publication.others()));
        return BatchDecision.persist(events, List.of(lifecycle.reportEnd(state.after(events))));
    }

    /// Retries a failed batch that readers see, which records it as published.
    ///
    /// @param startedBy the incarnation that started the fence
    public BatchDecision failedBatchFenced(
            BatchState state, int startedBy, CoordinatorMessage.FailedBatchFenced outcome, DecisionTime now) {
        if (startedBy != incarnation.number()) {
            return BatchDecision.nothing();
        }
        task.fenceEnded();
        if (state.phase() != Phase.FAILED) {
            return BatchDecision.nothing();
        }
        Failure failure = outcome.failure();
        if (failure != null) {
            return failures.fenceFailed(state, failure, now);
        }
        task.fenceIsOver();
        return outcome.isVisible()
                ? lifecycle.takeOver(state, now, new BatchEvent.Retried(now.instant()))
                : BatchDecision.nothing();
    }
}
