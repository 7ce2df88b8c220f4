package io.nightshift.node.gateway;

import io.nightshift.api.NodeList;
import io.nightshift.api.NodeList.NodeDescription;
import io.nightshift.api.NodeList.NodeFault;
import io.nightshift.api.NodeList.NodeScoring;
import io.nightshift.api.NodeList.NodeWork;
import io.nightshift.protocol.gateway.GatewayCommand;
import io.nightshift.protocol.gateway.GatewayReply;
import io.nightshift.worker.NodeFaults;
import io.nightshift.worker.ScoringThreads;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.RootActorPath;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.typed.Cluster;
import org.jspecify.annotations.Nullable;

/// Describes the nodes of the cluster: asks each of them by its gateway. Safe for several threads, none of which
/// waits.
public final class ClusterNodeQueries implements NodeQueries {

    /// How long to wait for the other nodes. A node that has not answered is listed without its work and faults.
    private static final Duration TIMEOUT = Duration.ofSeconds(3);

    private static final long FRESH_NANOS = Duration.ofSeconds(1).toNanos();

    private static final String WORKER = "worker";

    private final ActorSystem<?> system;
    private final Cluster cluster;
    private final ScoringThreads threads;
    private final int slots;
    private final NodeFaults faults;
    private final NodeResources resources;
    private @Nullable CompletableFuture<NodeList> listed;

    /// By [System#nanoTime].
    private long listedAt;

    /// @param slots partitions that this node leases at a time
    /// @param scratch the scratch folder of this node; called by `blocking`, and may wait and throw
    /// @param blocking runs what may wait for a disk
    public ClusterNodeQueries(
            ActorSystem<?> system,
            ScoringThreads threads,
            int slots,
            NodeFaults faults,
            Supplier<Path> scratch,
            Executor blocking) {
        this.system = system;
        this.cluster = Cluster.get(system);
        this.threads = threads;
        this.slots = slots;
        this.faults = faults;
        this.resources = new NodeResources(scratch, blocking);
    }

    @Override
    public NodeDescription self() {
        Member self = cluster.selfMember();
        boolean isWorker = self.hasRole(WORKER);
        NodeWork work = new NodeWork(
                isWorker ? threads.size() : 0,
                isWorker ? slots : 0,
                isWorker ? threads.getActiveCount() : 0,
                threads.stuck(),
                resources.memory(),
                resources.scratch(),
                scoring(threads.scoring(), InstantSource.system().instant()));
        return described(
                self,
                state(self, cluster.state()),
                work,
                faults.all().stream().map(ClusterNodeQueries::fault).toList());
    }

    /// The attempts of a node by batch, those with most partitions first.
    static List<NodeScoring> scoring(List<ScoringThreads.Scoring> attempts, Instant now) {
        return attempts.stream()
                .collect(Collectors.groupingBy(scoring -> scoring.attempt().batch()))
                .entrySet()
                .stream()
                .map(batch -> new NodeScoring(
                        batch.getKey().value(),
                        batch.getValue().size(),
                        batch.getValue().stream()
                                .mapToLong(ScoringThreads.Scoring::rows)
                                .sum(),
                        now.minus(batch.getValue().stream()
                                .map(ScoringThreads.Scoring::time)
                                .max(Comparator.naturalOrder())
                                .orElseThrow())))
                .sorted(Comparator.comparingInt(NodeScoring::partitions)
                        .reversed()
                        .thenComparing(NodeScoring::batch))
                .toList();
    }

    private static NodeFault fault(NodeFaults.Fault fault) {
        return new NodeFault(
                fault.resource().type().name().toLowerCase(Locale.ROOT),
                fault.resource().name(),
                fault.reason(),
                fault.since(),
                fault.last(),
                fault.isOfAllWork(),
                fault.nextTry());
    }

    /// All callers of a second share one question to each node.
    @Override
    public synchronized CompletionStage<NodeList> list() {
        CompletableFuture<NodeList> known = listed;
        long now = System.nanoTime();
        if (known == null || (known.isDone() && now - listedAt > FRESH_NANOS)) {
            known = ask();
            listed = known;
            listedAt = now;
        }
        return known.copy();
    }

    private CompletableFuture<NodeList> ask() {
        CurrentClusterState state = cluster.state();
        List<CompletableFuture<NodeDescription>> nodes = new ArrayList<>();
        for (Member member : state.getMembers()) {
            if (isNode(member)) {
                nodes.add(describe(member, state));
            }
        }
        return CompletableFuture.allOf(nodes.toArray(CompletableFuture<?>[]::new))
                .thenApply(all -> new NodeList(nodes.stream()
                        .map(CompletableFuture::join)
                        .sorted(Comparator.comparing(NodeDescription::node))
                        .toList()));
    }

    private static boolean isNode(Member member) {
        return member.hasRole("coordinator") || member.hasRole(WORKER);
    }

    @Override
    public boolean isNode(Address address) {
        for (Member member : cluster.state().getMembers()) {
            if (isNode(member) && member.address().equals(address)) {
                return true;
            }
        }
        return false;
    }

    private CompletableFuture<NodeDescription> describe(Member member, CurrentClusterState state) {
        NodeDescription unknown = described(member, state(member, state), null, List.of());
        if (member.address().equals(cluster.selfMember().address())) {
            return CompletableFuture.completedFuture(self());
        }
        return state.getUnreachable().contains(member)
                ? CompletableFuture.completedFuture(unknown)
                : ask(member.address())
                        .handle((reply, problem) ->
                                reply instanceof GatewayReply.Succeeded<NodeDescription>(NodeDescription told)
                                        ? described(member, unknown.state(), told.work(), told.faults())
                                        : unknown)
                        .completeOnTimeout(unknown, TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    }

    private CompletableFuture<GatewayReply<NodeDescription>> ask(Address node) {
        return Adapter.toClassic(system)
                .actorSelection(new RootActorPath(node, "/").child("system").child(GatewayCommand.ACTOR))
                .resolveOne(TIMEOUT)
                .thenCompose(found -> {
                    ActorRef<GatewayCommand> gateway = Adapter.toTyped(found);
                    return AskPattern.<GatewayCommand, GatewayReply<NodeDescription>>ask(
                            gateway, GatewayCommand.DescribeNode::new, TIMEOUT, system.scheduler());
                })
                .toCompletableFuture();
    }

    private static NodeDescription described(
            Member member, String state, @Nullable NodeWork work, List<NodeFault> faults) {
        return new NodeDescription(
                member.address().getHost().orElse("") + ":"
                        + member.address().getPort().orElse(0),
                state,
                member.getRoles().stream()
                        .filter(role -> !role.startsWith("dc-"))
                        .sorted()
                        .toList(),
                member.appVersion().version(),
                work,
                faults);
    }

    private static String state(Member member, CurrentClusterState state) {
        String status = member.status().toString().toLowerCase(Locale.ROOT);
        return state.getUnreachable().contains(member) && status.equals("up") ? "unreachable" : status;
    }
}
