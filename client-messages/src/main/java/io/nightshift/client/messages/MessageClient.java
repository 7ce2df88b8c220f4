package io.nightshift.client.messages;

import com.typesafe.config.Config;
import io.nightshift.api.AlertPage;
import io.nightshift.api.AlertTestResult;
import io.nightshift.api.AliasChange;
import io.nightshift.api.AppliedJob;
import io.nightshift.api.ApplyResult;
import io.nightshift.api.Backfill;
import io.nightshift.api.BackfillControl;
import io.nightshift.api.BackfillList;
import io.nightshift.api.BackfillPlan;
import io.nightshift.api.BackfillRequest;
import io.nightshift.api.BatchControl;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.BatchPage;
import io.nightshift.api.BatchProof;
import io.nightshift.api.ControlResult;
import io.nightshift.api.DriftReport;
import io.nightshift.api.EventPage;
import io.nightshift.api.JobList;
import io.nightshift.api.JobRun;
import io.nightshift.api.JobRunPage;
import io.nightshift.api.LedgerExport;
import io.nightshift.api.LedgerReport;
import io.nightshift.api.ModelHistory;
import io.nightshift.api.NodeList;
import io.nightshift.api.PartitionPage;
import io.nightshift.api.PredictionRows;
import io.nightshift.api.Problem;
import io.nightshift.api.PromoteRequest;
import io.nightshift.api.QuarantineReasons;
import io.nightshift.api.QuarantinedRowPage;
import io.nightshift.api.ReplayProgress;
import io.nightshift.api.ReplayReport;
import io.nightshift.api.RescoreRequest;
import io.nightshift.api.RetentionReport;
import io.nightshift.api.RollbackRequest;
import io.nightshift.api.RollbackResult;
import io.nightshift.api.SchemaReport;
import io.nightshift.api.SubmitResult;
import io.nightshift.api.VerificationFinding;
import io.nightshift.api.VerificationReport;
import io.nightshift.api.VerificationResult;
import io.nightshift.api.operation.BatchApi;
import io.nightshift.api.operation.ClusterApi;
import io.nightshift.api.operation.JobApi;
import io.nightshift.api.operation.ModelApi;
import io.nightshift.api.operation.Operation;
import io.nightshift.client.AlertFilter;
import io.nightshift.client.Backoff;
import io.nightshift.client.BatchFilter;
import io.nightshift.client.NightshiftClient;
import io.nightshift.client.NightshiftException;
import io.nightshift.client.NightshiftException.Kind;
import io.nightshift.client.PartitionFilter;
import io.nightshift.client.QuarantineFilter;
import io.nightshift.client.ReplayOptions;
import io.nightshift.client.RunFilter;
import io.nightshift.client.SubmitOptions;
import io.nightshift.protocol.gateway.GatewayCommand;
import io.nightshift.protocol.gateway.GatewayReply;
import io.nightshift.protocol.wire.WireLimits;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.ActorNotFound;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.AddressFromURIString;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import org.jspecify.annotations.Nullable;

/// The client that talks to the nodes' gateways by messages. When a node doesn't answer or can't, it waits
/// and tries the next one.
///
/// It runs an actor system of its own. The nodes open connections to it to send their answers, so they must
/// be able to reach this machine. Run it in the nodes' network only.
public final class MessageClient implements NightshiftClient {

    /// Name of the nodes' actor system, which the members of a cluster share.
    private static final String CLUSTER = "nightshift";

    /// Role of the members that send requests and do no work.
    private static final String CLIENT_ROLE = "client";

    private static final int SLOW_FACTOR = 5;
    private static final Duration RESOLVE_TIMEOUT = Duration.ofSeconds(4);

    /// A node answers a watch within 10 s, even if nothing has changed.
    private static final Duration WATCH_TIMEOUT = Duration.ofSeconds(20);

    private static final Optional<CoordinatedShutdown.Reason> INCOMPATIBLE =
            Optional.of(CoordinatedShutdown.incompatibleConfigurationDetectedReason());

    private final Config config;
    private final @Nullable String token;
    private final boolean isMember;
    private final List<String> contactPoints;
    private final Duration timeout;
    private final int attempts;

    /// Index of the node to use, modulo the number of nodes.
    private final AtomicInteger current;

    private ActorSystem<Void> system;
    private volatile boolean isClosed;

    /// @param token sent with each request, or null
    /// @param first index of the contact point to begin with
    MessageClient(
            Config config,
            @Nullable String token,
            boolean isMember,
            List<String> contactPoints,
            int first,
            Duration timeout,
            int attempts) {
        this.config = config;
        this.token = token;
        this.isMember = isMember;
        this.contactPoints = contactPoints;
        this.current = new AtomicInteger(first);
        this.timeout = timeout;
        this.attempts = attempts;
        this.system = startSystem();
    }

