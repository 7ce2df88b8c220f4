package io.nightshift.client;

import io.nightshift.client.NightshiftException.Kind;
import io.nightshift.protocol.api.ApiJson;
import io.nightshift.protocol.api.BatchControl;
import io.nightshift.protocol.api.BatchDescription;
import io.nightshift.protocol.api.BatchPage;
import io.nightshift.protocol.api.ControlRequest;
import io.nightshift.protocol.api.Controlled;
import io.nightshift.protocol.api.EventPage;
import io.nightshift.protocol.api.JobList;
import io.nightshift.protocol.api.Problem;
import io.nightshift.protocol.api.Submitted;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobText;
import java.io.IOException;
import java.io.UncheckedIOException;
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
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Asks by HTTP: the next server, after a while, where one can't be reached or can't say.
final class HttpNightshiftClient implements NightshiftClient {

    private static final int SUBMIT_FACTOR = 5;
    private static final int LONGEST_WAIT_SECONDS = 30;

    private final HttpClient http;
    private final List<URI> servers;
    private final @Nullable String token;
    private final Duration timeout;
    private final int attempts;

    /// The server that answered last.
    private final AtomicInteger current = new AtomicInteger();

    HttpNightshiftClient(HttpClient http, List<URI> servers, @Nullable String token, Duration timeout, int attempts) {
        this.http = http;
        this.servers = servers;
        this.token = token;
        this.timeout = timeout;
        this.attempts = attempts;
    }

    /// A question, whichever server is asked.
    ///
    /// @param path with its query, below a server's URL
    private record Question(
            String method, String path, Map<String, String> headers, BodyPublisher body, Duration timeout) {}

    @Override
    public CompletionStage<Submitted> submit(Job job, SubmitOptions options) {
        String key = options.key() == null ? UUID.randomUUID().toString() : options.key();
        Question question = new Question(
                "POST",
                "/v1/batches" + (options.fresh() ? "?new=true" : ""),
                Map.of("Content-Type", "application/json", "Idempotency-Key", key),
                BodyPublishers.ofString(JobText.of(job)),
                timeout.multipliedBy(SUBMIT_FACTOR));
        return ask(question, Submitted.class);
    }

    @Override
    public CompletionStage<BatchDescription> describe(String batch) {
        return ask(get(path(batch)), BatchDescription.class);
    }

    @Override
    public CompletionStage<BatchPage> list(BatchFilter filter) {
        Map<String, @Nullable String> query = new LinkedHashMap<>();
        query.put("job", filter.job());
        query.put("state", filter.state());
        query.put("limit", String.valueOf(filter.limit()));
        query.put("cursor", filter.cursor());
        String text = query.entrySet().stream()
                .filter(parameter -> parameter.getValue() != null)
                .map(parameter -> parameter.getKey() + "=" + encoded(String.valueOf(parameter.getValue())))
                .collect(Collectors.joining("&"));
        return ask(get("/v1/batches?" + text), BatchPage.class);
    }

    @Override
    public CompletionStage<JobList> jobs() {
        return ask(get("/v1/jobs"), JobList.class);
    }

    @Override
    public CompletionStage<EventPage> events(String batch, long after) {
        return ask(get(path(batch) + "/events?limit=1000&after=" + after), EventPage.class);
    }

    @Override
    public CompletionStage<Controlled> control(String batch, BatchControl control) {
        ControlRequest request = switch (control) {
            case BatchControl.Pause(String reason) -> new ControlRequest(reason, List.of());
            case BatchControl.Cancel(String reason) -> new ControlRequest(reason, List.of());
            case BatchControl.Rescore(List<Integer> partitions) -> new ControlRequest(null, partitions);
            case BatchControl.Resume resume -> new ControlRequest(null, List.of());
            case BatchControl.Retry retry -> new ControlRequest(null, List.of());
        };
        Question question = new Question(
                "POST",
                path(batch) + "/" + control.verb(),
                Map.of("Content-Type", "application/json"),
                BodyPublishers.ofString(ApiJson.write(request)),
                timeout);
        return ask(question, Controlled.class);
    }

