package io.nightshift.node.http;

import io.nightshift.api.ApiJson;
import io.nightshift.api.BatchControl;
import io.nightshift.api.ControlRequest;
import io.nightshift.api.SubmitResult;
import io.nightshift.node.gateway.BatchOperations;
import io.nightshift.node.gateway.ProblemException;
import io.nightshift.node.gateway.Role;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.JobFileException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;

/// What changes something: submissions and controls.
final class ChangeRoutes {

    /// What a job file may be sent as; JSON is YAML.
    private static final List<String> JOB_TYPES =
            List.of("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "application/json");

    private static final List<String> JSON = List.of("application/json");

    private final BatchOperations changes;
    private final Executor blocking;

    ChangeRoutes(BatchOperations changes, Executor blocking) {
        this.changes = changes;
        this.blocking = blocking;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.post("/v1/batches", Role.SUBMIT, Set.of("new"), this::submit),
                control("pause", request -> new BatchControl.Pause(reason(request))),
                control("resume", request -> new BatchControl.Resume()),
                control("cancel", request -> new BatchControl.Cancel(reason(request))),
                control("retry", request -> new BatchControl.Retry()),
                control("rescore", request -> new BatchControl.Rescore(request.partitions())));
    }

    private CompletionStage<Answer> submit(Call call) {
        boolean fresh = call.flag("new");
        Optional<String> key = call.request().header("idempotency-key").map(String::strip);
        return call.body(JOB_TYPES)
                .thenApplyAsync(ChangeRoutes::job, blocking)
                .thenCompose(job -> changes.submit(call.caller(), job, fresh, key.orElse(null)))
                .thenApply(ChangeRoutes::submitted);
    }

    private static Job job(byte[] text) {
        try {
            return JobFile.parse(text);
        } catch (JobFileException e) {
            throw ProblemException.jobFile(e);
        }
    }

    private static Answer submitted(SubmitResult submitted) {
        boolean isOld = submitted.resumed() || submitted.repeated() || submitted.alreadyPublished();
        return Answer.json(isOld ? 200 : 201, submitted).with("Location", "/v1/batches/" + submitted.batch());
    }

    private Endpoint control(String verb, Function<ControlRequest, BatchControl> control) {
        return Endpoint.post(
                "/v1/batches/{batch}/" + verb,
                Role.ADMIN,
                Set.of(),
                call -> call.body(JSON)
                        .thenApply(body -> control.apply(request(body)))
                        .thenCompose(wanted -> changes.control(call.caller(), call.segment("batch"), wanted))
                        .thenApply(controlled -> Answer.json(200, controlled)));
    }

    private static ControlRequest request(byte[] body) {
        if (body.length == 0) {
            return new ControlRequest(null, List.of());
        }
        try {
            return ApiJson.read(new String(body, StandardCharsets.UTF_8), ControlRequest.class);
        } catch (UncheckedIOException e) {
            throw ProblemException.badRequest(
                    "The body is no JSON object with a reason or partitions: %s".formatted(e.getMessage()));
        }
    }

    private static String reason(ControlRequest request) {
        return request.reason() == null ? "" : request.reason();
    }
}
