package io.nightshift.client;

import io.nightshift.api.AlertPage;
import io.nightshift.api.AlertTestResult;
import io.nightshift.api.AliasChange;
import io.nightshift.api.ApiJson;
import io.nightshift.api.AppliedJob;
import io.nightshift.api.ApplyResult;
import io.nightshift.api.Backfill;
import io.nightshift.api.BackfillControl;
import io.nightshift.api.BackfillList;
import io.nightshift.api.BackfillPlan;
import io.nightshift.api.BackfillRequest;
import io.nightshift.api.BatchControl;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.BatchPage;
import io.nightshift.api.BatchProof;
import io.nightshift.api.ControlRequest;
import io.nightshift.api.ControlResult;
import io.nightshift.api.DriftReport;
import io.nightshift.api.EventPage;
import io.nightshift.api.JobList;
import io.nightshift.api.JobRun;
import io.nightshift.api.JobRunPage;
import io.nightshift.api.ModelHistory;
import io.nightshift.api.NodeList;
import io.nightshift.api.PartitionPage;
import io.nightshift.api.PredictionRows;
import io.nightshift.api.Problem;
import io.nightshift.api.PromoteRequest;
import io.nightshift.api.QuarantineReasons;
import io.nightshift.api.QuarantinedRowPage;
import io.nightshift.api.ReplayProgress;
import io.nightshift.api.ReplayReport;
import io.nightshift.api.RescoreRequest;
import io.nightshift.api.RetentionReport;
import io.nightshift.api.RollbackRequest;
import io.nightshift.api.RollbackResult;
import io.nightshift.api.SchemaReport;
import io.nightshift.api.SubmitResult;
import io.nightshift.api.VerificationFinding;
import io.nightshift.api.VerificationReport;
import io.nightshift.api.VerificationResult;
import io.nightshift.client.NightshiftException.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The client over HTTP. When a server can't be reached or can't answer, it waits and tries the next one.
final class HttpNightshiftClient implements NightshiftClient {

    private static final int SUBMIT_FACTOR = 5;
    private static final int TEST_FACTOR = 5;
    private static final int MAX_RETRY_AFTER_SECONDS = 30;
    private static final String JSON = "application/json";

    private final HttpClient http;
    private final List<URI> servers;
    private final @Nullable String token;
    private final Duration timeout;
    private final int attempts;

    /// Index of the server to use, modulo the number of servers.
    private final AtomicInteger current = new AtomicInteger();

    HttpNightshiftClient(HttpClient http, List<URI> servers, @Nullable String token, Duration timeout, int attempts) {
        this.http = http;
        this.servers = servers;
        this.token = token;
        this.timeout = timeout;
        this.attempts = attempts;
    }

    /// A request that any of the servers can answer.
    ///
    /// @param path path and query, relative to a server's URL
    private record Call(
            String method, String path, Map<String, String> headers, BodyPublisher body, Duration timeout) {}

    @Override
    public CompletionStage<SubmitResult> submit(String job, SubmitOptions options) {
        String key = options.key() == null ? UUID.randomUUID().toString() : options.key();
        Call call = new Call(
                "POST",
                "/v1/batches" + query(options),
                Map.of("Content-Type", "application/yaml", "Idempotency-Key", key),
                BodyPublishers.ofString(job),
                timeout.multipliedBy(SUBMIT_FACTOR));
        return send(call, SubmitResult.class);
    }

    @Override
    public CompletionStage<SchemaReport> compareSchema(String job, Map<String, String> parameters) {
        Call call = new Call(
                "POST",
                "/v1/schema" + query(parameterQuery(parameters)),
                Map.of("Content-Type", "application/yaml"),
                BodyPublishers.ofString(job),
                timeout.multipliedBy(SUBMIT_FACTOR));
        return send(call, SchemaReport.class);
    }

    @Override
    public CompletionStage<BatchDescription> describe(String batch) {
        return send(get(path(batch)), BatchDescription.class);
    }

    @Override
    public CompletionStage<BatchDescription> describe(String batch, Instant at) {
        return send(get(path(batch) + text(Map.of("at", at.toString()))), BatchDescription.class);
    }

    @Override
    public CompletionStage<BatchPage> list(BatchFilter filter) {
        Map<String, @Nullable String> query = new LinkedHashMap<>();
        query.put("job", filter.job());
        query.put("state", filter.state());
        query.put("limit", String.valueOf(filter.limit()));
        query.put("cursor", filter.cursor());
        return send(get("/v1/batches" + text(query)), BatchPage.class);
    }

