package io.nightshift.coordinator.batch;

import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.jobs.JobsCommand;
import io.nightshift.storage.destination.Publication;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A process that runs the real [Coordinator] of the batch as [Batch] does: one message at a time,
/// none while a write is under way, everything anew after a write that failed.
final class SimulatedCoordinator extends SimulatedProcess {

    private final SimulatedJournal journal;
    private final SimulatedDestination destination;
    private final Audit audit;
    private final long clock;
    private final Deque<Message> mailbox = new ArrayDeque<>();

    /// Null while the journal is read.
    private @Nullable Coordinator machine;

    /// How many events it knows of.
    private int seen;

    private boolean writing;
    private boolean processing;

    SimulatedCoordinator(Simulation world, SimulatedJournal journal, SimulatedDestination destination, Audit audit) {
        super(world);
        this.journal = journal;
        this.destination = destination;
        this.audit = audit;
        // A monotonic clock begins anywhere, and may overflow.
        this.clock = world.random().nextLong();
        recover(world.latency());
        tick();
    }

    private void recover(long delay) {
        machine = null;
        writing = false;
        if (world.random().nextBoolean()) {
            mailbox.clear();
        }
        after(delay, () -> {
            seen = journal.size();
            machine = world.machine();
            mailbox.add(new Message.Recovered());
            process();
        });
    }

    private void tick() {
        after(Simulation.SETTINGS.tick().toNanos(), () -> {
            receive(new Message.Tick());
            tick();
        });
    }

    private Moment moment() {
        return new Moment(clock + world.now(), Examples.AT.plusNanos(world.now()));
    }

    /// How far the batch is, as this coordinator knows.
    private BatchState state() {
        return journal.state(seen);
    }

    void receive(Message message) {
        mailbox.add(message);
        process();
    }

    private void process() {
        if (processing) {
            return;
        }
        processing = true;
        while (machine != null && !writing && isAlive() && !mailbox.isEmpty()) {
            handle(machine, mailbox.remove());
        }
        processing = false;
    }

    private void handle(Coordinator coordinator, Message message) {
        Decision decision = coordinator.decide(state(), message, moment());
        if (!(message instanceof Message.Tick)) {
            world.tell("%s (%s, entry %d) hears %s", this, state().phase(), seen, message);
        }
        if (decision.events().isEmpty()) {
            perform(decision.durable().after(state(), moment()), false);
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
                    perform(decision.durable().after(state(), moment()), crashes);
                    process();
                });
    }

    private void perform(List<Action> actions, boolean crashes) {
        int done = crashes ? world.random().nextInt(actions.size() + 1) : actions.size();
        for (Action action : actions.subList(0, done)) {
            perform(action);
        }
        if (crashes) {
            kill();
        }
    }

    private void perform(Action action) {
        world.tell("%s does %s", this, action instanceof Action.Elsewhere ? action.getClass() : action);
        switch (action) {
            case Action.Tell<?> tell -> tell(tell);
            case Action.TellJobs(JobsCommand command) -> tellJobs(command);
            case Action.Grant(var worker, String node, Attempt attempt) -> {
                audit.granted(worker, attempt, state(), seen == journal.size());
                world.toWorker(worker, to -> to.leased(attempt));
            }
            case Action.FlushSoon soon -> mailbox.add(new Message.Flush());
            case Action.TryAgain(int incarnation, Failure failure, Duration backoff) ->
                after(backoff.toNanos(), () -> receive(new Message.Again(incarnation)));
            case Action.Sweep sweep ->
                after(world.between(0, 1), () -> {
                    destination.discard();
                    tellJobs(new JobsCommand.BatchEnded(Examples.BATCH, Phase.CANCELLED));
                });
            case Action.Recover recover -> recover(world.between(0.01, 1));
            case Action.Note note -> {}
            case Action.Elsewhere elsewhere -> elsewhere(elsewhere);
        }
    }

    private void tell(Action.Tell<?> tell) {
        switch (tell.message()) {
            case WorkerMessage message -> {
                if (message instanceof WorkerMessage.Committed(Attempt attempt)) {
                    audit.acknowledged(attempt);
                }
                world.toWorker(tell.to(), worker -> worker.told(message));
            }
            case ControlReply.Done(var batch, Phase phase) -> audit.done(phase, state().phase());
            case ControlReply.Refused refused -> {}
            default -> throw new IllegalStateException("told " + tell.message());
        }
    }

    private void tellJobs(JobsCommand command) {
        if (command instanceof JobsCommand.BatchEnded(var batch, Phase phase)) {
            audit.ended(phase);
        }
        world.toRegister(command);
    }

    // What runs elsewhere.

    private void elsewhere(Action.Elsewhere work) {
        after(world.between(0.1, 5), () -> {
            switch (work) {
                case Action.Plan plan -> report(work, () -> world.plan());
                case Action.CheckInput check -> report(work, Message.InputUnchanged::new);
                case Action.LookAtLedger look -> report(work, () -> new Message.LedgerHas(journal.size()));
                case Action.Fence fence -> report(work, () -> fence(fence));
                case Action.Publish publish -> publish(publish);
            }
        });
    }

    private Message.Outcome fence(Action.Fence fence) {
        try {
            String obstacle = destination.fence(fence.state().incarnation()) ? "readers see it already" : null;
            return new Message.Fenced(fence.request(), obstacle);
        } catch (FailureException e) {
            return new Message.Fenced(fence.request(), e.failure().message());
        }
    }

    private void publish(Action.Publish publish) {
        int incarnation = publish.state().incarnation();
        try {
            destination.begin(incarnation);
        } catch (FailureException e) {
            report(publish, () -> new Message.Broken(e.failure()));
            return;
        }
        boolean fails = world.happens(world.faults().elsewhereBroken());
        if (fails) {
            report(publish, () -> new Message.Broken(Failure.permanent("ids are repeated")));
            return;
        }
        after(
                world.between(0.1, 20),
                () -> report(publish, () -> {
                    destination.show(incarnation, publish.state());
                    return new Message.Visible(new Publication("/out", Examples.DIGEST));
                }));
    }

    /// Fails before the effect, or after it.
    private void report(Action.Elsewhere work, Supplier<Message.Outcome> effect) {
        Message.Outcome outcome;
        try {
            boolean fails = world.happens(world.faults().elsewhereFails());
            boolean before = fails && world.random().nextBoolean();
            outcome = before ? null : effect.get();
            if (fails && work instanceof Action.LookAtLedger) {
                outcome = new Message.LedgerHas(0);
            } else if (fails && !(work instanceof Action.Fence)) {
                boolean broken = before
                        && work instanceof Action.Plan
                        && world.happens(world.faults().elsewhereBroken());
                outcome = new Message.Broken(
                        broken ? Failure.permanent("no such column") : Failure.transientFailure("the share was away"));
            } else if (work instanceof Action.Fence fence && fails) {
                outcome = new Message.Fenced(fence.request(), "the share was away");
            }
        } catch (FailureException e) {
            outcome = new Message.Broken(e.failure());
        }
        Message.Outcome told = java.util.Objects.requireNonNull(outcome);
        after(world.latency(), () -> receive(new Message.Reported(work.incarnation(), told)));
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
