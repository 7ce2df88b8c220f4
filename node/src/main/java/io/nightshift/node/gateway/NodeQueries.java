package io.nightshift.node.gateway;

import io.nightshift.api.NodeList;
import io.nightshift.api.NodeList.NodeDescription;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.Address;

/// Describes the nodes of the cluster. Safe for several threads, none of which waits.
public interface NodeQueries {

    /// This node.
    NodeDescription self();

    /// All nodes, without programs that have joined the cluster as clients.
    CompletionStage<NodeList> list();

    /// Whether an address is that of a node of this cluster.
    boolean isNode(Address address);
}
