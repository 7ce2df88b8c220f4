package io.nightshift.client;

import com.typesafe.config.Config;
import io.nightshift.client.NightshiftException.Kind;
import io.nightshift.protocol.api.BatchControl;
import io.nightshift.protocol.api.BatchDescription;
import io.nightshift.protocol.api.BatchPage;
import io.nightshift.protocol.api.Controlled;
import io.nightshift.protocol.api.EventPage;
import io.nightshift.protocol.api.JobList;
import io.nightshift.protocol.api.Problem;
import io.nightshift.protocol.api.Submitted;
import io.nightshift.protocol.gateway.GatewayCommand;
import io.nightshift.protocol.gateway.GatewayReply;
import io.nightshift.protocol.job.Job;
import java.time.Duration;
import java.util.List;
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

/// Asks by messages: the next node, after a while, where one doesn't answer or can't say.
final class MessageNightshiftClient implements NightshiftClient {

    private static final String CLUSTER = "nightshift";

    /// The role of nodes that ask and don't work.
    private static final String ROLE = "client";

    private static final int SUBMIT_FACTOR = 5;
    private static final Duration RESOLVING = Duration.ofSeconds(4);

    private static final Optional<CoordinatedShutdown.Reason> NOT_TAKEN =
            Optional.of(CoordinatedShutdown.incompatibleConfigurationDetectedReason());

    /// How long a node waits for news at most, and then some.
    private static final Duration WATCHING = Duration.ofSeconds(20);

    private final Config config;
    private final boolean isMember;
    private final List<String> contactPoints;
    private final Duration timeout;
    private final int attempts;

    /// The node that answered last.
    private final AtomicInteger current;

    private ActorSystem<Void> system;
    private volatile boolean isClosed;

    /// @param first the contact point to begin with
    MessageNightshiftClient(
            Config config, boolean isMember, List<String> contactPoints, int first, Duration timeout, int attempts) {
        this.config = config;
        this.isMember = isMember;
        this.contactPoints = contactPoints;
        this.current = new AtomicInteger(first);
        this.timeout = timeout;
        this.attempts = attempts;
        this.system = begin();
    }

    private ActorSystem<Void> begin() {
        ActorSystem<Void> begun = ActorSystem.create(Behaviors.empty(), isMember ? CLUSTER : ROLE, config);
        if (isMember) {
            List<Address> seeds = contactPoints.stream()
                    .map(node -> AddressFromURIString.parse("pekko://%s@%s".formatted(CLUSTER, node)))
                    .toList();
            Cluster.get(begun).manager().tell(new JoinSeedNodes(seeds));
        }
        return begun;
    }

    /// A member that the others have given up begins anew.
    private synchronized ActorSystem<Void> system() {
        if (isClosed) {
            throw new NightshiftException(Kind.UNEXPECTED, "the client is closed", null, null);
        }
        if (system.whenTerminated().isCompleted()) {
            if (CoordinatedShutdown.get(system).getShutdownReason().equals(NOT_TAKEN)) {
                throw new NightshiftException(
                        Kind.UNEXPECTED,
                        "the cluster doesn't take this program in, whose settings of Pekko are others than the nodes';"
                                + " their logs say which",
                        null,
                        null);
            }
            system = begin();
        }
        return system;
    }

    @Override
    public CompletionStage<Submitted> submit(Job job, SubmitOptions options) {
        String key = options.key() == null ? UUID.randomUUID().toString() : options.key();
        return ask(
                replyTo -> new GatewayCommand.Submit(job, options.fresh(), key, replyTo),
                timeout.multipliedBy(SUBMIT_FACTOR));
    }

    @Override
    public CompletionStage<BatchDescription> describe(String batch) {
        return ask(replyTo -> new GatewayCommand.Describe(batch, replyTo), timeout);
    }

    @Override
    public CompletionStage<BatchPage> list(BatchFilter filter) {
        return ask(
                replyTo ->
                        new GatewayCommand.List(filter.job(), filter.state(), filter.limit(), filter.cursor(), replyTo),
                timeout);
    }

    @Override
    public CompletionStage<JobList> jobs() {
        return ask(GatewayCommand.ListJobs::new, timeout);
    }

    @Override
    public CompletionStage<EventPage> events(String batch, long after) {
        return ask(replyTo -> new GatewayCommand.ReadEvents(batch, after, 1_000, replyTo), timeout);
    }

