package io.nightshift.coordinator.batch;

import static org.awaitility.Awaitility.await;

import io.nightshift.api.BatchDescription;
import io.nightshift.coordinator.TestActorSystem;
import io.nightshift.coordinator.batch.decision.BatchSettings;
import io.nightshift.coordinator.batch.decision.RemovalStep;
import io.nightshift.coordinator.batch.decision.RetryPolicy;
import io.nightshift.coordinator.batch.decision.StagedParts;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.task.BatchPeers;
import io.nightshift.coordinator.batch.task.BatchServices;
import io.nightshift.coordinator.batch.task.Publisher;
import io.nightshift.coordinator.batch.task.Redriver;
import io.nightshift.coordinator.batch.task.StepFaults;
import io.nightshift.coordinator.batch.task.StepRunner;
import io.nightshift.coordinator.batch.task.StepRuns;
import io.nightshift.coordinator.batch.task.StuckThreads;
import io.nightshift.coordinator.incremental.ChangedRowPlanner;
import io.nightshift.coordinator.incremental.NewFilePlanner;
import io.nightshift.coordinator.publish.DestinationPublisher;
import io.nightshift.coordinator.publish.LedgerMeasurements;
import io.nightshift.destination.FileNames;
import io.nightshift.destination.Publication;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.alert.AlertReply;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.PastRun;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.StepCommand;
import io.nightshift.protocol.batch.Supplement;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import io.nightshift.source.SourceInspector;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourcePins;
import io.nightshift.source.changed.ChangedRowScan.EntryVisitor;
import io.nightshift.source.changed.RowSet;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.filesystem.Digests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;

/// The coordinator of one batch, on a real journal and with a real publisher. Each partition has ten rows.
/// The test plays the workers and the register.
public final class BatchActorFixture {

    private static final FileNames NAMES = new FileNames(".parquet");

    public static final Duration SOON = Duration.ofMinutes(2);

    /// A lease that expires only if [#passTime] says so.
    static final Duration LEASE = Duration.ofHours(1);

    /// In how many steps [#passTime] passes a lease. A coordinator that is not called for half of a lease extends
    /// all leases.
    private static final int STEPS = 16;

    /// A time that a test can wait out, and that outlasts a step that writes to a slow disk.
    static final Duration STALL = Duration.ofSeconds(5);

    static final BatchSettings PATIENT = settings(Duration.ofSeconds(30));

    public final BatchId id;
    public final Path source;
    final Path destination;
    public final Job job;
    final Queue<BatchRegisterCommand> register = new ConcurrentLinkedQueue<>();
    final Queue<AlertCommand> alerts = new ConcurrentLinkedQueue<>();
    final TestProbe<WorkerMessage> worker;
    final TestProbe<ClusterSharding.ShardCommand> shard;

    /// Called when the source is inspected, and before and after the real publisher's part.
    public Runnable onInspect = () -> {};
    Runnable onPublish = () -> {};
    Runnable onPrepare = () -> {};
    Runnable onFence = () -> {};

    /// Called before the register gets a command.
    volatile Consumer<BatchRegisterCommand> onRegister = command -> {};

    /// The other nodes that do steps, by name.
    public final Map<String, ActorRef<StepCommand>> helpers = new ConcurrentSkipListMap<>();

    final StuckThreads stuck = new StuckThreads();

    /// By how much the clock of the coordinator is ahead, in nanoseconds.
    private final AtomicLong ahead = new AtomicLong();

    /// How often the coordinator has looked at its clock.
    private final AtomicLong looks = new AtomicLong();

    private final TestActorSystem node;
    private final int rows;
    private final BatchSettings settings;
    private ActorRef<BatchCommand> actor;

    static BatchSettings settings(Duration lease) {
        return new BatchSettings(
                lease,
                Duration.ofMillis(40),
                new RetryPolicy(
                        3,
                        Duration.ofMillis(20),
                        Duration.ofMillis(50),
                        0,
                        Duration.ofMillis(500),
                        Duration.ofMillis(500),
                        Duration.ofMillis(500)),
                Duration.ofMinutes(5),
                Duration.ofSeconds(1));
    }

    /// @param stallAfter how long a background task may wait
    static BatchSettings stalling(Duration stallAfter) {
        return new BatchSettings(
                PATIENT.lease(), PATIENT.tick(), PATIENT.retry(), stallAfter, PATIENT.passivateAfter());
    }

