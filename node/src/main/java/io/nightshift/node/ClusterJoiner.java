package io.nightshift.node;

import io.nightshift.coordinator.membership.Membership;
import io.nightshift.coordinator.membership.Membership.JoinDecision;
import io.nightshift.coordinator.membership.Membership.NodeProcess;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings a node into its cluster, and has it end when that cluster isn't the one that works on the journal
/// any more, both as the [Membership] says, or when it is stuck, as the [ShardingWatch] says. Runs on a thread
/// of its own, which waits for the database.
///
/// A node that ends does so at once, without leaving its cluster step by step. Pekko knows the peers of a shard
/// coordinator by their addresses only. If a node of a superseded cluster takes over a coordinator, it asks the
/// address of the former node to hand it over, and a process of the new cluster at that address does so. Then
/// the new cluster has no coordinator any more.
final class ClusterJoiner {

    private static final Logger LOG = LoggerFactory.getLogger(ClusterJoiner.class);

    private static final Duration PERIOD = Duration.ofSeconds(2);

    /// Pekko calls a node removed that has not joined yet.
    private static final Set<MemberStatus> JOINING =
            Set.of(MemberStatus.removed(), MemberStatus.joining(), MemberStatus.weaklyUp());

    private final ActorSystem<Void> system;
    private final Cluster cluster;
    private final Membership membership;
    private final @Nullable ContactPoints contactPoints;
    private final ShardingWatch sharding;

    /// Gets a permit when this node is up, so that it enters at once, and others know it.
    private final Semaphore up = new Semaphore(0);

    private volatile boolean isOver;
    private @Nullable JoinDecision way;

    /// The cluster that the node is in, or null before.
    private @Nullable UUID entered;

    private ClusterJoiner(
            ActorSystem<Void> system,
            Membership membership,
            @Nullable ContactPoints contactPoints,
            ShardingWatch sharding) {
        this.system = system;
        this.cluster = Cluster.get(system);
        this.membership = membership;
        this.contactPoints = contactPoints;
        this.sharding = sharding;
    }

    /// @param contactPoints that have to run before it may form a cluster, or null where none have to
    /// @param sharding asked every two seconds
    static void begin(
            ActorSystem<Void> system,
            Membership membership,
            @Nullable ContactPoints contactPoints,
            ShardingWatch sharding) {
        ClusterJoiner admission = new ClusterJoiner(system, membership, contactPoints, sharding);
        Thread.ofPlatform().daemon().name("admission").start(admission::run);
        Runnable enter = admission.up::release;
        org.apache.pekko.cluster.Cluster.get(Adapter.toClassic(system)).registerOnMemberUp(enter);
        CoordinatedShutdown.get(system)
                .addTask(CoordinatedShutdown.PhaseBeforeActorSystemTerminate(), "leave-membership", admission::leave);
    }

    private void run() {
        try {
            do {
                step();
                if (up.tryAcquire(PERIOD.toMillis(), TimeUnit.MILLISECONDS)) {
                    awaitUp();
                }
            } while (!isOver);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// The state of the cluster that this node sees may lag behind the news that it is up.
    private void awaitUp() throws InterruptedException {
        long begin = System.nanoTime();
        while (JOINING.contains(cluster.selfMember().status()) && System.nanoTime() - begin < PERIOD.toNanos()) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    private void step() {
        try {
            MemberStatus status = cluster.selfMember().status();
            if (status.equals(MemberStatus.up())) {
                remain();
            } else if (entered != null) {
                // It leaves, and still counts until it is gone.
                membership.confirm(entered);
            } else if (status.equals(MemberStatus.removed())) {
                // Pekko's word for one that has not joined yet.
                seek();
            }
        } catch (SQLException e) {
            LOG.warn("this node can't read the members of the cluster, or record that it is alive: {}", e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("the node can't be brought into its cluster", e);
        }
    }

    private void seek() throws SQLException {
        if (way instanceof JoinDecision.Form(var formed)) {
            if (!membership.confirm(formed)) {
                endSuperseded();
            }
            return;
        }
        JoinDecision next = next();
        if (next == null || next.equals(way)) {
            return;
        }
        way = next;
        switch (next) {
            case JoinDecision.Form form -> {
                LOG.info("no other node is alive: this node forms the cluster {}", form.cluster());
                cluster.manager().tell(new Join(cluster.selfMember().address()));
            }
            case JoinDecision.Join join -> {
                LOG.info("this node joins the cluster {} by {}", join.cluster(), join.members());
                List<Address> members =
                        join.members().stream().map(ClusterNode::address).toList();
                cluster.manager().tell(new JoinSeedNodes(members));
            }
        }
    }

    /// The platform is asked only where there is nobody to join, so that joining doesn't depend on it.
    private @Nullable JoinDecision next() throws SQLException {
        if (contactPoints == null) {
            return membership.findOrForm();
        }
        JoinDecision.Join join = membership.find();
        return join == null && contactPoints.areEnough() ? membership.findOrForm() : join;
    }

    private void remain() throws SQLException {
        if (entered == null) {
            enter();
        } else if (!membership.confirm(entered)) {
            endSuperseded();
        } else if (sharding.isStuck()) {
            end("the shard coordinators do not answer: the node ends");
        }
    }

    private void enter() throws SQLException {
        List<NodeProcess> members = members().map(ClusterNode::process).toList();
        UUID joined = way instanceof JoinDecision.Join join ? join.cluster() : null;
        UUID found = isWhereItFormed() ? membership.enter(members, joined) : null;
        if (found == null) {
            endSuperseded();
        } else {
            entered = found;
            LOG.info("this node is in the cluster {}", found);
        }
    }

    /// False if the node has formed a cluster, but has got into another one that it tried to join before.
    private boolean isWhereItFormed() {
        return !(way instanceof JoinDecision.Form)
                || members()
                        .min(Member.ageOrdering())
                        .filter(cluster.selfMember()::equals)
                        .isPresent();
    }

    private Stream<Member> members() {
        return StreamSupport.stream(cluster.state().getMembers().spliterator(), false);
    }

    private void endSuperseded() {
        end("another cluster works on this journal, or another process has this node's address: the node ends");
    }

    private void end(String why) {
        LOG.error(why);
        isOver = true;
        CoordinatedShutdown.get(system)
                .run(
                        CoordinatedShutdown.clusterDowningReason(),
                        Optional.of(CoordinatedShutdown.PhaseBeforeActorSystemTerminate()));
    }

    private CompletableFuture<Done> leave() {
        isOver = true;
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        membership.leave();
                    } catch (SQLException e) {
                        LOG.warn("cannot record that this node leaves the cluster: {}", e.getMessage());
                    }
                    return Done.getInstance();
                },
                command -> Thread.ofPlatform().daemon().start(command));
    }
}
