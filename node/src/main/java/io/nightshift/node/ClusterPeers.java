package io.nightshift.node;

import io.nightshift.coordinator.batch.task.BatchPeers;
import io.nightshift.protocol.batch.StepCommand;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.RootActorPath;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;

/// The other nodes of the cluster, as this node sees them.
final class ClusterPeers implements BatchPeers {

    private static final Duration TIMEOUT = Duration.ofSeconds(3);

    private final ActorSystem<?> system;
    private final Cluster cluster;

    ClusterPeers(ActorSystem<?> system) {
        this.system = system;
        this.cluster = Cluster.get(system);
    }

    private static String name(Address address) {
        return address.getHost().orElse("") + ":" + address.getPort().orElse(0);
    }

    private static boolean isNode(Member member) {
        return member.hasRole("coordinator") || member.hasRole("worker");
    }

    private List<Address> addresses() {
        return members(member ->
                isNode(member) && !member.address().equals(cluster.selfMember().address()));
    }

    /// Those of the wanted members that are up and reachable.
    private List<Address> members(Predicate<Member> wanted) {
        CurrentClusterState state = cluster.state();
        List<Address> members = new ArrayList<>();
        for (Member member : state.getMembers()) {
            if (wanted.test(member)
                    && member.status().equals(MemberStatus.up())
                    && !state.getUnreachable().contains(member)) {
                members.add(member.address());
            }
        }
        return members;
    }

    @Override
    public Set<String> scoring() {
        return members(member -> member.hasRole("worker")).stream()
                .map(ClusterPeers::name)
                .collect(Collectors.toSet());
    }

    @Override
    public List<String> others() {
        return addresses().stream().map(ClusterPeers::name).sorted().toList();
    }

    @Override
    public CompletionStage<ActorRef<StepCommand>> find(String node) {
        return addresses().stream()
                .filter(address -> name(address).equals(node))
                .findFirst()
                .<CompletionStage<ActorRef<StepCommand>>>map(address -> Adapter.toClassic(system)
                        .actorSelection(
                                new RootActorPath(address, "/").child("system").child(StepCommand.ACTOR))
                        .resolveOne(TIMEOUT)
                        .thenApply(Adapter::toTyped))
                .orElseGet(() ->
                        CompletableFuture.failedFuture(new IllegalStateException("node %s is away".formatted(node))));
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
}
