package io.nightshift.node.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.coordinator.batch.StuckThreads;
import io.nightshift.node.configuration.OtlpSettings;
import io.nightshift.node.gateway.SubmissionQueue;
import io.nightshift.testing.FreePort;
import io.nightshift.worker.NodeFaults;
import io.nightshift.worker.ScoringThreads;
import java.io.IOException;
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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A real receiver of OTLP: Prometheus gets a node's metrics by OTLP alone, loads the alert rules, and evaluates every
/// expression of the dashboards and the rules.
@Timeout(240)
final class PrometheusIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final HttpClient client = HttpClient.newHttpClient();

    @TempDir
    private Path folder;

    @Test
    void everyExpressionIsEvaluatedOverMetricsThatWereSentByOtlp() throws IOException, InterruptedException {
        String version = version();
        assumeTrue(version != null, "Prometheus isn't installed (Debian: prometheus)");
        int port = FreePort.any();
        Path rules = Path.of("../monitoring/alerts.yaml").toAbsolutePath().normalize();
        Path configuration = folder.resolve("prometheus.yml");
        Files.writeString(configuration, "rule_files: [\"%s\"]\n".formatted(rules));
        Path log = folder.resolve("prometheus.log");
        Process prometheus = new ProcessBuilder(
                        "prometheus",
                        "--config.file=" + configuration,
                        "--storage.tsdb.path=" + folder.resolve("data"),
                        "--web.listen-address=127.0.0.1:" + port,
                        version.startsWith("2.")
                                ? "--enable-feature=otlp-write-receiver"
                                : "--web.enable-otlp-receiver")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "prometheus");
        try {
            URI server = URI.create("http://127.0.0.1:" + port);
            await("Prometheus is ready")
                    .atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(() -> get(server, "/-/ready").statusCode() == 200);
            send(system, server);
            List<String> expressions = Stream.concat(MonitoringTest.alerts().stream(), MonitoringTest.panels().stream())
                    .map(expression -> expression.replace("$job", ".*"))
                    .toList();
            Set<String> names = new TreeSet<>();
            for (String expression : expressions) {
                MonitoringTest.SELECTOR
                        .matcher(expression)
                        .results()
                        .map(MatchResult::group)
                        .forEach(names::add);
            }
            Set<String> missing = new TreeSet<>(names);
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
            JsonNode loaded = new ObjectMapper().readTree(get(server, "/api/v1/rules").body());
            assertThat(loaded.at("/data/groups/0/rules")).hasSizeGreaterThan(5);
        } catch (RuntimeException | AssertionError e) {
            e.addSuppressed(new AssertionError(Files.readString(log)));
            throw e;
        } finally {
            system.terminate();
            prometheus.destroyForcibly().waitFor();
        }
    }

    private static void send(ActorSystem<Void> system, URI server) {
        NodeMetrics metrics = NodeMetrics.begin(
                new OtlpSettings(server + "/api/v1/otlp/v1/metrics", Duration.ofSeconds(1), Map.of()),
                "node:1",
                MonitoringTest.PRICES);
        metrics.begin(system, new ScoringThreads(2), new NodeFaults(Clock.systemUTC()), new StuckThreads());
        metrics.observe(new SubmissionQueue(SubmissionQueue.Limits.DEFAULT));
        MonitoringTest.showJob(metrics);
    }

    /// The version of the installed Prometheus, such as `2.53.3`; null if there is none.
    private @Nullable String version() throws IOException, InterruptedException {
        Path out = folder.resolve("version.txt");
        try {
            new ProcessBuilder("prometheus", "--version")
                    .redirectErrorStream(true)
                    .redirectOutput(out.toFile())
                    .start()
                    .waitFor();
        } catch (IOException e) {
            return null;
        }
        return Files.readString(out).replaceFirst("(?s).*?version ([0-9]+[.][0-9.]*).*", "$1");
    }

    /// The result of an instant query.
    private JsonNode query(URI server, String expression) throws IOException, InterruptedException {
        HttpResponse<String> response =
                get(server, "/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8));
        assertThat(response.statusCode()).as("%s: %s", expression, response.body()).isEqualTo(200);
        return new ObjectMapper().readTree(response.body()).at("/data/result");
    }

    private HttpResponse<String> get(URI server, String path) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(server.resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
    }
}
