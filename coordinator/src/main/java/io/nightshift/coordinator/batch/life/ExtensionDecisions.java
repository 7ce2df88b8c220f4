package io.nightshift.coordinator.batch.life;

import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.attempt.AttemptDecisions;
import io.nightshift.coordinator.batch.attempt.CommitDecisions;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.PinnedPlan;
import io.nightshift.coordinator.batch.state.Transitions;
import io.nightshift.coordinator.plan.PlanExtension;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Submission;
import java.util.ArrayList;
import java.util.List;

/// Extends the plan of a batch whose job says `source.on-change: extend` by the files that have come to its
/// source. The request is persisted. It holds the publication back until the source is inspected again and the
/// plan is extended. Leases continue meanwhile, unless the plan also loses partitions.
///
/// Deterministic, like [BatchDecisions].
public class ExtensionDecisions {

    private final BatchId batch;
    private final AttemptDecisions attempts;
    private final CommitDecisions commits;
    private final Incarnation incarnation;
    private final CurrentTask task;

    public ExtensionDecisions(
            BatchId batch,
            AttemptDecisions attempts,
            CommitDecisions commits,
            Incarnation incarnation,
            CurrentTask task) {
        this.batch = batch;
        this.attempts = attempts;
        this.commits = commits;
        this.incarnation = incarnation;
        this.task = task;
    }

    /// Whether a submission of the batch's run wants the batch to score other files than it does. A batch whose
    /// partitions are all committed may be shown to readers at any moment, so it is published as it is.
    static boolean isAskedBy(BatchState state, Submission submission) {
        BatchEvent.ExtensionRequested pending = state.extension();
        return submission.job().source().onChange() == Job.OnChange.EXTEND
                && state.submission().reuse() == null
                && state.phase() != Phase.PUBLISHING
                && !state.isComplete()
                && !submission.input().equals(pending == null ? state.input() : pending.input());
    }

    /// Whether an operator's retry of a failed batch also extends its plan.
    static boolean followsRetry(BatchState state) {
        return state.submission().job().source().onChange() == Job.OnChange.EXTEND
                && state.plan() != null
                && state.extension() == null
                && state.submission().reuse() == null
                && !state.isComplete();
    }

    /// A batch with a plan answers the request at once, also during the backoff of another task.
    ///
    /// @param input digest of the files that the batch is to score
    BatchDecision request(BatchState state, String input, DecisionTime now) {
        if (state.plan() != null) {
            task.endWait();
        }
        return BatchDecision.persist(new BatchEvent.ExtensionRequested(now.instant(), input));
    }

    BatchDecision inspected(
            BatchState state, Phase phase, CoordinatorMessage.InputInspected inspected, DecisionTime now) {
        boolean isAnswer = inspected.request().equals(state.extension());
        if (!isAnswer || !Transitions.allows(phase, BatchEvent.PlanExtended.class)) {
            // Perhaps another submission has come since, and the source may have changed again.
            return BatchDecision.nothing();
        }
        PinnedPlan plan = state.pinned();
        PlanExtension extension = PlanExtension.of(
                plan.files(),
                plan.partitions(),
                state.committed()::contains,
                inspected.files(),
                state.submission().job().partitions().rows());
        return switch (extension) {
            case PlanExtension.Refused(String reason) ->
                failed(
                        "the input of %s can't be extended: %s. Put the file back as it was and run again, or start over with --new"
                                .formatted(batch, reason),
                        now);
            case PlanExtension.Extended extended -> extended(state, inspected, extended, now);
        };
    }

    private static BatchDecision failed(String message, DecisionTime now) {
        return BatchDecision.failBatch(List.of(), Failure.permanent(message), now);
    }

    /// A file that this node does not see may be there for others. So a plan loses a file only if the node that
    /// has checked the submission has seen the same files.
    private BatchDecision extended(
            BatchState state,
            CoordinatorMessage.InputInspected inspected,
            PlanExtension.Extended extended,
            DecisionTime now) {
        if (extended.dropped() != null
                && !inspected.input().equals(inspected.request().input())) {
            return failed(
                    "the input changed since %s was planned: %s. Put the file back as it was, or run the job again to score what is there now"
                            .formatted(batch, extended.dropped()),
                    now);
        }
        List<BatchEvent> events = new ArrayList<>();
        if (dropsPartitions(state, extended)) {
            // Attempts of partitions that no longer exist must not be committed for those that take their numbers.
            events.add(incarnation.next(state, now));
        }
        events.add(new BatchEvent.PlanExtended(
                now.instant(),
                inspected.input(),
                extended.keptFiles(),
                extended.keptPartitions(),
                extended.files(),
                extended.partitions()));
        BatchState next = state.after(events);
        String violation = commits.violation(next);
        if (violation != null) {
            return BatchDecision.failBatch(events, Failure.permanent(violation), now);
        }
        task.succeeded();
        return BatchDecision.persist(events, leases(next, now));
    }

    /// Whether an extension takes the number of a partition for another one.
    protected boolean dropsPartitions(BatchState state, PlanExtension.Extended extended) {
        return extended.keptPartitions() < state.pinned().index().partitions();
    }

    /// A paused batch that has not leased yet begins when it is resumed.
    private List<CoordinatorAction> leases(BatchState next, DecisionTime now) {
        if (next.phase() == Phase.PUBLISHING) {
            return List.of();
        }
        if (attempts.hasStarted()) {
            return attempts.grow(next, now);
        }
        return next.phase() == Phase.RUNNING ? attempts.start(next, incarnation.number(), now) : List.of();
    }
}
