package io.nightshift.coordinator.batch;

import io.nightshift.api.BatchDescription;
import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.attempt.AttemptDecisions;
import io.nightshift.coordinator.batch.attempt.BatchForecast;
import io.nightshift.coordinator.batch.attempt.CommitDecisions;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.BatchObserver;
import io.nightshift.coordinator.batch.decision.BatchSettings;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.batch.decision.WindowGate;
import io.nightshift.coordinator.batch.life.ControlDecisions;
import io.nightshift.coordinator.batch.life.CurrentTask;
import io.nightshift.coordinator.batch.life.ExtensionDecisions;
import io.nightshift.coordinator.batch.life.Incarnation;
import io.nightshift.coordinator.batch.life.LifecycleDecisions;
import io.nightshift.coordinator.batch.life.TakeoverDetection;
import io.nightshift.coordinator.batch.life.TaskFailureDecisions;
import io.nightshift.coordinator.batch.life.TaskOutcomeDecisions;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.UpkeepOperation;
import io.nightshift.coordinator.batch.status.BatchStatuses;
import io.nightshift.coordinator.batch.trial.CanaryDecisions;
import io.nightshift.coordinator.batch.trial.ShadowDecisions;
import io.nightshift.coordinator.batch.upkeep.RedriveDecisions;
import io.nightshift.coordinator.batch.upkeep.RemovalDecisions;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.PastRun;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Use;
import io.nightshift.protocol.job.Submission;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The decision logic of one batch's coordinator. It is deterministic: it uses no actors, clocks, threads or
/// I/O. [Batch] runs it on the journal; the tests run it in a simulation.
///
/// [#decide] takes the batch's state, a message and the time. It returns the events to persist and the
/// actions to perform once they are durable. What the ledger does not hold, above all the leases, is kept in
/// this object and its parts. [#decide] changes it as if the write had succeeded, so these rules hold:
///
/// - The caller gives the next message only after the events of the last decision are durable and are part of
///   the state.
/// - After a failed write, whose outcome is unknown, the caller discards this object, reads the ledger again,
///   and starts with a new object and [CoordinatorMessage.Recovered]. The same happens after a crash. Leases
///   are lost then on purpose: the next incarnation grants new ones with higher epochs, so no attempt of an
///   old lease can be committed.
///
/// Work that waits for disks runs as a [CoordinatorAction.BackgroundTask] and reports back with the
/// incarnation that started it. Reports to an earlier incarnation are ignored.
///
/// The parts: [LifecycleDecisions] takes the batch over and starts its background tasks, [TaskOutcomeDecisions]
/// decides about their outcomes, [AttemptDecisions] grants leases and counts failures, [CommitDecisions] decides
/// exactly-once, [ControlDecisions] answers operators, [CanaryDecisions] lets a candidate score some partitions
/// first, [RemovalDecisions] removes the batch after its publication, [RedriveDecisions] adds rows to it that were
/// quarantined, and [TakeoverDetection] notices that another coordinator has taken over.
public final class BatchDecisions {

    private final BatchId batch;
    private final LifecycleDecisions lifecycle;
    private final TaskOutcomeDecisions outcomes;
    private final AttemptDecisions attempts;
    private final CommitDecisions commits;
    private final ControlDecisions control;
    private final TakeoverDetection takeover;
    private final BatchForecast forecasts;
    private final RemovalDecisions removal;
    private final RedriveDecisions redrives;
    private final CanaryDecisions canary;
    private final ShadowDecisions shadow;

    /// @param lifecycle new, like all other parts, and used by no other object
    BatchDecisions(
            BatchId batch,
            LifecycleDecisions lifecycle,
            TaskOutcomeDecisions outcomes,
            AttemptDecisions attempts,
            CommitDecisions commits,
            ControlDecisions control,
            TakeoverDetection takeover,
            BatchForecast forecasts,
            RemovalDecisions removal,
            RedriveDecisions redrives,
            CanaryDecisions canary,
            ShadowDecisions shadow) {
        this.batch = batch;
        this.lifecycle = lifecycle;
        this.outcomes = outcomes;
        this.attempts = attempts;
        this.commits = commits;
        this.control = control;
        this.takeover = takeover;
        this.forecasts = forecasts;
        this.removal = removal;
        this.redrives = redrives;
        this.canary = canary;
        this.shadow = shadow;
    }

