package io.nightshift.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.nightshift.api.BatchProof;
import io.nightshift.api.VerificationFinding;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Streams whose last event is the result, from a server that gives the answers that a test prepares.
@Timeout(600)
class ResultStreamTest {

    private static final String FINDING = """
            event: finding
            data: {"what": "ledger", "outcome": "proved", "detail": "12 entries"}

            """;

    private static final String PROOF = """
            event: proof
            data: {"batch": "flights-1", "state": "published", "proved": true, "summary": "Verified: all", "ledger": {"entries": 12, "head": "ab"}, "findings": []}

            """;

    private static final String BUSY = """
            {"type": "urn:nightshift:problem:too-many", "title": "t", "status": 429, "detail": "The node verifies another batch."}
            """;

    /// @param missing how many bytes the answer lacks when the server closes the connection
    private record Answer(int status, String body, int missing) {}

    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final AtomicInteger requests = new AtomicInteger();
    private final List<VerificationFinding> findings = new CopyOnWriteArrayList<>();
    private HttpServer server;
    private NightshiftClient client;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
        client = NightshiftClient.overHttp(
                        URI.create("http://127.0.0.1:" + server.getAddress().getPort()))
                .attempts(3)
                .build();
    }

    @AfterEach
    void stop() {
        client.close();
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        requests.incrementAndGet();
        Answer answer = answers.remove();
        byte[] bytes = answer.body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders()
                .set("Content-Type", answer.status == 200 ? "text/event-stream" : "application/problem+json");
        exchange.getResponseHeaders().set("Retry-After", "0");
        exchange.sendResponseHeaders(answer.status, bytes.length + answer.missing);
        exchange.getResponseBody().write(bytes);
        exchange.getResponseBody().flush();
        exchange.close();
    }

    private BatchProof verify() {
        return client.verify("latest", findings::add).toCompletableFuture().join();
    }

    private void assertFails(NightshiftException.Kind kind, String message) {
        assertThatThrownBy(this::verify)
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        NightshiftException.class,
                        failure -> assertThat(failure.kind()).isEqualTo(kind))
                .hasMessageContaining(message);
    }

    @Test
    void theLastEventIsTheResult() {
        answers.add(new Answer(200, FINDING + PROOF, 0));

        assertThat(verify().summary()).isEqualTo("Verified: all");
        assertThat(findings).extracting(VerificationFinding::detail).containsExactly("12 entries");
    }

    @Test
    void aStreamWhoseConnectionBreaksFailsAndIsNotBegunAgain() {
        answers.add(new Answer(200, FINDING, 100));
        answers.add(new Answer(200, FINDING + PROOF, 0));

        assertFails(NightshiftException.Kind.UNREACHABLE, "cannot reach http://127.0.0.1:");
        assertThat(requests).hasValue(1);
        assertThat(findings).hasSize(1);
    }

    @Test
    void aStreamThatEndsBeforeItsResultFails() {
        answers.add(new Answer(200, FINDING, 0));

        assertFails(NightshiftException.Kind.UNREACHABLE, "the stream ended before its result");
        assertThat(requests).hasValue(1);
    }

    @Test
    void aNodeThatIsBusyIsAskedAgain() {
        answers.add(new Answer(429, BUSY, 0));
        answers.add(new Answer(200, FINDING + PROOF, 0));

        assertThat(verify().proved()).isTrue();
        assertThat(requests).hasValue(2);
    }

    @Test
    void aNodeThatStaysBusySaysSo() {
        for (int i = 0; i < 3; i++) {
            answers.add(new Answer(429, BUSY, 0));
        }

        assertFails(NightshiftException.Kind.UNAVAILABLE, "The node verifies another batch.");
        assertThat(requests).hasValue(3);
    }
}
