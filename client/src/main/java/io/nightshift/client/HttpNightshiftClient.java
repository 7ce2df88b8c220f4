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
import io.nightshift.api.LedgerExport;
import io.nightshift.api.LedgerLine;
import io.nightshift.api.LedgerReport;
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
import io.nightshift.api.operation.BatchApi;
import io.nightshift.api.operation.Body;
import io.nightshift.api.operation.ClusterApi;
import io.nightshift.api.operation.JobApi;
import io.nightshift.api.operation.ModelApi;
import io.nightshift.api.operation.Operation;
import io.nightshift.client.NightshiftException.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

    private static final int SLOW_FACTOR = 5;
    private static final int MAX_RETRY_AFTER_SECONDS = 30;
    private static final int MOST_EVENTS = 1_000;

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

    @Override
    public CompletionStage<SubmitResult> submit(String job, SubmitOptions options) {
        return new Request<>(BatchApi.SUBMIT)
                .query("new", options.fresh())
                .query("full", options.full())
                .pairs(options.parameters())
                .key(keyOrNew(options.key()))
                .jobFile(job)
                .send();
    }

    @Override
    public CompletionStage<SchemaReport> compareSchema(String job, Map<String, String> parameters) {
        return new Request<>(BatchApi.COMPARE_SCHEMA)
                .pairs(parameters)
                .jobFile(job)
                .send();
    }

    @Override
    public CompletionStage<BatchDescription> describe(String batch) {
        return new Request<>(BatchApi.DESCRIBE, batch).send();
    }

    @Override
    public CompletionStage<BatchDescription> describe(String batch, Instant at) {
        return new Request<>(BatchApi.DESCRIBE, batch).query("at", at).send();
    }

    @Override
    public CompletionStage<BatchPage> list(BatchFilter filter) {
        return new Request<>(BatchApi.LIST_BATCHES)
                .query("job", filter.job())
                .query("state", filter.state())
                .query("limit", filter.limit())
                .query("cursor", filter.cursor())
                .send();
    }

    @Override
    public CompletionStage<JobList> jobs() {
        return new Request<>(JobApi.LIST_JOBS).send();
    }

    @Override
    public CompletionStage<ApplyResult> applyJob(String job, String text, @Nullable String folder) {
        return new Request<>(JobApi.APPLY_JOB, job)
                .query("folder", folder)
                .jobFile(text)
                .send();
    }

    @Override
    public CompletionStage<AppliedJob> appliedJob(String job) {
        return new Request<>(JobApi.SHOW_JOB, job).send();
    }

    @Override
    public CompletionStage<AppliedJob> pauseJob(String job, String reason) {
        return new Request<>(JobApi.PAUSE_JOB, job)
                .json(ControlRequest.because(reason))
                .send();
    }

    @Override
    public CompletionStage<AppliedJob> resumeJob(String job) {
        return new Request<>(JobApi.RESUME_JOB, job).send();
    }

    @Override
    public CompletionStage<AppliedJob> deleteJob(String job) {
        return new Request<>(JobApi.DELETE_JOB, job).send();
    }

    @Override
    public CompletionStage<JobRun> triggerJob(String job, Map<String, String> parameters, @Nullable String key) {
        return new Request<>(JobApi.TRIGGER_JOB, job)
                .pairs(parameters)
                .key(keyOrNew(key))
                .send();
    }

    @Override
    public CompletionStage<JobRunPage> runs(String job, RunFilter filter) {
        return new Request<>(JobApi.LIST_RUNS, job)
                .query("from", filter.from())
                .query("to", filter.to())
                .query("missing", filter.missing())
                .query("failed", filter.failed())
                .query("limit", filter.limit())
                .query("cursor", filter.cursor())
                .send();
    }

    @Override
    public CompletionStage<Backfill> startBackfill(String job, BackfillRequest request, @Nullable String key) {
        return new Request<>(JobApi.START_BACKFILL, job)
                .key(keyOrNew(key))
                .json(request)
                .send();
    }

    @Override
    public CompletionStage<BackfillPlan> planBackfill(String job, BackfillRequest request) {
        return new Request<>(JobApi.START_BACKFILL, job)
                .query("dry-run", true)
                .json(request)
                .send(BackfillPlan.class);
    }

    @Override
    public CompletionStage<BackfillList> backfills(String job) {
        return new Request<>(JobApi.LIST_BACKFILLS, job).send();
    }

    @Override
    public CompletionStage<Backfill> backfill(String job, String id) {
        return new Request<>(JobApi.SHOW_BACKFILL, job, id).send();
    }

    @Override
    public CompletionStage<Backfill> controlBackfill(String job, String id, BackfillControl control) {
        return new Request<>(JobApi.of(control), job, id).send();
    }

    @Override
    public CompletionStage<NodeList> nodes() {
        return new Request<>(ClusterApi.LIST_NODES).send();
    }

    @Override
    public CompletionStage<AlertPage> alerts(AlertFilter filter) {
        return new Request<>(ClusterApi.LIST_ALERTS)
                .query("state", filter.onlyOpen() ? "open" : null)
                .query("limit", filter.limit())
                .query("cursor", filter.cursor())
                .send();
    }

    @Override
    public CompletionStage<VerificationResult> reportVerification(String batch, VerificationReport report) {
        return new Request<>(ClusterApi.REPORT_VERIFICATION, batch).json(report).send();
    }

    @Override
    public CompletionStage<AlertTestResult> testAlertChannel(String channel) {
        return new Request<>(ClusterApi.TEST_ALERT_CHANNEL, channel).send();
    }

    @Override
    public CompletionStage<DriftReport> drift(String batch) {
        return new Request<>(BatchApi.READ_DRIFT, batch).send();
    }

    @Override
    public CompletionStage<DriftReport> drift(String batch, String against) {
        return new Request<>(BatchApi.READ_DRIFT, batch)
                .query("against", against)
                .send();
    }

    @Override
    public CompletionStage<EventPage> events(String batch, long after) {
        return new Request<>(BatchApi.LIST_EVENTS, batch)
                .query("after", after)
                .query("limit", MOST_EVENTS)
                .send();
    }

    @Override
    public CompletionStage<PartitionPage> partitions(String batch, PartitionFilter filter) {
        return new Request<>(BatchApi.LIST_PARTITIONS, batch)
                .query("state", filter.state())
                .query("limit", filter.limit())
                .query("cursor", filter.cursor())
                .send();
    }

    @Override
    public CompletionStage<QuarantineReasons> quarantineReasons(String batch) {
        return new Request<>(BatchApi.QUARANTINE_REASONS, batch).send();
    }

    @Override
    public CompletionStage<QuarantinedRowPage> quarantinedRows(String batch, QuarantineFilter filter) {
        return new Request<>(BatchApi.QUARANTINED_ROWS, batch)
                .query("reason", filter.reason())
                .query("limit", filter.limit())
                .query("cursor", filter.cursor())
                .send();
    }

    @Override
    public CompletionStage<PredictionRows> predictions(String batch, int rows) {
        return new Request<>(BatchApi.PREDICTIONS, batch).query("limit", rows).send();
    }

    @Override
    public CompletionStage<BatchProof> verify(String batch, Consumer<VerificationFinding> finding) {
        return new ResultStream<>(
                        this,
                        new Request<>(BatchApi.VERIFY, batch).uri(),
                        new ResultStream.Event<>("finding", VerificationFinding.class),
                        new ResultStream.Event<>("proof", BatchProof.class),
                        finding)
                .start();
    }

    @Override
    public CompletionStage<ReplayReport> replay(
            String batch, ReplayOptions options, Consumer<ReplayProgress> progress) {
        return new ResultStream<>(
                        this,
                        new Request<>(BatchApi.REPLAY, batch)
                                .query("partitions", options.partitions())
                                .query("threads", options.threads())
                                .uri(),
                        new ResultStream.Event<>("progress", ReplayProgress.class),
                        new ResultStream.Event<>("report", ReplayReport.class),
                        progress)
                .start();
    }

    @Override
    public CompletionStage<LedgerReport> checkLedger() {
        return ResultStream.withoutProgress(
                        this,
                        new Request<>(ClusterApi.CHECK_LEDGER).uri(),
                        new ResultStream.Event<>("report", LedgerReport.class))
                .start();
    }

    @Override
    public CompletionStage<LedgerExport> exportLedger(@Nullable String batch, Consumer<String> line) {
        return new ResultStream<>(
                        this,
                        new Request<>(ClusterApi.EXPORT_LEDGER)
                                .query("batch", batch)
                                .uri(),
                        new ResultStream.Event<>("line", LedgerLine.class),
                        new ResultStream.Event<>("export", LedgerExport.class),
                        next -> line.accept(next.text()))
                .start();
    }

    @Override
    public CompletionStage<ControlResult> control(String batch, BatchControl control) {
        return new Request<>(BatchApi.of(control), batch)
                .json(ControlRequest.of(control))
                .send();
    }

    @Override
    public CompletionStage<RetentionReport> applyRetention(@Nullable String job, boolean dryRun) {
        return new Request<>(dryRun ? ClusterApi.PLAN_RETENTION : ClusterApi.APPLY_RETENTION)
                .query("job", job)
                .send();
    }

    @Override
    public CompletionStage<SubmitResult> rescore(String batch, RescoreRequest request, @Nullable String key) {
        return new Request<>(BatchApi.RESCORE_WITH_MODEL, batch)
                .key(key)
                .json(request)
                .send();
    }

    @Override
    public CompletionStage<AliasChange> promoteModel(String model, PromoteRequest request) {
        return new Request<>(ModelApi.PROMOTE_MODEL, model).json(request).send();
    }

    @Override
    public CompletionStage<RollbackResult> rollBackModel(String model, RollbackRequest request) {
        return new Request<>(ModelApi.ROLL_BACK_MODEL, model).json(request).send();
    }

    @Override
    public CompletionStage<ModelHistory> modelHistory(String model) {
        return new Request<>(ModelApi.MODEL_HISTORY, model).send();
    }

    private static String keyOrNew(@Nullable String key) {
        return key == null ? UUID.randomUUID().toString() : key;
    }

    /// A request to an operation.
    private final class Request<A> {

        private final Operation<A> operation;
        private final String path;
        private final List<String> query = new ArrayList<>();
        private final Map<String, String> headers = new LinkedHashMap<>();
        private BodyPublisher body = BodyPublishers.noBody();

        /// @param segments for the braces of the path
        Request(Operation<A> operation, String... segments) {
            this.operation = operation;
            this.path = operation.path(segments);
        }

        /// @param value null and false are not sent
        Request<A> query(String name, @Nullable Object value) {
            if (value != null && !value.equals(false)) {
                query.add(operation.parameter(name).name() + "=" + Operation.encoded(value.toString()));
            }
            return this;
        }

        /// The values of a job's parameters.
        Request<A> pairs(Map<String, String> parameters) {
            parameters.forEach((name, value) -> query("param", name + "=" + value));
            return this;
        }

        /// @param key null for none
        Request<A> key(@Nullable String key) {
            if (key != null) {
                headers.put(operation.parameter(Operation.IDEMPOTENCY_KEY).name(), key);
            }
            return this;
        }

        Request<A> json(Object value) {
            return body(ApiJson.write(value));
        }

        Request<A> jobFile(String text) {
            return body(text);
        }

        private Request<A> body(String text) {
            Body declared = Objects.requireNonNull(operation.body());
            headers.put("Content-Type", declared.mediaTypes().getFirst());
            body = BodyPublishers.ofString(text);
            return this;
        }

        /// The path and query, relative to a server's URL.
        String uri() {
            return query.isEmpty() ? path : path + "?" + String.join("&", query);
        }

        CompletionStage<A> send() {
            return send(operation.answer());
        }

        /// @param type of the answer, where it depends on the parameters
        <T> CompletionStage<T> send(Class<T> type) {
            Duration limit = operation.isSlow() ? timeout.multipliedBy(SLOW_FACTOR) : timeout;
            Call call = new Call(operation.method(), uri(), headers, body, limit);
            return attempt(call, 1).thenApply(response -> read(response.body(), type));
        }
    }

    /// A request that any of the servers can answer.
    ///
    /// @param path path and query, relative to a server's URL
    private record Call(
            String method, String path, Map<String, String> headers, BodyPublisher body, Duration timeout) {}

    @Override
    public CompletionStage<BatchDescription> watch(String batch, Consumer<BatchDescription> progress) {
        return new ReconnectingWatch(this, BatchApi.WATCH.path(batch), progress).start();
    }

    @Override
    public void close() {
        http.shutdownNow();
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

    /// How long to wait before a request is repeated: as long as the server says, or else longer with each attempt.
    static Duration retryAfter(HttpResponse<?> response, int number) {
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