    /// @param node this node, `host:port`
    /// @param random for the jitter of backoffs
    public static BatchDecisions create(BatchId batch, BatchSettings settings, String node, RandomGenerator random) {
        AttemptDecisions attempts = new AttemptDecisions(batch, settings, random);
        CommitDecisions commits = new CommitDecisions(batch, attempts);
        BatchForecast forecasts = new BatchForecast();
        CurrentTask task = new CurrentTask();
        Incarnation incarnation = new Incarnation(node, attempts, task);
        ExtensionDecisions extensions = new ExtensionDecisions(batch, attempts, commits, incarnation, task);
        LifecycleDecisions lifecycle =
                new LifecycleDecisions(batch, attempts, commits, forecasts, incarnation, task, extensions);
        TaskOutcomeDecisions outcomes = new TaskOutcomeDecisions(
                node,
                attempts,
                commits,
                incarnation,
                task,
                lifecycle,
                extensions,
                new TaskFailureDecisions(batch, settings, node, random, incarnation, task));
        RemovalDecisions removal = new RemovalDecisions(batch, settings.removalGrace());
        RedriveDecisions redrives = new RedriveDecisions(batch, node);
        return new BatchDecisions(
                batch,
                lifecycle,
                outcomes,
                attempts,
                commits,
                new ControlDecisions(batch, lifecycle, outcomes, attempts, commits, removal, redrives),
                new TakeoverDetection(settings, lifecycle),
                forecasts,
                removal,
                redrives,
                new CanaryDecisions(attempts),
                new ShadowDecisions());
    }

    /// Decides about a message, and starts the background task that the batch needs then.
    public BatchDecision decide(BatchState state, CoordinatorMessage message, DecisionTime now) {
        BatchDecision decision = answer(state, message, now);
        return decision.plus(lifecycle.follow(state, state.after(decision.events()), now));
    }

    private BatchDecision answer(BatchState state, CoordinatorMessage message, DecisionTime now) {
        return switch (message) {
            case CoordinatorMessage.CommandReceived(BatchCommand command) -> answer(state, command, now);
            case CoordinatorMessage.AttemptReported(BatchCommand.AttemptFailed failed, Set<String> nodes) ->
                withTrials(state, attempts.failed(state, failed, nodes, now), false, now);
            case CoordinatorMessage.Recovered recovered ->
                switch (state.operation()) {
                    case UpkeepOperation.Redriving redriving -> redrives.resume(state, now);
                    case UpkeepOperation.Removing removing ->
                        lifecycle.recovered(state, now).plus(removal.nextStep(state, now));
                    case null -> lifecycle.recovered(state, now);
                };
            case CoordinatorMessage.FlushCommits flush -> withTrials(state, commits.flush(state, now), false, now);
            case CoordinatorMessage.Tick tick -> tick(state, now);
            case CoordinatorMessage.TaskReported(
                    int incarnation,
                    CoordinatorMessage.TaskOutcome outcome,
                    List<String> others) ->
                switch (outcome) {
                    case CoordinatorMessage.StepOutcome step ->
                        outcomes.stepEnded(state, incarnation, step, others, now);
                    case CoordinatorMessage.PublicationFenced fenced -> control.fenced(state, incarnation, fenced, now);
                    case CoordinatorMessage.FailedBatchFenced fenced ->
                        outcomes.failedBatchFenced(state, incarnation, fenced, now);
                    case CoordinatorMessage.RemovalStepEnded ended -> removal.ended(state, ended, now);
                    case CoordinatorMessage.RedriveStepEnded ended -> redrives.ended(state, incarnation, ended, now);
                    case CoordinatorMessage.LedgerEntriesCounted counted -> takeover.counted(state, counted);
                };
            case CoordinatorMessage.AlertsDue due -> BatchDecision.nothing();
            case CoordinatorMessage.AlertAnswered answered -> BatchDecision.nothing();
            case CoordinatorMessage.RetryDue(int incarnation) ->
                state.redrive() == null ? lifecycle.retryDue(incarnation) : redrives.retryDue(state);
            case CoordinatorMessage.IdleTimeout timeout ->
                isRemovable(state) ? BatchDecision.of(new CoordinatorAction.Passivate()) : BatchDecision.nothing();
        };
    }

    private BatchDecision answer(BatchState state, BatchCommand command, DecisionTime now) {
        return switch (command) {
            case BatchCommand.Open(Submission submission, List<PastRun> history) -> {
                forecasts.history(history);
                yield lifecycle.open(state, submission, now);
            }
            case BatchCommand.EnsureStarted(Submission submission, List<PastRun> history) -> {
                forecasts.history(history);
                yield lifecycle.ensureStarted(state, submission, now).plus(takeover.ensured(state, now));
            }
            case BatchCommand.Control request -> control.decide(state, request, now);
            case BatchCommand.Describe(var replyTo) ->
                BatchDecision.of(new CoordinatorAction.Send<>(replyTo, describe(state, now)))
                        .plus(takeover.asked(state, now));
            // Batch reports alerts itself, because they follow from the state.
            case BatchCommand.ReportAlerts report -> BatchDecision.nothing();
            case BatchCommand.Retire retire -> retire(state, retire, now);
            case BatchCommand.RequestLease request ->
                takeover.check(state, request, now)
                        .orElseGet(
                                () -> attempts.requestLease(state, request, now).plus(takeover.asked(state, now)));
            case BatchCommand.Heartbeat heartbeat ->
                unlessSuperseded(
                        state,
                        heartbeat.attempt(),
                        now,
                        () -> attempts.heartbeat(state, heartbeat, lifecycle.judgeableIncarnation(state), now));
            case BatchCommand.Commit commit ->
                unlessSuperseded(
                        state,
                        commit.commit().attempt(batch),
                        now,
                        () -> commits.commit(state, commit, lifecycle.judgeableIncarnation(state), now));
            case BatchCommand.ReleaseLease release -> attempts.release(state, release, now);
            case BatchCommand.AttemptDiscarded(Attempt attempt, Use use) -> attempts.discard(state, attempt, use);
            case BatchCommand.AttemptFailed failed ->
                withTrials(state, attempts.failed(state, failed, Set.of(), now), false, now);
        };
    }

