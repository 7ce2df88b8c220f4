package io.nightshift.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Use;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.scoring.Model;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.storage.database.DataSources;
import io.nightshift.worker.metrics.WorkerMetrics;
import io.nightshift.worker.partition.PartitionAttempt;
import io.nightshift.worker.partition.ReadSamples;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A worker with real attempts; the register of jobs and the batch are probes.
class WorkerIT {

    private static final Duration PATIENCE = Duration.ofMillis(300);
    private static final Duration GRACE = Duration.ofMillis(400);
    private static final Duration SILENCE = Duration.ofMillis(150);
    private static final Duration LONG = Duration.ofMinutes(2);
    private static final Duration STALL_AFTER = Duration.ofSeconds(6);
    private static final Duration STUCK_AFTER = Duration.ofMillis(200);
    private static final String NONCE = "the worker's";

    /// A command that a batch received.
    private record Told(BatchId batch, BatchCommand command) {}

    // As between nodes: what other actors are told is written and read.
    private final ActorTestKit kit =
            ActorTestKit.create(ConfigFactory.parseString("""
                pekko.actor.serialize-messages = on
                pekko.actor.testkit.typed { single-expect-default = 120s, default-timeout = 120s }
                pekko.actor.no-serialization-verification-needed-class-prefix = ["org.apache.pekko.", "io.nightshift.worker."]
                """).withFallback(ConfigFactory.load()));
    private final TestProbe<BatchRegisterCommand> jobs = kit.createTestProbe(BatchRegisterCommand.class);
    private final TestProbe<Told> batches = kit.createTestProbe(Told.class);
    private final TestProbe<ScoringSlots.Acquire> slots = kit.createTestProbe(ScoringSlots.Acquire.class);
    private final ScoringThreads scoring = new ScoringThreads(2);
    private final MeterRegistry registry = new SimpleMeterRegistry();
    private final WorkerObserver observer = new WorkerMetrics(registry);
    private final Set<String> scoringThreads = ConcurrentHashMap.newKeySet();
    private final GatedModel gate = new GatedModel();
    private volatile Model model = SumModel.ofNumbers(1);
    /// The kinds of the messages that the workers have sent, in their order.
    private final List<Class<?>> sent = new CopyOnWriteArrayList<>();
    /// The clock by which attempts stall.
    private volatile LongSupplier stallClock = System::nanoTime;
    private final NodeFaults faults = new NodeFaults(Clock.systemUTC());
    private Duration stallAfter = Duration.ofMinutes(5);
    private Duration patience = PATIENCE;
    private final ReadSamples reads = new ReadSamples();
    private TestNode node;
    private Path file;

    @BeforeEach
    void start(@TempDir Path temp) {
        node = new TestNode(temp);
        file = node.parquet("in.parquet", "SELECT i AS f0 FROM range(500000) t(i)");
    }

