package io.nightshift.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.Nightly;
import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Alerts of a cluster and of a `run`, with a real receiver that hangs, fails and redirects, while the node that
/// sends is killed.
@Timeout(600)
final class AlertIT {

    private static final Duration SOON = Duration.ofMinutes(2);
    private static final ObjectMapper JSON = new ObjectMapper();

    /// How the receiver answers.
    private enum Mode {
        HANG,
        FAIL,
        REDIRECT,
        ACCEPT
    }

    @TempDir
    Path folder = Path.of("");

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<JsonNode> received = new CopyOnWriteArrayList<>();
    private final List<JsonNode> accepted = new CopyOnWriteArrayList<>();
    private final List<String> elsewhere = new CopyOnWriteArrayList<>();
    private volatile Mode mode = Mode.HANG;
    private HttpServer receiver;
    private TestCluster cluster;

    @BeforeEach
    void startReceiver() throws IOException {
        receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.setExecutor(threads);
        receiver.createContext("/hook", this::receive);
        receiver.createContext("/elsewhere", exchange -> {
            elsewhere.add(exchange.getRequestMethod());
            answer(exchange, 200);
        });
        receiver.start();
    }

    /// Creates a cluster that sends alerts to the receiver. Starts no node.
    private void createCluster() throws IOException {
        cluster = new TestCluster(folder, 3);
        Files.writeString(folder.resolve("secret"), "s3cret\n");
        Files.writeString(
                cluster.configuration(),
                """

                nightshift.alerts {
                  channels.ops {
                    type = webhook
                    url = "http://127.0.0.1:%d/hook"
                    secret-file = "%s"
                    timeout-seconds = 60
                  }
                  rules = [ { on = [failed], to = ops } ]
                }
                """.formatted(receiver.getAddress().getPort(), folder.resolve("secret")),
                StandardOpenOption.APPEND);
    }

    @AfterEach
    void end() throws IOException {
        if (cluster != null) {
            cluster.close();
        }
        receiver.stop(0);
        threads.shutdownNow();
    }

    private void receive(HttpExchange exchange) throws IOException {
        JsonNode message = JSON.readTree(exchange.getRequestBody().readAllBytes());
        received.add(message);
        switch (mode) {
            case HANG -> {}
            case FAIL -> answer(exchange, 503);
            case REDIRECT -> {
                exchange.getResponseHeaders().add("Location", "/elsewhere");
                answer(exchange, 308);
            }
            case ACCEPT -> {
                accepted.add(message);
                answer(exchange, 200);
            }
        }
    }

    private static void answer(HttpExchange exchange, int status) throws IOException {
        byte[] body = "the answer".getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private JsonNode show(String batch) {
        return cluster.batch("show", batch, "-o", "json").expect(0).json();
    }

    private JsonNode alerts(String... more) throws IOException {
        return JSON.readTree(cluster.command("alert", "list", more).expect(0).out());
    }

    private JsonNode alertsByHttp(int node) throws IOException {
        return alerts(
                "-o",
                "json",
                "--server",
                cluster.http(node).toString(),
                "--token-file",
                cluster.tokenFile().toString());
    }

    private void awaitReceived(int count) {
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(received).as(cluster.logs()).hasSizeGreaterThanOrEqualTo(count));
    }

    @Test
    @Nightly(shortForm = {"ServedJobsIT", "AlertIT.aRunSendsItsAlertBeforeItEndsAndTheNextRunSendsWhatIsLeft"})
    void aFailedBatchIsOneIncidentAlthoughTheSenderIsKilled() throws Exception {
        createCluster();
        // Three coordinators: of two, the one with the higher address ends when the other is lost. Two workers: the
        // sender that is killed may be one of them.
        cluster.start(0, "--roles", "coordinator");
        cluster.start(1);
        cluster.start(2);
        for (int node = 0; node < 3; node++) {
            cluster.awaitUp(node);
        }
        FlightsJob job = FlightsJob.on(folder.resolve("job"), "SELECT * FROM flights LIMIT 20000");
        Path away = folder.resolve("away.parquet");
        String batch = failingBatch(job, away);
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(show(batch).get("state").asText())
                        .as(cluster.logs())
                        .isEqualTo("failed"));
        awaitReceived(1);