    /// Configures a client that talks to nodes by messages.
    ///
    /// @param node a node of the cluster, as `host:port`
    /// @param others other nodes of the same cluster, which the client tries when one doesn't answer
    /// @throws IllegalArgumentException if a node is not given as `host:port`
    public static MessageClientBuilder builder(String node, String... others) {
        return new MessageClientBuilder(
                Stream.concat(Stream.of(node), Stream.of(others)).toList());
    }

    private ActorSystem<Void> startSystem() {
        ActorSystem<Void> started = ActorSystem.create(Behaviors.empty(), isMember ? CLUSTER : CLIENT_ROLE, config);
        if (isMember) {
            List<Address> seeds = contactPoints.stream()
                    .map(node -> AddressFromURIString.parse("pekko://%s@%s".formatted(CLUSTER, node)))
                    .toList();
            Cluster.get(started).manager().tell(new JoinSeedNodes(seeds));
        }
        return started;
    }

    /// The actor system. A member that the other members have removed starts a new one, and joins again.
    private synchronized ActorSystem<Void> system() {
        if (isClosed) {
            throw new NightshiftException(Kind.UNEXPECTED, "the client is closed", null);
        }
        if (system.whenTerminated().isCompleted()) {
            if (CoordinatedShutdown.get(system).getShutdownReason().equals(INCOMPATIBLE)) {
                throw new NightshiftException(
                        Kind.UNEXPECTED,
                        "the cluster refuses this program as a member: its Pekko settings differ from the nodes'."
                                + " The nodes' logs name the settings",
                        null);
            }
            system = startSystem();
        }
        return system;
    }

    @Override
    public CompletionStage<SubmitResult> submit(String job, SubmitOptions options) {
        Optional<String> refusal = WireLimits.refusal(job);
        if (refusal.isPresent()) {
            return CompletableFuture.failedFuture(new NightshiftException(Kind.REJECTED, refusal.get(), null));
        }
        String key = keyOrNew(options.key());
        Duration limit = limit(BatchApi.SUBMIT);
        return ask(
                BatchApi.SUBMIT,
                replyTo -> new GatewayCommand.Submit(
                        job, options.fresh(), key, replyTo, options.parameters(), options.full(), limit));
    }

    @Override
    public CompletionStage<SchemaReport> compareSchema(String job, Map<String, String> parameters) {
        Optional<String> refusal = WireLimits.refusal(job);
        if (refusal.isPresent()) {
            return CompletableFuture.failedFuture(new NightshiftException(Kind.REJECTED, refusal.get(), null));
        }
        return ask(BatchApi.COMPARE_SCHEMA, replyTo -> new GatewayCommand.CompareSchema(job, parameters, replyTo));
    }

    @Override
    public CompletionStage<BatchDescription> describe(String batch) {
        return ask(BatchApi.DESCRIBE, replyTo -> new GatewayCommand.Describe(batch, replyTo, null));
    }

    @Override
    public CompletionStage<BatchDescription> describe(String batch, Instant at) {
        return ask(BatchApi.DESCRIBE, replyTo -> new GatewayCommand.Describe(batch, replyTo, at));
    }

    @Override
    public CompletionStage<BatchPage> list(BatchFilter filter) {
        return ask(
                BatchApi.LIST_BATCHES,
                replyTo -> new GatewayCommand.List(
                        filter.job(), filter.state(), filter.limit(), filter.cursor(), replyTo));
    }

    @Override
    public CompletionStage<JobList> jobs() {
        return ask(JobApi.LIST_JOBS, GatewayCommand.ListJobs::new);
    }

    @Override
    public CompletionStage<ApplyResult> applyJob(String job, String text, @Nullable String folder) {
        Optional<String> refusal = WireLimits.refusal(text);
        if (refusal.isPresent()) {
            return CompletableFuture.failedFuture(new NightshiftException(Kind.REJECTED, refusal.get(), null));
        }
        return ask(JobApi.APPLY_JOB, replyTo -> new GatewayCommand.ApplyJob(job, text, folder, replyTo));
    }

    @Override
    public CompletionStage<AppliedJob> appliedJob(String job) {
        return ask(JobApi.SHOW_JOB, replyTo -> new GatewayCommand.DescribeJob(job, replyTo));
    }

