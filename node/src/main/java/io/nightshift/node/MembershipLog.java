package io.nightshift.node;

import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent.ClusterDomainEvent;
import org.apache.pekko.cluster.ClusterEvent.MemberDowned;
import org.apache.pekko.cluster.ClusterEvent.MemberLeft;
import org.apache.pekko.cluster.ClusterEvent.MemberRemoved;
import org.apache.pekko.cluster.ClusterEvent.MemberUp;
import org.apache.pekko.cluster.ClusterEvent.ReachableMember;
import org.apache.pekko.cluster.ClusterEvent.UnreachableMember;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells in the log which nodes come and go, as this node sees it.
final class MembershipLog {

    private static final Logger LOG = LoggerFactory.getLogger(MembershipLog.class);

    private MembershipLog() {}

    static Behavior<ClusterDomainEvent> create() {
        return Behaviors.setup(context -> {
            Cluster.get(context.getSystem())
                    .subscriptions()
                    .tell(new Subscribe<>(context.getSelf(), ClusterDomainEvent.class));
            return Behaviors.receiveMessage(event -> {
                tell(event);
                return Behaviors.same();
            });
        });
    }

    private static void tell(ClusterDomainEvent event) {
        switch (event) {
            case MemberUp up ->
                LOG.info(
                        "node {} is up, with {}, version {}",
                        name(up.member()),
                        roles(up.member()),
                        up.member().appVersion().version());
            case UnreachableMember away -> {
                if (isLeaving(away.member())) {
                    LOG.info("node {}, which leaves, has stopped", name(away.member()));
                } else {
                    LOG.warn("node {} can't be reached", name(away.member()));
                }
            }
            case ReachableMember back -> LOG.info("node {} can be reached again", name(back.member()));
            case MemberLeft left -> LOG.info("node {} leaves", name(left.member()));
            case MemberDowned downed -> LOG.warn("node {} is removed as lost", name(downed.member()));
            case MemberRemoved removed -> {
                if (!removed.previousStatus().equals(MemberStatus.down())) {
                    LOG.info("node {} has left", name(removed.member()));
                }
            }
            default -> {
                // Other events of a cluster do not concern its operators.
            }
        }
    }

    /// A node that leaves stops before every other node has removed it, so it is expected to be unreachable.
    private static boolean isLeaving(Member member) {
        return member.status().equals(MemberStatus.leaving()) || member.status().equals(MemberStatus.exiting());
    }

    private static String name(Member member) {
        return ClusterNode.hostPort(member.address());
    }

    private static String roles(Member member) {
        return String.join(
                " and ",
                member.getRoles().stream()
                        .filter(role -> !role.startsWith("dc-"))
                        .sorted()
                        .toList());
    }
}