    private static String query(SubmitOptions options) {
        List<String> query = new ArrayList<>();
        if (options.fresh()) {
            query.add("new=true");
        }
        if (options.full()) {
            query.add("full=true");
        }
        query.addAll(parameterQuery(options.parameters()));
        return query(query);
    }

    /// The values of a job's parameters as parameters of a query.
    private static List<String> parameterQuery(Map<String, String> parameters) {
        return parameters.entrySet().stream()
                .map(parameter -> "param=" + encoded(parameter.getKey() + "=" + parameter.getValue()))
                .toList();
    }

    private static String query(List<String> parts) {
        return parts.isEmpty() ? "" : "?" + String.join("&", parts);
    }

    /// The query of a URL, without the parameters that are null.
    private static String text(Map<String, @Nullable String> query) {
        return query(query.entrySet().stream()
                .filter(parameter -> parameter.getValue() != null)
                .map(parameter -> parameter.getKey() + "=" + encoded(String.valueOf(parameter.getValue())))
                .toList());
    }

    @Override
    public CompletionStage<JobList> jobs() {
        return send(get("/v1/jobs"), JobList.class);
    }

    @Override
    public CompletionStage<ApplyResult> applyJob(String job, String text, @Nullable String folder) {
        Map<String, @Nullable String> query = new LinkedHashMap<>();
        query.put("folder", folder);
        Call call = new Call(
                "PUT",
                jobPath(job) + text(query),
                Map.of("Content-Type", "application/yaml"),
                BodyPublishers.ofString(text),
                timeout.multipliedBy(SUBMIT_FACTOR));
        return send(call, ApplyResult.class);
    }

    @Override
    public CompletionStage<AppliedJob> appliedJob(String job) {
        return send(get(jobPath(job)), AppliedJob.class);
    }

    @Override
    public CompletionStage<AppliedJob> pauseJob(String job, String reason) {
        return send(post(jobPath(job) + "/pause", new ControlRequest(reason, List.of())), AppliedJob.class);
    }

    @Override
    public CompletionStage<AppliedJob> resumeJob(String job) {
        return send(post(jobPath(job) + "/resume", new ControlRequest(null, List.of())), AppliedJob.class);
    }

    @Override
    public CompletionStage<AppliedJob> deleteJob(String job) {
        Call call = new Call("DELETE", jobPath(job), Map.of(), BodyPublishers.noBody(), timeout);
        return send(call, AppliedJob.class);
    }

    @Override
    public CompletionStage<JobRun> triggerJob(String job, Map<String, String> parameters, @Nullable String key) {
        Call call = new Call(
                "POST",
                jobPath(job) + "/trigger" + query(parameterQuery(parameters)),
                idempotencyKey(key),
                BodyPublishers.noBody(),
                timeout);
        return send(call, JobRun.class);
    }

    @Override
    public CompletionStage<JobRunPage> runs(String job, RunFilter filter) {
        Map<String, @Nullable String> query = new LinkedHashMap<>();
        query.put("from", filter.from() == null ? null : filter.from().toString());
        query.put("to", filter.to() == null ? null : filter.to().toString());
        query.put("missing", filter.missing() ? "true" : null);
        query.put("failed", filter.failed() ? "true" : null);
        query.put("limit", String.valueOf(filter.limit()));
        query.put("cursor", filter.cursor());
        return send(get(jobPath(job) + "/runs" + text(query)), JobRunPage.class);
    }

    @Override
    public CompletionStage<Backfill> startBackfill(String job, BackfillRequest request, @Nullable String key) {
        Map<String, String> headers = new LinkedHashMap<>(idempotencyKey(key));
        headers.put("Content-Type", JSON);
        Call call = new Call(
                "POST",
                jobPath(job) + "/backfills",
                headers,
                BodyPublishers.ofString(ApiJson.write(request)),
                timeout.multipliedBy(SUBMIT_FACTOR));
        return send(call, Backfill.class);
    }

    @Override
    public CompletionStage<BackfillPlan> planBackfill(String job, BackfillRequest request) {
        return send(post(jobPath(job) + "/backfills?dry-run=true", request), BackfillPlan.class);
    }

    @Override
    public CompletionStage<BackfillList> backfills(String job) {
        return send(get(jobPath(job) + "/backfills"), BackfillList.class);
    }

