package io.nightshift.cli.batch;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.nightshift.cli.Main;
import io.nightshift.testing.CommandResult;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Commands whose server dies while it answers by a stream of events. They never report success.
@Timeout(600)
class CutStreamTest {

    /// How many bytes of the answer are missing when the connection breaks.
    private static final int MISSING = 100;

    @TempDir
    private Path folder;

    private HttpServer server;
    private String events = "";

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        byte[] bytes = events.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, bytes.length + MISSING);
        exchange.getResponseBody().write(bytes);
        exchange.getResponseBody().flush();
        exchange.close();
    }

    private CommandResult run(String... words) {
        String[] arguments = Stream.concat(
                        Stream.of(words),
                        Stream.of(
                                "--home",
                                folder.resolve("home").toString(),
                                "--server",
                                "http://127.0.0.1:" + server.getAddress().getPort()))
                .toArray(String[]::new);
        return CommandResult.of(Main.commandLine(arguments), arguments);
    }

    private static void assertIsNoSuccess(CommandResult result) {
        assertThat(result.status()).as(result.out()).isEqualTo(2);
        assertThat(result.err()).contains("nightshift: cannot reach http://127.0.0.1:");
        assertThat(result.out()).doesNotContain("Verified", "the same", "no damage", "Exported");
    }

    @Test
    void aVerificationIsNotProved() {
        events = """
                event: finding
                data: {"what": "ledger", "outcome": "proved", "detail": "12 entries"}

                """;

        CommandResult result = run("batch", "verify", "latest");

        assertIsNoSuccess(result);
        assertThat(result.out()).containsOnlyOnce("12 entries");
    }

    @Test
    void aReplayIsNotTheSame() {
        events = """
                event: progress
                data: {"scored": 3, "partitions": 3}

                """;

        assertIsNoSuccess(run("batch", "replay", "latest"));
    }

    @Test
    void aCheckIsNotPassed() {
        assertIsNoSuccess(run("ledger", "check"));
    }

    @Test
    void anExportLeavesNoFile() throws IOException {
        events = """
                event: line
                data: {"text": "{\\"format\\":\\"nightshift-ledger\\",\\"version\\":1}"}

                """;
        Path target = Files.createDirectories(folder.resolve("exports")).resolve("ledger.json");

        assertIsNoSuccess(run("ledger", "export", target.toString()));
        assertThat(target.getParent()).isEmptyDirectory();
    }
}
