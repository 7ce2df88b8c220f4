package io.nightshift.node.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.api.operation.Role;
import io.nightshift.node.gateway.Caller;
import io.nightshift.node.gateway.GatewayAccess;
import io.nightshift.node.gateway.TestSessions;
import io.nightshift.node.gateway.Tokens;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// The time limits of connections, set to a few seconds.
@Timeout(600)
@Execution(ExecutionMode.CONCURRENT)
final class HttpServerTest {

    private static final String HOST = " HTTP/1.1\r\nHost: localhost\r\n" + LocalAccess.HEADER;
    private static final HttpLimits LIMITS =
            new HttpLimits(1_024, 1_000, 3, 2, 100, 100, new HttpLimits.Timeouts(4, 2, 2, 2, 1));

    private final AtomicInteger ended = new AtomicInteger();
    private final AtomicInteger pieces = new AtomicInteger();
    private volatile CompletableFuture<Optional<byte[]>> next = new CompletableFuture<>();
    private volatile Tokens tokens = LocalAccess.TOKENS;
    private volatile Instant now = Instant.parse("2026-11-27T01:00:00Z");
    private final GatewayAccess gateway = LocalAccess.gateway(() -> tokens, TestSessions.by(() -> now));
    private HttpServer server;

    private final class Events implements EventStream {
        @Override
        public CompletionStage<Optional<byte[]>> next() {
            pieces.incrementAndGet();
            return next;
        }

        @Override
        public void ended() {
            ended.incrementAndGet();
        }
    }

    @BeforeEach
    void start() {
        Answer page = Answer.cacheable("text/plain", "night".repeat(2_000));
        server = HttpServer.start(
                "127.0.0.1",
                0,
                null,
                new Access(gateway, true),
                LIMITS,
                List.of(
                        TestEndpoints.post(
                                "/body",
                                Role.READ,
                                call -> CompletableFuture.completedFuture(Answer.json(200, call.body().length))),
                        TestEndpoints.get("/page", Role.READ, page),
                        TestEndpoints.get(
                                "/events",
                                Role.READ,
                                call -> CompletableFuture.completedFuture(Answer.of(new Events())))));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.setSoTimeout(20_000);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String readUntil(Socket socket, String end) throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        while (!text.toString(StandardCharsets.UTF_8).endsWith(end)) {
            int read = socket.getInputStream().read();
            assertThat(read).as("after: %s", text).isNotNegative();
            text.write(read);
        }
        return text.toString(StandardCharsets.UTF_8);
    }

    @Test
    void oneTokenCanNotTakeAllWatches() throws IOException {
        String other = " HTTP/1.1\r\nHost: localhost\r\n" + LocalAccess.OTHER;
        try (Socket first = connect()) {
            assertThat(watch(first, HOST)).contains(" 200 ");
            try (Socket second = connect()) {
                assertThat(watch(second, HOST)).contains(" 200 ");
                refused(HOST, "The token local has 2 open watches at this node");
                try (Socket third = connect()) {
                    assertThat(watch(third, other)).contains(" 200 ");
                    refused(other, "The node has 3 open watches");
                }
            }
        }
    }

    private void refused(String head, String reason) throws IOException {
        try (Socket socket = connect()) {
            assertThat(watch(socket, head)).contains(" 429 ");
            assertThat(readUntil(socket, "}")).contains(reason);
        }
    }

    private static String watch(Socket socket, String head) throws IOException {
        send(socket, "GET /events" + head + "\r\n");
        return readUntil(socket, "\r\n\r\n");
    }

