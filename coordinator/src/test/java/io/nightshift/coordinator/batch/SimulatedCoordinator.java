package io.nightshift.coordinator.batch;

import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.batch.decision.RemovalStep;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.Measured;
import io.nightshift.destination.Publication;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.Canary;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Rollout;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A simulated process that runs the real [BatchDecisions] as [Batch] does: one message at a time, none
/// during a write, and with new decision logic after a failed write.
final class SimulatedCoordinator extends SimulatedProcess {

    private static final long IDLE = Simulation.SETTINGS.passivateAfter().toNanos();
    static final Failure AWAY = Failure.of(FailedResource.Type.STORAGE, "/data", "the share was away");

    private static final Publication PUBLICATION = new Publication("/out", ExampleBatch.DIGEST);

    private final SimulatedJournal journal;
    private final SimulatedDestination destination;
    private final InvariantChecker checker;
    private final long clock;
    private final Deque<CoordinatorMessage> mailbox = new ArrayDeque<>();

    /// Null while it recovers from the journal.
    private @Nullable BatchDecisions decisions;

    /// The number of the journal's events that it has read.
    private int seen;

    private long lastMessage;

    /// Whether it has left memory. The next message starts it again.
    private boolean isPassivated;

    private boolean writing;
    /// The wall clock's time of the last decision. Its actions follow when its events are durable.
    private Instant decided = ExampleBatch.AT;

    private boolean processing;

    SimulatedCoordinator(
            Simulation world, SimulatedJournal journal, SimulatedDestination destination, InvariantChecker checker) {
        super(world);
        this.journal = journal;
        this.destination = destination;
        this.checker = checker;
        // A monotonic clock may start anywhere, and may overflow.
        this.clock = world.random().nextLong();
        recover(world.latency());
        tick();
    }

    private void recover(long delay) {
        decisions = null;
        writing = false;
        if (world.random().nextBoolean()) {
            mailbox.clear();
        }
        after(delay, () -> {
            seen = journal.size();
            decisions = world.newDecisions();
            mailbox.add(new CoordinatorMessage.Recovered());
            process();
        });
    }

    private void tick() {
        after(Simulation.SETTINGS.tick().toNanos(), () -> {
            if (decisions != null && decisions.needsTick(state(), time())) {
                receive(new CoordinatorMessage.Tick());
            }
            if (decisions != null && decisions.isRemovable(state()) && world.now() > lastMessage + IDLE) {
                receive(new CoordinatorMessage.IdleTimeout());
            }
            tick();
        });
    }

    private DecisionTime time() {
        return new DecisionTime(clock + world.now(), world.instant());
    }

    /// The batch's state as this coordinator knows it.
    private BatchState state() {
        return journal.state(seen);
    }

    void receive(CoordinatorMessage message) {
        lastMessage = world.now();
        if (isPassivated) {
            // The message starts it again.
            isPassivated = false;
            recover(world.latency());
        }
        mailbox.add(message);
        process();
    }

    private void process() {
        if (processing) {
            return;
        }
        processing = true;
        while (decisions != null && !writing && isAlive() && !mailbox.isEmpty()) {
            handle(decisions, mailbox.remove());
        }
        processing = false;
    }

    private void handle(BatchDecisions logic, CoordinatorMessage message) {
        decided = world.instant();
        BatchDecision decision = logic.decide(state(), message, time());
        if (!(message instanceof CoordinatorMessage.Tick)) {
            world.tell("%s (%s, entry %d) hears %s", this, state().phase(), seen, message);
        }
        if (decision.events().isEmpty()) {
            perform(decision.actions(), false);
            return;
        }
        writing = true;
        int known = seen;
        journal.write(
                this,
                known,
                decision.events(),
                () -> {
                    if (world.happens(world.faults().crashAfterWrite())) {
                        kill();
                    }
                },
                outcome -> {
                    world.tell("%s has %s %s", this, outcome, decision.events());
                    if (outcome == SimulatedJournal.Outcome.FAILED) {
                        recover(world.between(0.5, 5));
                        return;
                    }
                    writing = false;
                    seen = known + decision.events().size();
                    boolean crashes = world.happens(world.faults().crashBetween());
                    perform(decision.actions(), crashes);
                    process();
                });
    }

