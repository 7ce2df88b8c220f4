package io.nightshift.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.nightshift.api.BackfillControl;
import io.nightshift.api.BackfillRequest;
import io.nightshift.api.BatchControl;
import io.nightshift.api.BatchDescription;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The retries, keys and watches of the client, against a server that gives the answers that a test prepares.
@Timeout(600)
class HttpNightshiftClientTest {

    private static final String JOB = """
            job: flights
            model: delays@3
            source: { parquet: /data/flights.parquet }
            destination: { parquet: /data/predictions }
            """;

    /// A received request; a header that is missing is the text `null`.
    private record Asked(String line, String key, String lastEventId, String authorization, String body) {}

    /// An answer that the server gives.
    ///
    /// @param body empty for none
    private record Answer(int status, String type, String body) {}

    private final List<Asked> asked = new ArrayList<>();
    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private HttpServer server;
    private NightshiftClient client;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
        client =
                NightshiftClient.overHttp(uri()).token("nst_secret").attempts(3).build();
    }

    @AfterEach
    void stop() {
        client.close();
        server.stop(0);
    }

    private URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    private void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        synchronized (asked) {
            asked.add(new Asked(
                    exchange.getRequestMethod() + " " + exchange.getRequestURI(),
                    String.valueOf(exchange.getRequestHeaders().getFirst("Idempotency-Key")),
                    String.valueOf(exchange.getRequestHeaders().getFirst("Last-Event-ID")),
                    String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")),
                    body));
        }
        Answer answer = answers.poll();
        if (answer == null) {
            exchange.close();
            return;
        }
        exchange.getResponseHeaders().set("Content-Type", answer.type);
        exchange.getResponseHeaders().set("Retry-After", "0");
        byte[] bytes = answer.body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(answer.status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private void willAnswer(int status, String body) {
        answers.add(new Answer(status, "application/json", body));
    }

    private void willRefuse(int status, String type, String detail) {
        willAnswer(status, """
                {"type": "urn:nightshift:problem:%s", "title": "t", "status": %d, "detail": "%s", "later": 1}
                """.formatted(type, status, detail));
    }

    private static String description(String state) {
        return """
                {"batch":"b-1","job":"flights","model":"delays@3","state":"%s","submitted_at":"2026-11-24T23:14:25.123Z",\
                "rows":10,"ledger":{"entries":3,"head":"ab"},"new":{}}""".formatted(state);
    }

    private static NightshiftException failure(CompletionStage<?> stage) {
        try {
            stage.toCompletableFuture().join();
            throw new AssertionError("it did not fail");
        } catch (CompletionException e) {
            if (e.getCause() instanceof NightshiftException failure) {
                return failure;
            }
            throw e;
        }
    }

    @Test
    void aRetriedSubmissionHasTheSameKey() {
        willRefuse(503, "unavailable", "the journal is away");
        willAnswer(201, "{\"batch\":\"b-1\"}");

        assertThat(client.submit(JOB, SubmitOptions.DEFAULT.withFresh())
                        .toCompletableFuture()
                        .join()
                        .batch())
                .isEqualTo("b-1");

        assertThat(asked).hasSize(2);
        assertThat(asked.getFirst().key).hasSize(36).isEqualTo(asked.getLast().key);
        assertThat(asked.getFirst().line).isEqualTo("POST /v1/batches?new=true");
        assertThat(asked.getFirst().authorization).isEqualTo("Bearer nst_secret");
        assertThat(asked).extracting(Asked::body).containsOnly(JOB);
    }

    @Test
    void theCallersKeyIsSentAndOtherwiseEachCallHasANewKey() {
        willAnswer(201, "{\"batch\":\"b-1\"}");
        willAnswer(201, "{\"batch\":\"b-2\"}");
        client.submit(JOB, SubmitOptions.DEFAULT.withKey("2026-11-25"))
                .toCompletableFuture()
                .join();
        client.submit(JOB, SubmitOptions.DEFAULT).toCompletableFuture().join();
        assertThat(asked.getFirst().key).isEqualTo("2026-11-25");
        assertThat(asked.getLast().key).isNotEqualTo("2026-11-25");
    }

    @Test
    void aPermanentFailureIsNotRetried() {
        willRefuse(404, "unknown-batch", "there is no batch x");
        NightshiftException unknown = failure(client.describe("x y"));
        assertThat(unknown.kind()).isEqualTo(NightshiftException.Kind.NOT_FOUND);
        assertThat(unknown).hasMessage("there is no batch x");
        assertThat(asked.getLast().line).isEqualTo("GET /v1/batches/x%20y");

        willRefuse(409, "refused", "it is cancelled");
        assertThat(failure(client.control("b-1", new BatchControl.Rescore(List.of(0, 7))))
                        .kind())
                .isEqualTo(NightshiftException.Kind.REFUSED);
        assertThat(asked.getLast().line).isEqualTo("POST /v1/batches/b-1/rescore");
        assertThat(asked.getLast().body).contains("[0,7]");

        willAnswer(404, "<html>");
        assertThat(failure(client.describe("x")).kind()).isEqualTo(NightshiftException.Kind.UNEXPECTED);
        willAnswer(200, "[]");
        assertThat(failure(client.describe("x")).kind()).isEqualTo(NightshiftException.Kind.UNEXPECTED);
        assertThat(asked).hasSize(4);
    }

    @Test
    void theNextServerIsUsedWhenOneIsDown() throws IOException {
        URI nobody;
        try (ServerSocket gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = URI.create("http://127.0.0.1:" + gone.getLocalPort());
        }
        willAnswer(200, description("running"));
        try (NightshiftClient two =
                NightshiftClient.overHttp(nobody, uri()).attempts(2).build()) {
            assertThat(two.describe("b-1").toCompletableFuture().join().state()).isEqualTo("running");
        }
        try (NightshiftClient one =
                NightshiftClient.overHttp(nobody).attempts(2).build()) {
            NightshiftException failure = failure(one.describe("b-1"));
            assertThat(failure.kind()).isEqualTo(NightshiftException.Kind.UNREACHABLE);
            assertThat(failure).hasMessage("cannot reach " + nobody + ": nothing listens there");
        }
    }

    @Test
    void aWatchContinuesWhereItsStreamWasCutOff() {
        answers.add(new Answer(200, "text/event-stream", """
                retry: 2000

                id: 1
                event: submitted
                data: {"number": 1}

                : still here

                event: progress
                data: %s

                id: 2
                event: planned
                data: {"number": 2}

                id: 3
                event: comm""".formatted(description("running"))));
        willRefuse(503, "unavailable", "its coordinator moves");
        answers.add(new Answer(200, "text/event-stream", """
                id: 3
                event: published
                data: {"number": 3}

                event: progress
                data: %s

                """.formatted(description("published"))));
        List<String> states = new ArrayList<>();

        BatchDescription end = client.watch("b-1", batch -> states.add(batch.state()))
                .toCompletableFuture()
                .join();

        assertThat(end.state()).isEqualTo("published");
        assertThat(states).containsExactly("running", "published");
        assertThat(asked.stream().map(Asked::lastEventId)).containsExactly("null", "2", "2");
    }

    @Test
    void aWatchOfAnUnknownBatchFailsAndACancelledWatchEnds() {
        willRefuse(404, "unknown-batch", "there is no batch x");
        assertThat(failure(client.watch("x", batch -> {})).kind()).isEqualTo(NightshiftException.Kind.NOT_FOUND);

        answers.add(new Answer(
                200, "text/event-stream", "event: progress\ndata: %s\n\n".formatted(description("running"))));
        CompletableFuture<BatchDescription> watch =
                client.watch("b-1", batch -> {}).toCompletableFuture();
        watch.cancel(true);
        assertThat(watch).isCancelled();
    }

    @Test
    void requestsAboutAppliedJobsNameTheirRoutes() {
        willAnswer(201, "{\"job\":{\"job\":\"churn\",\"revision\":1},\"created\":true,\"changed\":true}");
        assertThat(client.applyJob("churn", JOB, "/data/my jobs")
                        .toCompletableFuture()
                        .join()
                        .created())
                .isTrue();
        willAnswer(200, "{\"run\":\"manual:k\",\"state\":\"waiting\",\"new\":1}");
        client.triggerJob("churn", Map.of("day", "2026-11-25"), "k")
                .toCompletableFuture()
                .join();
        willAnswer(200, "{\"runs\":[],\"next\":\"c\"}");
        RunFilter filter = RunFilter.ALL
                .between(Instant.parse("2026-11-25T01:00:00Z"), null)
                .withMissing()
                .atMost(7);
        assertThat(client.runs("churn", filter).toCompletableFuture().join().next())
                .isEqualTo("c");
        BackfillRequest days = new BackfillRequest("2026-11-01", "2026-11-25", 3, false, null);
        willRefuse(503, "unavailable", "the journal is away");
        willAnswer(201, "{\"id\":\"b\",\"job\":\"churn\"}");
        client.startBackfill("churn", days, null).toCompletableFuture().join();
        willAnswer(200, "{\"job\":\"churn\",\"runs\":[]}");
        client.planBackfill("churn", days).toCompletableFuture().join();
        willAnswer(200, "{\"id\":\"b\"}");
        client.controlBackfill("churn", "b", BackfillControl.CANCEL)
                .toCompletableFuture()
                .join();
        willAnswer(200, "{\"job\":\"churn\"}");
        client.deleteJob("churn").toCompletableFuture().join();

        assertThat(asked)
                .extracting(Asked::line)
                .containsExactly(
                        "PUT /v1/jobs/churn?folder=%2Fdata%2Fmy%20jobs",
                        "POST /v1/jobs/churn/trigger?param=day%3D2026-11-25",
                        "GET /v1/jobs/churn/runs?from=2026-11-25T01%3A00%3A00Z&missing=true&limit=7",
                        "POST /v1/jobs/churn/backfills",
                        "POST /v1/jobs/churn/backfills",
                        "POST /v1/jobs/churn/backfills?dry-run=true",
                        "POST /v1/jobs/churn/backfills/b/cancel",
                        "DELETE /v1/jobs/churn");
        assertThat(asked.get(0).body).isEqualTo(JOB);
        assertThat(asked.get(1).key).isEqualTo("k");
        assertThat(asked.get(3).key)
                .as("the same key in both attempts")
                .hasSize(36)
                .isEqualTo(asked.get(4).key);
        assertThat(asked.get(4).body).contains("\"from\":\"2026-11-01\"", "\"parallel\":3");
    }

    @Test
    void aListenerEndsAWatchByThrowing() {
        answers.add(new Answer(
                200, "text/event-stream", "event: progress\ndata: %s\n\n".formatted(description("running"))));
        assertThat(client.watch("b-1", batch -> {
                    throw new IllegalStateException("enough");
                }))
                .failsWithin(Duration.ofMinutes(1))
                .withThrowableThat()
                .withMessageContaining("enough");
    }

    @Test
    void aTokenIsNotSentToAnotherMachineWithoutEncryption() {
        HttpClientBuilder builder =
                NightshiftClient.overHttp(URI.create("http://192.0.2.1:7380")).token("nst_secret");
        assertThatThrownBy(builder::build)
                .hasMessageContaining("over https only")
                .hasMessageNotContaining("nst_secret");
        assertThatThrownBy(() -> NightshiftClient.overHttp(URI.create("host:7380")))
                .hasMessageContaining("a server is a URL such as https://");
    }
}
