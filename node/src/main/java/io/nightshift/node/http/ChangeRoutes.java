package io.nightshift.node.http;

import io.nightshift.api.ApiJson;
import io.nightshift.api.BatchControl;
import io.nightshift.api.ControlRequest;
import io.nightshift.api.RescoreRequest;
import io.nightshift.api.SubmitResult;
import io.nightshift.node.gateway.BatchOperations;
import io.nightshift.node.gateway.ProblemException;
import io.nightshift.node.gateway.Role;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;

/// Routes that change something: submissions and controls. And the comparison of schemas, which reads a job file
/// like a submission.
final class ChangeRoutes {

    /// The media types of a job file. JSON is YAML.
    static final List<String> JOB_TYPES =
            List.of("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "application/json");

    static final List<String> JSON = List.of("application/json");

    private final BatchOperations changes;
    private final Executor blocking;

    ChangeRoutes(BatchOperations changes, Executor blocking) {
        this.changes = changes;
        this.blocking = blocking;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.post("/v1/batches", Role.SUBMIT, Set.of("new", "full", "param"), JOB_TYPES, this::submit),
                Endpoint.post("/v1/schema", Role.SUBMIT, Set.of("param"), JOB_TYPES, this::compareSchema),
                Endpoint.post("/v1/batches/{batch}/successors", Role.SUBMIT, Set.of(), JSON, this::rescore),
                control("pause", request -> new BatchControl.Pause(reason(request))),
                control("resume", request -> new BatchControl.Resume()),
                control("cancel", request -> new BatchControl.Cancel(reason(request))),
                control("retry", request -> new BatchControl.Retry()),
                control("rescore", request -> new BatchControl.Rescore(request.partitions())),
                control("ignore-window", request -> new BatchControl.IgnoreWindow()),
                control("approve", request -> new BatchControl.Approve(reason(request))),
                control(
                        "delete",
                        request -> new BatchControl.Delete(reason(request), request.force(), request.dryRun())),
                control(
                        "redrive",
                        request -> new BatchControl.Redrive(request.job(), request.where(), reason(request))));
    }

    private CompletionStage<Answer> submit(Call call) {
        boolean full = call.flag("full");
        boolean fresh = call.flag("new");
        String key = call.header("Idempotency-Key").map(String::strip).orElse(null);
        BatchOperations.SentJob job = new BatchOperations.SentJob(call.body(), call.parameters());
        return CompletableFuture.supplyAsync(
                        () -> changes.submit(call.caller(), job, fresh, full, key, call::isAbandoned), blocking)
                .thenCompose(submission -> submission)
                .thenApply(ChangeRoutes::submitted);
    }

    private CompletionStage<Answer> compareSchema(Call call) {
        BatchOperations.SentJob job = new BatchOperations.SentJob(call.body(), call.parameters());
        return CompletableFuture.supplyAsync(() -> changes.compareSchema(call.caller(), job), blocking)
                .thenCompose(comparison -> comparison)
                .thenApply(report -> Answer.json(200, report));
    }

    private CompletionStage<Answer> rescore(Call call) {
        Optional<String> key = call.header("Idempotency-Key").map(String::strip);
        RescoreRequest request;
        try {
            request = ApiJson.read(new String(call.body(), StandardCharsets.UTF_8), RescoreRequest.class);
        } catch (UncheckedIOException e) {
            throw ProblemException.badRequest(
                    "The body must be a JSON object with a model, such as {\"model\": \"churn@3\"}: %s"
                            .formatted(e.getMessage()));
        }
        return changes.rescore(call.caller(), call.segment("batch"), request, key.orElse(null), call::isAbandoned)
                .thenApply(ChangeRoutes::submitted);
    }

    private static Answer submitted(SubmitResult submitted) {
        boolean isKnown = submitted.resumed() || submitted.repeated() || submitted.alreadyPublished();
        return Answer.json(isKnown ? 200 : 201, submitted).with("Location", "/v1/batches/" + submitted.batch());
    }

    private Endpoint control(String verb, Function<ControlRequest, BatchControl> control) {
        return Endpoint.post(
                "/v1/batches/{batch}/" + verb,
                Role.ADMIN,
                Set.of(),
                JSON,
                call -> changes.control(call.caller(), call.segment("batch"), control.apply(request(call.body())))
                        .thenApply(controlled -> Answer.json(200, controlled)));
    }

    static ControlRequest request(byte[] body) {
        if (body.length == 0) {
            return new ControlRequest(null, List.of());
        }
        try {
            return ApiJson.read(new String(body, StandardCharsets.UTF_8), ControlRequest.class);
        } catch (UncheckedIOException e) {
            throw ProblemException.badRequest(
                    "The body must be a JSON object with a reason or partitions: %s".formatted(e.getMessage()));
        }
    }

    static String reason(ControlRequest request) {
        return request.reason() == null ? "" : request.reason();
    }
}