    private static String readAll(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /// Sends a byte whenever the server has sent nothing for a moment.
    private static String readWhileSending(Socket socket, char slow) throws IOException {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        socket.setSoTimeout(100);
        OutputStream out = socket.getOutputStream();
        while (true) {
            try {
                int read = socket.getInputStream().read();
                if (read < 0) {
                    return answer.toString(StandardCharsets.UTF_8);
                }
                answer.write(read);
            } catch (java.net.SocketTimeoutException silent) {
                try {
                    out.write(slow);
                } catch (SocketException closed) {
                    return answer.toString(StandardCharsets.UTF_8);
                }
            } catch (SocketException closed) {
                return answer.toString(StandardCharsets.UTF_8);
            }
        }
    }

    @Test
    void aSlowBodyIsAnsweredAndItsConnectionClosed() throws IOException {
        try (Socket socket = connect()) {
            send(socket, "POST /body" + HOST + "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n");
            assertThat(readWhileSending(socket, ' '))
                    .startsWith("HTTP/1.1 408 ")
                    .contains("connection: close", "application/problem+json", "within 2 seconds");
        }
    }

    @Test
    void aSlowHeadAndASilentClientAreDisconnected() throws IOException {
        try (Socket slow = connect();
                Socket silent = connect()) {
            send(slow, "GET /page" + HOST + "X-Slow: ");
            assertThat(readWhileSending(slow, 'x')).isEmpty();
            assertThat(readAll(silent)).isEmpty();
        }
        await().atMost(Duration.ofMinutes(2)).until(server::connections, open -> open == 0);
    }

    @Test
    void aConnectionIsClosedSomeTimeAfterItsLastRequest() throws IOException {
        try (Socket socket = connect()) {
            send(socket, "GET /nowhere" + HOST + "\r\n");
            assertThat(readAll(socket)).startsWith("HTTP/1.1 404 ").containsOnlyOnce("HTTP/1.1");
        }
    }

    @Test
    void aSilentEventStreamSendsCommentsAndFreesItsConnection() throws IOException {
        try (Socket socket = connect()) {
            send(socket, "GET /events" + HOST + "\r\n");
            assertThat(readUntil(socket, "\r\n\r\n"))
                    .contains(" 200 ", "text/event-stream", "transfer-encoding: chunked");
            for (int i = 0; i < 3; i++) {
                assertThat(readUntil(socket, ": still here\n\n\r\n")).isEqualTo("e\r\n: still here\n\n\r\n");
            }
            CompletableFuture<Optional<byte[]>> last = next;
            next = CompletableFuture.completedFuture(Optional.empty());
            last.complete(Optional.of("data: x\n\n".getBytes(StandardCharsets.UTF_8)));
            assertThat(readUntil(socket, "0\r\n\r\n")).endsWith("data: x\n\n\r\n0\r\n\r\n");
            assertThat(ended).hasValue(1);
            send(socket, "GET /nowhere" + HOST + "\r\n");
            assertThat(readUntil(socket, "\r\n\r\n")).startsWith("HTTP/1.1 404 ");
        }
    }

    @Test
    void aSilentEventStreamEndsWhenItsTokenIsRevoked() throws IOException {
        try (Socket socket = connect()) {
            watch(socket, HOST);

            tokens = new Tokens(List.of());

            assertThat(readUntil(socket, "0\r\n\r\n")).doesNotContain("data: ");
            assertThat(ended).hasValue(1);
        }
    }

    @Test
    void anEventIsNotSentAfterTheTokenOfItsStreamIsRevoked() throws IOException {
        try (Socket socket = connect()) {
            watch(socket, HOST);
            tokens = new Tokens(List.of());

            next.complete(Optional.of("data: secret\n\n".getBytes(StandardCharsets.UTF_8)));

            assertThat(readUntil(socket, "0\r\n\r\n")).doesNotContain("secret");
        }
    }

    /// Opens the event stream as a page of the dashboard does.
    private void watchBySession(Socket socket) throws IOException {
        String cookie = gateway.openSession(new Caller("local", Role.ADMIN, "127.0.0.1"));
        String head = " HTTP/1.1\r\nHost: localhost\r\nCookie: %s=%s\r\n".formatted(gateway.sessionCookie(), cookie);
        assertThat(watch(socket, head)).contains(" 200 ");
    }

    @Test
    void aSilentEventStreamEndsWhenItsSessionExpires() throws IOException {
        try (Socket socket = connect()) {
            watchBySession(socket);
            now = now.plus(TestSessions.LIFETIME).minusSeconds(1);
            readUntil(socket, ": still here\n\n\r\n");

            now = now.plusSeconds(1);

            assertThat(readUntil(socket, "0\r\n\r\n")).doesNotContain("data: ");
            assertThat(ended).hasValue(1);
        }
    }

    @Test
    void anEventIsNotSentAfterTheSessionOfItsStreamHasExpired() throws IOException {
        try (Socket socket = connect()) {
            watchBySession(socket);
            now = now.plus(TestSessions.LIFETIME);

            next.complete(Optional.of("data: secret\n\n".getBytes(StandardCharsets.UTF_8)));

            assertThat(readUntil(socket, "0\r\n\r\n")).doesNotContain("secret");
        }
    }

    @Test
    void anEventStreamIsReleasedOnceWhenItsClientLeaves() throws IOException {
        try (Socket socket = connect()) {
            send(socket, "GET /events" + HOST + "\r\n");
            readUntil(socket, "\r\n\r\n");
        }
        await().atMost(Duration.ofMinutes(2))
                .untilAtomic(ended, value -> assertThat(value).isEqualTo(1));
        next.complete(Optional.empty());
        server.leave().toCompletableFuture().join();
        assertThat(ended).hasValue(1);
    }

    @Test
    void aClientThatDoesNotReadItsEventsIsDisconnected() throws IOException {
        next = CompletableFuture.completedFuture(
                Optional.of("data: x\n\n".repeat(8_000).getBytes(StandardCharsets.UTF_8)));
        try (Socket socket = new Socket()) {
            socket.setReceiveBufferSize(4_096);
            socket.connect(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
            send(socket, "GET /events" + HOST + "\r\n");
            await().atMost(Duration.ofMinutes(2))
                    .untilAtomic(ended, value -> assertThat(value).isEqualTo(1));
            assertThat(pieces.get())
                    .as("pieces that fit into the sockets' buffers")
                    .isLessThan(200);
        }
    }

    @Test
    void noMoreEventStreamsAreOpenThanAllowed() throws IOException {
        try (Socket first = connect();
                Socket second = connect();
                Socket third = connect()) {
            for (Socket socket : List.of(first, second)) {
                send(socket, "GET /events" + HOST + "\r\n");
                assertThat(readUntil(socket, "\r\n\r\n")).contains(" 200 ");
            }
            send(third, "GET /events" + HOST + "\r\n");
            assertThat(readUntil(third, "\r\n\r\n"))
                    .contains(" 429 ", "Retry-After: 10", "application/problem+json")
                    .doesNotContain("event-stream", "Content-Encoding");
        }
    }

    @Test
    void aPageIsSentAgainOnlyIfItHasChanged() throws IOException {
        try (Socket socket = connect()) {
            send(socket, "GET /page" + HOST + "\r\n");
            String head = readUntil(socket, "\r\n\r\n");
            String tag = head.replaceAll("(?s).*ETag: ([^\r]*)\r.*", "$1");
            assertThat(socket.getInputStream().readNBytes(10_000)).hasSize(10_000);
            send(socket, "GET /page" + HOST + "If-None-Match: " + tag + "\r\n\r\n");
            assertThat(readUntil(socket, "\r\n\r\n"))
                    .startsWith("HTTP/1.1 304 ")
                    .contains(tag);
            send(socket, "GET /page" + HOST + "If-None-Match: W/\"other\"\r\n\r\n");
            assertThat(readUntil(socket, "\r\n\r\n")).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void aLongAnswerIsCompressedIfTheClientSaysItCanReadThat() throws IOException {
        try (Socket socket = connect()) {
            send(socket, "GET /page" + HOST + "Accept-Encoding: gzip\r\nConnection: close\r\n\r\n");
            assertThat(readUntil(socket, "\r\n\r\n")).contains("content-encoding: gzip", "Vary: Accept-Encoding");
            assertThat(socket.getInputStream().readAllBytes()).hasSizeLessThan(1_000);
        }
    }

    @Test
    void aRequestThatExpectsSomethingUnknownIsRefused() throws IOException {
        try (Socket socket = connect()) {
            send(
                    socket,
                    "POST /body" + HOST
                            + "Content-Type: application/json\r\nContent-Length: 2\r\nExpect: magic\r\n\r\n");
            assertThat(readUntil(socket, "\r\n\r\n")).startsWith("HTTP/1.1 417 ");
        }
    }
}
