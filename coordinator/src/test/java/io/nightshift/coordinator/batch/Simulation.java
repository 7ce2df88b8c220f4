package io.nightshift.coordinator.batch;

import io.nightshift.coordinator.batch.attempt.ErrorLimit;
import io.nightshift.coordinator.batch.decision.BatchSettings;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.batch.decision.RetryPolicy;
import io.nightshift.coordinator.batch.decision.StagedParts;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.PinnedPlan;
import io.nightshift.coordinator.publish.CommittedStatistics;
import io.nightshift.coordinator.timing.TimeWindow;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.ModelComparison;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.PartitionStatistics;
import io.nightshift.protocol.batch.PastRun;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.BatchCheck;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobTiming;
import io.nightshift.protocol.job.JobWindow;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.job.Reuse;
import io.nightshift.protocol.job.Rollout;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// One life of a batch in virtual time: the real machine on a journal, a network, workers, operators
/// and a destination that fail as [SimulatedFaults] say, all of it decided by a seed. For a while everything
/// goes wrong; then it heals, and the batch must come to its end. [InvariantChecker] watches.
public final class Simulation {

    public static final BatchSettings SETTINGS = new BatchSettings(
            Duration.ofSeconds(10),
            Duration.ofSeconds(1),
            new RetryPolicy(
                    3,
                    Duration.ofMillis(500),
                    Duration.ofSeconds(5),
                    0.3,
                    Duration.ofSeconds(40),
                    Duration.ofSeconds(20),
                    Duration.ofSeconds(20)),
            Duration.ofMinutes(5),
            Duration.ofSeconds(10));

    private static final boolean TOLD = Boolean.getBoolean("nightshift.simulation.told");
    private static final int WORKERS = 4;
    private static final List<String> HELPERS = List.of("node:2", "node:3");

    /// More than are started in one run; each worker has one that nobody had before it.
    private static final List<ActorRef<WorkerMessage>> ADDRESSES = IntStream.range(0, 500)
            .mapToObj(i -> TestInbox.<WorkerMessage>create().getRef())
            .toList();

    private static final ActorRef<ControlReply> OPERATOR =
            TestInbox.<ControlReply>create().getRef();

    /// The time in which the batch must take its next step when nothing goes wrong any more.
    private static final long BOUND = SimulatedCoordinator.seconds(600);

    /// Creates the decision logic under test.
    @FunctionalInterface
    interface DecisionsFactory {
        BatchDecisions create(BatchId batch, BatchSettings settings, String node, RandomGenerator random);

        /// Creates the destination of the batch.
        default SimulatedDestination destination(InvariantChecker checker) {
            return new SimulatedDestination(checker);
        }

        /// Sums what the committed attempts have counted.
        default PartitionStatistics statistics(List<BatchEvent> events, BatchState state) {
            CommittedStatistics statistics = new CommittedStatistics(state);
            events.forEach(statistics::add);
            return statistics.sum();
        }
    }

    static final DecisionsFactory REAL = BatchDecisions::create;

    private record Scheduled(long at, long order, Runnable step) {}

    private final SplittableRandom random;
    private final DecisionsFactory decisions;
    private final Job job;
    private final SimulatedSource source;

    /// For how many of ten rows the candidate agrees with the champion.
    private final int agreement;

    /// The share of the candidate's attempts that fail for good.
    private final double brokenCandidate;

    /// The last one of the job.
    private Submission submission;

    /// The parts that the batch reuses from another one, by partition; empty if it scores all partitions.
    private final Map<Integer, PartitionCommit> reusable = new HashMap<>();

    private final PriorityQueue<Scheduled> schedule =
            new PriorityQueue<>(Comparator.comparingLong(Scheduled::at).thenComparingLong(Scheduled::order));
    private final InvariantChecker checker;
    private final SimulatedJournal journal;
    private final SimulatedDestination destination;

    /// The last one that was started is the one that the cluster knows of. Others are thought dead, and
    /// are stopped in the end.
    private final List<SimulatedCoordinator> coordinators = new ArrayList<>();

    private @Nullable SimulatedCoordinator current;

    private int started;
    private final SimulatedWorker[] workers = new SimulatedWorker[WORKERS];
    private final Set<Integer> poisonous = new HashSet<>();
    private final Set<ActorRef<WorkerMessage>> free = new LinkedHashSet<>();
    private boolean hasWork;
    private long storageBack;
    private @Nullable Phase ended;
    private SimulatedFaults faults;
    private boolean healed;
    private boolean starting;
    private long now;
    private long order;
    private long steps;

