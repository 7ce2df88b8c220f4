package io.nightshift.node;

import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;

/// The place of this node among the nodes with the role of the coordinator.
final class Coordinators {

    static final String ROLE = "coordinator";

    private Coordinators() {}

    static boolean isOne(ActorSystem<Void> system) {
        return Cluster.get(system).selfMember().hasRole(ROLE);
    }

    /// Whether this node does what one node of the cluster does for all. While the cluster changes, it may be two
    /// nodes, or none.
    static boolean isOldest(ActorSystem<Void> system) {
        Member self = Cluster.get(system).selfMember();
        for (Member member : Cluster.get(system).state().getMembers()) {
            boolean isUp = member.status().equals(MemberStatus.up());
            if (isUp && member.hasRole(ROLE) && member.isOlderThan(self)) {
                return false;
            }
        }
        return self.status().equals(MemberStatus.up());
    }

    /// Whether no other node could take over this node's coordinators.
    static boolean isLast(ActorSystem<Void> system) {
        Member self = Cluster.get(system).selfMember();
        if (!self.hasRole(ROLE)) {
            return false;
        }
        for (Member member : Cluster.get(system).state().getMembers()) {
            if (member.hasRole(ROLE) && !member.equals(self)) {
                return false;
            }
        }
        return true;
    }
}
