package io.nightshift.coordinator.register;

import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.BatchStatusBuilder;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.Job;
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

/// The register's real decision logic in virtual time, with callers that submit the runs of one job, give up
/// and submit again, sources that change, batches that are published meanwhile, messages that are slow or
/// lost, and a register that crashes or moves. The register keeps one ended batch and one key; all others are
/// in an archive that is slow, and can't be used at times. A seed decides everything.
///
/// The invariants: the register opens a batch only when no other batch of the run can be published any more,
/// only for a caller that still waits for the reply, only once for a key, and not if the last published batch
/// of the run has scored the same input, unless the submission asks for that. A submission is answered with a
/// published batch only if that batch has scored the submission's input. It resumes a batch that scores
/// another input only if its job says `extend`, and then the register remembers the request. No batch is in
/// neither the register nor the archive.
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

    /// The ended batches and keys that the register keeps.
    static final int KEEP = 1;

    private static final int CALLERS = 5;
    private static final int KEYS = 8;
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

    /// The version of each run's source.
    private final int[] inputs = new int[runs.size()];

    private final Map<BatchId, Phase> batches = new HashMap<>();

    /// The input that each batch scores.
    private final Map<BatchId, String> inputOf = new HashMap<>();

    private final Map<BatchId, RunKey> runOf = new HashMap<>();

    /// By the reply address: until when the caller of a submission waits.
    private final Map<ActorRef<?>, Long> waitsUntil = new HashMap<>();

    private final Map<ActorRef<?>, Consumer<Object>> replies = new HashMap<>();

    /// The archive, which outlives the register.
    private final Map<BatchId, BatchRegisterState.Entry> archivedBatches = new HashMap<>();

    private final Map<BatchRegisterState.Key, BatchRegisterState.KeyUse> archivedKeys = new HashMap<>();

    /// The batches that keys have led to.
    private final Map<String, BatchId> batchOfKey = new HashMap<>();

    /// By run, the batch that was opened last of those that the register knows to be published.
    private final Map<RunKey, BatchId> published = new HashMap<>();

    /// The batches in the order in which they were opened.
    private final List<BatchId> opened = new ArrayList<>();

    /// By the reply address: what was submitted.
    private final Map<ActorRef<?>, Submission> submissionOf = new HashMap<>();

    private final Map<ActorRef<?>, Boolean> freshOf = new HashMap<>();

    /// Commands that arrived while no register ran.
    private final List<BatchRegisterCommand> buffer = new ArrayList<>();

    private BatchRegisterState state = BatchRegisterState.EMPTY;
    private @Nullable RegisterDecisions decisions;
    private long clock;
    private long now;
    private long order;
    private int submissions;
    private int accepted;
    private int archives;
    private int extensions;

    private RegisterSimulation(long seed, DecisionsFactory factory) {
        this.random = new SplittableRandom(seed);
        this.factory = factory;
        this.slow = random.nextDouble() * 0.3;
        this.lost = random.nextDouble() * 0.1;
    }

    /// What happened in a simulation.
    ///
    /// @param accepted submissions
    /// @param archives how often batches or keys have left the register
    /// @param extensions batches that have taken in another input
    record Outcome(int accepted, int archives, int extensions) {}

    static Outcome run(long seed, DecisionsFactory factory) {
        RegisterSimulation simulation = new RegisterSimulation(seed, factory);
        simulation.live();
        return new Outcome(simulation.accepted, simulation.archives, simulation.extensions);
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
        every(4, () -> inputs[random.nextInt(inputs.length)]++);
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
        if (random.nextBoolean()) {
            // The register starts with a snapshot.
            state = BatchRegisterState.of(state.snapshot());
        }
        decisions.wake(state, 0, ExampleBatch.AT).forEach(this::perform);
        decisions.archive(state).forEach(this::perform);
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
        RegisterDecision decision = decisions.decide(state, message, clock + now, ExampleBatch.AT.plusNanos(now));
        for (BatchRegisterEvent event : decision.events()) {
            if (event instanceof BatchRegisterEvent.Opened opened) {
                runOf.put(opened.batch(), RunKey.of(opened.submission().job()));
                opened(opened, decision.actions());
            }
            if (event instanceof BatchRegisterEvent.Keyed keyed) {
                keyed(keyed.key(), keyed.batch());
            }
            state = state.apply(event);
            if (event instanceof BatchRegisterEvent.Ended ended && ended.phase() == Phase.PUBLISHED) {
                published.merge(
                        Objects.requireNonNull(runOf.get(ended.batch())),
                        ended.batch(),
                        (one, other) -> opened.indexOf(one) > opened.indexOf(other) ? one : other);
            }
            if (event instanceof BatchRegisterEvent.Archived archived) {
                archives++;
                archived.batches().forEach(this::checkArchived);
            }
        }
        decision.actions().forEach(action -> checkReply(action, decision.events()));
        decision.actions().forEach(this::perform);
        if (!decision.events().isEmpty()) {
            decisions.archive(state).forEach(this::perform);
        }
    }

    private void checkReply(RegisterAction action, List<BatchRegisterEvent> events) {
        if (!(action instanceof RegisterAction.Send<?> send)) {
            return;
        }
        String input = submissionOf.containsKey(send.to())
                ? submissionOf.get(send.to()).input()
                : null;
        if (send.message() instanceof BatchRegisterCommand.AlreadyPublished(BatchId batch)
                && !Objects.equals(inputOf.get(batch), input)) {
            throw new Violation(
                    "%s is said to have scored %s, and has scored %s".formatted(batch, input, inputOf.get(batch)));
        }
        if (send.message() instanceof BatchRegisterCommand.Accepted(BatchId batch, boolean resumed, boolean repeated)
                && resumed
                && batches.get(batch) == Phase.RUNNING
                && !Objects.equals(inputOf.get(batch), input)
                && events.stream()
                        .noneMatch(event -> event instanceof BatchRegisterEvent.Resubmitted again
                                && again.batch().equals(batch)
                                && again.submission().input().equals(input))) {
            throw new Violation("%s is resumed for %s, and scores %s".formatted(batch, input, inputOf.get(batch)));
        }
    }

    private void keyed(String key, BatchId batch) {
        BatchId before = batchOfKey.putIfAbsent(key, batch);
        if (before != null && !before.equals(batch)) {
            throw new Violation("the key %s led to %s, and leads to %s".formatted(key, before, batch));
        }
    }

    private void checkArchived(BatchId batch) {
        if (!state.batches().containsKey(batch) && !archivedBatches.containsKey(batch)) {
            throw new Violation("%s is in neither the register nor the archive".formatted(batch));
        }
    }

    private void opened(BatchRegisterEvent.Opened opened, List<RegisterAction> actions) {
        BatchId batch = opened.batch();
        this.opened.add(batch);
        String input = opened.submission().input();
        if (opened.key() != null) {
            keyed(opened.key(), batch);
        }
        batches.forEach((other, phase) -> {
            if (!phase.isEnd() && Objects.equals(runOf.get(other), runOf.get(batch))) {
                throw new Violation("%s is opened while %s is %s".formatted(batch, other, phase));
            }
        });
        for (RegisterAction action : actions) {
            if (action instanceof RegisterAction.Send<?> send && waitsUntil.getOrDefault(send.to(), 0L) < now) {
                throw new Violation("%s is opened for a caller that does not wait any more".formatted(batch));
            }
            if (action instanceof RegisterAction.Send<?> send
                    && !freshOf.getOrDefault(send.to(), true)
                    && published.containsKey(runOf.get(batch))
                    && input.equals(inputOf.get(published.get(runOf.get(batch))))) {
                throw new Violation("%s is opened although the same was published before".formatted(batch));
            }
        }
    }

    private void perform(RegisterAction action) {
        switch (action) {
            case RegisterAction.Send<?> send -> {
                Object message = send.message();
                send(() -> replies.getOrDefault(send.to(), nobody -> {}).accept(message));
            }
            case RegisterAction.TellBatch(BatchId batch, BatchCommand.Open open) ->
                send(() -> start(batch, open.submission()));
            case RegisterAction.TellBatch(BatchId batch, BatchCommand.EnsureStarted start) ->
                send(() -> start(batch, start.submission()));
            case RegisterAction.TellBatch(BatchId batch, BatchCommand other) ->
                throw new IllegalStateException("not a command of the register: " + other);
            case RegisterAction.AskStatus(BatchId batch) ->
                send(() -> {
                    BatchStatus status = status(batch);
                    send(() -> decide(new RegisterMessage.StatusReceived(status)));
                });
            case RegisterAction.CancelBatch(BatchId batch, String reason, boolean isAwaited) ->
                send(() -> {
                    ControlReply reply = cancel(batch);
                    if (isAwaited) {
                        send(() -> decide(new RegisterMessage.CancelAnswered(reply)));
                    }
                });
            case RegisterAction.AskArchive(BatchArchive.Question question) -> ask(question);
            case RegisterAction.WriteArchive(BatchRegisterState.Archivable rows) -> write(rows);
            case RegisterAction.FindKeyInArchive find -> throw new IllegalStateException("nobody asks");
            case RegisterAction.FindInArchive find -> throw new IllegalStateException("nobody asks");
            case RegisterAction.Continue(RunKey run) -> after(0, () -> decide(new RegisterMessage.NextSubmission(run)));
        }
    }

    // The archive.

    /// It does not notice that the register has crashed.
    private void write(BatchRegisterState.Archivable rows) {
        after(between(0, 2), () -> {
            boolean failed = random.nextDouble() < lost;
            if (!failed) {
                rows.batches().forEach(entry -> archivedBatches.putIfAbsent(entry.batch(), entry));
                rows.keys().forEach(archivedKeys::putIfAbsent);
            }
            after(
                    between(0, 1),
                    () -> decide(
                            failed
                                    ? new RegisterMessage.ArchiveNotWritten()
                                    : new RegisterMessage.ArchiveWritten(rows, 0)));
        });
    }

    private void ask(BatchArchive.Question question) {
        after(between(0, 0.2), () -> {
            boolean failed = random.nextDouble() < lost;
            BatchArchive.Answer answer = new BatchArchive.Answer(
                    question,
                    question.key() == null
                            ? null
                            : archivedKeys.get(
                                    new BatchRegisterState.Key(question.run().job(), question.key())),
                    archivedBatches.values().stream()
                            .filter(entry -> entry.run().equals(question.run()) && entry.isPublished())
                            .max(Comparator.comparingLong(BatchRegisterState.Entry::number))
                            .orElse(null),
                    archivedBatches.containsKey(question.candidate()));
            after(
                    random.nextDouble() < 2 * slow ? between(0, 2.9) : between(0, 0.1),
                    () -> decide(
                            failed
                                    ? new RegisterMessage.ArchiveUnreadable(question.run(), "it is away")
                                    : new RegisterMessage.ArchiveAnswered(answer)));
        });
    }

    // The batches.

    private BatchStatus status(BatchId batch) {
        return BatchStatusBuilder.builder()
                .batch(batch)
                .phase(batches.get(batch))
                .input(inputOf.get(batch))
                .build();
    }

    private void start(BatchId batch, Submission submission) {
        Phase phase = batches.putIfAbsent(batch, Phase.RUNNING);
        if (phase == null) {
            inputOf.put(batch, submission.input());
            after(between(0.5, 20), () -> step(batch, Phase.RUNNING, Phase.PUBLISHING));
        } else if (phase.isEnd()) {
            ended(batch, phase);
        } else if (phase == Phase.RUNNING
                && submission.job().source().onChange() == Job.OnChange.EXTEND
                && !submission.input().equals(inputOf.put(batch, submission.input()))) {
            extensions++;
        }
    }

    private void ended(BatchId batch, Phase phase) {
        toRegister(new BatchRegisterCommand.BatchEnded(batch, phase, null, inputOf.get(batch)));
    }

    private void step(BatchId batch, Phase from, Phase to) {
        if (batches.get(batch) == from) {
            batches.put(batch, to);
            if (to == Phase.PUBLISHING) {
                after(between(0.1, 10), () -> step(batch, Phase.PUBLISHING, Phase.PUBLISHED));
            } else {
                ended(batch, to);
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
        Submission submission = submission(random.nextInt(runs.size()));
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

    /// A submission of a run with its present input.
    private Submission submission(int run) {
        Submission submission = runs.get(run);
        Job.OnChange onChange = switch (random.nextInt(3)) {
            case 0 -> Job.OnChange.EXTEND;
            case 1 -> Job.OnChange.RESTART;
            default -> null;
        };
        return new Submission(
                ExampleBatch.job(submission.job(), onChange),
                submission.fingerprint(),
                "input-" + inputs[run],
                submission.model());
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
        freshOf.put(address, fresh);
        submissionOf.put(address, submission);
        String key = random.nextBoolean() ? null : "key-" + random.nextInt(KEYS);
        toRegister(new BatchRegisterCommand.Submit(submission, fresh, address, key, ticket, null));
        after(PATIENCE, () -> {
            replies.remove(address);
            after(between(0, 10), this::submit);
        });
    }
}
