package io.nightshift.node.http;

import io.nightshift.node.gateway.BatchOperations;
import io.nightshift.node.gateway.Role;
import java.util.List;
import java.util.Set;

/// The published batches that the retention of their jobs removes.
final class RetentionRoutes {

    private static final String PATH = "/v1/retention";
    private static final Set<String> PARAMETERS = Set.of("job");

    private final BatchOperations changes;

    RetentionRoutes(BatchOperations changes) {
        this.changes = changes;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.get(
                        PATH,
                        Role.READ,
                        PARAMETERS,
                        call -> changes.planRetention(call.text("job").orElse(null))
                                .thenApply(report -> Answer.json(200, report))),
                Endpoint.post(
                        PATH,
                        Role.ADMIN,
                        PARAMETERS,
                        ChangeRoutes.JSON,
                        call -> changes.applyRetention(
                                        call.caller(), call.text("job").orElse(null))
                                .thenApply(report -> Answer.json(200, report))));
    }
}