    private BatchDecision retire(BatchState state, BatchCommand.Retire retire, DecisionTime now) {
        if (redrives.isBusy(state)) {
            return BatchDecision.nothing();
        }
        boolean isLeftByRedrive =
                state.phase() == Phase.PUBLISHED && state.removal() == null && retire.retention() == null;
        return isLeftByRedrive ? redrives.forget(state) : removal.retire(state, retire, now);
    }

    private BatchDecision unlessSuperseded(
            BatchState state, Attempt attempt, DecisionTime now, Supplier<BatchDecision> decision) {
        Optional<BatchDecision> check = takeover.check(state, attempt, now);
        return check.isPresent() ? check.get() : decision.get();
    }

    private BatchDecision tick(BatchState state, DecisionTime now) {
        forecasts.observe(attempts.inFlight(), attempts.isLeasing(state) && attempts.isInWindow(state, now));
        BatchDecision opened = lifecycle.windowOpened(state, now);
        if (!opened.equals(BatchDecision.nothing())) {
            return opened;
        }
        BatchDecision decision = withTrials(state, attempts.tick(state, now), true, now);
        return decision.plus(takeover.tick(state, decision, now));
    }

    /// Adds what follows if the events of attempts have decided the canary, or end the shadow.
    ///
    /// @param isExpiry whether the attempts that have failed did so because their nodes fell silent
    private BatchDecision withTrials(BatchState state, BatchDecision ofAttempts, boolean isExpiry, DecisionTime now) {
        return shadow.decide(state, canary.decide(state, ofAttempts, now), isExpiry, now);
    }

    /// Whether the coordinator acts by itself, so that it needs [CoordinatorMessage.Tick]. One whose batch
    /// has failed, has ended or was never submitted only answers.
    boolean needsTick(BatchState state, DecisionTime now) {
        return state.isOpen() && state.phase() != Phase.FAILED && wakesAt(state, now) == null;
    }

    /// When the coordinator needs [CoordinatorMessage.Tick] again, because the window opens that its batch
    /// waits for. Null if it waits for none, or has attempts in flight.
    @Nullable
    Instant wakesAt(BatchState state, DecisionTime now) {
        boolean isWaiting = state.phase() == Phase.SUBMITTED || state.phase() == Phase.RUNNING;
        return isWaiting && attempts.inFlight() == 0 && !lifecycle.mayStage()
                ? WindowGate.opening(state, now.instant())
                : null;
    }

    /// Whether the coordinator can be removed from memory until somebody asks for the batch again. Nothing is
    /// lost: the ledger has the batch's end, and the register asks for it again if it missed it. A failed batch
    /// waits for a person.
    public boolean isRemovable(BatchState state) {
        boolean isSettled = state.phase() == Phase.FAILED ? !lifecycle.isFencing(state) : !state.isOpen();
        return isSettled && !lifecycle.mayStage() && !removal.isTaskRunning() && !redrives.isBusy(state);
    }

    /// The values of the batch in the metrics; null if the batch has ended or was never submitted.
    public BatchObserver.@Nullable BatchGauges gauges(BatchState state, DecisionTime now) {
        Phase phase = state.phase();
        return phase == null || phase.isEnd()
                ? null
                : attempts.gauges(state, phase, forecasts.timing(state, attempts, now), now);
    }

    /// The time since the attempt's last heartbeat, in nanoseconds; empty if the attempt holds no partition.
    public OptionalLong nanosSinceHeartbeat(Attempt attempt, DecisionTime now) {
        return attempts.nanosSinceHeartbeat(attempt, now);
    }

    /// Rows of the input that are committed, or that attempts in flight have scored.
    long rowsDone(BatchState state) {
        return state.totals().rows() + attempts.rowsInFlight();
    }

    /// The batch's deadline and forecast; null before the batch is submitted.
    BatchDescription.@Nullable Timing timing(BatchState state, DecisionTime now) {
        return state.phase() == null ? null : forecasts.timing(state, attempts, now);
    }

    private BatchStatus describe(BatchState state, DecisionTime now) {
        return BatchStatuses.of(
                state,
                timing(state, now),
                state.phase() == null ? null : forecasts.run(state),
                new BatchDescription.Progress(
                        rowsDone(state),
                        attempts.inFlight(),
                        state.attemptsFailed().values().stream()
                                .mapToInt(Integer::intValue)
                                .sum(),
                        attempts.waitsForWorker(state, now)));
    }
}