    @AfterEach
    void stop() throws InterruptedException {
        kit.shutdownTestKit();
        gate.open();
        scoring.shutdownNow();
        assertThat(scoring.awaitTermination(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
        node.close();
    }

    private ActorRef<Worker.Command> worker() {
        return worker(Duration.ofMinutes(10));
    }

    private ActorRef<Worker.Command> worker(Duration grace) {
        return worker(grace, lease -> {
            scoringThreads.add(Thread.currentThread().getName());
            return node.attempt(lease, model).sampledBy(reads);
        });
    }

    private ActorRef<Worker.Command> worker(Duration grace, Function<Lease, PartitionAttempt> attempts) {
        return kit.spawn(Worker.create(new WorkerServices(
                slots.ref(),
                command -> {
                    sent.add(command.getClass());
                    jobs.ref().tell(command);
                },
                (batch, command) -> {
                    sent.add(command.getClass());
                    batches.ref().tell(new Told(batch, command));
                },
                attempts,
                lease -> {},
                destinations().of(TestJobBuilder.over(file).build())::remove,
                scoring,
                new WorkerServices.AttemptLimits(stallAfter, STUCK_AFTER, () -> stallClock.getAsLong()),
                Duration.ofMillis(50),
                patience,
                grace,
                "127.0.0.1:1",
                observer,
                faults,
                () -> NONCE)));
    }

    private Destinations destinations() {
        return new Destinations(() -> node.duckDb, DataSources.NONE);
    }

    private void grant() {
        slots.receiveMessage().worker().tell(new ScoringSlots.Granted());
    }

    private ActorRef<WorkerMessage> findWork() {
        return jobs.expectMessageClass(BatchRegisterCommand.FindWork.class).worker();
    }

    private ActorRef<WorkerMessage> requestLease() {
        findWork().tell(new WorkerMessage.WorkAt(TestNode.BATCH));
        return next(BatchCommand.RequestLease.class).worker();
    }

    /// The next command of a kind; heartbeats, and a question that is asked again, may come in between.
    private <T extends BatchCommand> T next(Class<T> kind) {
        while (true) {
            Told told = batches.receiveMessage(LONG);
            assertThat(told.batch()).isEqualTo(TestNode.BATCH);
            if (kind.isInstance(told.command())) {
                return kind.cast(told.command());
            }
            assertThat(told.command())
                    .isInstanceOfAny(
                            BatchCommand.Heartbeat.class,
                            BatchCommand.RequestLease.class,
                            BatchCommand.Commit.class,
                            BatchCommand.AttemptDiscarded.class);
        }
    }

    private Lease lease() {
        return withNonce(node.lease(TestJobBuilder.over(file).build(), List.of(node.whole(file))), NONCE);
    }

    private static Lease withNonce(Lease lease, @Nullable String nonce) {
        return new Lease(
                lease.attempt(), lease.job(), lease.model(), lease.firstRow(), lease.slices(), lease.staging(), nonce);
    }

    @Test
    void aWorkerWithoutASlotAsksForNothing() {
        worker();
        jobs.expectNoMessage(SILENCE);
        grant();
        findWork();
    }

    @Test
    void aPartitionIsLeasedScoredCommittedAndTheNextAskedFor() throws IOException {
        worker();
        grant();
        Lease lease = lease();
        requestLease().tell(lease);

        BatchCommand.Commit commit = next(BatchCommand.Commit.class);

        assertThat(commit.commit().attempt(TestNode.BATCH)).isEqualTo(lease.attempt());
        assertThat(commit.commit().predictions()).isEqualTo(500_000);
        assertThat(commit.commit().node()).isEqualTo("127.0.0.1:1");
        assertThat(commit.reasons()).isEmpty();
        Use use = Objects.requireNonNull(commit.commit().use());
        assertThat(use.processor()).isBetween(1_000L, use.elapsed() + 10_000);
        assertThat(use.reading() + use.writing()).isLessThanOrEqualTo(use.elapsed());
        assertThat(use.read()).isBetween(Files.size(file) / 2, 2 * Files.size(file));
        assertThat(use.written()).isEqualTo(commit.commit().bytes());
        assertThat(commit.commit().cores()).isEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(commit.commit().threads()).isEqualTo(scoring.size());
        assertThat(node.staged()).containsExactly(TestNode.PARQUET.stagedPart(lease.attempt()));
        assertThat(registry.get("nightshift.records").counter().count()).isEqualTo(500_000);
        assertThat(registry.get("nightshift.predictions").counter().count()).isEqualTo(500_000);
        assertThat(registry.get("nightshift.quarantined.records").counter().count())
                .isZero();
        assertThat(registry.get("nightshift.partition.duration").timer().count())
                .isOne();
        commit.worker().tell(new WorkerMessage.Committed(lease.attempt()));
        findWork();
    }

    @Test
    void everyQuestionIsAskedAgainUntilItIsAnswered() {
        worker();
        grant();
        findWork();
        ActorRef<WorkerMessage> self = findWork();
        self.tell(new WorkerMessage.WorkAt(TestNode.BATCH));
        next(BatchCommand.RequestLease.class);
        next(BatchCommand.RequestLease.class);
        // Unanswered twice, the worker looks for work anew.
        self = requestLease();
        self.tell(lease());
        BatchCommand.Commit first = next(BatchCommand.Commit.class);
        BatchCommand.Commit again = next(BatchCommand.Commit.class);
        assertThat(again.commit()).isEqualTo(first.commit());
        again.worker().tell(new WorkerMessage.Committed(lease().attempt()));
        assertThat(next(BatchCommand.Commit.class).commit()).isEqualTo(first.commit());
        self.tell(new WorkerMessage.Committed(first.commit().attempt(TestNode.BATCH)));
        findWork();
    }

    @Test
    void aLeaseWithoutTheNonceOfTheRequestIsNotTaken() {
        worker();
        grant();
        ActorRef<WorkerMessage> self = requestLease();
        self.tell(withNonce(lease(), null));
        self.tell(withNonce(lease(), "guessed"));
        BatchCommand.RequestLease again = next(BatchCommand.RequestLease.class);
        assertThat(again.nonce()).isEqualTo(NONCE);
        assertThat(scoringThreads).isEmpty();

        Lease lease = withNonce(lease(), again.nonce());
        self.tell(lease);
        assertThat(next(BatchCommand.Commit.class).commit().attempt(TestNode.BATCH))
                .isEqualTo(lease.attempt());
    }

    @Test
    void aBatchWithoutPartitionsSendsTheWorkerBackToTheRegister() {
        worker();
        grant();
        ActorRef<WorkerMessage> self = requestLease();
        self.tell(new WorkerMessage.NothingToLease(new BatchId("another")));
        self.tell(new WorkerMessage.NothingToLease(TestNode.BATCH));
        findWork();
    }

    @Test
    void aLeaseThatComesLateIsTakenWhileThereIsNoOtherWork() {
        worker();
        grant();
        ActorRef<WorkerMessage> self = requestLease();
        next(BatchCommand.RequestLease.class);
        findWork();
        Lease lease = lease();
        self.tell(lease);
        assertThat(next(BatchCommand.Commit.class).commit().attempt(TestNode.BATCH))
                .isEqualTo(lease.attempt());
    }

    @Test
    void aCommittedPartitionsLeaseThatComesOnceMoreIsNotTaken() {
        worker();
        grant();
        Lease lease = lease();
        ActorRef<WorkerMessage> self = requestLease();
        next(BatchCommand.RequestLease.class);
        self.tell(lease);
        next(BatchCommand.Commit.class).worker().tell(new WorkerMessage.Committed(lease.attempt()));
        requestLease();
        self.tell(lease);
        next(BatchCommand.RequestLease.class);
        findWork();
    }

    @Test
    void whileTheRegisterIsSilentAWorkerContinuesWithItsLastBatch() {
        worker();
        grant();
        Lease first = lease();
        requestLease().tell(first);
        next(BatchCommand.Commit.class).worker().tell(new WorkerMessage.Committed(first.attempt()));

        Lease second = lease();
        next(BatchCommand.RequestLease.class).worker().tell(second);
        BatchCommand.Commit commit = next(BatchCommand.Commit.class);
        sent.clear();
        commit.worker().tell(new WorkerMessage.Committed(second.attempt()));
        next(BatchCommand.RequestLease.class);
        assertThat(sent.stream().filter(kind -> kind != BatchCommand.Commit.class))
                .as("known to be silent, the register is not asked twice before the batch is")
                .startsWith(BatchRegisterCommand.FindWork.class, BatchCommand.RequestLease.class);
    }

    @Test
    void heartbeatsCarryTheProgressWhileAPartitionIsScored() {
        patience = LONG;
        model = gate;
        gate.close(20_000);
        worker();
        grant();
        Lease lease = lease();
        requestLease().tell(lease);
        long rows = 0;
        while (rows < 10_000) {
            BatchCommand.Heartbeat beat = next(BatchCommand.Heartbeat.class);
            assertThat(beat.attempt()).isEqualTo(lease.attempt());
            assertThat(beat.rows()).isGreaterThanOrEqualTo(rows);
            assertThat(rows == 0 || Objects.requireNonNull(beat.use()).elapsed() > 0)
                    .isTrue();
            rows = beat.rows();
        }
        gate.open();
        BatchCommand.Commit commit = next(BatchCommand.Commit.class);
        commit.worker().tell(new WorkerMessage.Committed(lease.attempt()));
        findWork();
        batches.expectNoMessage(SILENCE);
    }

    @Test
    void anAbandonedAttemptStopsSoonAndLeavesNothing() {
        model = gate;
        gate.close(0);
        patience = LONG;
        worker();
        grant();
        Lease lease = lease();
        ActorRef<WorkerMessage> self = requestLease();
        self.tell(lease);
        gate.awaitWaiting();
        next(BatchCommand.Heartbeat.class);
        self.tell(new WorkerMessage.Abandon(otherThan(lease.attempt()), "of another attempt"));
        next(BatchCommand.Heartbeat.class);

        self.tell(new WorkerMessage.Abandon(lease.attempt(), "the lease ran out"));

        // Its thread counts as stuck, and is not waited for.
        ActorRef<WorkerMessage> again = findWork();
        gate.open();
        await().atMost(LONG).until(() -> scoring.stuck() == 0);
        assertThat(gate.rows()).as("rows of the blocks that had begun").isLessThan(100_000);
        await().atMost(LONG).untilAsserted(() -> assertThat(node.staged()).isEmpty());
        again.tell(new WorkerMessage.WorkAt(TestNode.BATCH));
        // Nobody waits for the outcome, so the batch is told only what it has used before the next request.
        BatchCommand.AttemptDiscarded discarded = next(BatchCommand.AttemptDiscarded.class);
        assertThat(discarded.attempt()).isEqualTo(lease.attempt());
        assertThat(discarded.use().elapsed())
                .as("its thread was waited for, in µs")
                .isGreaterThan(50_000);
        next(BatchCommand.RequestLease.class);
    }

    @Test
    void aRefusedCommitsOutputIsDeleted() {
        patience = LONG;
        worker();
        grant();
        ActorRef<WorkerMessage> self = requestLease();
        self.tell(lease());
        BatchCommand.Commit commit = next(BatchCommand.Commit.class);
        assertThat(node.staged()).hasSize(1);
        self.tell(new WorkerMessage.Abandon(commit.commit().attempt(TestNode.BATCH), "another epoch holds it"));
        assertThat(next(BatchCommand.AttemptDiscarded.class))
                .isEqualTo(new BatchCommand.AttemptDiscarded(
                        commit.commit().attempt(TestNode.BATCH),
                        Objects.requireNonNull(commit.commit().use())));
        findWork();
        await().atMost(LONG).until(() -> node.staged().isEmpty());
    }

    @Test
    void aFailedAttemptIsReportedWithItsKindAndTheWorkerContinues() {
        worker();
        grant();
        model = new FixedModel(SumModel.ofNumbers(1).description(), (features, rows, outputs) -> {
            throw new IllegalStateException("the model is broken");
        });
        Lease lease = lease();
        requestLease().tell(lease);
        BatchCommand.AttemptFailed ended = next(BatchCommand.AttemptFailed.class);
        assertThat(ended.attempt()).isEqualTo(lease.attempt());
        assertThat(ended.failure().isPermanent()).isTrue();
        assertThat(ended.failure().message()).contains("the model is broken", file.toString());
        assertThat(Objects.requireNonNull(ended.use()).processor()).isPositive();
        findWork();
    }

    @Test
    void aFailureKeepsItsKindThoughItHasACause() {
        worker(GRACE, lease -> {
            throw new FailureException(
                    Failure.transientFailure("the registry is away"), new IllegalStateException("cause"));
        });
        grant();
        requestLease().tell(lease());
        assertThat(next(BatchCommand.AttemptFailed.class).failure())
                .isEqualTo(Failure.transientFailure("the registry is away"));
    }

    @Test
    void scoringIsDoneOnScoringThreadsOnly() {
        model = gate;
        worker();
        grant();
        requestLease().tell(lease());
        next(BatchCommand.Commit.class);
        assertThat(scoringThreads).isNotEmpty().allMatch(name -> name.startsWith("scoring-"));
        assertThat(gate.threads()).isNotEmpty().allMatch(name -> name.startsWith("scoring-"));
    }

    @Test
    void aWorkerThatStopsCancelsItsAttemptAndReleasesItsSlot() throws InterruptedException {
        model = gate;
        gate.close(0);
        ActorRef<ScoringSlots.Acquire> realSlots =
                kit.spawn(ScoringSlots.create(1)).narrow();
        ActorRef<Worker.Command> worker = worker();
        ScoringSlots.Acquire acquire = slots.receiveMessage();
        realSlots.tell(acquire);
        TestProbe<ScoringSlots.Notice> next = kit.createTestProbe(ScoringSlots.Notice.class);
        realSlots.tell(new ScoringSlots.Acquire(next.ref()));
        requestLease().tell(lease());
        gate.awaitWaiting();
        next.expectNoMessage(SILENCE);

        kit.stop(worker);

        next.expectMessageClass(ScoringSlots.Granted.class);
        gate.open();
        scoring.shutdown();
        assertThat(scoring.awaitTermination(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(node.staged()).isEmpty();
    }

    @Test
    void aWorkerThatHasToEndFinishesItsPartitionFirst() {
        // No question is repeated, of which the last line would see the second one.
        patience = LONG;
        ActorRef<Worker.Command> worker = worker();
        grant();
        requestLease().tell(lease());
        worker.tell(new Worker.Stop());
        BatchCommand.Commit commit = next(BatchCommand.Commit.class);
        commit.worker().tell(new WorkerMessage.Committed(commit.commit().attempt(TestNode.BATCH)));
        kit.createTestProbe().expectTerminated(worker);
        jobs.expectNoMessage(SILENCE);
    }

    @Test
    void aWorkerThatMustEndReleasesWhatItCannotFinish() {
        model = gate;
        gate.close(0);
        ActorRef<Worker.Command> worker = worker(GRACE);
        grant();
        Lease lease = lease();
        requestLease().tell(lease);
        gate.awaitWaiting();
        worker.tell(new Worker.Stop());
        BatchCommand.ReleaseLease release = next(BatchCommand.ReleaseLease.class);
        assertThat(release.attempt()).isEqualTo(lease.attempt());
        assertThat(Objects.requireNonNull(release.use()).elapsed()).isGreaterThan(50_000);
        kit.createTestProbe().expectTerminated(worker);
        gate.open();
        await().atMost(LONG).until(() -> node.staged().isEmpty());
    }

    @Test
    void aWorkerWithoutAPartitionEndsAtOnce() {
        ActorRef<Worker.Command> worker = worker();
        grant();
        ActorRef<WorkerMessage> self = requestLease();
        worker.tell(new Worker.Stop());
        Lease lease = lease();
        self.tell(lease);
        assertThat(next(BatchCommand.ReleaseLease.class).attempt()).isEqualTo(lease.attempt());
        kit.createTestProbe().expectTerminated(worker);

        ActorRef<Worker.Command> idle = worker();
        idle.tell(new Worker.Stop());
        kit.createTestProbe().expectTerminated(idle);
    }

    @Test
    void aSecondLeaseIsGivenBack() {
        model = gate;
        gate.close(0);
        worker();
        grant();
        ActorRef<WorkerMessage> self = requestLease();
        Lease lease = lease();
        self.tell(lease);
        Lease another = new Lease(
                otherThan(lease.attempt()),
                lease.job(),
                lease.model(),
                lease.firstRow(),
                lease.slices(),
                lease.staging(),
                NONCE);
        self.tell(another);
        assertThat(next(BatchCommand.ReleaseLease.class).attempt()).isEqualTo(another.attempt());
        gate.open();
        assertThat(next(BatchCommand.Commit.class).commit().attempt(TestNode.BATCH))
                .isEqualTo(lease.attempt());
        assertThat(node.staged()).containsExactly(TestNode.PARQUET.stagedPart(lease.attempt()));
    }

    /// Opens a named pipe to which nobody writes: the open never ends, and can't be interrupted.
    @Test
    @Timeout(300)
    void aHangingReadLosesItsPartitionAndItsThreadIsReplaced() throws Exception {
        stallAfter = STALL_AFTER;
        patience = LONG;
        Path pipe = node.folder.resolve("pipe.parquet");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        SourceFile pinned = new SourceFile(
                pipe.toString(), 0, Files.getLastModifiedTime(pipe).toInstant(), 1, "0".repeat(SourceFile.TAG_DIGITS));
        worker();
        grant();
        Lease hanging =
                withNonce(node.lease(TestJobBuilder.over(pipe).build(), List.of(new Slice(pinned, 0, 1))), NONCE);
        requestLease().tell(hanging);

        BatchCommand.AttemptFailed failed = next(BatchCommand.AttemptFailed.class);
        stallClock = () -> 0;

        assertThat(failed.attempt()).isEqualTo(hanging.attempt());
        assertThat(failed.failure().resource())
                .isEqualTo(new FailedResource(FailedResource.Type.MOUNT, pipe.toString()));
        assertThat(failed.failure().message())
                .startsWith(hanging.attempt() + ", scoring rows of " + pipe)
                .contains("node 127.0.0.1:1 has waited for the file system");
        assertThat(faults.count(FailedResource.Type.MOUNT)).isOne();
        Lease next = lease();
        requestLease().tell(next);
        assertThat(scoring.stuck()).isOne();
        BatchCommand.Commit commit = next(BatchCommand.Commit.class);
        assertThat(commit.commit().attempt(TestNode.BATCH)).isEqualTo(next.attempt());

        Files.newOutputStream(pipe).close();

        await().atMost(LONG).until(() -> scoring.stuck() == 0);
        commit.worker().tell(new WorkerMessage.Committed(next.attempt()));
        findWork();
    }

    @Test
    @Timeout(300)
    void theResultOfACancelledAttemptThatComesLateIsDeleted() {
        stallAfter = STALL_AFTER;
        stallClock = () -> 0;
        patience = LONG;
        CompletableFuture<Void> begun = new CompletableFuture<>();
        CompletableFuture<Void> kept = new CompletableFuture<>();
        Lease hanging = lease();
        worker(
                GRACE,
                lease -> node.attempt(
                        lease,
                        model,
                        destinations(),
                        writer -> lease.equals(hanging) ? new SlowKeep(writer, begun, kept) : writer));
        grant();
        requestLease().tell(hanging);
        assertThat(begun).succeedsWithin(LONG);
        // Each heartbeat finds that the attempt has stood still since the one before.
        AtomicLong time = new AtomicLong();
        stallClock = () -> time.addAndGet(STALL_AFTER.multipliedBy(2).toNanos());
        BatchCommand.AttemptFailed failed = next(BatchCommand.AttemptFailed.class);
        stallClock = () -> 0;
        assertThat(failed.failure().resource())
                .isEqualTo(new FailedResource(FailedResource.Type.MOUNT, hanging.staging()));
        Lease next = lease();
        requestLease().tell(next);
        BatchCommand.Commit commit = next(BatchCommand.Commit.class);
        assertThat(node.staged()).hasSize(2);

        kept.complete(null);

        await().atMost(LONG).until(() -> node.staged().equals(List.of(TestNode.PARQUET.stagedPart(next.attempt()))));
        await().atMost(LONG).until(() -> scoring.stuck() == 0);
        commit.worker().tell(new WorkerMessage.Committed(next.attempt()));
        findWork();
    }

    @Test
    void anAttemptThatLosesItsLeaseWhileItHangsDoesNotHoldItsSlot() {
        patience = LONG;
        CompletableFuture<Void> begun = new CompletableFuture<>();
        CompletableFuture<Void> kept = new CompletableFuture<>();
        worker(GRACE, lease -> node.attempt(lease, model, destinations(), writer -> new SlowKeep(writer, begun, kept)));
        grant();
        Lease lease = lease();
        ActorRef<WorkerMessage> self = requestLease();
        self.tell(lease);
        assertThat(begun).succeedsWithin(LONG);
        self.tell(new WorkerMessage.Abandon(lease.attempt(), "the batch is cancelled"));
        findWork();
        assertThat(scoring.stuck()).isOne();
        kept.complete(null);
        await().atMost(LONG).until(() -> scoring.stuck() == 0);
    }

    @Test
    void aNodeWithTooManyStuckThreadsLeasesNothing() {
        CompletableFuture<Void> kept = new CompletableFuture<>();
        for (int i = 0; i < 3; i++) {
            CompletableFuture<Void> begun = new CompletableFuture<>();
            Runnable task = () -> {
                begun.complete(null);
                kept.join();
            };
            scoring.execute(task);
            assertThat(begun).succeedsWithin(LONG);
            assertThat(scoring.replace(task)).isTrue();
        }
        worker();
        grant();
        jobs.expectNoMessage(PATIENCE.plus(SILENCE));
        kept.complete(null);
        findWork();
    }

    private static Attempt otherThan(Attempt attempt) {
        return new Attempt(attempt.batch(), attempt.partition() + 1, attempt.epoch());
    }
}