    @Override
    public CompletionStage<AppliedJob> pauseJob(String job, String reason) {
        return ask(JobApi.PAUSE_JOB, replyTo -> new GatewayCommand.PauseJob(job, reason, replyTo));
    }

    @Override
    public CompletionStage<AppliedJob> resumeJob(String job) {
        return ask(JobApi.RESUME_JOB, replyTo -> new GatewayCommand.ResumeJob(job, replyTo));
    }

    @Override
    public CompletionStage<AppliedJob> deleteJob(String job) {
        return ask(JobApi.DELETE_JOB, replyTo -> new GatewayCommand.DeleteJob(job, replyTo));
    }

    @Override
    public CompletionStage<JobRun> triggerJob(String job, Map<String, String> parameters, @Nullable String key) {
        String sent = keyOrNew(key);
        return ask(JobApi.TRIGGER_JOB, replyTo -> new GatewayCommand.TriggerJob(job, parameters, sent, replyTo));
    }

    @Override
    public CompletionStage<JobRunPage> runs(String job, RunFilter filter) {
        return ask(
                JobApi.LIST_RUNS,
                replyTo -> new GatewayCommand.ListRuns(
                        job,
                        filter.from(),
                        filter.to(),
                        filter.missing(),
                        filter.failed(),
                        filter.limit(),
                        filter.cursor(),
                        replyTo));
    }

    @Override
    public CompletionStage<Backfill> startBackfill(String job, BackfillRequest request, @Nullable String key) {
        String sent = keyOrNew(key);
        return ask(JobApi.START_BACKFILL, replyTo -> new GatewayCommand.StartBackfill(job, request, sent, replyTo));
    }

    @Override
    public CompletionStage<BackfillPlan> planBackfill(String job, BackfillRequest request) {
        return ask(replyTo -> new GatewayCommand.PlanBackfill(job, request, replyTo), limit(JobApi.START_BACKFILL));
    }

    @Override
    public CompletionStage<BackfillList> backfills(String job) {
        return ask(JobApi.LIST_BACKFILLS, replyTo -> new GatewayCommand.ListBackfills(job, replyTo));
    }

    @Override
    public CompletionStage<Backfill> backfill(String job, String id) {
        return ask(JobApi.SHOW_BACKFILL, replyTo -> new GatewayCommand.DescribeBackfill(job, id, replyTo));
    }

    @Override
    public CompletionStage<Backfill> controlBackfill(String job, String id, BackfillControl control) {
        return ask(JobApi.of(control), replyTo -> new GatewayCommand.ControlBackfill(job, id, control, replyTo));
    }

    private static String keyOrNew(@Nullable String key) {
        return key == null ? UUID.randomUUID().toString() : key;
    }

    @Override
    public CompletionStage<NodeList> nodes() {
        return ask(ClusterApi.LIST_NODES, GatewayCommand.ListNodes::new);
    }

    @Override
    public CompletionStage<AlertPage> alerts(AlertFilter filter) {
        return ask(
                ClusterApi.LIST_ALERTS,
                replyTo -> new GatewayCommand.ListAlerts(filter.onlyOpen(), filter.limit(), filter.cursor(), replyTo));
    }

    @Override
    public CompletionStage<VerificationResult> reportVerification(String batch, VerificationReport report) {
        return ask(
                ClusterApi.REPORT_VERIFICATION,
                replyTo -> new GatewayCommand.ReportVerification(batch, report.holds(), report.summary(), replyTo));
    }

    @Override
    public CompletionStage<AlertTestResult> testAlertChannel(String channel) {
        return ask(ClusterApi.TEST_ALERT_CHANNEL, replyTo -> new GatewayCommand.TestAlertChannel(channel, replyTo));
    }

    @Override
    public CompletionStage<DriftReport> drift(String batch) {
        return ask(BatchApi.READ_DRIFT, replyTo -> new GatewayCommand.ReadDrift(batch, null, replyTo));
    }

    @Override
    public CompletionStage<DriftReport> drift(String batch, String against) {
        return ask(BatchApi.READ_DRIFT, replyTo -> new GatewayCommand.ReadDrift(batch, against, replyTo));
    }

    @Override
    public CompletionStage<EventPage> events(String batch, long after) {
        return ask(BatchApi.LIST_EVENTS, replyTo -> new GatewayCommand.ReadEvents(batch, after, 1_000, replyTo));
    }

    @Override
    public CompletionStage<PartitionPage> partitions(String batch, PartitionFilter filter) {
        return ask(
                BatchApi.LIST_PARTITIONS,
                replyTo -> new GatewayCommand.ListPartitions(
                        batch, filter.state(), filter.limit(), filter.cursor(), replyTo));
    }