    public BatchActorFixture(
            TestActorSystem node,
            Path folder,
            String name,
            int partitions,
            BatchSettings settings,
            Job.ErrorPolicy errors)
            throws IOException {
        this.node = node;
        this.settings = settings;
        id = new BatchId(name.toLowerCase(java.util.Locale.ROOT));
        rows = partitions * 10;
        source = Files.createDirectories(folder).resolve("input.parquet");
        if (!Files.exists(source)) {
            Files.writeString(source, "rows");
        }
        destination = folder.resolve("predictions");
        job = ExampleBatch.job(source, destination, errors);
        worker = node.kit().createTestProbe(WorkerMessage.class);
        shard = node.kit().createTestProbe(ClusterSharding.ShardCommand.class);
        actor = start();
    }

    Submission submission() {
        return new Submission(job, ExampleBatch.DIGEST, SourcePins.identity(inspect()), ExampleBatch.MODEL);
    }

    private ActorRef<BatchCommand> start() {
        return node.kit().spawn(Batch.create(id, shard.ref(), services("node:1", inspector())));
    }

    /// The batches of these tests are not redriven.
    private static final Redriver NO_REDRIVES = new Redriver() {
        @Override
        public void check(BatchState state, BatchCommand.Redrive request) {
            throw FailureException.permanent("this node redrives nothing");
        }

        @Override
        public Supplement score(BatchState state) {
            throw new IllegalStateException();
        }

        @Override
        public Publication publish(BatchState state) {
            throw new IllegalStateException();
        }

        @Override
        public Optional<Publication> withdraw(BatchState state) {
            throw new IllegalStateException();
        }

        @Override
        public void end(BatchState state) {}

        @Override
        public void forget(BatchState state) {}
    };

    private BatchServices services(String name, SourceInspector inspector) {
        return new BatchServices(
                settings,
                new BatchServices.Inputs(
                        inspector,
                        new NewFilePlanner(
                                node.ledger().fileMarks(), (job, model, selection) -> inspector.inspect(job, model)),
                        new ChangedRowPlanner(
                                node.ledger().rowMarks(),
                                node.ledger().rowSets(),
                                node.ledger()::oldestOpen,
                                new ChangedRowPlanner.Scanner() {
                                    @Override
                                    public void changed(
                                            Job job,
                                            List<InspectedFile> files,
                                            List<RowSet> before,
                                            EntryVisitor visitor) {
                                        throw new AssertionError("no job of these tests reads changed rows");
                                    }

                                    @Override
                                    public void last(List<RowSet> merged, EntryVisitor visitor) {
                                        throw new AssertionError("no job of these tests reads changed rows");
                                    }
                                },
                                node.blocking()),
                        version -> MODEL),
                new BatchServices.Outputs(publisher(), NO_REDRIVES, (state, publication, alias) -> {
                    throw new AssertionError("no job of these tests tries a candidate");
                }),
                new BatchServices.Records(
                        new LedgerMeasurements(node.ledger()), node.ledger().stepRuns(), node.ledger()::entries),
                new BatchServices.Recipients(
                        this::toRegister, alerts::add, Duration.ofMinutes(30), peers, node.metrics()),
                new BatchServices.NodeRuntime(
                        name, node.blocking(), Clock.systemUTC(), this::nanos, StepFaults.NONE, stuck));
    }

    private long nanos() {
        looks.incrementAndGet();
        return System.nanoTime() + ahead.get();
    }

    /// Makes this time pass for the coordinator, which is called at short intervals meanwhile. Its batch must run.
    void passTime(Duration time) {
        passTime(time, () -> {});
    }

    /// @param step called at equal intervals, more often than half of a lease
    void passTime(Duration time, Runnable step) {
        long nanos = settings.lease().dividedBy(STEPS).toNanos();
        for (long passed = 0; passed < time.toNanos(); passed += nanos) {
            step.run();
            var _ = describe();
            ahead.addAndGet(nanos);
            awaitTicks();
        }
    }

    /// Makes this time pass at once, as if the coordinator had been blocked.
    void skipTime(Duration time) {
        ahead.addAndGet(time.toNanos());
    }