    @Override
    public CompletionStage<Controlled> control(String batch, BatchControl control) {
        return ask(replyTo -> new GatewayCommand.Control(batch, control, replyTo), timeout);
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
        var _ = this.<BatchDescription>ask(replyTo -> new GatewayCommand.Watch(batch, seen, replyTo), WATCHING)
                .whenComplete((now, problem) -> {
                    if (problem != null) {
                        result.completeExceptionally(
                                problem instanceof CompletionException ? problem.getCause() : problem);
                        return;
                    }
                    try {
                        if (!now.equals(seen)) {
                            progress.accept(now);
                        }
                    } catch (RuntimeException e) {
                        // Whoever listens has had enough.
                        result.completeExceptionally(e);
                    }
                    if (now.isSettled()) {
                        result.complete(now);
                    } else {
                        // From now on by its id: another batch may become the latest.
                        watch(now.batch(), now, progress, result);
                    }
                });
    }

    @Override
    public synchronized void close() {
        isClosed = true;
        system.terminate();
    }

    private <T extends Record> CompletableFuture<T> ask(
            Function<ActorRef<GatewayReply<T>>, GatewayCommand> question, Duration patience) {
        return attempt(question, patience, 1, null);
    }

    /// @param reason what a node said that couldn't do it, or null
    private <T extends Record> CompletableFuture<T> attempt(
            Function<ActorRef<GatewayReply<T>>, GatewayCommand> question,
            Duration patience,
            int number,
            @Nullable NightshiftException reason) {
        String node;
        CompletionStage<GatewayReply<T>> asked;
        try {
            node = node();
            asked = askNode(node, question, patience);
        } catch (NightshiftException e) {
            return CompletableFuture.failedFuture(e);
        }
        return asked.handle((reply, problem) -> switch (reply) {
                    case null ->
                        again(question, patience, number, reason == null ? unreachable(node, problem) : reason);
                    case GatewayReply.Answer<T>(T value) -> CompletableFuture.completedFuture(value);
                    case GatewayReply.Declined<T>(Problem declined) ->
                        again(question, patience, number, NightshiftException.of(declined));
                })
                .thenCompose(answer -> answer)
                .toCompletableFuture();
    }

    private <T extends Record> CompletionStage<GatewayReply<T>> askNode(
            String node, Function<ActorRef<GatewayReply<T>>, GatewayCommand> question, Duration patience) {
        ActorSystem<Void> asking = system();
        // A system that ends in the meantime wouldn't say so.
        Duration most = RESOLVING.plus(patience).plusSeconds(1);
        return Adapter.toClassic(asking)
                .actorSelection("pekko://%s@%s/system/%s".formatted(CLUSTER, node, GatewayCommand.ACTOR))
                .resolveOne(RESOLVING)
                .thenCompose(found -> {
                    ActorRef<GatewayCommand> gateway = Adapter.toTyped(found);
                    return AskPattern.ask(gateway, question::apply, patience, asking.scheduler());
                })
                .toCompletableFuture()
                .orTimeout(most.toMillis(), TimeUnit.MILLISECONDS);
    }

    private <T extends Record> CompletableFuture<T> again(
            Function<ActorRef<GatewayReply<T>>, GatewayCommand> question,
            Duration patience,
            int number,
            NightshiftException failure) {
        boolean mayPass = failure.kind() == Kind.UNREACHABLE || failure.kind() == Kind.UNAVAILABLE;
        if (!mayPass || number >= attempts) {
            return CompletableFuture.failedFuture(failure);
        }
        current.incrementAndGet();
        long wait = Backoff.before(number).toMillis();
        return CompletableFuture.runAsync(() -> {}, CompletableFuture.delayedExecutor(wait, TimeUnit.MILLISECONDS))
                .thenCompose(waited ->
                        attempt(question, patience, number + 1, failure.kind() == Kind.UNAVAILABLE ? failure : null));
    }

    private String node() {
        List<String> nodes = members();
        if (nodes.isEmpty()) {
            nodes = contactPoints;
        }
        return nodes.get(Math.floorMod(current.get(), nodes.size()));
    }

    /// The nodes that work, as far as this one is a member and knows.
    private List<String> members() {
        if (!isMember) {
            return List.of();
        }
        CurrentClusterState state = Cluster.get(system()).state();
        return StreamSupport.stream(state.getMembers().spliterator(), false)
                .filter(member -> member.status().equals(MemberStatus.up()) && !member.hasRole(ROLE))
                .filter(member -> !state.getUnreachable().contains(member))
                .map(MessageNightshiftClient::hostPort)
                .toList();
    }

    private static String hostPort(Member member) {
        return member.address().getHost().orElse("") + ":"
                + member.address().getPort().orElse(0);
    }

    private static NightshiftException unreachable(String node, @Nullable Throwable problem) {
        Throwable cause = problem instanceof CompletionException ? problem.getCause() : problem;
        boolean isSilent = cause instanceof TimeoutException || cause instanceof ActorNotFound;
        return new NightshiftException(
                isSilent ? Kind.UNREACHABLE : Kind.UNEXPECTED,
                isSilent
                        ? "the node %s does not answer".formatted(node)
                        : "the node %s can't be asked: %s".formatted(node, cause),
                null,
                cause);
    }
}
