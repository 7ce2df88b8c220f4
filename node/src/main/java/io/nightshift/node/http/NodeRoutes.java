package io.nightshift.node.http;

import io.nightshift.api.operation.ClusterApi;
import io.nightshift.node.gateway.NodeQueries;
import java.util.List;

/// The nodes of the cluster.
final class NodeRoutes {

    private final NodeQueries nodes;

    NodeRoutes(NodeQueries nodes) {
        this.nodes = nodes;
    }

    List<Endpoint> endpoints() {
        return List.of(Endpoint.of(ClusterApi.LIST_NODES, call -> nodes.list()));
    }
}
