package io.nightshift.node;

import com.typesafe.config.Config;
import io.nightshift.api.BatchControl;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.RetentionReport;
import io.nightshift.coordinator.alert.AlertOutbox;
import io.nightshift.coordinator.batch.Batch;
import io.nightshift.coordinator.batch.decision.BatchSettings;
import io.nightshift.coordinator.batch.task.BatchServices;
import io.nightshift.coordinator.batch.task.StepFaults;
import io.nightshift.coordinator.batch.task.StepRunner;
import io.nightshift.coordinator.batch.task.StuckThreads;
import io.nightshift.coordinator.cost.Prices;
import io.nightshift.coordinator.description.BatchDescriptions;
import io.nightshift.coordinator.incremental.ChangedRowPlanner;
import io.nightshift.coordinator.incremental.NewFilePlanner;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.LedgerHealth;
import io.nightshift.coordinator.ledger.LostBatches;
import io.nightshift.coordinator.publish.DestinationPublisher;
import io.nightshift.coordinator.publish.LedgerMeasurements;
import io.nightshift.coordinator.register.BatchArchive;
import io.nightshift.coordinator.register.BatchNameResolver;
import io.nightshift.coordinator.register.BatchRegister;
import io.nightshift.coordinator.register.BatchRegisterState.Entry;
import io.nightshift.coordinator.register.RegisterSettings;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.coordinator.retention.BatchRetention;
import io.nightshift.coordinator.schedule.ScheduleServices;
import io.nightshift.node.alert.AlertChannels;
import io.nightshift.node.alert.AlertConfiguration;
import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.node.dashboard.Dashboard;
import io.nightshift.node.gateway.AlertQueries;
import io.nightshift.node.gateway.AppliedJobs;
import io.nightshift.node.gateway.AuditLog;
import io.nightshift.node.gateway.BatchOperations;
import io.nightshift.node.gateway.BatchQueries;
import io.nightshift.node.gateway.Caller;
import io.nightshift.node.gateway.ClusterNodeQueries;
import io.nightshift.node.gateway.Gateway;
import io.nightshift.node.gateway.GatewayAccess;
import io.nightshift.node.gateway.GatewayServices;
import io.nightshift.node.gateway.ModelOperations;
import io.nightshift.node.gateway.NodeQueries;
import io.nightshift.node.gateway.RequestForwarder;
import io.nightshift.node.gateway.Role;
import io.nightshift.node.gateway.SubmissionQueue;
import io.nightshift.node.health.HealthChecks;
import io.nightshift.node.http.Endpoint;
import io.nightshift.node.http.OperationRoutes;
import io.nightshift.node.http.Routes;
import io.nightshift.node.http.SessionRoutes;
import io.nightshift.node.lineage.LineageSender;
import io.nightshift.node.lineage.LineageSettings;
import io.nightshift.node.model.ModelCache;
import io.nightshift.node.schedule.JobSchedulerStarter;
import io.nightshift.node.submission.ChangedInput;
import io.nightshift.node.submission.JobModel;
import io.nightshift.node.submission.RescoreResolver;
import io.nightshift.node.submission.SubmissionResolver;
import io.nightshift.node.submission.UnknownBatches;
import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.alert.AlertReply;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.StepCommand;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.gateway.GatewayCommand;
import io.nightshift.protocol.job.AlertRule;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Rollout;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.protocol.schedule.ScheduledJobEvent;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.storage.Destinations;
import io.nightshift.storage.Sources;
import io.nightshift.storage.database.ConnectionPool;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.database.ReadConnections;
import io.nightshift.storage.destination.DestinationStore;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.source.SourceInspector.InspectedFile;
import io.nightshift.storage.source.SourceReader;
import io.nightshift.storage.source.changed.ChangedRowScan.EntryVisitor;
import io.nightshift.storage.source.changed.RowSet;
import io.nightshift.storage.source.files.ObjectCopies;
import io.nightshift.worker.NodeFaults;
import io.nightshift.worker.ScoringSlots;
import io.nightshift.worker.ScoringThreads;
import io.nightshift.worker.Worker;
import io.nightshift.worker.WorkerServices;
import io.nightshift.worker.partition.MemoryEstimate;
import io.nightshift.worker.partition.PartitionAttempt;
import io.nightshift.worker.partition.ReadSamples;
import io.nightshift.worker.partition.StepTimes;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.PoisonPill;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.sharding.typed.ShardedDaemonProcessSettings;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.ShardedDaemonProcess;
import org.apache.pekko.cluster.typed.Cluster;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The parts of every node, alone or in a cluster: the coordinator's entities and the workers, each
/// where its role is.
public final class Node {

