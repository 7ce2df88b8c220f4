package io.nightshift.node.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.api.operation.Role;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Many slow clients on one address, and a health probe on the same address.
@Timeout(300)
final class SlowClientsTest {

    private static final int CLIENTS = 2_000;

    /// Clients that connect, and that connect again, between two probes.
    private static final int NEW_CLIENTS = 25;

    /// Probes after all clients are there.
    private static final int ROUNDS = 40;
    private static final int PATIENCE_MILLIS = 60_000;
    private static final String HOST = " HTTP/1.1\r\nHost: localhost\r\n" + LocalAccess.HEADER;

    private static final HttpLimits LIMITS = new HttpLimits(
            256 * 1_024,
            100_000,
            HttpLimits.DEFAULT.watches(),
            HttpLimits.DEFAULT.watchesPerCaller(),
            HttpLimits.DEFAULT.connections(),
            HttpLimits.DEFAULT.connectionsPerAddress(),
            HttpLimits.Timeouts.DEFAULT);

    /// More than any time limit.
    private static final long LATE = TimeUnit.MINUTES.toNanos(10);

    /// The server's clock. It stands still until a test advances it.
    private final AtomicLong clock = new AtomicLong();

    private final AtomicInteger streams = new AtomicInteger();
    private HttpServer server;

    /// The part of a request that a client sends slowly.
    private enum Kind {
        HEAD("GET /health/ready" + HOST, "X-Slow: 1\r\n"),
        BODY("POST /v1/batches" + HOST + "Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n", "x"),
        READ("GET /v1/watch" + HOST + "\r\n", ""),
        SILENT("", "");

        private final String first;
        private final String more;

        Kind(String first, String more) {
            this.first = first;
            this.more = more;
        }
    }

    /// Events without end.
    private final class Events implements EventStream {
        private final byte[] piece = "data: x\n\n".repeat(8_000).getBytes(StandardCharsets.UTF_8);

        @Override
        public CompletionStage<Optional<byte[]>> next() {
            return CompletableFuture.completedFuture(Optional.of(piece));
        }

        @Override
        public void ended() {
            streams.decrementAndGet();
        }
    }

    @BeforeEach
    void start() throws IOException {
        Answer up = Answer.json(200, "{\"status\":\"up\"}");
        server = HttpServer.start(
                "127.0.0.1",
                0,
                null,
                LocalAccess.access(),
                LIMITS,
                List.of(
                        TestEndpoints.get("/health/ready", null, up),
                        TestEndpoints.get("/metrics", Role.READ, up),
                        TestEndpoints.post("/v1/batches", Role.SUBMIT, call -> CompletableFuture.completedFuture(up)),
                        TestEndpoints.get("/v1/watch", Role.READ, call -> {
                            streams.incrementAndGet();
                            return CompletableFuture.completedFuture(Answer.of(new Events()));
                        })),
                clock::get);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /// A client that sends a little in each round.
    private final class SlowClient {
        private final Kind kind;
        private SocketChannel channel;
        private boolean hasBegun;

        SlowClient(Kind kind) throws IOException {
            this.kind = kind;
            this.channel = connect();
        }

        private SocketChannel connect() throws IOException {
            hasBegun = false;
            SocketChannel socket = SocketChannel.open();
            socket.setOption(StandardSocketOptions.SO_RCVBUF, 4_096);
            socket.configureBlocking(false);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
            return socket;
        }

        /// @return whether it is still connected
        boolean proceed() {
            try {
                if (!channel.finishConnect()) {
                    return true;
                }
                channel.write(StandardCharsets.US_ASCII.encode(hasBegun ? kind.more : kind.first));
                hasBegun = true;
                return kind == Kind.READ || channel.read(ByteBuffer.allocate(1_024)) >= 0;
            } catch (IOException | NotYetConnectedException disconnected) {
                return false;
            }
        }

        void reconnect() throws IOException {
            channel.close();
            channel = connect();
        }
    }

    private void probe(String path) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()), PATIENCE_MILLIS);
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.getOutputStream()
                    .write(("GET " + path + HOST + "Connection: close\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .as(path)
                    .startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void probesAreAnsweredWhileThousandsOfClientsAreSlow() throws IOException {
        List<SlowClient> clients = new ArrayList<>();
        int disconnected = 0;
        int mostStreams = 0;
        try {
            for (int round = 0; round < CLIENTS / NEW_CLIENTS + ROUNDS; round++) {
                for (int i = 0; i < NEW_CLIENTS && clients.size() < CLIENTS; i++) {
                    clients.add(new SlowClient(Kind.values()[clients.size() % Kind.values().length]));
                }
                int reconnects = NEW_CLIENTS;
                for (SlowClient client : clients) {
                    if (!client.proceed() && reconnects-- > 0) {
                        client.reconnect();
                        disconnected++;
                    }
                }
                probe(round % 2 == 0 ? "/health/ready" : "/metrics");
                assertThat(server.connections()).isLessThanOrEqualTo(LIMITS.connectionsPerAddress());
                mostStreams = Math.max(mostStreams, streams.get());
            }
        } finally {
            for (SlowClient client : clients) {
                client.channel.close();
            }
        }
        assertThat(clients).hasSize(CLIENTS);
        assertThat(disconnected).as("slow clients that were disconnected").isGreaterThan(CLIENTS / 4);
        assertThat(mostStreams).as("event streams that nobody reads").isGreaterThan(50);
    }

    @Test
    void slowClientsAreDisconnectedWhenTheirTimeIsOver() throws IOException {
        int each = 100;
        List<SlowClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < each * Kind.values().length; i++) {
                clients.add(new SlowClient(Kind.values()[i % Kind.values().length]));
            }
            await().atMost(Duration.ofMinutes(2)).until(() -> {
                assertThat(clients).allMatch(SlowClient::proceed);
                return server.connections() == clients.size() && streams.get() == each;
            });

            // A client that has just taken a piece of its answer has its time again.
            await().atMost(Duration.ofMinutes(2)).until(() -> {
                clock.addAndGet(LATE);
                return server.connections() == 0;
            });
        } finally {
            for (SlowClient client : clients) {
                client.channel.close();
            }
        }
        await().atMost(Duration.ofMinutes(2)).until(() -> streams.get() == 0);
        probe("/health/ready");
    }
}
