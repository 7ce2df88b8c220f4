package io.nightshift.node.http;

import io.nightshift.api.HealthReport;
import io.nightshift.api.HealthReport.Check;
import io.nightshift.api.operation.NodeApi;
import io.nightshift.node.health.HealthChecks;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/// Routes for operators: health and metrics. Every node has them, whatever its roles.
public final class OperationRoutes {

    /// The media type of Prometheus' text format.
    private static final String EXPOSITION = "text/plain; version=0.0.4; charset=UTF-8";

    private OperationRoutes() {}

    /// @param exposition the node's metrics in Prometheus' text format
    /// @param blocking runs calls that may block
    public static List<Endpoint> of(HealthChecks health, Supplier<String> exposition, Executor blocking) {
        return List.of(
                new Endpoint(NodeApi.STARTED, call -> report(health.started())),
                new Endpoint(NodeApi.LIVE, call -> report(health.live())),
                new Endpoint(NodeApi.READY, call -> report(health.ready())),
                // Needs no token where only the local token is valid, because monitoring runs as another user.
                new Endpoint(
                        NodeApi.METRICS,
                        call -> CompletableFuture.supplyAsync(exposition, blocking)
                                .thenApply(text -> Answer.text(200, EXPOSITION, text)),
                        true));
    }

    private static CompletionStage<Answer> report(CompletionStage<List<Check>> checks) {
        return checks.thenApply(all -> {
            HealthReport report = new HealthReport(all);
            return Answer.json(report.isUp() ? 200 : 503, report);
        });
    }
}
