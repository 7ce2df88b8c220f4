package io.nightshift.node;

import io.nightshift.coordinator.membership.Membership;
import io.nightshift.coordinator.membership.Membership.JoinDecision;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.StreamSupport;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings a node into its cluster, and has it end when that cluster isn't the one that works on the journal
/// any more: both as the [Membership] says. Runs on a thread of its own, which waits for the database.
final class ClusterJoiner {

    private static final Logger LOG = LoggerFactory.getLogger(ClusterJoiner.class);

    private static final long PERIOD = TimeUnit.SECONDS.toNanos(2);

    private final ActorSystem<Void> system;
    private final Cluster cluster;
    private final Membership membership;
    private final @Nullable ContactPoints contactPoints;
    private volatile boolean isOver;
    private @Nullable JoinDecision way;
    private boolean isIn;

    private ClusterJoiner(ActorSystem<Void> system, Membership membership, @Nullable ContactPoints contactPoints) {
        this.system = system;
        this.cluster = Cluster.get(system);
        this.membership = membership;
        this.contactPoints = contactPoints;
    }

    /// @param contactPoints that have to run before it may form a cluster, or null where none have to
    static void begin(ActorSystem<Void> system, Membership membership, @Nullable ContactPoints contactPoints) {
        ClusterJoiner admission = new ClusterJoiner(system, membership, contactPoints);
        Thread.ofPlatform().daemon().name("admission").start(admission::run);
        CoordinatedShutdown.get(system)
                .addTask(CoordinatedShutdown.PhaseBeforeActorSystemTerminate(), "leave-membership", admission::leave);
    }

    private void run() {
        while (!isOver) {
            step();
            LockSupport.parkNanos(PERIOD);
        }
    }

    private void step() {
        try {
            MemberStatus status = cluster.selfMember().status();
            if (status.equals(MemberStatus.up())) {
                remain();
            } else if (isIn) {
                // It leaves, and still counts until it is gone.
                membership.confirm(Objects.requireNonNull(way).cluster());
            } else if (status.equals(MemberStatus.removed())) {
                // Pekko's word for one that has not joined yet.
                seek();
            }
        } catch (SQLException e) {
            LOG.warn("the members of the cluster can't be read or told that this node lives: {}", e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("the node can't be brought into its cluster", e);
        }
    }

    private void seek() throws SQLException {
        if (way instanceof JoinDecision.Form(var formed)) {
            if (!membership.confirm(formed)) {
                end();
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
                LOG.info("no other node lives: this one forms the cluster {}", form.cluster());
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
        if (way == null || !(isIn || isWhereItWanted(way)) || !membership.confirm(way.cluster())) {
            end();
        } else if (!isIn) {
            isIn = true;
            LOG.info("this node is in the cluster {}", way.cluster());
        }
    }

    /// Whether the node hasn't got into the cluster that it tried before, late.
    private boolean isWhereItWanted(JoinDecision wanted) {
        List<Member> members = StreamSupport.stream(cluster.state().getMembers().spliterator(), false)
                .toList();
        return switch (wanted) {
            case JoinDecision.Form form ->
                members.stream()
                        .min(Comparator.comparing(member -> member, Member.ageOrdering()))
                        .filter(cluster.selfMember()::equals)
                        .isPresent();
            case JoinDecision.Join join ->
                members.stream().anyMatch(member -> join.members().contains(ClusterNode.hostPort(member.address())));
        };
    }

    private void end() {
        LOG.error("another cluster works on this journal, or another process has this node's address: the node ends");
        isOver = true;
        CoordinatedShutdown.get(system).run(CoordinatedShutdown.clusterDowningReason());
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
