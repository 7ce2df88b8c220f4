package io.nightshift.node.http;

import io.nightshift.api.ApiJson;
import io.nightshift.api.ControlRequest;
import io.nightshift.api.ControlResult;
import io.nightshift.api.RescoreRequest;
import io.nightshift.api.SchemaReport;
import io.nightshift.api.SubmitResult;
import io.nightshift.api.operation.BatchApi;
import io.nightshift.api.operation.Operation;
import io.nightshift.node.gateway.BatchOperations;
import io.nightshift.node.gateway.ProblemException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/// Routes that change something: submissions and controls. And the comparison of schemas, which reads a job file
/// like a submission.
final class ChangeRoutes {

    private final BatchOperations changes;
    private final Executor blocking;

    ChangeRoutes(BatchOperations changes, Executor blocking) {
        this.changes = changes;
        this.blocking = blocking;
    }

    List<Endpoint> endpoints() {
        List<Endpoint> endpoints = new ArrayList<>(List.of(
                new Endpoint(BatchApi.SUBMIT, this::submit),
                Endpoint.of(BatchApi.COMPARE_SCHEMA, this::compareSchema),
                new Endpoint(BatchApi.RESCORE_WITH_MODEL, this::rescore)));
        BatchApi.CONTROLS.forEach((verb, operation) -> endpoints.add(control(verb, operation)));
        return endpoints;
    }

    private CompletionStage<Answer> submit(Call call) {
        boolean full = call.flag("full");
        boolean fresh = call.flag("new");
        String key = call.key();
        BatchOperations.SentJob job = new BatchOperations.SentJob(call.body(), call.parameters());
        return CompletableFuture.supplyAsync(
                        () -> changes.submit(call.caller(), job, fresh, full, key, call::isAbandoned), blocking)
                .thenCompose(submission -> submission)
                .thenApply(ChangeRoutes::submitted);
    }

    private CompletionStage<SchemaReport> compareSchema(Call call) {
        BatchOperations.SentJob job = new BatchOperations.SentJob(call.body(), call.parameters());
        return CompletableFuture.supplyAsync(() -> changes.compareSchema(call.caller(), job), blocking)
                .thenCompose(comparison -> comparison);
    }

    private CompletionStage<Answer> rescore(Call call) {
        RescoreRequest request;
        try {
            request = ApiJson.read(new String(call.body(), StandardCharsets.UTF_8), RescoreRequest.class);
        } catch (UncheckedIOException e) {
            throw ProblemException.badRequest(
                    "The body must be a JSON object with a model, such as {\"model\": \"churn@3\"}: %s"
                            .formatted(e.getMessage()));
        }
        return changes.rescore(call.caller(), call.segment("batch"), request, call.key(), call::isAbandoned)
                .thenApply(ChangeRoutes::submitted);
    }

    private static Answer submitted(SubmitResult submitted) {
        boolean isKnown = submitted.resumed() || submitted.repeated() || submitted.alreadyPublished();
        return Answer.json(isKnown ? 200 : 201, submitted).with("Location", "/v1/batches/" + submitted.batch());
    }

    private Endpoint control(String verb, Operation<ControlResult> operation) {
        return Endpoint.of(
                operation,
                call -> changes.control(
                        call.caller(),
                        call.segment("batch"),
                        request(call.body()).control(verb)));
    }

    static ControlRequest request(byte[] body) {
        if (body.length == 0) {
            return ControlRequest.because(null);
        }
        try {
            return ApiJson.read(new String(body, StandardCharsets.UTF_8), ControlRequest.class);
        } catch (UncheckedIOException e) {
            throw ProblemException.badRequest(
                    "The body must be a JSON object with a reason or partitions: %s".formatted(e.getMessage()));
        }
    }
}