        // The receiver has the message and does not answer.
        int sender = IntStream.range(0, 3)
                .filter(node -> cluster.node(node).out().contains("alert batch/"))
                .findFirst()
                .orElseThrow();
        int other = (sender + 1) % 3;
        cluster.node(sender).kill();
        mode = Mode.FAIL;
        awaitReceived(2);
        mode = Mode.REDIRECT;
        int before = received.size();
        awaitReceived(before + 1);
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(alertsByHttp(other)
                                .at("/0/deliveries/0/failure")
                                .asText())
                        .contains("redirect"));
        assertThat(cluster.command("alert", "list", "--open").expect(0).out())
                .contains("failed", "batch " + batch, "ops: waiting");
        mode = Mode.ACCEPT;
        await().atMost(SOON).untilAsserted(() -> assertThat(accepted).hasSize(1));

        // The cause ends.
        Files.move(away, job.input());
        cluster.batch("retry", batch).expect(0);
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(show(batch).get("state").asText())
                        .as(cluster.logs())
                        .isEqualTo("published"));
        await().atMost(SOON).untilAsserted(() -> assertThat(accepted).hasSize(2));

        assertThat(received)
                .extracting(message -> message.get("key").asText())
                .containsOnly(received.getFirst().get("key").asText());
        assertThat(accepted)
                .extracting(message -> message.get("event").asText())
                .containsExactly("raised", "resolved");
        assertThat(received.getFirst().at("/subject/name").asText()).isEqualTo(batch);
        assertThat(received.getFirst().get("cause").asText()).isEqualTo("failed");
        assertThat(elsewhere).as("requests after a redirect").isEmpty();
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(alerts("-o", "json"))
                        .singleElement()
                        .satisfies(alert -> {
                            assertThat(alert.get("state").asText()).isEqualTo("resolved");
                            assertThat(alert.at("/deliveries/0/state").asText()).isEqualTo("delivered");
                        }));
        assertThat(alerts("--open", "-o", "json")).isEmpty();
        assertThat(cluster.logs()).doesNotContain("s3cret");
        cluster.command("ledger", "check").expect(0);
    }

    /// A batch that fails because its input is taken away before it is scored.
    private String failingBatch(FlightsJob job, Path away) throws IOException {
        CommandResult submitted = cluster.batch(
                "submit",
                job.file().toString(),
                "--set",
                "retry.node=1s",
                "--set",
                "partitions.rows=100",
                "-o",
                "json");
        String batch = submitted.expect(0).json().get("batch").asText();
        Files.move(job.input(), away);
        return batch;
    }

    @Test
    void aRunSendsItsAlertBeforeItEndsAndTheNextRunSendsWhatIsLeft() throws Exception {
        Path configuration = Files.writeString(
                folder.resolve("run.conf"), """
                nightshift.alerts.channels.ops {
                  type = webhook, url = "http://127.0.0.1:%d/hook", timeout-seconds = 30
                }
                """.formatted(receiver.getAddress().getPort()));
        FlightsJob job = FlightsJob.on(folder.resolve("job"), "SELECT *, distance AS d FROM flights LIMIT 1000");
        Files.writeString(job.file(), "\nalerts: [{on: [failed], to: ops}]\n", StandardOpenOption.APPEND);
        String[] run = {
            job.file().toString(),
            "--config",
            configuration.toString(),
            "--set",
            "source.where=distance < 0",
            "--set",
            "source.on-empty=fail"
        };
        mode = Mode.FAIL;

        CommandResult failed = ProgramProcess.run(folder, arguments(run));

        assertThat(failed.status()).as(failed.err()).isEqualTo(1);
        assertThat(failed.err())
                .contains(
                        "the alert failed is not delivered to ops: the receiver answered with status 503: the answer");
        assertThat(accepted).isEmpty();
        mode = Mode.ACCEPT;
        CommandResult again = ProgramProcess.run(folder, arguments(run));
        assertThat(again.status()).isEqualTo(1);
        assertThat(accepted)
                .extracting(message -> message.get("event").asText())
                .containsExactly("raised");
        assertThat(received)
                .extracting(message -> message.get("key").asText())
                .containsOnly(received.getFirst().get("key").asText());
        assertThat(received.getFirst().get("job").asText()).isEqualTo("flights");
    }

    private String[] arguments(String... run) {
        List<String> arguments =
                new ArrayList<>(List.of("run", "--home", folder.resolve("own").toString()));
        arguments.addAll(List.of(run));
        return arguments.toArray(String[]::new);
    }
}
