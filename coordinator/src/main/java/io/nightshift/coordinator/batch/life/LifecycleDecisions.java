package io.nightshift.coordinator.batch.life;

import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.attempt.AttemptDecisions;
import io.nightshift.coordinator.batch.attempt.BatchForecast;
import io.nightshift.coordinator.batch.attempt.CommitDecisions;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorAction.BackgroundTask;
import io.nightshift.coordinator.batch.decision.WindowGate;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Opens a batch, takes it over, and starts its background tasks. [#follow] is the one place that starts a task:
/// after each decision it starts the one that [WantedTask] names, unless one runs or waits. So a decision says
/// only what has changed, and [TaskOutcomeDecisions] decides about the outcomes.
///
/// Deterministic, like [BatchDecisions].
public class LifecycleDecisions {

    private final BatchId batch;
    private final AttemptDecisions attempts;
    private final CommitDecisions commits;
    private final BatchForecast forecasts;
    private final Incarnation incarnation;
    private final CurrentTask task;
    private final ExtensionDecisions extensions;

    public LifecycleDecisions(
            BatchId batch,
            AttemptDecisions attempts,
            CommitDecisions commits,
            BatchForecast forecasts,
            Incarnation incarnation,
            CurrentTask task,
            ExtensionDecisions extensions) {
        this.batch = batch;
        this.attempts = attempts;
        this.commits = commits;
        this.forecasts = forecasts;
        this.incarnation = incarnation;
        this.task = task;
        this.extensions = extensions;
    }

    protected int incarnation() {
        return incarnation.number();
    }

    /// Whether a task runs that may still create staged output.
    public boolean mayStage() {
        return task.mayStage();
    }

    /// Whether readers might still see the failed batch: no fence has succeeded yet.
    public boolean isFencing(BatchState state) {
        return wanted(state) instanceof CoordinatorAction.FenceFailedBatch;
    }

    /// The highest incarnation whose attempts this coordinator can judge, because the state says finally
    /// whether they were committed.
    ///
    /// - After its takeover is durable, a coordinator can judge its own attempts and all earlier ones: no
    ///   earlier coordinator can write any more.
    /// - In a batch that has stopped, the last incarnation's attempts can be judged too.
    /// - A coordinator that was superseded and has not noticed can't judge the attempts of its successor.
    ///   They may have been committed.
    public int judgeableIncarnation(BatchState state) {
        return switch (state.phase()) {
            case null -> 0;
            case SUBMITTED, RUNNING, PAUSED, PUBLISHING, HELD -> incarnation.number();
            case FAILED, PUBLISHED, CANCELLED -> state.incarnation();
        };
    }

    // What follows from every decision.

    /// Gives up the leases of a batch that takes no commits any more, tells the register of a failure, and starts
    /// the task that is wanted.
    ///
    /// @param before the state before the decision
    /// @param after the state after its events
    public List<CoordinatorAction> follow(BatchState before, BatchState after, DecisionTime now) {
        if (!attempts.keepsLeases(after)) {
            attempts.voidLeases();
        }
        List<CoordinatorAction> actions = new ArrayList<>();
        if (after.phase() == Phase.FAILED && before.phase() != Phase.FAILED) {
            task.batchFailed();
            actions.add(new CoordinatorAction.TellRegister(new BatchRegisterCommand.HasNoWork(batch)));
        }
        actions.addAll(startWanted(after, now));
        return actions;
    }

    /// Outside the batch's window, a task waits for [#windowOpened], unless the batch has begun to lease.
    protected List<CoordinatorAction> startWanted(BatchState state, DecisionTime now) {
        BackgroundTask wanted = task.isRunning() || task.isWaiting() ? null : wanted(state);
        if (wanted == null) {
            return List.of();
        }
        if (!attempts.hasStarted() && !attempts.isInWindow(state, now)) {
            task.waitForWindow();
            return List.of();
        }
        task.start(wanted);
        return List.of(wanted);
    }

    @Nullable
    protected BackgroundTask wanted(BatchState state) {
        boolean mayBecomeVisible = task.mayBecomeVisible() && commits.violation(state) == null;
        return WantedTask.of(
                state,
                new WantedTask.Situation(
                        incarnation.number(),
                        task.helper(),
                        attempts.hasStarted(),
                        task.cancellation(),
                        mayBecomeVisible));
    }

    /// Ends the wait for the window, and an outage from before. Does nothing if the window is closed.
    public BatchDecision windowOpened(BatchState state, DecisionTime now) {
        if (!state.isOpen() || state.phase() == Phase.FAILED || !attempts.isInWindow(state, now)) {
            return BatchDecision.nothing();
        }
        task.windowOpened();
        if (!WindowGate.hasOldOutage(state, now.instant())) {
            return BatchDecision.nothing();
        }
        List<BatchEvent> events = List.of(new BatchEvent.OutageEnded(now.instant()));
        return BatchDecision.persist(events, attempts.reportWork(state.after(events), now));
    }

    /// Ends the wait for the window if it is open, and reports work.
    BatchDecision continued(BatchState state, DecisionTime now) {
        BatchDecision opened = windowOpened(state, now);
        return opened.equals(BatchDecision.nothing()) ? BatchDecision.of(attempts.reportWork(state, now)) : opened;
    }

    /// The backoff of an incarnation's task is over.
    public BatchDecision retryDue(int startedBy) {
        if (startedBy == incarnation.number()) {
            task.endWait();
        }
        return BatchDecision.nothing();
    }

    /// A person resumes the batch, so its task does not wait for the end of a backoff.
    void resumed() {
        task.endWait();
    }

    // Start and takeover.

    public BatchDecision open(BatchState state, Submission submission, DecisionTime now) {
        return switch (state.phase()) {
            case null ->
                takeOver(
                        state,
                        now,
                        new BatchEvent.Submitted(
                                now.instant(),
                                batch,
                                submission.job(),
                                submission.model(),
                                submission.input(),
                                submission.due(),
                                submission.reuse(),
                                submission.candidate(),
                                submission.by(),
                                submission.untried()));
            case FAILED ->
                commits.violation(state) == null
                        ? retryFor(state, submission, now)
                        : BatchDecision.of(new CoordinatorAction.WriteLog(
                                "{} stays failed: the job forbids to publish its committed partitions",
                                List.of(batch)));
            // Running the job again does not resume a batch that an operator has paused, and approves none.
            case SUBMITTED, RUNNING, PAUSED ->
                ExtensionDecisions.isAskedBy(state, submission)
                        ? extensions.request(state, submission.input(), now)
                        : BatchDecision.nothing();
            case PUBLISHING, HELD -> BatchDecision.nothing();
            case PUBLISHED, CANCELLED -> BatchDecision.of(reportEnd(state));
        };
    }

    public BatchDecision ensureStarted(BatchState state, Submission submission, DecisionTime now) {
        Phase phase = state.phase();
        if (phase == null) {
            return open(state, submission, now);
        }
        if (phase.isEnd()) {
            return BatchDecision.of(reportEnd(state));
        }
        boolean isNew =
                state.plan() == null || !submission.input().equals(state.plan().submitted());
        return phase != Phase.FAILED && isNew && ExtensionDecisions.isAskedBy(state, submission)
                ? extensions.request(state, submission.input(), now).plus(attempts.reportWork(state, now))
                : continued(state, now);
    }

    /// Retries a failed batch for a submission, which may also ask to extend the plan.
    private BatchDecision retryFor(BatchState state, Submission submission, DecisionTime now) {
        BatchEvent retried = new BatchEvent.Retried(now.instant());
        return ExtensionDecisions.isAskedBy(state, submission)
                ? takeOver(state, now, new BatchEvent.ExtensionRequested(now.instant(), submission.input()), retried)
                : takeOver(state, now, retried);
    }

    /// Retries a failed batch for an operator. If its job says so, the plan is extended by new files.
    ///
    /// @param by the name of the operator's token, or null
    protected BatchDecision retry(BatchState state, @Nullable String by, DecisionTime now) {
        BatchEvent retried = new BatchEvent.Retried(now.instant(), by);
        return ExtensionDecisions.followsRetry(state)
                ? takeOver(state, now, new BatchEvent.ExtensionRequested(now.instant(), null), retried)
                : takeOver(state, now, retried);
    }

    public BatchDecision recovered(BatchState state, DecisionTime now) {
        if (incarnation.number() != 0) {
            // A message that waited for the recovery has led to the takeover already.
            return BatchDecision.nothing();
        }
        return switch (state.phase()) {
            case SUBMITTED, RUNNING, PAUSED, PUBLISHING, HELD -> takeOver(state, now);
            case null -> BatchDecision.nothing();
            case FAILED -> {
                task.batchFailed();
                yield BatchDecision.nothing();
            }
            case PUBLISHED, CANCELLED -> BatchDecision.of(reportEnd(state));
        };
    }

    /// Persists a new incarnation. The task of the phase begins anew.
    ///
    /// @param before events to persist in the same write, before the takeover
    protected BatchDecision takeOver(BatchState state, DecisionTime now, BatchEvent... before) {
        List<BatchEvent> events = new ArrayList<>(List.of(before));
        events.add(incarnation.next(state, now));
        task.reset();
        return BatchDecision.persist(events, List.of());
    }

    /// Persists a new incarnation that fences the publication of the last one. Until [#fenceEnded], no other task
    /// runs.
    protected BatchDecision takeOverToFence(BatchState state, BatchCommand.Control request, DecisionTime now) {
        BatchDecision tookOver = takeOver(state, now);
        task.cancel(request);
        return tookOver;
    }

    void fenceEnded() {
        task.fenceEnded();
        task.cancel(null);
    }

    // The end.

    /// Tells the register that the batch ended. For a cancelled batch, its staged output is swept first.
    CoordinatorAction reportEnd(BatchState state) {
        if (state.phase() == Phase.CANCELLED) {
            return new CoordinatorAction.SweepStagedOutput();
        }
        String input = Objects.equals(state.input(), state.submission().input()) ? null : state.input();
        ModelVersion model = state.model().equals(state.submission().model()) ? null : state.model();
        return new CoordinatorAction.TellRegister(
                new BatchRegisterCommand.BatchEnded(batch, Phase.PUBLISHED, forecasts.run(state), input, model));
    }
}