    private static final Logger LOG = LoggerFactory.getLogger(Node.class);

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /// The time that a program outside the cluster waits for a reply about a batch.
    private static final Duration SOON = Duration.ofSeconds(3);

    /// Threads that read the ledger for who asks, each with a connection of its own.
    private static final int READERS = 8;

    /// The name of who works at this machine, as the ledger records it.
    static final String LOCAL = "local";

    private static final Duration TENDING = Duration.ofSeconds(5);

    /// So a node that starts has its time for batches, however many jobs the retention looks at.
    private static final Duration FIRST_SWEEP = Duration.ofMinutes(1);

    /// Less than the time limit of the first phase of a shutdown.
    private static final Duration PATIENCE_OF_ALERTS = Duration.ofSeconds(3);

    /// The name of the workers in Pekko. Nodes of two versions must agree on it.
    private static final String WORKERS = "worker";

    private final ActorSystem<Void> system;
    private final ClusterSharding sharding;
    private final Dependencies dependencies;
    private final String name;
    private final ExecutorService blocking = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("blocking-", 1).factory());
    private final Destinations destinations;
    private final AtomicLong firstRow = new AtomicLong();
    private final ReadSamples reads = new ReadSamples();
    private final NodeFaults faults = new NodeFaults(Clock.systemUTC());
    private final StuckThreads stuck = new StuckThreads();
    private final AlertChannels alertChannels;
    private final BatchRetention retention;
    private final AtomicBoolean isSweeping = new AtomicBoolean();

    /// Null if no receiver is configured.
    private @Nullable LineageReporter lineage;

    private Node(ActorSystem<Void> system, Dependencies dependencies) {
        this.system = system;
        this.sharding = ClusterSharding.get(system);
        this.dependencies = dependencies;
        this.destinations = new Destinations(
                        dependencies.duckDb(),
                        new Sources(
                                dependencies.duckDb(),
                                dependencies.roots(),
                                dependencies.objects(),
                                dependencies.dataSources(),
                                new ReadConnections(dependencies.scoring().size())),
                        dependencies.dataSources(),
                        new ConnectionPool(dependencies.scoring().size()))
                .with(dependencies.ledger().rowSets());
        this.name = Cluster.get(system).selfMember().address().hostPort().replaceFirst("^.*@", "");
        this.retention = new BatchRetention(dependencies.ledger(), this::tell, InstantSource.system());
        this.alertChannels = new AlertChannels(dependencies.alerts().channels(), name, InstantSource.system());
    }

    /// The objects that a node uses. The caller creates and closes them.
    ///
    /// @param ledger the ledgers of all batches
    /// @param duckDb the node's DuckDB
    /// @param roots the folders that jobs may use
    /// @param objects the copies of objects, from the stores that jobs may read
    /// @param models the models that have been loaded
    /// @param dataSources the databases that jobs may name
    /// @param scoring the scoring threads
    /// @param memory the memory that the node may use, in bytes
    /// @param observer is notified of events on the node
    /// @param steps receives the time of each step of the scoring threads; null if nobody needs it
    /// @param alerts who is told of problems, and how
    /// @param lineage where the lineage of batches is sent; null if nowhere
    public record Dependencies(
            Ledger ledger,
            DuckDbLoader duckDb,
            FileRoots roots,
            ObjectCopies objects,
            ModelCache models,
            DataSources dataSources,
            ScoringThreads scoring,
            long memory,
            NodeObserver observer,
            @Nullable StepTimes steps,
            AlertConfiguration alerts,
            @Nullable LineageSettings lineage) {}

    /// Starts what belongs to the roles of the system's member, and a way to all that is elsewhere.
    static Node start(ActorSystem<Void> system, Dependencies dependencies) {
        Node node = new Node(system, dependencies);
        dependencies.observer().begin(system, dependencies.scoring(), node.faults, node.stuck);
        node.coordinate();
        node.work();
        node.probeFaults();
        if (!dependencies.alerts().channels().isEmpty()) {
            node.tellAlerts(new AlertCommand.Wake());
        }
        return node;
    }

    private void coordinate() {
        BatchServices services = new BatchServices(
                BatchSettings.of(system.settings().config().getConfig("nightshift.batch")),
                destinations.sources(),
                new NewFilePlanner(
                        dependencies.ledger().fileMarks(),
                        (job, model, selection) -> destinations.sources().inspect(job, model, selection)),
                new ChangedRowPlanner(
                        dependencies.ledger().rowMarks(),
                        dependencies.ledger().rowSets(),
                        dependencies.ledger()::oldestOpen,
                        rowScanner(),
                        blocking),
                this::description,
                new DestinationPublisher(destinations, dependencies.ledger(), this::description),
                new QuarantineRedriver(
                        dependencies.ledger(),
                        destinations,
                        dependencies.duckDb(),
                        this::description,
                        this::attempt,
                        Clock.systemUTC()),
                new RegistryPromoter(dependencies.models().registry(), name),
                new LedgerMeasurements(dependencies.ledger()),
                dependencies.ledger().stepRuns(),
                dependencies.ledger()::entries,
                this::tellRegister,
                blocking,
                Clock.systemUTC(),
                System::nanoTime,
                name,
                dependencies.observer().batches(),
                this::tellAlerts,
                dependencies.alerts().settings().stalledAfter(),
                new ClusterPeers(system),
                stepFaults(),
                stuck);
        system.systemActorOf(
                StepRunner.create(services, dependencies.ledger()::state), StepCommand.ACTOR, Props.empty());
        sharding.init(Entity.of(
                        AlertOutbox.KEY,
                        entity -> AlertOutbox.create(
                                dependencies.alerts().settings(),
                                alertChannels,
                                this::tell,
                                Clock.systemUTC(),
                                dependencies.observer().alerts()))
                .withRole("coordinator"));
        BatchArchive archive = dependencies.ledger().archive();
        sharding.init(Entity.of(
                        BatchRegister.KEY,
                        entity -> BatchRegister.create(
                                this::tell,
                                Clock.systemUTC(),
                                new LostBatches(dependencies.ledger()),
                                archive,
                                blocking,
                                RegisterSettings.of(system.settings().config().getConfig("nightshift")),
                                dependencies.observer().batches()))
                .withRole("coordinator"));
        sharding.init(Entity.of(
                        Batch.KEY,
                        entity -> Batch.create(new BatchId(entity.getEntityId()), entity.getShard(), services))
                .withRole("coordinator"));
        CoordinatedShutdown.get(system)
                .addTask(
                        CoordinatedShutdown.PhaseClusterShardingShutdownRegion(),
                        "stop-empty-regions-of-the-last-coordinator",
                        () -> {
                            if (isLastCoordinator()) {
                                List.of(AlertOutbox.KEY, BatchRegister.KEY, Batch.KEY)
                                        .forEach(key -> EmptyRegion.stop(system, key.name()));
                            }
                            return CompletableFuture.completedFuture(Done.getInstance());
                        });
    }

    private ChangedRowPlanner.Scanner rowScanner() {
        return new ChangedRowPlanner.Scanner() {
            @Override
            public void changed(Job job, List<InspectedFile> files, List<RowSet> before, EntryVisitor visitor) {
                destinations.sources().changedRows(job).changed(files, before, visitor);
            }

            @Override
            public void last(List<RowSet> merged, EntryVisitor visitor) {
                destinations.sources().lastRows(merged, visitor);
            }
        };
    }

    /// Whether no other node could take over this node's coordinators.
    private boolean isLastCoordinator() {
        Member self = Cluster.get(system).selfMember();
        if (!self.hasRole("coordinator")) {
            return false;
        }
        for (Member member : Cluster.get(system).state().getMembers()) {
            if (member.hasRole("coordinator") && !member.equals(self)) {
                return false;
            }
        }
        return true;
    }

    /// Counts the failures of a coordinator's steps as node faults, because attempts need the same resources.
    private StepFaults stepFaults() {
        return new StepFaults() {
            @Override
            public void failed(BatchId batch, Failure failure) {
                faults.failed(batch, failure);
            }

            @Override
            public void succeeded(BatchId batch) {
                faults.succeeded(batch);
            }
        };
    }

    private void work() {
        Config config = system.settings().config().getConfig("nightshift.worker");
        int atOnce = slots();
        ActorRef<ScoringSlots.Command> slots =
                system.systemActorOf(ScoringSlots.create(atOnce), "scoring-slots", Props.empty());
        WorkerServices services = new WorkerServices(
                slots.narrow(),
                this::tellRegister,
                this::tell,
                this::timedAttempt,
                this::fetchAhead,
                lease -> destinations.of(lease.job()).remove(lease),
                dependencies.scoring(),
                WorkerServices.AttemptLimits.of(config.getDuration("stall-after")),
                config.getDuration("heartbeat"),
                config.getDuration("patience"),
                config.getDuration("grace"),
                name,
                dependencies.observer().workers(),
                faults,
                () -> UUID.randomUUID().toString());
        CoordinatedShutdown shutdown = CoordinatedShutdown.get(system);
        shutdown.addTask(
                CoordinatedShutdown.PhaseServiceStop(),
                "workers-finish",
                () -> isThrownOut(shutdown)
                        ? CompletableFuture.completedFuture(Done.getInstance())
                        : AskPattern.<ScoringSlots.Command, ScoringSlots.Closed>ask(
                                        slots,
                                        ScoringSlots.Close::new,
                                        config.getDuration("grace").plus(PATIENCE),
                                        system.scheduler())
                                .thenApply(closed -> Done.getInstance()));
        shutdown.addTask(CoordinatedShutdown.PhaseBeforeServiceUnbind(), "stop-keep-alive", this::stopKeepAlive);
        if (Cluster.get(system).selfMember().hasRole("worker")) {
            shutdown.addTask(
                    CoordinatedShutdown.PhaseClusterShardingShutdownRegion(), "stop-empty-region-of-workers", () -> {
                        EmptyRegion.stop(system, "sharded-daemon-process-" + WORKERS);
                        return CompletableFuture.completedFuture(Done.getInstance());
                    });
        }
        ShardedDaemonProcess.get(system)
                .init(
                        Worker.Command.class,
                        WORKERS,
                        Math.max(config.getInt("count"), atOnce),
                        number -> Worker.create(services),
                        ShardedDaemonProcessSettings.create(system).withRole("worker"),
                        Optional.of(new Worker.Stop()));
    }

    private int slots() {
        return dependencies.scoring().size() + system.settings().config().getInt("nightshift.worker.ahead");
    }

    /// Stops the actor by which Pekko starts the workers again and again. The other nodes have one too, and a
    /// node that leaves needs no more workers. See [EmptyRegion].
    private CompletionStage<Done> stopKeepAlive() {
        Adapter.toClassic(system)
                .actorSelection("/system/ShardedDaemonProcessKeepAlive-" + WORKERS)
                .tell(PoisonPill.getInstance(), org.apache.pekko.actor.ActorRef.noSender());
        return CompletableFuture.completedFuture(Done.getInstance());
    }

    /// Then nobody would take what its workers finish.
    private static boolean isThrownOut(CoordinatedShutdown shutdown) {
        return shutdown.getShutdownReason()
                .filter(CoordinatedShutdown.clusterDowningReason()::equals)
                .isPresent();
    }

    private ModelDescription description(ModelVersion version) {
        return dependencies.models().get(version).description();
    }

    /// The model is not asked for on the caller's thread, since it may have to be loaded.
    private void fetchAhead(Lease lease) {
        SourceReader reader = destinations.sources().of(lease.job());
        if (reader.isElsewhere(lease.slices())) {
            Thread.ofVirtual().name("fetch-ahead").start(() -> {
                try {
                    reader.fetchAhead(lease.slices(), lease.job(), description(lease.model()));
                } catch (FailureException e) {
                    LOG.debug("{} is not fetched ahead", lease.attempt(), e);
                }
            });
        }
    }

    private PartitionAttempt timedAttempt(Lease lease) {
        PartitionAttempt attempt = attempt(lease).sampledBy(reads);
        return dependencies.steps() == null ? attempt : attempt.timedBy(dependencies.steps());
    }

    /// The batch's model was in the registry when the job was submitted. So a registry that does not hand
    /// it out is this node's fault.
    private Model model(ModelVersion version) {
        try {
            return dependencies.models().get(version);
        } catch (FailureException e) {
            throw new FailureException(
                    Failure.of(
                            FailedResource.Type.REGISTRY,
                            version.toString(),
                            "the model registry of this node: " + e.failure().message()),
                    e);
        }
    }

    private PartitionAttempt attempt(Lease lease) {
        Model model = model(lease.model());
        if (lease.other() == null) {
            return attempt(lease, model, 0);
        }
        Rollout rollout = lease.job().rollout();
        if (rollout == null || rollout.isCanary()) {
            Model other = model(lease.other());
            return attempt(lease, model, other.heapBytes()).comparing(other);
        }
        return shadowed(lease, model, lease.other(), rollout.differences());
    }

    /// Whatever is wrong with the candidate of a shadow, the attempt scores without it.
    private PartitionAttempt shadowed(Lease lease, Model model, ModelVersion version, int differences) {
        String problem;
        try {
            Model candidate = dependencies.models().get(version);
            problem = JobModel.difference(
                    model.description(),
                    candidate.description(),
                    lease.job().output().margin());
            if (problem == null) {
                return attempt(lease, model, candidate.heapBytes()).shadowedBy(candidate, differences);
            }
        } catch (FailureException e) {
            problem = e.failure().message();
        } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
            problem = e.toString();
        }
        LOG.warn("{} scores without {}: {}", lease.attempt(), version, problem);
        return attempt(lease, model, 0).withoutShadow(problem);
    }

    /// @param otherBytes the memory of another model that scores the rows
    private PartitionAttempt attempt(Lease lease, Model model, long otherBytes) {
        MemoryEstimate estimate = MemoryEstimate.of(
                lease.job(),
                lease.slices().stream().map(Slice::file).toList(),
                model.description(),
                model.heapBytes() + otherBytes,
                dependencies.scoring().size(),
                dependencies.memory());
        DestinationStore destination = destinations.of(lease.job());
        return new PartitionAttempt(
                dependencies.duckDb().get(),
                destinations.sources(),
                lease,
                model,
                name,
                destination.writer(lease, name, estimate.blockRows()),
                destination.limits(),
                firstRow);
    }

    private void probeFaults() {
        NodeFaultAlerts alerts = new NodeFaultAlerts(name, faults, this::askAlerts, InstantSource.system());
        system.scheduler()
                .scheduleWithFixedDelay(
                        TENDING,
                        TENDING,
                        () -> blocking.execute(() -> {
                            faults.probe();
                            alerts.report();
                        }),
                        system.executionContext());
    }

    /// Starts the coordinators of open batches again when their node is lost. Ends when this node begins to
    /// leave, since the message could arrive while the register moves, which then logs that it is dropped.
    void tend() {
        AtomicBoolean hasTended = new AtomicBoolean();
        Cancellable tending = system.scheduler()
                .scheduleWithFixedDelay(
                        TENDING,
                        TENDING,
                        () -> {
                            tellRegister(new BatchRegisterCommand.WakeOpenBatches());
                            tellAlerts(new AlertCommand.Wake());
                            hasTended.set(true);
                        },
                        system.executionContext());
        Duration every = system.settings().config().getDuration("nightshift.batch.retention.every");
        Cancellable sweeping = system.scheduler()
                .scheduleWithFixedDelay(
                        FIRST_SWEEP.compareTo(every) < 0 ? FIRST_SWEEP : every,
                        every,
                        () -> {
                            if (isOldestCoordinator() && isSweeping.compareAndSet(false, true)) {
                                blocking.execute(this::sweep);
                            }
                        },
                        system.executionContext());
        LineageReporter reporter = lineage;
        Cancellable telling = system.scheduler()
                .scheduleWithFixedDelay(
                        TENDING,
                        TENDING,
                        () -> {
                            if (reporter != null && isOldestCoordinator()) {
                                reporter.report();
                            }
                        },
                        system.executionContext());
        CoordinatedShutdown.get(system).addTask(CoordinatedShutdown.PhaseBeforeServiceUnbind(), "stop-tending", () -> {
            tending.cancel();
            sweeping.cancel();
            telling.cancel();
            return awaitAlerts(hasTended.get());
        });
    }

    /// Waits a moment until the alert outbox has what was sent to it. It may be moving, because another node has
    /// left. If the shard region of this node stopped while it holds the message, it would wait for its time limit.
    private CompletionStage<Done> awaitAlerts(boolean isSent) {
        return isSent
                ? askAlerts(replyTo -> new AlertCommand.ListIncidents(true, 0, 1, replyTo))
                        .handle((reply, problem) -> Done.done())
                        .toCompletableFuture()
                        .completeOnTimeout(Done.done(), PATIENCE_OF_ALERTS.toMillis(), TimeUnit.MILLISECONDS)
                : CompletableFuture.completedFuture(Done.done());
    }

    /// The one node that looks for batches to remove. While the cluster changes, it may be two, or none.
    private boolean isOldestCoordinator() {
        Member self = Cluster.get(system).selfMember();
        for (Member member : Cluster.get(system).state().getMembers()) {
            boolean isUp = member.status().equals(MemberStatus.up());
            if (isUp && member.hasRole("coordinator") && member.isOlderThan(self)) {
                return false;
            }
        }
        return self.status().equals(MemberStatus.up());
    }

    private void sweep() {
        try {
            retention.sweep().forEach(this::audit);
        } catch (FailureException e) {
            LOG.warn("the retention removes nothing now, and looks again later: {}", e.getMessage());
        } finally {
            isSweeping.set(false);
        }
    }

    private void audit(BatchRetention.Begun begun) {
        RetentionReport.Expired expired = begun.expired();
        AuditLog.log(
                new Caller(Objects.requireNonNullElse(begun.by(), LOCAL), Role.ADMIN, name),
                "delete",
                expired.batch(),
                "done",
                "retention of job %s, %s".formatted(expired.job(), expired.retention()));
    }

    private @Nullable LineageReporter lineage(Function<Entry, BatchDescription> descriptions) {
        LineageSettings settings = dependencies.lineage();
        return settings == null
                ? null
                : new LineageReporter(
                        new LineageSender(
                                dependencies.ledger(),
                                settings,
                                destinations,
                                Objects.requireNonNullElse(Version.ofProgram(), "development"),
                                descriptions,
                                blocking,
                                InstantSource.system()),
                        blocking);
    }

    /// Prepares [#finishLineage] in a process that ends with its batch; called before that is submitted.
    ///
    /// @throws FailureException transient, if the ledger can't be read
    public void beginLineage(Prices prices) {
        lineage = lineage(entry -> BatchDescriptions.of(dependencies.ledger(), entry, prices));
        if (lineage != null) {
            lineage.begin();
        }
    }

    /// Sends the lineage that is not sent yet. Blocks.
    ///
    /// @param limit the longest time
    /// @return whether the receiver knows all, or none is configured
    /// @throws FailureException transient, if the ledger can't be read
    public boolean finishLineage(Duration limit) {
        return lineage == null || lineage.finish(limit);
    }

    /// Prepares the access control of this node; called once.
    ///
    /// @param home where the node's own token is, if none are configured
    /// @throws FailureException permanent, if a file of tokens can't be used
    public GatewayAccess access(HttpSettings http, Path home) {
        return GatewayAccessStarter.start(system, http, home);
    }

    /// Lets programs ask this node by messages; called once.
    ///
    /// @param access admits the programs
    /// @param submissions resolves what they submit
    /// @param admission how many submissions are resolved at the same time
    /// @param prices of what batches use
    /// @return what the node can be asked by HTTP
    public List<Endpoint> open(
            GatewayAccess access,
            SubmissionResolver submissions,
            SubmissionQueue.Limits admission,
            ModelRegistry registry,
            Prices prices) {
        SubmissionQueue queue = new SubmissionQueue(admission, stuck);
        dependencies.observer().observe(queue);
        RequestForwarder requests = new RequestForwarder(new GatewayServices(
                (job, fresh) -> resolve(submissions, job, fresh),
                new RescoreResolver(dependencies.ledger(), destinations, registry, submissions, this::description)
                        ::resolve,
                submissions::compare,
                this::named,
                queue,
                this::askJobs,
                this::ask,
                new LedgerHealth(dependencies.ledger()),
                blocking));
        ExecutorService readers = Executors.newFixedThreadPool(
                READERS, Thread.ofPlatform().daemon().name("reader-", 1).factory());
        BatchQueries batches = new BatchQueries(requests, dependencies.ledger(), readers, prices);
        BatchOperations changes = new BatchOperations(requests, batches, retention, readers);
        lineage = lineage(entry -> described(batches, entry));
        if (lineage != null && Cluster.get(system).selfMember().hasRole("coordinator")) {
            lineage.prepare();
        }
        AppliedJobs scheduler = JobSchedulerStarter.start(
                system,
                requests,
                batches,
                destinations.sources(),
                new ScheduleServices.Observer() {
                    @Override
                    public void happened(String job, String text, ScheduledJobEvent event) {
                        dependencies.observer().happened(event);
                    }

                    @Override
                    public void postponed(String job, int runs) {
                        dependencies.observer().postponed(job, runs);
                    }
                },
                this::tellAlerts,
                dependencies.alerts().names(),
                blocking);
        NodeQueries nodes = new ClusterNodeQueries(
                system,
                dependencies.scoring(),
                slots(),
                faults,
                () -> dependencies.duckDb().get().spill(),
                blocking);
        AlertQueries alerts = new AlertQueries(
                this::askAlerts, alertChannels::test, batches, this::alertRules, name, readers, InstantSource.system());
        ModelOperations models = new ModelOperations(registry, dependencies::ledger, readers);
        system.systemActorOf(
                Gateway.create(access, batches, changes, scheduler, nodes, alerts, models),
                GatewayCommand.ACTOR,
                Props.empty());
        HealthChecks health = new HealthChecks(
                system,
                new LedgerHealth(dependencies.ledger()),
                () -> this.<BatchRegisterCommand.FindReply>askJobs(
                        replyTo -> new BatchRegisterCommand.Find(BatchNameResolver.LATEST, replyTo)),
                faults,
                dependencies.scoring(),
                stuck,
                blocking);
        List<Endpoint> endpoints =
                new ArrayList<>(OperationRoutes.of(health, dependencies.observer()::exposition, blocking));
        if (Cluster.get(system).selfMember().hasRole("coordinator")) {
            endpoints.addAll(
                    Routes.of(batches, changes, scheduler, nodes, alerts, registry, models, destinations, readers));
            endpoints.addAll(new SessionRoutes(access, name, Version.ofProgram()).endpoints());
            endpoints.addAll(Dashboard.endpoints(batches, scheduler, alerts, dependencies.ledger(), readers));
        }
        return endpoints;
    }

    private static BatchDescription described(BatchQueries batches, Entry entry) {
        try {
            return batches.describe(entry).toCompletableFuture().get(SOON.toMillis() * 2, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FailureException(Failure.transientFailure("interrupted"), e);
        } catch (ExecutionException | TimeoutException e) {
            throw new FailureException(
                    Failure.transientFailure("%s can't be described: %s".formatted(entry.batch(), e.getMessage())), e);
        }
    }

    /// Keeps the model for the batch's partitions.
    private Submission resolve(SubmissionResolver submissions, Job job, boolean fresh) {
        if (!fresh) {
            UnknownBatches.refuse(job, destinations.of(job), dependencies.ledger()::registered);
        }
        SubmissionResolver.Resolved resolved = submissions.resolve(job);
        resolved.keepIn(dependencies.models());
        return resolved.submission();
    }

    /// Names the file by which the input of an open batch differs from that of a submission. Blocks.
    ///
    /// @param rejected the register's answer to the submission
    public BatchRegisterCommand.Rejected named(BatchRegisterCommand.Rejected rejected, Submission submission) {
        return rejected.changed() == null
                ? rejected
                : ChangedInput.named(
                        rejected,
                        submission.job(),
                        dependencies.models().get(submission.model()).description(),
                        dependencies.ledger(),
                        destinations.sources());
    }

    /// Answers HTTP, until the node ends.
    ///
    /// @return the port
    /// @throws io.nightshift.protocol.failure.FailureException permanent, if a file can't be used or it
    ///     can't listen
    public int answer(HttpSettings http, GatewayAccess access, List<Endpoint> endpoints) {
        return HttpServerStarter.start(system, http, access, endpoints);
    }

    private <T> CompletionStage<T> ask(BatchId batch, Function<ActorRef<T>, BatchCommand> question) {
        return sharding.entityRefFor(Batch.KEY, batch.value()).ask(question::apply, SOON);
    }

    private <T> CompletionStage<T> askJobs(Function<ActorRef<T>, BatchRegisterCommand> question) {
        return sharding.entityRefFor(BatchRegister.KEY, BatchRegister.ID).ask(question::apply, SOON);
    }

    private CompletionStage<AlertReply> askAlerts(Function<ActorRef<AlertReply>, AlertCommand> question) {
        return sharding.entityRefFor(AlertOutbox.KEY, AlertOutbox.ID).ask(question::apply, SOON);
    }

    /// From the first entry of the batch's ledger.
    private List<AlertRule> alertRules(BatchId batch) {
        List<AlertRule> rules = new ArrayList<>();
        dependencies.ledger().forEach(batch, 0, 1, (number, entry) -> {
            if (entry.event() instanceof BatchEvent.Submitted submitted) {
                rules.addAll(submitted.job().alerts());
            }
        });
        return rules;
    }

    private void tellAlerts(AlertCommand command) {
        sharding.entityRefFor(AlertOutbox.KEY, AlertOutbox.ID).tell(command);
    }

    private void tellRegister(BatchRegisterCommand command) {
        sharding.entityRefFor(BatchRegister.KEY, BatchRegister.ID).tell(command);
    }

    private void tell(BatchId batch, BatchCommand command) {
        sharding.entityRefFor(Batch.KEY, batch.value()).tell(command);
    }

    /// Opens a batch, or finds the open one to resume.
    public CompletionStage<BatchRegisterCommand.SubmitReply> submit(Submission submission, boolean fresh) {
        return sharding.entityRefFor(BatchRegister.KEY, BatchRegister.ID)
                .ask(
                        replyTo -> new BatchRegisterCommand.Submit(submission, fresh, replyTo, null, null, null),
                        PATIENCE);
    }

    /// Describes a batch of this node.
    ///
    /// @param entry of the batch in the register
    /// @param prices of what the batch has used
    public CompletionStage<BatchDescription> describe(Entry entry, Prices prices) {
        return sharding.entityRefFor(Batch.KEY, entry.batch().value())
                .<BatchStatus>ask(BatchCommand.Describe::new, PATIENCE)
                .thenApply(status -> BatchDescriptions.of(entry, status, null, prices));
    }

    /// Sends a control to a batch of this node.
    public CompletionStage<ControlReply> control(BatchId batch, BatchControl control) {
        return sharding.entityRefFor(Batch.KEY, batch.value())
                .ask(replyTo -> BatchCommand.Control.of(control, LOCAL, replyTo), PATIENCE);
    }

    /// Waits until each alert about a batch that has stopped was sent once, or the time is over. The next
    /// node on the ledger sends what is left.
    ///
    /// @param isFailed whether the batch has failed, and somebody is to be told
    /// @return a sentence for each message that was not delivered
    public List<String> awaitAlerts(BatchId batch, boolean isFailed, Duration limit) {
        return new AlertSettlement(this::askAlerts).await(batch, isFailed, limit);
    }

    public Ledger ledger() {
        return dependencies.ledger();
    }

    /// When this node scored its first row, in milliseconds since 1970, or 0 if it hasn't.
    public long firstRow() {
        return firstRow.get();
    }

    /// Stops the node and waits for it. `run` doesn't, since it ends with its process.
    public void stop() {
        system.terminate();
        system.getWhenTerminated().toCompletableFuture().join();
        destinations.close();
        blocking.shutdown();
    }
}