    @Override
    public CompletionStage<Backfill> backfill(String job, String id) {
        return send(get(jobPath(job) + "/backfills/" + encoded(id)), Backfill.class);
    }

    @Override
    public CompletionStage<Backfill> controlBackfill(String job, String id, BackfillControl control) {
        Call call = new Call(
                "POST",
                jobPath(job) + "/backfills/" + encoded(id) + "/" + control.verb(),
                Map.of(),
                BodyPublishers.noBody(),
                timeout);
        return send(call, Backfill.class);
    }

    private static String jobPath(String job) {
        return "/v1/jobs/" + encoded(job);
    }

    private static Map<String, String> idempotencyKey(@Nullable String key) {
        return Map.of("Idempotency-Key", key == null ? UUID.randomUUID().toString() : key);
    }

    private Call post(String path, Object body) {
        return new Call(
                "POST", path, Map.of("Content-Type", JSON), BodyPublishers.ofString(ApiJson.write(body)), timeout);
    }

    @Override
    public CompletionStage<NodeList> nodes() {
        return send(get("/v1/nodes"), NodeList.class);
    }

    @Override
    public CompletionStage<AlertPage> alerts(AlertFilter filter) {
        Map<String, @Nullable String> query = new LinkedHashMap<>();
        query.put("state", filter.onlyOpen() ? "open" : null);
        query.put("limit", String.valueOf(filter.limit()));
        query.put("cursor", filter.cursor());
        return send(get("/v1/alerts" + text(query)), AlertPage.class);
    }

    @Override
    public CompletionStage<VerificationResult> reportVerification(String batch, VerificationReport report) {
        Call call = new Call(
                "POST",
                path(batch) + "/verification",
                Map.of("Content-Type", JSON),
                BodyPublishers.ofString(ApiJson.write(report)),
                timeout);
        return send(call, VerificationResult.class);
    }

    @Override
    public CompletionStage<AlertTestResult> testAlertChannel(String channel) {
        Call call = new Call(
                "POST",
                "/v1/alerts/channels/" + encoded(channel) + "/test",
                Map.of(),
                BodyPublishers.noBody(),
                timeout.multipliedBy(TEST_FACTOR));
        return send(call, AlertTestResult.class);
    }

    @Override
    public CompletionStage<DriftReport> drift(String batch) {
        return send(get(path(batch) + "/drift"), DriftReport.class);
    }

    @Override
    public CompletionStage<DriftReport> drift(String batch, String against) {
        Map<String, @Nullable String> query = new LinkedHashMap<>();
        query.put("against", against);
        return send(get(path(batch) + "/drift" + text(query)), DriftReport.class);
    }

    @Override
    public CompletionStage<EventPage> events(String batch, long after) {
        return send(get(path(batch) + "/events?limit=1000&after=" + after), EventPage.class);
    }

    @Override
    public CompletionStage<PartitionPage> partitions(String batch, PartitionFilter filter) {
        Map<String, @Nullable String> query = new LinkedHashMap<>();
        query.put("state", filter.state());
        query.put("limit", String.valueOf(filter.limit()));
        query.put("cursor", filter.cursor());
        return send(get(path(batch) + "/partitions" + text(query)), PartitionPage.class);
    }

    @Override
    public CompletionStage<QuarantineReasons> quarantineReasons(String batch) {
        return send(get(path(batch) + "/quarantine/reasons"), QuarantineReasons.class);
    }

    @Override
    public CompletionStage<QuarantinedRowPage> quarantinedRows(String batch, QuarantineFilter filter) {
        Map<String, @Nullable String> query = new LinkedHashMap<>();
        query.put("reason", filter.reason());
        query.put("limit", String.valueOf(filter.limit()));
        query.put("cursor", filter.cursor());
        return send(get(path(batch) + "/quarantine/rows" + text(query)), QuarantinedRowPage.class);
    }

    @Override
    public CompletionStage<PredictionRows> predictions(String batch, int rows) {
        return send(get(path(batch) + "/predictions?limit=" + rows), PredictionRows.class);
    }

    @Override
    public CompletionStage<BatchProof> verify(String batch, Consumer<VerificationFinding> finding) {
        return new ResultStream<>(
                        this,
                        path(batch) + "/verify",
                        new ResultStream.Event<>("finding", VerificationFinding.class),
                        new ResultStream.Event<>("proof", BatchProof.class),
                        finding)
                .start();
    }