    private void perform(List<CoordinatorAction> actions, boolean crashes) {
        int done = crashes ? world.random().nextInt(actions.size() + 1) : actions.size();
        for (CoordinatorAction action : actions.subList(0, done)) {
            perform(action);
        }
        if (crashes) {
            kill();
        }
    }

    private void perform(CoordinatorAction action) {
        world.tell("%s does %s", this, action);
        switch (action) {
            case CoordinatorAction.Send<?> send -> send(send);
            case CoordinatorAction.TellRegister(BatchRegisterCommand command) -> tellRegister(command);
            case CoordinatorAction.GrantLease(var worker, String node, Attempt attempt, String nonce) -> {
                checker.granted(worker, attempt, state(), seen == journal.size(), world.instant());
                PartitionPlan.Index plan = state().pinned().index();
                PartitionPlan.Range range = plan.range(attempt.partition());
                List<Slice> slices = plan.slices(attempt.partition());
                ModelVersion model = state().model();
                ModelVersion compared = state().comparedModel(attempt.partition());
                world.toWorker(worker, to -> to.leased(attempt, range, slices, model, compared));
            }
            case CoordinatorAction.FlushCommits flush -> mailbox.add(new CoordinatorMessage.FlushCommits());
            case CoordinatorAction.RetryLater(int incarnation, Failure failure, Duration backoff) ->
                after(backoff.toNanos(), () -> receive(new CoordinatorMessage.RetryDue(incarnation)));
            case CoordinatorAction.SweepStagedOutput sweep ->
                after(world.between(0, 1), () -> {
                    destination.discard();
                    tellRegister(new BatchRegisterCommand.BatchEnded(ExampleBatch.BATCH, Phase.CANCELLED));
                });
            case CoordinatorAction.RecoverFromLedger recover -> recover(world.between(0.01, 1));
            case CoordinatorAction.Passivate passivate -> {
                decisions = null;
                mailbox.clear();
                isPassivated = true;
            }
            case CoordinatorAction.WriteLog log -> {}
            case CoordinatorAction.BackgroundTask task -> start(task, state());
        }
    }

    private void send(CoordinatorAction.Send<?> send) {
        switch (send.message()) {
            case WorkerMessage message -> {
                if (message instanceof WorkerMessage.Committed(Attempt attempt)) {
                    checker.acknowledged(attempt);
                }
                world.toWorker(send.to(), worker -> worker.told(message));
            }
            case ControlReply.Done(var batch, Phase phase) -> checker.done(phase, state().phase());
            case ControlReply.Refused refused -> {}
            default -> throw new IllegalStateException("sent " + send.message());
        }
    }

    private void tellRegister(BatchRegisterCommand command) {
        if (command instanceof BatchRegisterCommand.BatchEnded(var batch, Phase phase, var run, var input, var model)) {
            checker.ended(phase);
        }
        world.toRegister(command);
    }

    // Background tasks.

    /// @param state when the task is started
    private void start(CoordinatorAction.BackgroundTask task, BatchState state) {
        if (task instanceof CoordinatorAction.MakePlan) {
            checker.planning(state, decided);
        }
        if (task.helper() != null) {
            askHelper(task, task.helper(), state);
            return;
        }
        boolean hangs = !(task instanceof CoordinatorAction.CountLedgerEntries)
                && world.happens(world.faults().taskHangs());
        if (hangs) {
            after(world.between(1, 10), () -> send(task, stalled(task)));
        }
        boolean hangsFirst = hangs && world.random().nextBoolean();
        after(world.between(0.1, 5) + (hangsFirst ? world.between(10, 60) : 0), () -> {
            switch (task) {
                case CoordinatorAction.MakePlan plan
                when world.happens(world.faults().inputMissing()) ->
                    send(task, new CoordinatorMessage.TaskFailed(SimulatedWorker.MISSING));
                case CoordinatorAction.MakePlan plan -> report(task, () -> world.plan(task.incarnation()));
                case CoordinatorAction.CheckInput check ->
                    report(task, () -> world.source().check(state.pinned().files()));
                case CoordinatorAction.InspectInput inspect
                when world.happens(world.faults().inputMissing()) ->
                    send(task, new CoordinatorMessage.TaskFailed(SimulatedWorker.MISSING));
                case CoordinatorAction.InspectInput inspect ->
                    report(task, () -> world.source().inspect(inspect.request()));
                case CoordinatorAction.ReuseParts reuse ->
                    report(task, () -> new CoordinatorMessage.PartsStaged(world.reuse(state)));
                case CoordinatorAction.MeasureBatch measure ->
                    report(
                            task,
                            () -> new CoordinatorMessage.BatchMeasured(new Measured(world.statistics(state), null)));
                case CoordinatorAction.CountLedgerEntries count ->
                    report(task, () -> new CoordinatorMessage.LedgerEntriesCounted(journal.size()));
                case CoordinatorAction.FencePublication fence when hangs -> fence(fence, state);
                case CoordinatorAction.FencePublication fence -> report(task, () -> fence(fence, state));
                case CoordinatorAction.FenceFailedBatch fence -> report(task, () -> fence(state));
                case CoordinatorAction.Publish publish -> publish(publish, state, hangs && !hangsFirst);
                case CoordinatorAction.RemoveOutput remove ->
                    throw new IllegalStateException("nobody removes the batch");
                case CoordinatorAction.RunRedrive redrive ->
                    throw new IllegalStateException("nobody redrives the batch");
            }
        });
    }

