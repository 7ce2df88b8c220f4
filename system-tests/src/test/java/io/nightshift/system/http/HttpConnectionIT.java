package io.nightshift.system.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.node.configuration.TokenSettings;
import io.nightshift.node.http.HttpLimits;
import io.nightshift.testing.FlightsJob;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The handling of a connection's bytes by a node. All tests share one node with low limits.
@Timeout(300)
final class HttpConnectionIT {

    private static final int BODY = 1_024;
    private static final int CONNECTIONS = 3;
    private static final int PATIENCE_MILLIS = 60_000;
    private static final String HOST = "Host: localhost\r\n";
    private static final String JOBS = "GET /v1/jobs HTTP/1.1\r\n" + HOST + "\r\n";
    private static final String FOREIGN = "GET /v1/jobs HTTP/1.1\r\n" + HOST + "Origin: https://example.org\r\n\r\n";

    @TempDir
    static Path folder;

    private static HttpNode node;

    @BeforeAll
    static void start() {
        node = node("home", HttpLimits.Timeouts.DEFAULT);
    }

    private static HttpNode node(String home, HttpLimits.Timeouts timeouts) {
        return new HttpNode(
                folder.resolve(home),
                new HttpSettings(
                        true,
                        "127.0.0.1",
                        0,
                        null,
                        TokenSettings.NONE,
                        new HttpLimits(BODY, 2_000, 1, 1, CONNECTIONS, CONNECTIONS, timeouts)));
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    /// The client's end of a connection.
    private static final class Line implements AutoCloseable {
        private final Socket socket;
        private final String authorization;

        Line(HttpNode to) throws IOException {
            authorization = to.authorization();
            socket = new Socket(InetAddress.getLoopbackAddress(), to.port);
            socket.setSoTimeout(PATIENCE_MILLIS);
        }

        Line() throws IOException {
            this(node);
        }

        /// Adds the node's token to each request.
        Line say(String text) throws IOException {
            String requests = text.replaceAll("( HTTP/1\\.[01]\r\n)", "$1" + authorization);
            socket.getOutputStream().write(requests.getBytes(StandardCharsets.UTF_8));
            return this;
        }

        /// The next response: status line, headers, and the body if it has a `Content-Length`.
        String answer() throws IOException {
            String head = head();
            int at = head.indexOf("content-length: ");
            int length = at < 0 ? 0 : Integer.parseInt(head.substring(at + 16, head.indexOf('\r', at)));
            return head + new String(socket.getInputStream().readNBytes(length), StandardCharsets.UTF_8);
        }

        String head() throws IOException {
            return until("\r\n\r\n");
        }

        String until(String end) throws IOException {
            ByteArrayOutputStream text = new ByteArrayOutputStream();
            while (!text.toString(StandardCharsets.UTF_8).endsWith(end)) {
                int next = socket.getInputStream().read();
                if (next < 0) {
                    throw new IOException("closed after: " + text.toString(StandardCharsets.UTF_8));
                }
                text.write(next);
            }
            return text.toString(StandardCharsets.UTF_8);
        }

        /// Everything until the node closes the connection.
        String rest() throws IOException {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @Test
    void requestsThatComeTogetherAreAnsweredInTheirOrder() throws IOException {
        try (Line line = new Line()) {
            line.say(JOBS + FOREIGN + JOBS + "GET /nowhere HTTP/1.1\r\n" + HOST + "\r\n" + JOBS);
            List<String> statuses = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                statuses.add(line.answer().substring(9, 12));
            }
            assertThat(statuses).containsExactly("200", "403", "200", "404", "200");
        }
    }

    @Test
    void aMalformedRequestIsAnsweredAndItsConnectionClosed() throws IOException {
        try (Line line = new Line()) {
            line.say("\u0001\u0002 nonsense\r\n\r\n");
            assertThat(line.rest()).startsWith("HTTP/1.0 400 ").contains("application/problem+json");
        }
        try (Line line = new Line()) {
            line.say("GET /v1/jobs?" + "x".repeat(5_000) + " HTTP/1.1\r\n" + HOST + "\r\n");
            assertThat(line.rest()).startsWith("HTTP/1.0 414 ");
        }
        try (Line line = new Line()) {
            line.say("GET /v1/jobs HTTP/1.1\r\n" + HOST + "X-Long: " + "x".repeat(20_000) + "\r\n\r\n");
            assertThat(line.rest()).startsWith("HTTP/1.1 431 ");
        }
        try (Line line = new Line()) {
            line.say("GET /v1/jobs/%zz HTTP/1.1\r\n" + HOST + "\r\n");
            assertThat(line.answer()).startsWith("HTTP/1.1 400 ").contains("can't be decoded");
        }
    }

    @Test
    void aRequestNamesOneHostWhichIsThisMachine() throws IOException {
        try (Line line = new Line()) {
            assertThat(line.say("GET /v1/jobs HTTP/1.1\r\n\r\n").answer())
                    .startsWith("HTTP/1.1 400 ")
                    .contains("one host");
            assertThat(line.say("GET /v1/jobs HTTP/1.1\r\n" + HOST + HOST + "\r\n")
                            .answer())
                    .startsWith("HTTP/1.1 400 ");
            assertThat(line.say("GET http://evil.example.org/v1/jobs HTTP/1.1\r\n" + HOST + "\r\n")
                            .answer())
                    .startsWith("HTTP/1.1 403 ")
                    .contains("evil.example.org");
            for (String invalid : List.of("localhost:x@evil.example.org", "::1")) {
                assertThat(line.say("GET /v1/jobs HTTP/1.1\r\nHost: " + invalid + "\r\n\r\n")
                                .answer())
                        .as(invalid)
                        .startsWith("HTTP/1.1 400 ");
            }
            for (String foreign : List.of("localhost.evil.example.org", ":80")) {
                assertThat(line.say("GET /v1/jobs HTTP/1.1\r\nHost: " + foreign + "\r\n\r\n")
                                .answer())
                        .as(foreign)
                        .startsWith("HTTP/1.1 403 ");
            }
            assertThat(line.say("GET http://[::1]:80/v1/jobs HTTP/1.1\r\n" + HOST + "\r\n")
                            .answer())
                    .startsWith("HTTP/1.1 200 ");
            assertThat(line.say("GET /%76%31/jobs HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n")
                            .answer())
                    .as("a path is decoded")
                    .startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void aHeadRequestGetsNoBody() throws IOException {
        try (Line line = new Line()) {
            String head = line.say("HEAD /v1/jobs HTTP/1.1\r\n" + HOST + "\r\n").head();
            assertThat(head).startsWith("HTTP/1.1 200 ").containsPattern("content-length: [1-9]");
            assertThat(line.say(JOBS).answer()).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void anOlderClientIsAnsweredOnce() throws IOException {
        try (Line line = new Line()) {
            line.say("GET /v1/jobs HTTP/1.0\r\n" + HOST + "\r\n" + JOBS);
            assertThat(line.rest()).startsWith("HTTP/1.0 200 ").containsOnlyOnce("HTTP/1.");
        }
    }

    @Test
    void aBodyIsWaitedForWhereItIsWanted() throws IOException {
        String post = "POST /v1/batches HTTP/1.1\r\n" + HOST + "Expect: 100-continue\r\n";
        try (Line line = new Line()) {
            line.say(post + "Content-Type: application/yaml\r\nContent-Length: 6\r\n\r\n");
            assertThat(line.head()).startsWith("HTTP/1.1 100 ");
            assertThat(line.say("job: x").answer()).startsWith("HTTP/1.1 422 ");
        }
        try (Line line = new Line()) {
            line.say(post + "Content-Type: text/plain\r\nContent-Length: 6\r\n\r\n");
            assertThat(line.rest()).startsWith("HTTP/1.1 415 ");
        }
        try (Line line = new Line()) {
            line.say(post + "Content-Type: application/yaml\r\nContent-Length: 100000\r\n\r\n");
            assertThat(line.rest()).startsWith("HTTP/1.1 413 ");
        }
    }

    @Test
    void aClientThatSendsTooMuchIsRefusedAndMaySendAnotherRequest() throws IOException {
        String post = "POST /v1/batches HTTP/1.1\r\n" + HOST + "Content-Type: application/yaml\r\n";
        String much = "x".repeat(300_000);
        try (Line line = new Line()) {
            line.say(post + "Content-Length: " + much.length() + "\r\n\r\n" + much + JOBS);
            assertThat(line.answer()).startsWith("HTTP/1.1 413 ").contains("1,024 bytes");
            assertThat(line.answer()).startsWith("HTTP/1.1 200 ");
            line.say(post + "Transfer-Encoding: chunked\r\n\r\n");
            for (int i = 0; i < 10; i++) {
                line.say("200\r\n" + "x".repeat(512) + "\r\n");
            }
            line.say("0\r\n\r\n" + JOBS);
            assertThat(line.answer()).startsWith("HTTP/1.1 413 ");
            assertThat(line.answer()).startsWith("HTTP/1.1 200 ");
            line.say(post + "Transfer-Encoding: chunked\r\n\r\nnonsense\r\n");
            assertThat(line.rest()).startsWith("HTTP/1.1 400 ");
        }
    }

    @Test
    void aConnectionBeyondTheLimitReplacesTheOneThatHasWaitedLongest() throws Exception {
        List<Line> lines = new ArrayList<>();
        try {
            for (int i = 0; i <= CONNECTIONS; i++) {
                lines.add(new Line());
                assertThat(lines.getLast().say(JOBS).answer()).startsWith("HTTP/1.1 200 ");
            }
            assertThat(lines.getFirst().rest()).as("closed").isEmpty();
            assertThat(lines.get(1).say(JOBS).answer()).startsWith("HTTP/1.1 200 ");
        } finally {
            for (Line line : lines) {
                line.close();
            }
        }
    }

    @Test
    void aWatchThatIsLeftMakesRoomAndOneThatIsNotEndsWithTheNode() throws IOException {
        // The node sends nothing into the stream of a paused batch, so it does not find the end of the
        // connection that way.
        HttpNode leaving = node("leaving", new HttpLimits.Timeouts(10, 20, 30, 75, 600));
        boolean hasLeft = false;
        try {
            String job = HttpNode.jobText(FlightsJob.in(folder.resolve("left")), "partitions.rows=1000");
            String body = "Content-Type: application/yaml\r\nContent-Length: " + job.length() + "\r\n\r\n" + job;
            try (Line line = new Line(leaving)) {
                String submitted =
                        line.say("POST /v1/batches HTTP/1.1\r\n" + HOST + body).answer();
                assertThat(submitted).startsWith("HTTP/1.1 201 ");
                String batch = submitted.replaceAll("(?s).*\"batch\":\"([^\"]*)\".*", "$1");
                line.say("POST /v1/batches/" + batch + "/pause HTTP/1.1\r\n" + HOST + "Content-Length: 0\r\n\r\n");
                assertThat(line.answer()).startsWith("HTTP/1.1 200 ");
                String watch = "GET /v1/batches/" + batch + "/watch HTTP/1.1\r\n" + HOST + "\r\n";
                Line watching = new Line(leaving);
                assertThat(watching.say(watch).head()).contains("text/event-stream", "transfer-encoding: chunked");
                assertThat(line.say(watch).answer()).startsWith("HTTP/1.1 429 ");
                watching.close();
                try (Line next = new Line(leaving)) {
                    long until = System.nanoTime() + Duration.ofSeconds(60).toNanos();
                    String head = next.say(watch).head();
                    while (head.startsWith("HTTP/1.1 429 ") && System.nanoTime() < until) {
                        next.socket
                                .getInputStream()
                                .readNBytes(
                                        Integer.parseInt(head.replaceAll("(?s).*content-length: ([0-9]+).*", "$1")));
                        head = next.say(watch).head();
                    }
                    assertThat(head).startsWith("HTTP/1.1 200 ");
                    assertThat(next.until("event: progress")).contains("event: submitted");
                    leaving.close();
                    hasLeft = true;
                    assertThat(next.rest()).endsWith("\r\n0\r\n\r\n");
                }
            }
        } finally {
            if (!hasLeft) {
                leaving.close();
            }
        }
    }
}
