package io.nightshift.node;

import io.nightshift.api.BatchControl;
import io.nightshift.api.BatchDescription;
import io.nightshift.coordinator.cost.Prices;
import io.nightshift.coordinator.description.BatchDescriptions;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.register.BatchRegisterState.Entry;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.coordinator.retention.BatchRetention;
import io.nightshift.node.alert.AlertChannels;
import io.nightshift.node.alert.AlertConfiguration;
import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.node.gateway.GatewayAccess;
import io.nightshift.node.gateway.SubmissionQueue;
import io.nightshift.node.http.Endpoint;
import io.nightshift.node.lineage.LineageSettings;
import io.nightshift.node.mlflow.MlflowModels;
import io.nightshift.node.model.ModelCache;
import io.nightshift.node.submission.SubmissionResolver;
import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.worker.ScoringThreads;
import io.nightshift.worker.partition.StepTimes;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;

/// The parts of every node, alone or in a cluster: the coordinator's entities and the workers, each
/// where its role is.
public final class Node {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /// The name of who works at this machine, as the ledger records it.
    static final String LOCAL = "local";

    /// The time between two looks at what fails on this node.
    private static final Duration PROBE_INTERVAL = Duration.ofSeconds(5);

    private final NodeParts parts;
    private final AttemptFactory attempts;
    private final AlertChannels alertChannels;
    private final BatchRetention retention;

    /// Null if no receiver is configured.
    private @Nullable LineageReporter lineage;

    private Node(NodeParts parts) {
        this.parts = parts;
        this.attempts = new AttemptFactory(parts);
        this.retention =
                new BatchRetention(parts.given().ledger(), parts.entities()::tellBatch, InstantSource.system());
        this.alertChannels = new AlertChannels(parts.given().alerts().channels(), parts.name(), InstantSource.system());
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
    /// @param mlflow the models of the MLflow server on which promotions are repeated
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
            @Nullable LineageSettings lineage,
            MlflowModels mlflow) {}

    /// Starts what belongs to the roles of the system's member, and a way to all that is elsewhere.
    static Node start(ActorSystem<Void> system, Dependencies dependencies) {
        Node node = new Node(NodeParts.of(system, dependencies));
        NodeParts parts = node.parts;
        dependencies.observer().begin(system, dependencies.scoring(), parts.faults(), parts.stuck());
        CoordinatorStarter.start(parts, node.attempts, node.alertChannels);
        WorkerStarter.start(parts, node.attempts);
        node.probeFaults();
        if (!dependencies.alerts().channels().isEmpty()) {
            parts.entities().tellAlerts(new AlertCommand.Wake());
        }
        return node;
    }

    private void probeFaults() {
        NodeFaultAlerts alerts =
                new NodeFaultAlerts(parts.name(), parts.faults(), parts.entities()::askAlerts, InstantSource.system());
        parts.system()
                .scheduler()
                .scheduleWithFixedDelay(
                        PROBE_INTERVAL,
                        PROBE_INTERVAL,
                        () -> parts.blocking().execute(() -> {
                            parts.faults().probe();
                            alerts.report();
                        }),
                        parts.system().executionContext());
    }

    /// Begins the work that a node with coordinators does at intervals; called once, after [#open].
    void tend() {
        CoordinatorUpkeep.start(parts, retention, lineage);
    }

    /// Prepares [#finishLineage] in a process that ends with its batch; called before that is submitted.
    ///
    /// @throws FailureException transient, if the ledger can't be read
    public void beginLineage(Prices prices) {
        lineage = LineageReporter.of(parts, entry -> BatchDescriptions.of(ledger(), entry, prices));
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
        return GatewayAccessStarter.start(parts.system(), http, home);
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
        return open(access, submissions, admission, registry, prices, true);
    }

    /// As [#open(GatewayAccess, SubmissionResolver, SubmissionQueue.Limits, ModelRegistry, Prices)].
    ///
    /// @param followsSchedules whether applied jobs run by their schedules and triggers, and not only when somebody
    ///     asks
    List<Endpoint> open(
            GatewayAccess access,
            SubmissionResolver submissions,
            SubmissionQueue.Limits admission,
            ModelRegistry registry,
            Prices prices,
            boolean followsSchedules) {
        GatewayStarter gateway = new GatewayStarter(parts, submissions, admission, registry, prices, followsSchedules);
        lineage = LineageReporter.of(parts, gateway::describe);
        if (lineage != null && Coordinators.isOne(parts.system())) {
            lineage.prepare();
        }
        return gateway.start(access, retention, alertChannels);
    }

    /// Names the file by which the input of an open batch differs from that of a submission. Blocks.
    ///
    /// @param rejected the register's answer to the submission
    public BatchRegisterCommand.Rejected named(BatchRegisterCommand.Rejected rejected, Submission submission) {
        return GatewayStarter.named(parts, rejected, submission);
    }

    /// Answers HTTP, until the node ends.
    ///
    /// @return the port
    /// @throws io.nightshift.protocol.failure.FailureException permanent, if a file can't be used or it
    ///     can't listen
    public int answer(HttpSettings http, GatewayAccess access, List<Endpoint> endpoints) {
        return HttpServerStarter.start(parts.system(), http, access, endpoints);
    }

    /// Opens a batch, or finds the open one to resume.
    public CompletionStage<BatchRegisterCommand.SubmitReply> submit(Submission submission, boolean fresh) {
        return parts.entities()
                .askRegister(
                        replyTo -> new BatchRegisterCommand.Submit(submission, fresh, replyTo, null, null, null),
                        PATIENCE);
    }

    /// Describes a batch of this node.
    ///
    /// @param entry of the batch in the register
    /// @param prices of what the batch has used
    public CompletionStage<BatchDescription> describe(Entry entry, Prices prices) {
        return parts.entities()
                .<BatchStatus>askBatch(entry.batch(), BatchCommand.Describe::new, PATIENCE)
                .thenApply(status -> BatchDescriptions.of(entry, status, null, prices));
    }

    /// Sends a control to a batch of this node.
    public CompletionStage<ControlReply> control(BatchId batch, BatchControl control) {
        return parts.entities().askBatch(batch, replyTo -> BatchCommand.Control.of(control, LOCAL, replyTo), PATIENCE);
    }

    /// Waits until each alert about a batch that has stopped was sent once, or the time is over. The next
    /// node on the ledger sends what is left.
    ///
    /// @param isFailed whether the batch has failed, and somebody is to be told
    /// @return a sentence for each message that was not delivered
    public List<String> awaitAlerts(BatchId batch, boolean isFailed, Duration limit) {
        return new AlertSettlement(parts.entities()::askAlerts).await(batch, isFailed, limit);
    }

    public Ledger ledger() {
        return parts.given().ledger();
    }

    /// When this node scored its first row, in milliseconds since 1970, or 0 if it hasn't.
    public long firstRow() {
        return attempts.firstRow();
    }

    /// Stops the node and waits for it. `run` doesn't, since it ends with its process.
    public void stop() {
        parts.system().terminate();
        parts.system().getWhenTerminated().toCompletableFuture().join();
        parts.close();
    }
}
