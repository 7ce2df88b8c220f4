package io.nightshift.coordinator.register;

import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.RunKey;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.protocol.register.BatchRegisterEvent;
import io.nightshift.protocol.register.SubmissionTicket;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// The register's real decision logic in virtual time, with callers that submit the runs of one job, give
/// up and submit again, batches that are published meanwhile, messages that are slow or lost, and a
/// register that crashes or moves. A seed decides everything.
///
/// The invariants: the register opens a batch only when no other batch of the run can be published any more,
/// and only for a caller that still waits for the reply.
final class RegisterSimulation {

    /// Creates the decision logic under test.
    @FunctionalInterface
    interface DecisionsFactory {
        RegisterDecisions create(RandomGenerator random);
    }

    /// An invariant is broken.
    static final class Violation extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Violation(String message) {
            super(message);
        }
    }

    private static final int CALLERS = 3;
    private static final long END = seconds(120);

    /// More than can be in use at the same time.
    private static final List<ActorRef<BatchRegisterCommand.SubmitReply>> ADDRESSES = IntStream.range(0, 16)
            .mapToObj(i -> TestInbox.<BatchRegisterCommand.SubmitReply>create().getRef())
            .toList();

    private static final List<ActorRef<SubmissionTicket>> TICKET_HOLDERS = IntStream.range(0, 16)
            .mapToObj(i -> TestInbox.<SubmissionTicket>create().getRef())
            .toList();

    /// As long as a gateway waits for the register.
    private static final long PATIENCE = seconds(3);

    private record Scheduled(long at, long order, Runnable step) {}

    private final SplittableRandom random;
    private final DecisionsFactory factory;
    private final double slow;
    private final double lost;
    private final PriorityQueue<Scheduled> schedule =
            new PriorityQueue<>(Comparator.comparingLong(Scheduled::at).thenComparingLong(Scheduled::order));
    private final List<Submission> runs = List.of(
            ExampleBatch.submission(ExampleBatch.job()),
            ExampleBatch.submission(ExampleBatch.job("2026-11-25")),
            ExampleBatch.submission(ExampleBatch.job("2026-11-26")));
    private final Map<BatchId, Phase> batches = new HashMap<>();
    private final Map<BatchId, RunKey> runOf = new HashMap<>();

    /// By the reply address: until when the caller of a submission waits.
    private final Map<ActorRef<?>, Long> waitsUntil = new HashMap<>();

    private final Map<ActorRef<?>, Consumer<Object>> replies = new HashMap<>();

    /// Commands that arrived while no register ran.
    private final List<BatchRegisterCommand> buffer = new ArrayList<>();

    private BatchRegisterState state = BatchRegisterState.EMPTY;
    private @Nullable RegisterDecisions decisions;
    private long clock;
    private long now;
    private long order;
    private int submissions;
    private int accepted;

    private RegisterSimulation(long seed, DecisionsFactory factory) {
        this.random = new SplittableRandom(seed);
        this.factory = factory;
        this.slow = random.nextDouble() * 0.3;
        this.lost = random.nextDouble() * 0.1;
    }

    /// @return how many submissions were accepted
    static int run(long seed, DecisionsFactory factory) {
        RegisterSimulation simulation = new RegisterSimulation(seed, factory);
        simulation.live();
        return simulation.accepted;
    }

    private static long seconds(double seconds) {
        return (long) (seconds * TimeUnit.SECONDS.toNanos(1));
    }

    private void live() {
        startRegister();
        for (int i = 0; i < CALLERS; i++) {
            after(between(0, 10), this::submit);
        }
        every(20, this::crash);
        every(5, () -> toRegister(new BatchRegisterCommand.WakeOpenBatches()));
        while (!schedule.isEmpty() && schedule.peek().at() < END) {
            Scheduled next = schedule.remove();
            now = next.at();
            next.step().run();
        }
    }

    private void after(long delay, Runnable step) {
        order++;
        schedule.add(new Scheduled(now + delay, order, step));
    }

    private void every(double seconds, Runnable step) {
        after(between(seconds / 2, seconds * 2), () -> {
            step.run();
            every(seconds, step);
        });
    }

    private long between(double least, double most) {
        return seconds(least + (most - least) * random.nextDouble());
    }

    private void send(Runnable delivery) {
        if (random.nextDouble() >= lost) {
            after(random.nextDouble() < slow ? between(0, 8) : between(0.001, 0.1), delivery);
        }
    }

    // The register.

    private void startRegister() {
        // Every register has a monotonic clock of its own.
        clock = random.nextLong();
        decisions = factory.create(random.split());
        decisions.wake(state).forEach(this::perform);
        List<BatchRegisterCommand> late = List.copyOf(buffer);
        buffer.clear();
        late.forEach(this::toDecisions);
    }

    private void crash() {
        decisions = null;
        after(between(0, 10), this::startRegister);
    }

    private void toRegister(BatchRegisterCommand command) {
        send(() -> toDecisions(command));
    }

    private void toDecisions(BatchRegisterCommand command) {
        if (decisions == null) {
            buffer.add(command);
        } else {
            decide(new RegisterMessage.CommandReceived(command, 1));
        }
    }

    private void decide(RegisterMessage message) {
        if (decisions == null) {
            return;
        }
        RegisterAction.Decision decision =
                decisions.decide(state, message, clock + now, ExampleBatch.AT.plusNanos(now));
        for (BatchRegisterEvent event : decision.events()) {
            if (event instanceof BatchRegisterEvent.Opened opened) {
                runOf.put(opened.batch(), RunKey.of(opened.submission().job()));
                opened(opened.batch(), decision.actions());
            }
            state = state.apply(event);
        }
        decision.actions().forEach(this::perform);
    }

    private void opened(BatchId batch, List<RegisterAction> actions) {
        batches.forEach((other, phase) -> {
            if (!phase.isEnd() && Objects.equals(runOf.get(other), runOf.get(batch))) {
                throw new Violation("%s is opened while %s is %s".formatted(batch, other, phase));
            }
        });
        for (RegisterAction action : actions) {
            if (action instanceof RegisterAction.Send<?> send && waitsUntil.getOrDefault(send.to(), 0L) < now) {
                throw new Violation("%s is opened for a caller that does not wait any more".formatted(batch));
            }
        }
    }

    private void perform(RegisterAction action) {
        switch (action) {
            case RegisterAction.Send<?> send -> {
                Object message = send.message();
                send(() -> replies.getOrDefault(send.to(), nobody -> {}).accept(message));
            }
            case RegisterAction.TellBatch(BatchId batch, BatchCommand command) -> send(() -> start(batch));
            case RegisterAction.AskStatus(BatchId batch) ->
                send(() -> {
                    BatchStatus status = status(batch, batches.get(batch));
                    send(() -> decide(new RegisterMessage.StatusReceived(status)));
                });
            case RegisterAction.CancelBatch(BatchId batch, boolean isAwaited) ->
                send(() -> {
                    ControlReply reply = cancel(batch);
                    if (isAwaited) {
                        send(() -> decide(new RegisterMessage.CancelAnswered(reply)));
                    }
                });
            case RegisterAction.Continue(RunKey run) -> after(0, () -> decide(new RegisterMessage.NextSubmission(run)));
        }
    }

    // The batches.

    private static BatchStatus status(BatchId batch, @Nullable Phase phase) {
        return BatchStatus.unplanned(batch, phase, null, "00");
    }

    private void start(BatchId batch) {
        Phase phase = batches.putIfAbsent(batch, Phase.RUNNING);
        if (phase == null) {
            after(between(0.5, 20), () -> step(batch, Phase.RUNNING, Phase.PUBLISHING));
        } else if (phase.isEnd()) {
            toRegister(new BatchRegisterCommand.BatchEnded(batch, phase));
        }
    }

    private void step(BatchId batch, Phase from, Phase to) {
        if (batches.get(batch) == from) {
            batches.put(batch, to);
            if (to == Phase.PUBLISHING) {
                after(between(0.1, 10), () -> step(batch, Phase.PUBLISHING, Phase.PUBLISHED));
            } else {
                toRegister(new BatchRegisterCommand.BatchEnded(batch, to));
            }
        }
    }

    private ControlReply cancel(BatchId batch) {
        Phase phase = batches.get(batch);
        if (phase == null || phase == Phase.PUBLISHING || phase == Phase.PUBLISHED) {
            return new ControlReply.Refused(batch, "it is " + phase);
        }
        batches.put(batch, Phase.CANCELLED);
        return new ControlReply.Done(batch, Phase.CANCELLED);
    }

    // The callers.

    /// Submits until there is an answer, and again some time later.
    private void submit() {
        ActorRef<SubmissionTicket> address = TICKET_HOLDERS.get(submissions % TICKET_HOLDERS.size());
        submissions++;
        Submission submission = runs.get(random.nextInt(runs.size()));
        boolean fresh = random.nextBoolean();
        boolean[] answered = {false};
        replies.put(address, ticket -> {
            if (!answered[0]) {
                answered[0] = true;
                submit((SubmissionTicket) ticket, submission, fresh);
            }
        });
        toRegister(new BatchRegisterCommand.AskTicket(address));
        after(PATIENCE, () -> {
            replies.remove(address);
            if (!answered[0]) {
                answered[0] = true;
                submit();
            }
        });
    }

    private void submit(SubmissionTicket ticket, Submission submission, boolean fresh) {
        ActorRef<BatchRegisterCommand.SubmitReply> address = ADDRESSES.get(submissions % ADDRESSES.size());
        submissions++;
        waitsUntil.put(address, now + PATIENCE);
        replies.put(address, reply -> {
            if (reply instanceof BatchRegisterCommand.Accepted) {
                accepted++;
            }
        });
        toRegister(new BatchRegisterCommand.Submit(submission, fresh, address, null, ticket, null));
        after(PATIENCE, () -> {
            replies.remove(address);
            after(between(0, 10), this::submit);
        });
    }
}
