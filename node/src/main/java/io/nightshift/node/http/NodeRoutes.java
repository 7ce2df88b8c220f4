package io.nightshift.node.http;

import io.nightshift.node.gateway.NodeQueries;
import io.nightshift.node.gateway.Role;
import java.util.List;
import java.util.Set;

/// The nodes of the cluster.
final class NodeRoutes {

    private final NodeQueries nodes;

    NodeRoutes(NodeQueries nodes) {
        this.nodes = nodes;
    }

    List<Endpoint> endpoints() {
        return List.of(Endpoint.get(
                "/v1/nodes", Role.READ, Set.of(), call -> nodes.list().thenApply(list -> Answer.json(200, list))));
    }
}