    @Override
    public CompletionStage<ReplayReport> replay(
            String batch, ReplayOptions options, Consumer<ReplayProgress> progress) {
        Map<String, @Nullable String> query = new LinkedHashMap<>();
        query.put("partitions", options.partitions());
        query.put("threads", options.threads() == null ? null : String.valueOf(options.threads()));
        return new ResultStream<>(
                        this,
                        path(batch) + "/replay" + text(query),
                        new ResultStream.Event<>("progress", ReplayProgress.class),
                        new ResultStream.Event<>("report", ReplayReport.class),
                        progress)
                .start();
    }

    @Override
    public CompletionStage<ControlResult> control(String batch, BatchControl control) {
        ControlRequest body = switch (control) {
            case BatchControl.Pause(String reason) -> new ControlRequest(reason, List.of());
            case BatchControl.Cancel(String reason) -> new ControlRequest(reason, List.of());
            case BatchControl.Rescore(List<Integer> partitions) -> new ControlRequest(null, partitions);
            case BatchControl.Resume resume -> new ControlRequest(null, List.of());
            case BatchControl.Retry retry -> new ControlRequest(null, List.of());
            case BatchControl.IgnoreWindow ignore -> new ControlRequest(null, List.of());
            case BatchControl.Approve(String reason) -> new ControlRequest(reason, List.of());
            case BatchControl.Delete(String reason, boolean force, boolean dryRun) ->
                new ControlRequest(reason, List.of(), force, dryRun, null, null);
            case BatchControl.Redrive(String job, String where, String reason) ->
                new ControlRequest(reason, List.of(), false, false, job, where);
        };
        Call call = new Call(
                "POST",
                path(batch) + "/" + control.verb(),
                Map.of("Content-Type", JSON),
                BodyPublishers.ofString(ApiJson.write(body)),
                timeout);
        return send(call, ControlResult.class);
    }

    @Override
    public CompletionStage<RetentionReport> applyRetention(@Nullable String job, boolean dryRun) {
        Map<String, @Nullable String> query = new LinkedHashMap<>();
        query.put("job", job);
        String path = "/v1/retention" + text(query);
        Call call = dryRun ? get(path) : new Call("POST", path, Map.of(), BodyPublishers.noBody(), timeout);
        return send(call, RetentionReport.class);
    }

    @Override
    public CompletionStage<SubmitResult> rescore(String batch, RescoreRequest request, @Nullable String key) {
        Map<String, String> headers =
                key == null ? Map.of("Content-Type", JSON) : Map.of("Content-Type", JSON, "Idempotency-Key", key);
        Call call = new Call(
                "POST",
                path(batch) + "/successors",
                headers,
                BodyPublishers.ofString(ApiJson.write(request)),
                timeout.multipliedBy(SUBMIT_FACTOR));
        return send(call, SubmitResult.class);
    }

    @Override
    public CompletionStage<AliasChange> promoteModel(String model, PromoteRequest request) {
        return send(post(modelPath(model) + "/promote", request), AliasChange.class);
    }

    @Override
    public CompletionStage<RollbackResult> rollBackModel(String model, RollbackRequest request) {
        return send(post(modelPath(model) + "/rollback", request), RollbackResult.class);
    }

    @Override
    public CompletionStage<ModelHistory> modelHistory(String model) {
        return send(get(modelPath(model) + "/history"), ModelHistory.class);
    }

    private static String modelPath(String model) {
        return "/v1/models/" + encoded(model);
    }

    @Override
    public CompletionStage<BatchDescription> watch(String batch, Consumer<BatchDescription> progress) {
        return new ReconnectingWatch(this, path(batch) + "/watch", progress).start();
    }

    @Override
    public void close() {
        http.shutdownNow();
    }