    @Override
    public CompletionStage<BatchDescription> watch(String batch, Consumer<BatchDescription> progress) {
        return new Watching(this, path(batch) + "/watch", progress).begin();
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

    private Question get(String path) {
        return new Question("GET", path, Map.of(), BodyPublishers.noBody(), timeout);
    }

    private <T> CompletableFuture<T> ask(Question question, Class<T> type) {
        return attempt(question, 1).thenApply(response -> read(response.body(), type));
    }

    private static <T> T read(String body, Class<T> type) {
        try {
            return ApiJson.read(body, type);
        } catch (UncheckedIOException e) {
            throw new NightshiftException(
                    Kind.UNEXPECTED, "the server doesn't answer as Nightshift does: " + e.getMessage(), null, e);
        }
    }

    /// One of the two.
    private record Outcome(
            @Nullable HttpResponse<String> response,
            @Nullable Throwable problem) {}

    private CompletableFuture<HttpResponse<String>> attempt(Question question, int number) {
        URI server = server();
        return http.sendAsync(request(server, question), BodyHandlers.ofString())
                .handle(Outcome::new)
                .thenCompose(outcome -> judge(question, number, server, outcome));
    }

    private CompletableFuture<HttpResponse<String>> judge(Question question, int number, URI server, Outcome outcome) {
        HttpResponse<String> response = outcome.response();
        if (response == null) {
            Throwable problem = outcome.problem() == null ? new IOException("no answer") : outcome.problem();
            return again(question, number, unreachable(server, problem), Backoff.before(number));
        }
        if (response.statusCode() < 300) {
            return CompletableFuture.completedFuture(response);
        }
        NightshiftException failure = failure(response.statusCode(), response.body());
        return failure.kind() == Kind.UNAVAILABLE
                ? again(question, number, failure, wait(response, number))
                : CompletableFuture.failedFuture(failure);
    }

    private CompletableFuture<HttpResponse<String>> again(
            Question question, int number, NightshiftException failure, Duration wait) {
        if (number >= attempts || failure.kind() == Kind.UNEXPECTED) {
            return CompletableFuture.failedFuture(failure);
        }
        current.incrementAndGet();
        return CompletableFuture.runAsync(
                        () -> {}, CompletableFuture.delayedExecutor(wait.toMillis(), TimeUnit.MILLISECONDS))
                .thenCompose(nothing -> attempt(question, number + 1));
    }

    private URI server() {
        return servers.get(Math.floorMod(current.get(), servers.size()));
    }

    private HttpRequest request(URI server, Question question) {
        HttpRequest.Builder request =
                request(server, question.path()).timeout(question.timeout()).method(question.method(), question.body());
        question.headers().forEach(request::header);
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

    /// Opens a stream of events.
    ///
    /// @param last the id of the event before, or empty
    CompletableFuture<HttpResponse<Void>> stream(String path, String last, EventLines lines) {
        HttpRequest.Builder request = request(server(), path).header("Accept", "text/event-stream");
        if (!last.isEmpty()) {
            request.header("Last-Event-ID", last);
        }
        return http.sendAsync(request.build(), lines);
    }

    /// Has the next server asked.
    void turnAway() {
        current.incrementAndGet();
    }

    int attempts() {
        return attempts;
    }

    private static Duration wait(HttpResponse<?> response, int number) {
        return response.headers()
                .firstValue("Retry-After")
                .filter(seconds -> seconds.matches("[0-9]{1,4}"))
                .map(seconds -> Duration.ofSeconds(Math.min(Integer.parseInt(seconds), LONGEST_WAIT_SECONDS)))
                .orElseGet(() -> Backoff.before(number));
    }

    NightshiftException unreachable(Throwable problem) {
        return unreachable(server(), problem);
    }

    private static NightshiftException unreachable(URI server, Throwable problem) {
        Throwable cause =
                problem instanceof CompletionException && problem.getCause() != null ? problem.getCause() : problem;
        if (cause instanceof NightshiftException known) {
            return known;
        }
        String reason = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        if (cause instanceof java.net.ConnectException) {
            reason = "nobody listens there";
        }
        Kind kind = cause instanceof IOException ? Kind.UNREACHABLE : Kind.UNEXPECTED;
        return new NightshiftException(kind, "%s can't be asked: %s".formatted(server, reason), null, cause);
    }

    static NightshiftException failure(int status, String body) {
        Problem problem = problem(body);
        return problem != null
                ? NightshiftException.of(problem)
                : new NightshiftException(
                        status == 404 ? Kind.UNEXPECTED : Kind.of(status),
                        "the server answers with the status %d, and not as Nightshift does".formatted(status),
                        null,
                        null);
    }

    private static @Nullable Problem problem(String body) {
        try {
            Problem problem = ApiJson.read(body, Problem.class);
            // As another server's JSON would have it.
            return String.valueOf(problem.type()).startsWith(Problem.TYPE) ? problem : null;
        } catch (UncheckedIOException | NullPointerException e) {
            return null;
        }
    }
}
