package io.nightshift.node.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.nightshift.coordinator.batch.task.StuckThreads;
import io.nightshift.node.configuration.OtlpSettings;
import io.nightshift.node.gateway.SubmissionQueue;
import io.nightshift.testing.FreePort;
import io.nightshift.worker.NodeFaults;
import io.nightshift.worker.ScoringThreads;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A node's metrics in real servers, one that scrapes them and one that receives them by OTLP. Both find
/// every series that the dashboards and the alert rules name, and evaluate every expression.
@Timeout(300)
final class MetricServersIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final HttpClient client = HttpClient.newHttpClient();
    private final ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "servers");

    // The metrics hold what they watch by weak references: after a garbage collection, the series would be missing.
    private final ScoringThreads threads = new ScoringThreads(2);
    private final NodeFaults faults = new NodeFaults(Clock.systemUTC());
    private final StuckThreads stuck = new StuckThreads();
    private final SubmissionQueue submissions = new SubmissionQueue(SubmissionQueue.Limits.DEFAULT, stuck);

    @TempDir
    private Path folder;

    @AfterEach
    void stop() {
        client.close();
        system.terminate();
    }

    @Test
    void prometheusScrapesTheMetricsAndLoadsTheAlertRules() throws Exception {
        NodeMetrics metrics = show(null);
        HttpServer node = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        node.createContext("/metrics", exchange -> {
            byte[] text = metrics.exposition().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=UTF-8");
            exchange.sendResponseHeaders(200, text.length);
            exchange.getResponseBody().write(text);
            exchange.close();
        });
        node.start();
        Path rules = Path.of("../monitoring/alerts.yaml").toAbsolutePath().normalize();
        Path configuration = Files.writeString(folder.resolve("prometheus.yml"), """
                rule_files: ["%s"]
                scrape_configs:
                  - job_name: nightshift
                    scrape_interval: 1s
                    static_configs: [{ targets: ["127.0.0.1:%d"] }]
                """.formatted(
                        rules, node.getAddress().getPort()));
        URI server = URI.create("http://127.0.0.1:" + FreePort.any());
        try (Server prometheus = Server.start(
                folder,
                "prometheus",
                "--config.file=" + configuration,
                "--storage.tsdb.path=" + folder.resolve("prometheus"),
                "--web.listen-address=" + server.getAuthority())) {
            prometheus.require("/-/ready", server, client);
            evaluateEverything(server);
            JsonNode loaded =
                    new ObjectMapper().readTree(get(server, "/api/v1/rules").body());
            assertThat(loaded.at("/data/groups/0/rules")).hasSizeGreaterThan(5);
        } finally {
            node.stop(0);
        }
    }

    @Test
    void victoriaMetricsReceivesTheMetricsByOtlp() throws Exception {
        URI server = URI.create("http://127.0.0.1:" + FreePort.any());
        try (Server victoria = Server.start(
                folder,
                "victoria-metrics",
                "-storageDataPath=" + folder.resolve("victoria"),
                "-httpListenAddr=" + server.getAuthority(),
                "-search.latencyOffset=0s",
                "-opentelemetry.usePrometheusNaming")) {
            victoria.require("/health", server, client);
            show(new OtlpSettings(server + "/opentelemetry/v1/metrics", Duration.ofSeconds(1), Map.of()));
            evaluateEverything(server);
        }
    }

    private NodeMetrics show(@Nullable OtlpSettings otlp) {
        NodeMetrics metrics = NodeMetrics.begin(otlp, "node:1", MonitoringTest.PRICES);
        metrics.begin(system, threads, faults, stuck);
        metrics.observe(submissions);
        MonitoringTest.showJob(metrics);
        return metrics;
    }

    private void evaluateEverything(URI server) throws IOException, InterruptedException {
        List<String> expressions = Stream.concat(MonitoringTest.alerts().stream(), MonitoringTest.panels().stream())
                .map(expression -> expression.replace("$job", ".*"))
                .toList();
        Set<String> missing = new TreeSet<>();
        for (String expression : expressions) {
            MonitoringTest.SELECTOR
                    .matcher(expression)
                    .results()
                    .map(MatchResult::group)
                    .forEach(missing::add);
        }
        await("all selectors find series").atMost(PATIENCE).untilAsserted(() -> {
            for (String selector : List.copyOf(missing)) {
                if (!query(server, selector).isEmpty()) {
                    missing.remove(selector);
                }
            }
            assertThat(missing).isEmpty();
        });
        for (String expression : expressions) {
            assertThat(query(server, expression).isArray()).as(expression).isTrue();
        }
    }

    /// The result of an instant query.
    private JsonNode query(URI server, String expression) throws IOException, InterruptedException {
        HttpResponse<String> response =
                get(server, "/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8));
        assertThat(response.statusCode())
                .as("%s: %s", expression, response.body())
                .isEqualTo(200);
        return new ObjectMapper().readTree(response.body()).at("/data/result");
    }

    private HttpResponse<String> get(URI server, String path) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(server.resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    /// A server of Debian's as a process.
    private record Server(Process process, Path log) implements AutoCloseable {

        /// Skips the test if the program is not installed. Debian's package has its name.
        static Server start(Path folder, String program, String... options) {
            List<String> command = new ArrayList<>(List.of(program));
            command.addAll(List.of(options));
            Path log = folder.resolve(program + ".log");
            try {
                return new Server(
                        new ProcessBuilder(command)
                                .redirectErrorStream(true)
                                .redirectOutput(log.toFile())
                                .start(),
                        log);
            } catch (IOException e) {
                assumeTrue(false, "%s isn't installed (Debian: %1$s)".formatted(program));
                throw new AssertionError(e);
            }
        }

        void require(String health, URI server, HttpClient client) {
            await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> {
                assertThat(process.isAlive()).as("%s", Files.readString(log)).isTrue();
                HttpRequest request =
                        HttpRequest.newBuilder(server.resolve(health)).build();
                assertThat(client.send(request, HttpResponse.BodyHandlers.discarding())
                                .statusCode())
                        .isEqualTo(200);
            });
        }

        @Override
        public void close() {
            process.destroyForcibly().onExit().join();
        }
    }
}