    /// A node that is lost may plan all the same. Its plan then arrives late.
    private void askHelper(CoordinatorAction.BackgroundTask task, String helper, BatchState state) {
        boolean isSilent = world.happens(world.faults().helperSilent());
        boolean works = !isSilent || world.random().nextBoolean();
        if (isSilent) {
            after(world.between(1, 15), () -> send(task, new CoordinatorMessage.HelperLost(helper, works)));
        }
        if (works) {
            CoordinatorMessage.StepOutcome outcome =
                    world.happens(world.faults().inputMissing())
                            ? new CoordinatorMessage.TaskFailed(SimulatedWorker.MISSING, helper)
                            : task instanceof CoordinatorAction.MakePlan
                                    ? world.plan(task.incarnation())
                                    : world.source().check(state.pinned().files());
            after(world.between(0.1, 5) + (isSilent ? world.between(15, 60) : 0), () -> send(task, outcome));
        }
    }

    private CoordinatorMessage.TaskOutcome fence(CoordinatorAction.FencePublication fence, BatchState state) {
        try {
            Publication visible = destination.fence(state.incarnation()) ? PUBLICATION : null;
            return new CoordinatorMessage.PublicationFenced(fence.request(), visible, null);
        } catch (FailureException e) {
            return new CoordinatorMessage.PublicationFenced(fence.request(), null, e.failure());
        }
    }

    private static CoordinatorMessage.TaskOutcome stalled(CoordinatorAction.BackgroundTask task) {
        return switch (task) {
            case CoordinatorAction.FencePublication fence ->
                new CoordinatorMessage.PublicationFenced(fence.request(), null, AWAY);
            case CoordinatorAction.FenceFailedBatch fence -> new CoordinatorMessage.FailedBatchFenced(false, AWAY);
            default -> new CoordinatorMessage.TaskStalled(AWAY);
        };
    }

    private CoordinatorMessage.TaskOutcome fence(BatchState state) {
        try {
            return new CoordinatorMessage.FailedBatchFenced(destination.fence(state.incarnation()), null);
        } catch (FailureException e) {
            return new CoordinatorMessage.FailedBatchFenced(false, e.failure());
        }
    }

    /// @param hangs whether it stalls in the middle
    private void publish(CoordinatorAction.Publish publish, BatchState state, boolean hangs) {
        if (destination.isVisible()) {
            report(publish, () -> completed(state));
        } else {
            destination.begin(state.incarnation());
            after(world.between(0, 2), () -> claim(publish, state, hangs));
        }
    }

    private CoordinatorMessage.PublicationCompleted completed(BatchState state) {
        Rollout rollout = state.submission().job().rollout();
        boolean isPromoted = rollout != null
                && rollout.onPass() == Rollout.OnPass.PROMOTE
                && state.canary() != null
                && state.canary().status().state() == Canary.State.PASSED;
        if (!isPromoted) {
            return new CoordinatorMessage.PublicationCompleted(PUBLICATION);
        }
        boolean fails = world.isStorageAway() || world.happens(world.faults().taskFails());
        if (!fails || world.random().nextBoolean()) {
            checker.promoted(state);
        }
        return new CoordinatorMessage.PublicationCompleted(
                PUBLICATION, new CoordinatorMessage.Promotion("champion", fails ? AWAY : null));
    }