    /// By how much the wall clocks were set forward.
    private Duration clockStep = Duration.ZERO;

    private Simulation(long seed, DecisionsFactory decisions) {
        this.random = new SplittableRandom(seed);
        this.decisions = decisions;
        this.faults = SimulatedFaults.draw(random);
        boolean strict = random.nextInt(4) == 0;
        boolean hasCandidate = random.nextInt(3) == 0;
        Job plain = ExampleBatch.job(
                ExampleBatch.job(
                        ExampleBatch.job(
                                ExampleBatch.job(
                                        Path.of("/data/a.parquet"),
                                        Path.of("/out"),
                                        new Job.ErrorPolicy(strict ? 0.1 : 1, null, random.nextBoolean())),
                                timing(),
                                Job.DEFAULT_PRIORITY),
                        hasCandidate ? null : Job.OnChange.EXTEND),
                checks());
        boolean isShadow = new SplittableRandom(seed ^ 0x5ad0).nextInt(3) == 0;
        job = hasCandidate ? ExampleBatch.job(plain, isShadow ? shadow() : rollout()) : plain;
        agreement = random.nextInt(3) == 0 ? 0 : 10;
        brokenCandidate = random.nextInt(3) == 0 ? 0.3 : 0;
        long[] sizes = new long[1 + random.nextInt(6)];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = random.nextLong(8, 11);
            if (random.nextInt(12) == 0) {
                poisonous.add(i);
            }
        }
        source = new SimulatedSource(random.split(), sizes);
        // A batch that takes over parts tries no candidate.
        submission = hasCandidate ? submission() : reusing(submission(), new SplittableRandom(~seed));
        checker = new InvariantChecker(SETTINGS, BatchState.initial(ExampleBatch.BATCH));
        journal = new SimulatedJournal(this, checker, ExampleBatch.BATCH, random.nextInt(16) == 0);
        destination = decisions.destination(checker);
    }

    /// One batch in four takes over parts of another one.
    private static Submission reusing(Submission all, RandomGenerator chance) {
        if (chance.nextInt(4) != 0) {
            return all;
        }
        List<Integer> again = IntStream.range(0, 20)
                .filter(i -> chance.nextInt(3) == 0)
                .boxed()
                .toList();
        return new Submission(
                all.job(),
                all.fingerprint(),
                all.input(),
                all.model(),
                null,
                new Reuse("flights-20261123t231425-0a1b", again.isEmpty() ? List.of(0) : again, null));
    }

    /// Stages the next parts of the other batch. Which these are does not depend on who asks, or how often.
    StagedParts reuse(BatchState state) {
        Reuse reuse = java.util.Objects.requireNonNull(state.submission().reuse());
        int from = state.reusedTo();
        int to = Math.min(from + 1 + random.nextInt(3), state.pinned().index().partitions());
        List<PartitionCommit> parts = new ArrayList<>();
        for (int partition = from; partition < to; partition++) {
            if (!reuse.isRescored(partition, ExampleBatch.DIGEST)) {
                PartitionPlan.Range range = state.pinned().index().range(partition);
                Attempt of = new Attempt(ExampleBatch.BATCH, partition, new Epoch(9, 9));
                PartitionCommit commit = reusable.computeIfAbsent(
                                partition, first -> result(of, range, ExampleBatch.MODEL, null))
                        .reused(state.incarnation());
                checker.scored(commit.attempt(ExampleBatch.BATCH));
                parts.add(commit);
            }
        }
        return new StagedParts(from, to, parts);
    }

    /// Most batches score at any time. The window of the others opens or closes within the first two minutes.
    private JobTiming timing() {
        String minute = "23:%d".formatted(15 + random.nextInt(2));
        JobWindow.Outside outside = random.nextBoolean() ? JobWindow.Outside.PAUSE : JobWindow.Outside.FINISH;
        return switch (random.nextInt(6)) {
            case 0 -> ExampleBatch.window("13:00", minute, outside);
            case 1 -> ExampleBatch.window(minute, "09:00", outside);
            default -> JobTiming.ANY_TIME;
        };
    }

    /// Half of the batches are checked. An attempt counts up to half of its rows.
    private List<BatchCheck> checks() {
        BatchCheck.OnFail[] onFail = BatchCheck.OnFail.values();
        return random.nextBoolean()
                ? List.of()
                : List.of(ExampleBatch.nulls(0.25, onFail[random.nextInt(onFail.length)]));
    }

    private Rollout rollout() {
        return ExampleBatch.rollout(
                random.nextInt(1, 4) / 3.0,
                random.nextBoolean() ? Rollout.OnPass.PROMOTE : Rollout.OnPass.KEEP,
                random.nextInt(4) == 0 ? Rollout.OnFail.FAIL : Rollout.OnFail.ROLLBACK);
    }

    private Rollout shadow() {
        return Rollout.shadow(
                new ModelReference.Alias(ExampleBatch.MODEL.name(), "candidate"), random.nextInt(1, 4) / 3.0, 10);
    }

    private Submission submission() {
        return ExampleBatch.submission(job, source.input())
                .trying(job.rollout() == null ? null : ExampleBatch.CANDIDATE);
    }

    /// What the committed attempts have counted, as a coordinator reads it from the journal.
    PartitionStatistics statistics(BatchState state) {
        return decisions.statistics(journal.events(), state);
    }

    /// The time of all wall clocks.
    Instant instant() {
        return ExampleBatch.AT.plusNanos(now).plus(clockStep);
    }

    /// Sets the wall clocks to the next opening of the window, unless it stays open for longer than the batch
    /// needs.
    private void awaitWindow() {
        TimeWindow window = TimeWindow.of(job.timing());
        Instant need = instant().plusNanos(20 * BOUND);
        if (window != null
                && (!window.isOpen(instant()) || window.at(instant()).closes().isBefore(need))) {
            Instant opening = window.isOpen(instant())
                    ? window.at(window.at(instant()).closes()).opens()
                    : window.at(instant()).opens();
            tell("the clocks are set to %s", opening);
            clockStep = clockStep.plus(Duration.between(instant(), opening));
        }
    }

    /// @return the steps it took
    /// @throws InvariantViolation if an invariant is broken
    static long run(long seed, DecisionsFactory decisions) {
        Simulation simulation = new Simulation(seed, decisions);
        try {
            simulation.live();
        } catch (InvariantViolation violation) {
            throw violation;
        } catch (RuntimeException damage) {
            throw new InvariantViolation(String.valueOf(damage.getMessage()), damage);
        }
        return simulation.steps;
    }

    private void live() {
        startCoordinator();
        for (int i = 0; i < WORKERS; i++) {
            startWorker(i);
        }
        openUntilHeard();
        everyNowAndThen(faults.workerFreezes(), () -> anyWorker().freeze(between(1, 60)));
        everyNowAndThen(faults.workerDies(), () -> replace(anyWorker()));
        everyNowAndThen(faults.coordinatorDies(), () -> anyCoordinator(SimulatedCoordinator::kill));
        everyNowAndThen(faults.coordinatorFreezes(), () -> anyCoordinator(one -> one.freeze(between(1, 60))));
        everyNowAndThen(faults.splits(), this::startCoordinator);
        after(between(20, 40), this::remind);
        everyNowAndThen(faults.storageLost(), this::loseStorage);
        everyNowAndThen(faults.registerDies(), this::restartRegister);
        everyNowAndThen(faults.control(), this::anOperatorActs);
        everyNowAndThen(job.rollout() == null ? faults.sourceChanges() : 0, this::changeSource);
        long chaos = between(20, 120);
        runUntil(() -> now >= chaos || (ended != null && coordinators.isEmpty()), chaos + 1);
        heal();
        finish();
    }

    /// Says what happens, if someone looks at a single run.
    @SuppressWarnings("AnnotateFormatMethod")
    void tell(String format, @Nullable Object... arguments) {
        if (TOLD) {
            System.out.printf(Locale.ROOT, "%9.3f  %s%n", now / 1e9, String.format(Locale.ROOT, format, arguments));
        }
    }

    // Time.

    long now() {
        return now;
    }

    RandomGenerator random() {
        return random;
    }

    SimulatedFaults faults() {
        return faults;
    }

    void after(long delay, Runnable step) {
        order++;
        schedule.add(new Scheduled(now + delay, order, step));
    }

    /// @return whether it came true in time
    private boolean runUntil(BooleanSupplier condition, long duration) {
        long end = now + duration;
        while (!condition.getAsBoolean()) {
            Scheduled next = schedule.peek();
            if (next == null || next.at() > end) {
                return false;
            }
            schedule.remove();
            now = next.at();
            steps++;
            next.step().run();
            keepACoordinator();
        }
        return true;
    }

    boolean happens(double share) {
        return share > 0 && random.nextDouble() < share;
    }

    /// A duration between so many seconds.
    long between(double least, double most) {
        return SimulatedCoordinator.seconds(least + (most - least) * random.nextDouble());
    }

    long latency() {
        return happens(faults.slow() / 4) ? between(1, 15) : between(0.001, 0.02);
    }

    private void everyNowAndThen(double seconds, Runnable step) {
        if (seconds > 0) {
            after(between(0, 2 * seconds), () -> {
                if (!healed) {
                    step.run();
                    everyNowAndThen(seconds, step);
                }
            });
        }
    }

    // The cluster.

    BatchDecisions newDecisions() {
        return decisions.create(ExampleBatch.BATCH, SETTINGS, "node:1", random.split());
    }

    private void startCoordinator() {
        SimulatedCoordinator started = new SimulatedCoordinator(this, journal, destination, checker);
        coordinators.add(started);
        current = started;
    }

    private void keepACoordinator() {
        coordinators.removeIf(one -> !one.isAlive());
        if ((current == null || !current.isAlive()) && !starting) {
            starting = true;
            after(between(0.1, 10), () -> {
                starting = false;
                startCoordinator();
            });
        }
    }

    private void anyCoordinator(Consumer<SimulatedCoordinator> step) {
        if (!coordinators.isEmpty()) {
            step.accept(coordinators.get(random.nextInt(coordinators.size())));
        }
    }

    private SimulatedWorker anyWorker() {
        return workers[random.nextInt(WORKERS)];
    }

    private void startWorker(int place) {
        workers[place] = new SimulatedWorker(this, checker, ADDRESSES.get(started), "node:" + place);
        started++;
    }

    /// Kills a worker; another is started in its place.
    void replace(SimulatedWorker worker) {
        for (int i = 0; i < WORKERS; i++) {
            if (workers[i].equals(worker)) {
                int place = i;
                worker.kill();
                after(between(0.1, 10), () -> {
                    if (!workers[place].isAlive()) {
                        startWorker(place);
                    }
                });
            }
        }
    }

    // The storage.

    private void loseStorage() {
        long back = now + between(1, 60);
        storageBack = Math.max(storageBack, back);
    }

    boolean isStorageAway() {
        return !healed && now < storageBack;
    }

    // The network.

    private void send(Runnable delivery) {
        if (happens(faults.drop())) {
            return;
        }
        for (int copies = happens(faults.repeat()) ? 2 : 1; copies > 0; copies--) {
            after(happens(faults.slow()) ? between(0.1, 60) : between(0.001, 0.1), delivery);
        }
    }

    void toCoordinator(BatchCommand command) {
        send(() -> {
            if (!coordinators.isEmpty()) {
                // Of two coordinators that run at the same time, a message may reach only one.
                SimulatedCoordinator to = random.nextInt(3) == 0
                        ? coordinators.get(random.nextInt(coordinators.size()))
                        : coordinators.getLast();
                to.after(0, () -> to.receive(new CoordinatorMessage.CommandReceived(command)));
            }
        });
    }

    void toWorker(ActorRef<?> address, Consumer<SimulatedWorker> message) {
        send(() -> {
            for (SimulatedWorker worker : workers) {
                if (worker.address().equals(address)) {
                    worker.after(0, () -> message.accept(worker));
                }
            }
        });
    }

    void toRegister(BatchRegisterCommand command) {
        send(() -> register(command));
    }

    // The register of jobs.

    private void openUntilHeard() {
        if (checker.state().phase() == null) {
            toCoordinator(new BatchCommand.Open(submission));
            after(between(1, 5), this::openUntilHeard);
        }
    }

    private void restartRegister() {
        free.clear();
        hasWork = false;
    }

    /// As the real one does, now and then, since any message may have been lost.
    private void remind() {
        if (checker.state().phase() != null && ended == null) {
            toCoordinator(new BatchCommand.EnsureStarted(submission));
        }
        after(between(20, 40), this::remind);
    }

    private void register(BatchRegisterCommand command) {
        switch (command) {
            case BatchRegisterCommand.FindWork(ActorRef<WorkerMessage> worker) -> free.add(worker);
            case BatchRegisterCommand.HasWork(BatchId batch, long partitionMillis) -> hasWork = true;
            case BatchRegisterCommand.HasNoWork(BatchId batch) -> hasWork = false;
            case BatchRegisterCommand.Leased leased -> {}
            case BatchRegisterCommand.BatchEnded(
                    BatchId batch,
                    Phase phase,
                    PastRun run,
                    String input,
                    ModelVersion model) -> ended = phase;
            default -> throw new IllegalStateException("register told " + command);
        }
        if (hasWork) {
            free.forEach(
                    address -> toWorker(address, worker -> worker.told(new WorkerMessage.WorkAt(ExampleBatch.BATCH))));
            free.clear();
        }
    }

    // The work.

    SimulatedSource source() {
        return source;
    }

    /// Somebody changes the source, and runs the job again. Any message about it may be lost.
    private void changeSource() {
        if (submission.reuse() != null) {
            return;
        }
        source.change();
        tell("the source changes to %s", source.input());
        if (random.nextInt(4) > 0) {
            runAgain();
        }
    }

    private void runAgain() {
        submission = submission.reuse() == null ? ExampleBatch.submission(job, source.input()) : submission;
        submission = submission();
        toCoordinator(new BatchCommand.Open(submission));
    }

    /// @param incarnation that has asked for the plan. The first file tells it to the checker
    CoordinatorMessage.PlanCompleted plan(int incarnation) {
        CoordinatorMessage.PlanCompleted plan = source.plan();
        checker.planMade(plan.files().getFirst().file(), incarnation);
        return plan;
    }

    /// The other nodes that can plan at the moment.
    List<String> helpers() {
        return HELPERS.stream().filter(node -> healed || random.nextInt(4) > 0).toList();
    }

    /// Whether an attempt fails since its model can't score.
    boolean isBroken(ModelVersion model) {
        return model.equals(ExampleBatch.CANDIDATE) && happens(brokenCandidate);
    }

    /// Whether an attempt that also scores with a candidate, only to compare it, does not end well.
    boolean isFatal(@Nullable ModelVersion other) {
        return ExampleBatch.CANDIDATE.equals(other) && happens(brokenCandidate);
    }

    boolean isPoisonous(int partition) {
        return poisonous.contains(partition);
    }

    /// @param model that scores the rows
    /// @param other that is compared; null for none
    PartitionCommit result(
            Attempt attempt, PartitionPlan.Range range, ModelVersion model, @Nullable ModelVersion other) {
        long left = Math.min(range.rows(), random.nextInt(4) == 0 ? 1 : 0);
        long read = range.rows() - left;
        long bad = Math.min(read, random.nextInt(4) == 0 && !healed ? random.nextInt(3) : 0);
        ModelComparison comparison = other == null
                ? null
                : isFatal(other)
                        ? ModelComparison.failed("the model can't score")
                        : ExampleBatch.comparison(read - bad, (read - bad) * agreement / 10);
        long counted = healed ? 0 : random.nextLong(read / 2 + 1);
        return PartitionCommitBuilder.builder()
                .partition(attempt.partition())
                .epoch(attempt.epoch())
                .node("node:1")
                .firstRow(range.firstRow())
                .rows(range.rows())
                .read(read)
                .part(new OutputFile(read - bad, 100 + attempt.epoch().lease(), ExampleBatch.DIGEST))
                .quarantine(bad == 0 ? null : new OutputFile(bad, 50, ExampleBatch.DIGEST))
                .model(model.sha256())
                .comparison(comparison)
                .statistics(job.checks().isEmpty() ? null : new PartitionStatistics(List.of(counted)))
                .build();
    }

    // The operators.

    private void anOperatorActs() {
        int partitions = partitions();
        toCoordinator(
                switch (random.nextInt(19)) {
                    case 0, 1, 2 -> new BatchCommand.Pause("", OPERATOR);
                    case 3, 4, 5, 6 -> new BatchCommand.Resume(OPERATOR);
                    case 7 -> new BatchCommand.Cancel("", OPERATOR);
                    case 8, 9, 10, 11 -> new BatchCommand.Retry(OPERATOR);
                    case 12 -> new BatchCommand.Open(submission);
                    case 13 -> rescoreAll();
                    case 14 -> new BatchCommand.IgnoreWindow(OPERATOR, "ops");
                    case 15, 16 -> new BatchCommand.Approve("", OPERATOR, "ops");
                    default -> new BatchCommand.Rescore(List.of(random.nextInt(partitions)), OPERATOR);
                });
    }

    private BatchCommand rescoreAll() {
        return new BatchCommand.Rescore(IntStream.range(0, partitions()).boxed().toList(), OPERATOR);
    }

    private int partitions() {
        PinnedPlan plan = checker.state().plan();
        return plan == null ? 1 : plan.index().partitions();
    }

    // The end.

    private void heal() {
        tell("it heals");
        healed = true;
        faults = SimulatedFaults.NONE;
        poisonous.clear();
        for (SimulatedWorker worker : workers) {
            worker.wakeUp();
        }
        // The one that the cluster doesn't know of is heard of for a while yet.
        coordinators.forEach(SimulatedCoordinator::wakeUp);
        after(between(0, 30), () -> {
            for (SimulatedCoordinator coordinator : List.copyOf(coordinators)) {
                if (!coordinator.equals(current)) {
                    coordinator.kill();
                }
            }
        });
    }

    private void finish() {
        for (int tries = 0; ; tries++) {
            InvariantChecker.require(
                    tries < 20, "it is %s again and again", checker.state().phase());
            awaitWindow();
            InvariantChecker.require(
                    runUntil(this::rests, BOUND), "stuck, %s", checker.state().phase());
            Phase phase = java.util.Objects.requireNonNull(checker.state().phase());
            if (phase.isEnd()) {
                break;
            }
            InvariantChecker.require(
                    runUntil(() -> !isFailedAndVisible(), BOUND), "readers see a batch that stays failed");
            if (phase == Phase.PAUSED) {
                toCoordinator(new BatchCommand.Resume(OPERATOR));
            } else if (phase == Phase.HELD) {
                toCoordinator(
                        tries % 2 == 0
                                ? new BatchCommand.Approve("", OPERATOR, "ops")
                                : new BatchCommand.Cancel("", OPERATOR));
            } else if (isRefusedByChecks()) {
                toCoordinator(rescoreAll());
            } else if (isOverItsErrorLimit() || hasCommittedWhatHasChanged()) {
                toCoordinator(rescoreAll());
            } else if (tries % 2 == 0) {
                runAgain();
            } else {
                toCoordinator(new BatchCommand.Retry(OPERATOR));
            }
            runUntil(() -> checker.state().phase() != phase, between(5, 15));
        }
        Phase phase = checker.state().phase();
        InvariantChecker.require(
                runUntil(() -> ended == phase, BOUND), "the register is not told that it is %s", phase);
        // Late messages arrive now.
        runUntil(() -> false, between(60, 90));
        InvariantChecker.require(
                checker.state().phase() == phase, "%s after %s", checker.state().phase(), phase);
        InvariantChecker.require(
                checker.isVisible() == (phase == Phase.PUBLISHED), "%s, and visible is %s", phase, checker.isVisible());
    }

    private boolean hasCommittedWhatHasChanged() {
        Failure failure = checker.state().failure();
        return failure != null
                && failure.message().contains("is committed")
                && checker.state().committed().count() > 0;
    }

    private boolean isOverItsErrorLimit() {
        PinnedPlan plan = checker.state().plan();
        return plan != null
                && ErrorLimit.violation(
                                job.errors(),
                                plan.index().rows(),
                                checker.state().totals(),
                                List.of())
                        != null;
    }

    private boolean isRefusedByChecks() {
        BatchEvent.Checked checked = checker.state().checked();
        return checked != null && checked.verdict().equals(Optional.of(BatchCheck.OnFail.FAIL));
    }

    private boolean isFailedAndVisible() {
        return checker.state().phase() == Phase.FAILED && checker.isVisible();
    }

    /// Nothing more happens unless someone acts.
    private boolean rests() {
        Phase phase = checker.state().phase();
        return phase != null
                && (phase.isEnd() || phase == Phase.PAUSED || phase == Phase.HELD || phase == Phase.FAILED);
    }
}
