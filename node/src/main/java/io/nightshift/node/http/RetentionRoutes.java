package io.nightshift.node.http;

import io.nightshift.api.operation.ClusterApi;
import io.nightshift.node.gateway.BatchOperations;
import java.util.List;

/// The published batches that the retention of their jobs removes.
final class RetentionRoutes {

    private final BatchOperations changes;

    RetentionRoutes(BatchOperations changes) {
        this.changes = changes;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.of(
                        ClusterApi.PLAN_RETENTION,
                        call -> changes.planRetention(call.text("job").orElse(null))),
                Endpoint.of(
                        ClusterApi.APPLY_RETENTION,
                        call -> changes.applyRetention(
                                call.caller(), call.text("job").orElse(null))));
    }
}