    private void claim(CoordinatorAction.Publish publish, BatchState state, boolean hangs) {
        int incarnation = state.incarnation();
        try {
            if (destination.claim(incarnation)) {
                destination.end(incarnation);
                report(publish, () -> completed(state));
                return;
            }
        } catch (FailureException e) {
            destination.end(incarnation);
            report(publish, () -> new CoordinatorMessage.TaskFailed(e.failure()));
            return;
        }
        boolean fails = world.happens(world.faults().taskBroken());
        if (fails) {
            destination.end(incarnation);
            report(publish, () -> new CoordinatorMessage.TaskFailed(Failure.permanent("ids are repeated")));
            return;
        }
        after(world.between(0.1, 20) + (hangs ? world.between(10, 60) : 0), () -> {
            destination.end(incarnation);
            report(publish, () -> {
                destination.show(incarnation, state);
                if (world.random().nextBoolean()) {
                    destination.discard();
                }
                return completed(state);
            });
        });
    }

    /// Sends the outcome of a task. A fault makes the task fail before or after its effect.
    private void report(CoordinatorAction.BackgroundTask task, Supplier<CoordinatorMessage.TaskOutcome> effect) {
        CoordinatorMessage.TaskOutcome outcome;
        try {
            boolean fails =
                    world.isStorageAway() || world.happens(world.faults().taskFails());
            boolean before = fails && world.random().nextBoolean();
            CoordinatorMessage.TaskOutcome real = before ? null : effect.get();
            outcome = real == null || fails ? failed(task, before) : real;
        } catch (FailureException e) {
            outcome = new CoordinatorMessage.TaskFailed(e.failure());
        }
        send(task, outcome);
    }

    private void send(CoordinatorAction.BackgroundTask task, CoordinatorMessage.TaskOutcome outcome) {
        after(
                world.latency(),
                () -> receive(new CoordinatorMessage.TaskReported(task.incarnation(), outcome, world.helpers())));
    }

    private CoordinatorMessage.TaskOutcome failed(CoordinatorAction.BackgroundTask task, boolean before) {
        return switch (task) {
            case CoordinatorAction.CountLedgerEntries count -> new CoordinatorMessage.LedgerEntriesCounted(0);
            case CoordinatorAction.FencePublication fence ->
                new CoordinatorMessage.PublicationFenced(fence.request(), null, AWAY);
            case CoordinatorAction.MakePlan plan ->
                new CoordinatorMessage.TaskFailed(
                        before && world.happens(world.faults().taskBroken())
                                ? Failure.permanent("no such column")
                                : AWAY);
            case CoordinatorAction.FenceFailedBatch fence -> new CoordinatorMessage.FailedBatchFenced(false, AWAY);
            case CoordinatorAction.CheckInput check -> new CoordinatorMessage.TaskFailed(AWAY);
            case CoordinatorAction.RemoveOutput(RemovalStep step) ->
                new CoordinatorMessage.RemovalStepEnded(step, AWAY);
            case CoordinatorAction.RunRedrive redrive ->
                new CoordinatorMessage.RedriveStepEnded(redrive.step(), null, null, AWAY);
            case CoordinatorAction.InspectInput inspect -> new CoordinatorMessage.TaskFailed(AWAY);
            case CoordinatorAction.ReuseParts reuse -> new CoordinatorMessage.TaskFailed(AWAY);
            case CoordinatorAction.MeasureBatch measure -> new CoordinatorMessage.TaskFailed(AWAY);
            case CoordinatorAction.Publish publish -> new CoordinatorMessage.TaskFailed(AWAY);
        };
    }

    @Override
    public String toString() {
        return "coordinator " + Math.floorMod(clock, 1000);
    }

    /// Seconds in nanoseconds.
    static long seconds(double seconds) {
        return (long) (seconds * TimeUnit.SECONDS.toNanos(1));
    }
}
