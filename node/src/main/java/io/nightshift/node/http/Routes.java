package io.nightshift.node.http;

import io.nightshift.api.ApiJson;
import io.nightshift.api.operation.NodeApi;
import io.nightshift.api.operation.Operations;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.node.check.BatchExaminations;
import io.nightshift.node.gateway.AlertQueries;
import io.nightshift.node.gateway.AppliedJobs;
import io.nightshift.node.gateway.BatchOperations;
import io.nightshift.node.gateway.BatchQueries;
import io.nightshift.node.gateway.JobQueries;
import io.nightshift.node.gateway.ModelOperations;
import io.nightshift.node.gateway.NodeQueries;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/// The routes of a node with the role `coordinator`.
public final class Routes {

    private Routes() {}

    /// @param destinations of the batches
    /// @param examinations of published batches
    /// @param ledger of the cluster
    /// @param threads the most scoring threads of a replay
    /// @param readers runs what reads for a moment
    /// @param blocking runs what waits for as long as it takes
    public static List<Endpoint> of(
            BatchQueries batches,
            BatchOperations changes,
            AppliedJobs schedules,
            NodeQueries nodes,
            AlertQueries alerts,
            ModelRegistry registry,
            ModelOperations models,
            Destinations destinations,
            BatchExaminations examinations,
            Ledger ledger,
            int threads,
            Executor readers,
            Executor blocking) {
        List<Endpoint> endpoints = new ArrayList<>();
        endpoints.addAll(new BatchRoutes(batches, destinations).endpoints());
        endpoints.addAll(new ChangeRoutes(changes, readers).endpoints());
        endpoints.addAll(new JobRoutes(new JobQueries(batches, schedules), schedules, readers).endpoints());
        endpoints.addAll(new WatchRoute(batches).endpoints());
        endpoints.addAll(new NodeRoutes(nodes).endpoints());
        endpoints.addAll(new AlertRoutes(alerts).endpoints());
        endpoints.addAll(new RetentionRoutes(changes).endpoints());
        endpoints.addAll(new ModelRoutes(registry, models, readers).endpoints());
        endpoints.addAll(new ExaminationRoutes(batches, examinations, threads, blocking).endpoints());
        endpoints.addAll(new LedgerRoutes(ledger, blocking).endpoints());
        endpoints.add(openApi());
        return endpoints;
    }

    private static Endpoint openApi() {
        Answer document = Answer.cacheable("application/json", ApiJson.write(OpenApiDocument.of(Operations.ALL)));
        return new Endpoint(NodeApi.OPENAPI, call -> CompletableFuture.completedFuture(document));
    }
}