    @Override
    public CompletionStage<QuarantineReasons> quarantineReasons(String batch) {
        return overHttpOnly();
    }

    @Override
    public CompletionStage<QuarantinedRowPage> quarantinedRows(String batch, QuarantineFilter filter) {
        return overHttpOnly();
    }

    @Override
    public CompletionStage<PredictionRows> predictions(String batch, int rows) {
        return overHttpOnly();
    }

    @Override
    public CompletionStage<BatchProof> verify(String batch, Consumer<VerificationFinding> finding) {
        return overHttpOnly();
    }

    @Override
    public CompletionStage<ReplayReport> replay(
            String batch, ReplayOptions options, Consumer<ReplayProgress> progress) {
        return overHttpOnly();
    }

    @Override
    public CompletionStage<LedgerReport> checkLedger() {
        return overHttpOnly();
    }

    @Override
    public CompletionStage<LedgerExport> exportLedger(@Nullable String batch, Consumer<String> line) {
        return overHttpOnly();
    }

    private static <T> CompletionStage<T> overHttpOnly() {
        return CompletableFuture.failedFuture(new NightshiftException(
                Kind.UNEXPECTED,
                "rows, verifications, replays and the ledger are sent over HTTP only, because messages carry no rows. Use a"
                        + " client of NightshiftClient.overHttp",
                null));
    }

    @Override
    public CompletionStage<ControlResult> control(String batch, BatchControl control) {
        return ask(BatchApi.of(control), replyTo -> new GatewayCommand.Control(batch, control, replyTo));
    }

    @Override
    public CompletionStage<RetentionReport> applyRetention(@Nullable String job, boolean dryRun) {
        return ask(ClusterApi.APPLY_RETENTION, replyTo -> new GatewayCommand.ApplyRetention(job, dryRun, replyTo));
    }

    @Override
    public CompletionStage<SubmitResult> rescore(String batch, RescoreRequest request, @Nullable String key) {
        Duration limit = limit(BatchApi.RESCORE_WITH_MODEL);
        return ask(
                BatchApi.RESCORE_WITH_MODEL,
                replyTo -> new GatewayCommand.RescoreBatch(batch, request, key, replyTo, limit));
    }

    @Override
    public CompletionStage<AliasChange> promoteModel(String model, PromoteRequest request) {
        return ask(ModelApi.PROMOTE_MODEL, replyTo -> new GatewayCommand.PromoteModel(model, request, replyTo));
    }

    @Override
    public CompletionStage<RollbackResult> rollBackModel(String model, RollbackRequest request) {
        return ask(ModelApi.ROLL_BACK_MODEL, replyTo -> new GatewayCommand.RollBackModel(model, request, replyTo));
    }

    @Override
    public CompletionStage<ModelHistory> modelHistory(String model) {
        return ask(ModelApi.MODEL_HISTORY, replyTo -> new GatewayCommand.ReadModelHistory(model, replyTo));
    }

    @Override
    public CompletionStage<BatchDescription> watch(String batch, Consumer<BatchDescription> progress) {
        CompletableFuture<BatchDescription> result = new CompletableFuture<>();
        watch(batch, null, progress, result);
        return result;
    }

    private void watch(
            String batch,
            @Nullable BatchDescription seen,
            Consumer<BatchDescription> progress,
            CompletableFuture<BatchDescription> result) {
        if (result.isDone()) {
            return;
        }
        var _ = this.<BatchDescription>ask(replyTo -> new GatewayCommand.Watch(batch, seen, replyTo), WATCH_TIMEOUT)
                .whenComplete((now, error) -> {
                    if (error != null) {
                        result.completeExceptionally(error instanceof CompletionException ? error.getCause() : error);
                        return;
                    }
                    try {
                        if (!now.equals(seen)) {
                            progress.accept(now);
                        }
                    } catch (RuntimeException e) {
                        // The listener ends the watch by throwing.
                        result.completeExceptionally(e);
                    }
                    if (now.isSettled()) {
                        result.complete(now);
                    } else {
                        // By ID from here on: another batch may become the latest.
                        watch(now.batch(), now, progress, result);
                    }
                });
    }

    /// Stops the actor system in the background. A member leaves its cluster first.
    @Override
    public synchronized void close() {
        isClosed = true;
        system.terminate();
    }

    /// How long to wait for a reply.
    private Duration limit(Operation<?> operation) {
        return operation.isSlow() ? timeout.multipliedBy(SLOW_FACTOR) : timeout;
    }

    private <T extends Record> CompletableFuture<T> ask(
            Operation<T> operation, Function<ActorRef<GatewayReply<T>>, GatewayCommand.Request> request) {
        return ask(request, limit(operation));
    }