    private static String path(String batch) {
        return "/v1/batches/" + encoded(batch);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private Call get(String path) {
        return new Call("GET", path, Map.of(), BodyPublishers.noBody(), timeout);
    }

    private <T> CompletableFuture<T> send(Call call, Class<T> type) {
        return attempt(call, 1).thenApply(response -> read(response.body(), type));
    }

    /// @throws NightshiftException if the text isn't a record of that type
    static <T> T read(String body, Class<T> type) {
        try {
            return ApiJson.read(body, type);
        } catch (UncheckedIOException e) {
            throw new NightshiftException(
                    Kind.UNEXPECTED, "the server's answer is not one of Nightshift: " + e.getMessage(), e);
        }
    }

    /// The outcome of an attempt: a response or the error that prevented it.
    private record Outcome(
            @Nullable HttpResponse<String> response,
            @Nullable Throwable error) {}

    private CompletableFuture<HttpResponse<String>> attempt(Call call, int number) {
        URI server = server();
        return http.sendAsync(request(server, call), BodyHandlers.ofString())
                .handle(Outcome::new)
                .thenCompose(outcome -> completeOrRetry(call, number, server, outcome));
    }

    private CompletableFuture<HttpResponse<String>> completeOrRetry(
            Call call, int number, URI server, Outcome outcome) {
        HttpResponse<String> response = outcome.response();
        if (response == null) {
            Throwable error = outcome.error() == null ? new IOException("no response") : outcome.error();
            return retry(call, number, unreachable(server, error), Backoff.after(number));
        }
        if (response.statusCode() < 300) {
            return CompletableFuture.completedFuture(response);
        }
        NightshiftException failure = failure(response.statusCode(), response.body());
        return retry(call, number, failure, retryAfter(response, number));
    }

    private CompletableFuture<HttpResponse<String>> retry(
            Call call, int number, NightshiftException failure, Duration wait) {
        if (number >= attempts || !failure.kind().isTransient()) {
            return CompletableFuture.failedFuture(failure);
        }
        useNextServer();
        return CompletableFuture.runAsync(
                        () -> {}, CompletableFuture.delayedExecutor(wait.toMillis(), TimeUnit.MILLISECONDS))
                .thenCompose(waited -> attempt(call, number + 1));
    }

    private URI server() {
        return servers.get(Math.floorMod(current.get(), servers.size()));
    }

    private HttpRequest request(URI server, Call call) {
        HttpRequest.Builder request =
                request(server, call.path()).timeout(call.timeout()).method(call.method(), call.body());
        call.headers().forEach(request::header);
        return request.build();
    }

    private HttpRequest.Builder request(URI server, String path) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(server.toString().replaceFirst("/+$", "") + path));
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        return request;
    }

    /// Opens a stream of server-sent events.
    ///
    /// @param lastEventId ID of the last event received, or empty to begin with the first
    CompletableFuture<HttpResponse<Void>> stream(String path, String lastEventId, ServerSentEventReader reader) {
        HttpRequest.Builder request = request(server(), path).header("Accept", "text/event-stream");
        if (!lastEventId.isEmpty()) {
            request.header("Last-Event-ID", lastEventId);
        }
        return http.sendAsync(request.build(), reader);
    }

    void useNextServer() {
        current.incrementAndGet();
    }

    int attempts() {
        return attempts;
    }

    private static Duration retryAfter(HttpResponse<?> response, int number) {
        return response.headers()
                .firstValue("Retry-After")
                .filter(seconds -> seconds.matches("[0-9]{1,4}"))
                .map(seconds -> Duration.ofSeconds(Math.min(Integer.parseInt(seconds), MAX_RETRY_AFTER_SECONDS)))
                .orElseGet(() -> Backoff.after(number));
    }

    NightshiftException unreachable(Throwable error) {
        return unreachable(server(), error);
    }

    private static NightshiftException unreachable(URI server, Throwable error) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        if (cause instanceof NightshiftException known) {
            return known;
        }
        String reason = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        if (cause instanceof ConnectException) {
            reason = "nothing listens there";
        }
        Kind kind = cause instanceof IOException ? Kind.UNREACHABLE : Kind.UNEXPECTED;
        return new NightshiftException(kind, "cannot reach %s: %s".formatted(server, reason), cause);
    }

    static NightshiftException failure(int status, String body) {
        Problem problem = problem(body);
        if (problem != null) {
            return NightshiftException.of(problem);
        }
        Kind kind = status == 404 ? Kind.UNEXPECTED : Kind.of(status);
        return new NightshiftException(
                kind,
                "the server answered with status %d and no problem document of Nightshift".formatted(status),
                null);
    }

    private static @Nullable Problem problem(String body) {
        try {
            Problem problem = ApiJson.read(body, Problem.class);
            // Another server's JSON may lack the type.
            return String.valueOf(problem.type()).startsWith(Problem.TYPE) ? problem : null;
        } catch (UncheckedIOException | NullPointerException e) {
            return null;
        }
    }
}