    /// Waits until the coordinator has looked at its clock. If no message is on its way, that is at a tick.
    void awaitTicks() {
        long before = looks.get();
        await().atMost(SOON)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> looks.get() >= before + 2);
    }

    private void toRegister(BatchRegisterCommand command) {
        onRegister.accept(command);
        register.add(command);
    }

    /// Records all alerts, as the outbox does.
    void recordAlerts() {
        for (AlertCommand command : List.copyOf(alerts)) {
            if (command instanceof AlertCommand.Raise raise) {
                raise.replyTo().tell(new AlertReply.Recorded(raise.subject(), raise.cause(), raise.version()));
            } else if (command instanceof AlertCommand.Resolve resolve) {
                resolve.replyTo().tell(new AlertReply.Recorded(resolve.subject(), resolve.cause(), resolve.version()));
            }
        }
    }

    /// Starts another node that does steps.
    public ActorRef<StepCommand> help(String name, SourceInspector inspector) {
        ActorRef<StepCommand> helper =
                node.kit().spawn(StepRunner.create(services(name, inspector), node.ledger()::state));
        helpers.put(name, helper);
        return helper;
    }

    /// The nodes that can score; empty if a test does not say.
    volatile Set<String> scoring = Set.of();

    private final BatchPeers peers = new BatchPeers() {
        @Override
        public List<String> others() {
            return List.copyOf(helpers.keySet());
        }

        @Override
        public Set<String> scoring() {
            return scoring;
        }

        @Override
        public CompletionStage<ActorRef<StepCommand>> find(String other) {
            ActorRef<StepCommand> helper = helpers.get(other);
            return helper == null
                    ? CompletableFuture.failedFuture(new IllegalStateException(other))
                    : CompletableFuture.completedFuture(helper);
        }

        @Override
        public boolean isNode(Address address) {
            return true;
        }
    };

    /// Stops the coordinator as a crash would, and starts another on the same journal.
    void restart() {
        node.kit().stop(actor);
        actor = start();
    }

    void stop() {
        node.kit().stop(actor);
    }

    StepRuns stepRuns() {
        return node.ledger().stepRuns();
    }

    public void tell(BatchCommand command) {
        actor.tell(command);
    }

    BatchCommand cancel(String reason) {
        return new BatchCommand.Cancel(reason, node.kit().system().ignoreRef());
    }

    /// Asks, and gives the answer.
    ControlReply ask(Function<ActorRef<ControlReply>, BatchCommand> question) {
        TestProbe<ControlReply> probe = node.kit().createTestProbe(ControlReply.class);
        tell(question.apply(probe.ref()));
        return probe.receiveMessage(SOON);
    }

    public void open() {
        tell(new BatchCommand.Open(submission()));
    }

    BatchStatus describe() {
        TestProbe<BatchStatus> probe = node.kit().createTestProbe(BatchStatus.class);
        tell(new BatchCommand.Describe(probe.ref()));
        return probe.receiveMessage(SOON);
    }

    /// What clients see of a batch that was submitted.
    public static BatchDescription description(BatchStatus status) {
        return Objects.requireNonNull(status.description());
    }

    public BatchStatus awaitPhase(Phase phase) {
        return await().atMost(SOON).pollDelay(Duration.ZERO).until(this::describe, status -> status.phase() == phase);
    }

    public String failure() {
        Failure failure = awaitPhase(Phase.FAILED).failure();
        return failure == null ? "" : failure.message();
    }

    /// Waits until the register was told, however long partitions or the batch took.
    void awaitRegister(BatchRegisterCommand command) {
        await().atMost(SOON)
                .until(() -> register.stream().map(BatchActorFixture::untimed).anyMatch(command::equals));
    }

    private static BatchRegisterCommand untimed(BatchRegisterCommand command) {
        return switch (command) {
            case BatchRegisterCommand.BatchEnded(BatchId batch, Phase phase, PastRun run, String input, var model) ->
                new BatchRegisterCommand.BatchEnded(batch, phase);
            case BatchRegisterCommand.HasWork(BatchId batch, long partitionMillis) ->
                new BatchRegisterCommand.HasWork(batch);
            default -> command;
        };
    }

    /// Asks until there is a lease.
    WorkerMessage.Lease lease() {
        TestProbe<WorkerMessage> asking = node.kit().createTestProbe(WorkerMessage.class);
        return await().atMost(SOON)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .until(
                        () -> {
                            tell(new BatchCommand.RequestLease("node:1", asking.ref(), "nonce"));
                            return asking.receiveMessage(SOON) instanceof WorkerMessage.Lease lease ? lease : null;
                        },
                        java.util.Objects::nonNull);
    }

    /// Asks once for the same worker.
    WorkerMessage.Lease lease(TestProbe<WorkerMessage> worker) {
        tell(new BatchCommand.RequestLease("node:1", worker.ref(), "nonce"));
        return worker.expectMessageClass(WorkerMessage.Lease.class, SOON);
    }

    boolean hasNothingToLease() {
        TestProbe<WorkerMessage> asking = node.kit().createTestProbe(WorkerMessage.class);
        tell(new BatchCommand.RequestLease("node:1", asking.ref(), "nonce"));
        return asking.receiveMessage(SOON) instanceof WorkerMessage.NothingToLease;
    }

    /// Writes what a worker would, and returns what it would commit.
    PartitionCommit score(WorkerMessage.Lease lease, int quarantined) throws IOException {
        Path staging = Path.of(lease.staging());
        Attempt attempt = lease.attempt();
        long rowsOfLease =
                lease.slices().stream().mapToLong(slice -> slice.rows()).sum();
        OutputFile part = write(staging.resolve(NAMES.stagedPart(attempt)), rowsOfLease - quarantined);
        OutputFile bad = quarantined == 0 ? null : write(staging.resolve(NAMES.stagedQuarantine(attempt)), quarantined);
        return PartitionCommitBuilder.builder()
                .partition(attempt.partition())
                .epoch(attempt.epoch())
                .node("node:1")
                .firstRow(lease.firstRow())
                .rows(rowsOfLease)
                .read(rowsOfLease)
                .part(part)
                .quarantine(bad)
                .model(lease.model().sha256())
                .build();
    }

    private static OutputFile write(Path file, long rows) throws IOException {
        Files.writeString(file, file.getFileName() + " holds " + rows);
        return new OutputFile(rows, Files.size(file), Digests.sha256(file));
    }

    void commit(PartitionCommit commit, String... reasons) {
        tell(new BatchCommand.Commit(commit, List.of(reasons), worker.ref()));
    }

    /// Leases, scores and commits one partition.
    public PartitionCommit complete(int quarantined) throws IOException {
        PartitionCommit commit = score(lease(), quarantined);
        commit(commit);
        worker.expectMessage(SOON, new WorkerMessage.Committed(commit.attempt(id)));
        return commit;
    }

    public List<BatchEvent> history() {
        List<BatchEvent> events = new ArrayList<>();
        BatchState[] state = {BatchState.initial(id)};
        node.ledger().forEach(id, (number, entry) -> {
            state[0] = state[0].apply(entry);
            events.add(entry.event());
        });
        return events;
    }

    List<PartitionCommit> committed() {
        return history(BatchEvent.Committed.class).stream()
                .flatMap(event -> event.commits().stream())
                .toList();
    }

    public <T extends BatchEvent> List<T> history(Class<T> type) {
        return history().stream().filter(type::isInstance).map(type::cast).toList();
    }

    private static final ModelDescription MODEL = new ModelDescription(
            "smile",
            "RandomForest",
            Task.REGRESSION,
            List.of(new ModelFeature("x", new FeatureType.Numeric(FeatureType.Precision.FLOAT64), true)),
            List.of(),
            Map.of());

    private SourceInspector inspector() {
        return (inspected, model) -> {
            onInspect.run();
            return inspect();
        };
    }

    public List<InspectedFile> inspect() {
        try {
            SourceFile file = SourcePins.pin(source, rows);
            return List.of(new InspectedFile(file, rows == 0 ? List.of() : List.of((long) rows)));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private Publisher publisher() {
        Destinations destinations = new Destinations(
                () -> {
                    throw new AssertionError("a job without unique ids reads no output");
                },
                DataSources.NONE);
        Publisher real = new DestinationPublisher(destinations, node.ledger(), version -> MODEL);
        return new Publisher() {
            @Override
            public void prepare(BatchId batch, Job prepared, ModelVersion model) {
                onPrepare.run();
                real.prepare(batch, prepared, model);
            }

            @Override
            public String staging(BatchId batch, Job staged) {
                return real.staging(batch, staged);
            }

            @Override
            public BatchEvent.Planned reusedPlan(BatchState state) {
                return real.reusedPlan(state);
            }

            @Override
            public StagedParts reuse(BatchState state) {
                return real.reuse(state);
            }

            @Override
            public Publication publish(BatchState state) {
                onPublish.run();
                return real.publish(state);
            }

            @Override
            public Optional<Publication> fence(BatchState state) {
                onFence.run();
                return real.fence(state);
            }

            @Override
            public void remove(BatchId batch, Job removed, RemovalStep step) {
                real.remove(batch, removed, step);
            }

            @Override
            public void discard(BatchId batch, Job discarded) {
                real.discard(batch, discarded);
            }
        };
    }
}
