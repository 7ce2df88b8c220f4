package io.nightshift.coordinator.http;

import io.nightshift.coordinator.gateway.Requests;
import io.nightshift.protocol.api.ApiJson;
import io.nightshift.protocol.api.BatchControl;
import io.nightshift.protocol.api.ControlRequest;
import io.nightshift.protocol.api.Controlled;
import io.nightshift.protocol.api.Submitted;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.JobFileException;
import io.nightshift.protocol.jobs.JobsCommand;
import io.nightshift.protocol.wire.WireLimits;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.jspecify.annotations.Nullable;

/// What changes something: submissions and controls. Each leaves a line in the audit.
final class ChangeRoutes {

    /// What a job file may be sent as; JSON is YAML.
    private static final List<String> JOB_TYPES =
            List.of("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "application/json");

    private static final List<String> JSON = List.of("application/json");

    /// Printable, and no more than an identifier needs.
    private static final String KEY = "[!-~]{1,255}";

    private static final int MOST_PARTITIONS = 10_000;

    private static final int LONGEST_REASON = 1_000;

    private final Requests requests;
    private final Batches batches;
    private final Executor blocking;

    ChangeRoutes(Requests requests, Batches batches, Executor blocking) {
        this.requests = requests;
        this.batches = batches;
        this.blocking = blocking;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.post("/v1/batches", Role.SUBMIT, Set.of("new"), this::submit),
                control("pause", request -> new BatchControl.Pause(reason(request))),
                control("resume", request -> new BatchControl.Resume()),
                control("cancel", request -> new BatchControl.Cancel(reason(request))),
                control("retry", request -> new BatchControl.Retry()),
                control("rescore", request -> new BatchControl.Rescore(partitions(request))));
    }

    private CompletionStage<HttpResponse> submit(Call call) {
        boolean fresh = call.flag("new");
        Optional<String> key = call.header("idempotency-key").map(String::strip);
        if (key.isPresent() && !key.get().matches(KEY)) {
            throw ProblemException.badRequest(
                    "The header Idempotency-Key has 1 to 255 printable characters of ASCII, without spaces.");
        }
        return call.body(JOB_TYPES)
                .thenApplyAsync(ChangeRoutes::job, blocking)
                .thenCompose(job -> submit(call, job, fresh, key.orElse(null)));
    }

    private static Job job(byte[] text) {
        try {
            Job job = JobFile.parse(text);
            WireLimits.refusal(job).ifPresent(reason -> {
                throw ProblemException.rejected(reason);
            });
            return job;
        } catch (JobFileException e) {
            throw ProblemException.jobFile(e);
        }
    }

    private CompletionStage<HttpResponse> submit(Call call, Job job, boolean fresh, @Nullable String key) {
        String detail = key == null ? "" : "key " + key;
        return requests.submit(job, fresh, key)
                .thenApply(reply -> switch (reply) {
                    case JobsCommand.Accepted(BatchId batch, boolean resumed, boolean repeated) -> {
                        Audit.tell(call.caller(), "submit", batch.value(), "done", detail);
                        yield submitted(
                                resumed || repeated ? 200 : 201,
                                new Submitted(batch.value(), resumed, false, repeated));
                    }
                    case JobsCommand.AlreadyPublished(BatchId batch) -> {
                        Audit.tell(call.caller(), "submit", batch.value(), "done", "published before");
                        yield submitted(200, new Submitted(batch.value(), false, true, false));
                    }
                    case JobsCommand.Rejected(String reason) -> {
                        Audit.tell(call.caller(), "submit", job.name(), "refused", reason);
                        throw ProblemException.rejected(reason);
                    }
                })
                .exceptionally(problem -> {
                    throw failed(call, "submit", job.name(), problem);
                });
    }

    private static HttpResponse submitted(int status, Submitted submitted) {
        return Responses.json(status, submitted)
                .addHeader(RawHeader.create("Location", "/v1/batches/" + submitted.batch()));
    }

    private Endpoint control(String verb, Function<ControlRequest, BatchControl> control) {
        return Endpoint.post(
                "/v1/batches/{batch}/" + verb,
                Role.ADMIN,
                Set.of(),
                call -> call.body(JSON)
                        .thenApply(body -> control.apply(request(body)))
                        .thenCompose(wanted -> batches.find(call.segment("batch"))
                                .thenCompose(
                                        entry -> control(call, entry.opened().batch(), wanted))));
    }

    private CompletionStage<HttpResponse> control(Call call, BatchId batch, BatchControl control) {
        return requests.control(batch, control)
                .whenComplete((reply, problem) -> batches.changed(batch))
                .thenApply(reply -> switch (reply) {
                    case ControlReply.Done(BatchId of, Phase phase) -> {
                        Audit.tell(call.caller(), control.verb(), of.value(), "done", detail(control));
                        yield Responses.json(200, new Controlled(of.value(), phase.toString()));
                    }
                    case ControlReply.Refused(BatchId of, String reason) -> {
                        Audit.tell(call.caller(), control.verb(), of.value(), "refused", reason);
                        throw ProblemException.refused(of.value(), reason);
                    }
                })
                .exceptionally(problem -> {
                    throw failed(call, control.verb(), batch.value(), problem);
                });
    }

    private static String detail(BatchControl control) {
        return switch (control) {
            case BatchControl.Pause(String reason) -> reason;
            case BatchControl.Cancel(String reason) -> reason;
            case BatchControl.Rescore(List<Integer> partitions) -> "%d partitions".formatted(partitions.size());
            case BatchControl.Resume resume -> "";
            case BatchControl.Retry retry -> "";
        };
    }

    private static RuntimeException failed(Call call, String action, String subject, Throwable problem) {
        Throwable cause =
                problem instanceof CompletionException && problem.getCause() != null ? problem.getCause() : problem;
        if (cause instanceof ProblemException known) {
            return known;
        }
        Audit.tell(call.caller(), action, subject, "failed", String.valueOf(cause.getMessage()));
        return cause instanceof FailureException failure
                ? ProblemException.unavailable(failure.failure().message())
                : new CompletionException(cause);
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
        String reason = request.reason() == null ? "" : request.reason();
        if (reason.length() > LONGEST_REASON) {
            throw ProblemException.badRequest("A reason has at most %,d characters.".formatted(LONGEST_REASON));
        }
        return reason;
    }

    private static List<Integer> partitions(ControlRequest request) {
        List<Integer> partitions = request.partitions();
        if (partitions.isEmpty() || partitions.size() > MOST_PARTITIONS) {
            throw ProblemException.badRequest(
                    "The body names 1 to %,d partitions, such as {\"partitions\": [0, 7]}.".formatted(MOST_PARTITIONS));
        }
        return partitions;
    }
}