    private <T extends Record> CompletableFuture<T> ask(
            Function<ActorRef<GatewayReply<T>>, GatewayCommand.Request> request, Duration limit) {
        return attempt(request, limit, 1, null);
    }

    /// @param reason what a node that couldn't answer gave as the reason, or null
    private <T extends Record> CompletableFuture<T> attempt(
            Function<ActorRef<GatewayReply<T>>, GatewayCommand.Request> request,
            Duration limit,
            int number,
            @Nullable NightshiftException reason) {
        String node;
        CompletionStage<GatewayReply<T>> asked;
        try {
            node = node();
            asked = askNode(node, request, limit);
        } catch (NightshiftException e) {
            return CompletableFuture.failedFuture(e);
        }
        return asked.handle((reply, error) -> switch (reply) {
                    case null -> retry(request, limit, number, reason == null ? unreachable(node, error) : reason);
                    case GatewayReply.Succeeded<T>(T value) -> CompletableFuture.completedFuture(value);
                    case GatewayReply.Declined<T>(Problem problem) ->
                        retry(request, limit, number, NightshiftException.of(problem));
                })
                .thenCompose(answer -> answer)
                .toCompletableFuture();
    }

    private <T extends Record> CompletionStage<GatewayReply<T>> askNode(
            String node, Function<ActorRef<GatewayReply<T>>, GatewayCommand.Request> request, Duration limit) {
        ActorSystem<Void> asking = system();
        // An actor system that terminates meanwhile never completes the stage, so the stage has a time limit
        // too.
        Duration total = RESOLVE_TIMEOUT.plus(limit).plusSeconds(1);
        return Adapter.toClassic(asking)
                .actorSelection("pekko://%s@%s/system/%s".formatted(CLUSTER, node, GatewayCommand.ACTOR))
                .resolveOne(RESOLVE_TIMEOUT)
                .thenCompose(found -> {
                    ActorRef<GatewayCommand> gateway = Adapter.toTyped(found);
                    return AskPattern.<GatewayCommand, GatewayReply<T>>ask(
                            gateway, replyTo -> authenticated(request.apply(replyTo)), limit, asking.scheduler());
                })
                .toCompletableFuture()
                .orTimeout(total.toMillis(), TimeUnit.MILLISECONDS);
    }

    private GatewayCommand authenticated(GatewayCommand.Request request) {
        return token == null ? request : new GatewayCommand.Authenticated(token, request);
    }

    private <T extends Record> CompletableFuture<T> retry(
            Function<ActorRef<GatewayReply<T>>, GatewayCommand.Request> request,
            Duration limit,
            int number,
            NightshiftException failure) {
        if (!failure.kind().isTransient() || number >= attempts) {
            return CompletableFuture.failedFuture(failure);
        }
        current.incrementAndGet();
        long wait = Backoff.after(number).toMillis();
        return CompletableFuture.runAsync(() -> {}, CompletableFuture.delayedExecutor(wait, TimeUnit.MILLISECONDS))
                .thenCompose(waited ->
                        attempt(request, limit, number + 1, failure.kind() == Kind.UNAVAILABLE ? failure : null));
    }

    private String node() {
        List<String> nodes = members();
        if (nodes.isEmpty()) {
            nodes = contactPoints;
        }
        return nodes.get(Math.floorMod(current.get(), nodes.size()));
    }

    /// The reachable nodes that this member knows; empty if the client isn't a member.
    private List<String> members() {
        if (!isMember) {
            return List.of();
        }
        CurrentClusterState state = Cluster.get(system()).state();
        return StreamSupport.stream(state.getMembers().spliterator(), false)
                .filter(member -> member.status().equals(MemberStatus.up()) && !member.hasRole(CLIENT_ROLE))
                .filter(member -> !state.getUnreachable().contains(member))
                .map(MessageClient::hostPort)
                .toList();
    }

    private static String hostPort(Member member) {
        return member.address().getHost().orElse("") + ":"
                + member.address().getPort().orElse(0);
    }

    private static NightshiftException unreachable(String node, @Nullable Throwable error) {
        Throwable cause = error instanceof CompletionException ? error.getCause() : error;
        boolean isSilent = cause instanceof TimeoutException || cause instanceof ActorNotFound;
        return new NightshiftException(
                isSilent ? Kind.UNREACHABLE : Kind.UNEXPECTED,
                isSilent
                        ? "the node %s does not answer".formatted(node)
                        : "the request to node %s failed: %s".formatted(node, cause),
                cause);
    }
}
