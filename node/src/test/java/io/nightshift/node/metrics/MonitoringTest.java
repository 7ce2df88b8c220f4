package io.nightshift.node.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.nightshift.coordinator.batch.BatchObserver.AttemptOutcome;
import io.nightshift.coordinator.batch.StuckThreads;
import io.nightshift.coordinator.cost.Prices;
import io.nightshift.node.configuration.OtlpSettings;
import io.nightshift.node.gateway.SubmissionQueue;
import io.nightshift.protocol.batch.CheckResult;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.BatchCheck;
import io.nightshift.worker.NodeFaults;
import io.nightshift.worker.ScoringThreads;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/// Checks the dashboard, the alert rules and the reference against the metrics that a node exposes.
class MonitoringTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern SAMPLE = Pattern.compile("^([a-z_]+)(?:\\{(.*)})? ", Pattern.MULTILINE);
    private static final Pattern LABEL = Pattern.compile("([a-z_]+)=(~?)\"([^\"]*)\"");
    private static final Pattern SELECTOR =
            Pattern.compile("\\b((?:nightshift|jvm|process|system)_[a-z_]+)(?:\\{([^}]*)})?");
    private static final Pattern GROUPING = Pattern.compile("\\bby \\(([^)]*)\\)");

    /// Labels that Prometheus adds.
    private static final Set<String> OF_PROMETHEUS = Set.of("instance", "job");

    private static final BatchCheck NULLS =
            new BatchCheck(BatchCheck.Measure.NULLS, "age", 0.1, null, null, BatchCheck.OnFail.HOLD);

    private static final Prices PRICES = new Prices("EUR", BigDecimal.ONE, BigDecimal.ONE, BigDecimal.ONE);

    private static ActorSystem<Void> system;
    private static String exposition;

    /// The exposed values by name and label.
    private static Map<String, Map<String, Set<String>>> shown;

    @BeforeAll
    static void show() {
        // Configured as the program's embedded node.
        system = ActorSystem.create(Behaviors.empty(), "metrics");
        NodeMetrics metrics = NodeMetrics.begin(null, "node:1", PRICES);
        metrics.begin(system, new ScoringThreads(2), new NodeFaults(Clock.systemUTC()), new StuckThreads());
        metrics.observe(new SubmissionQueue(SubmissionQueue.Limits.DEFAULT));
        // Not shown before a batch is checked.
        metrics.batches().checked("flights", new CheckResult(NULLS, 0.5, false));
        exposition = metrics.exposition();
        shown = new TreeMap<>();
        Matcher sample = SAMPLE.matcher(exposition);
        while (sample.find()) {
            Map<String, Set<String>> labels = shown.computeIfAbsent(sample.group(1), name -> new TreeMap<>());
            if (sample.group(2) != null) {
                Matcher label = LABEL.matcher(sample.group(2));
                while (label.find()) {
                    labels.computeIfAbsent(label.group(1), name -> new TreeSet<>())
                            .add(label.group(3));
                }
            }
        }
    }

    @AfterAll
    static void stop() {
        system.terminate();
    }

    static List<String> alerts() throws IOException {
        Object rules = new Load(LoadSettings.builder().build())
                .loadFromString(Files.readString(ROOT.resolve("monitoring/alerts.yaml")));
        JsonNode groups = new ObjectMapper().valueToTree(rules).get("groups");
        List<String> expressions = new ArrayList<>();
        for (JsonNode rule : groups.get(0).get("rules")) {
            assertThat(rule.get("annotations").get("description").asText()).isNotEmpty();
            assertThat(rule.get("labels").get("severity").asText()).isIn("page", "ticket");
            expressions.add(rule.get("expr").asText());
        }
        assertThat(expressions).hasSizeGreaterThan(5);
        return expressions;
    }

    static List<String> panels() throws IOException {
        JsonNode dashboard = new ObjectMapper()
                .readTree(ROOT.resolve("monitoring/dashboard.json").toFile());
        return dashboard.findValuesAsText("expr");
    }

    @ParameterizedTest
    @MethodSource({"alerts", "panels"})
    void anExpressionIsAboutWhatIsShown(String expression) {
        Matcher selector = SELECTOR.matcher(expression);
        Set<String> labels = new TreeSet<>(OF_PROMETHEUS);
        int selectors = 0;
        while (selector.find()) {
            selectors++;
            String name = selector.group(1);
            assertThat(shown).as(expression).containsKey(name);
            Map<String, Set<String>> has = shown.getOrDefault(name, Map.of());
            labels.addAll(has.keySet());
            Matcher label = LABEL.matcher(selector.group(2) == null ? "" : selector.group(2));
            while (label.find()) {
                Set<String> values = has.getOrDefault(label.group(1), Set.of());
                List<String> wanted = label.group(2).isEmpty()
                        ? List.of(label.group(3))
                        : List.of(label.group(3).split("\\|"));
                assertThat(values).as("%s in %s", label.group(1), expression).containsAll(wanted);
            }
        }
        assertThat(selectors).as(expression).isPositive();
        Matcher grouping = GROUPING.matcher(expression);
        while (grouping.find()) {
            assertThat(labels).as(expression).contains(grouping.group(1).split(", "));
        }
        assertThat(expression.chars().filter(c -> c == '(').count())
                .as(expression)
                .isEqualTo(expression.chars().filter(c -> c == ')').count());
    }

    @Test
    void theReferenceHasEveryMetricOfOurs() throws IOException {
        String reference = Files.readString(ROOT.resolve("docs/reference/metrics.md"));
        Set<String> documented = Pattern.compile("^\\| `(nightshift_[a-z_]+)` \\|", Pattern.MULTILINE)
                .matcher(reference)
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> ours = shown.keySet().stream()
                .filter(name -> name.startsWith("nightshift_"))
                .map(name -> name.replaceFirst("_seconds_(bucket|count|sum|max)$", "_seconds"))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(documented).isEqualTo(ours);
    }

    @Test
    void namesUnitsAndLabelsKeepToConventions() {
        assertThat(exposition).contains("# HELP nightshift_queue_depth ", "# TYPE nightshift_attempts_total counter");
        shown.forEach((name, labels) -> {
            if (name.startsWith("nightshift_")) {
                labels.forEach((label, values) ->
                        assertThat(values).as(name + " " + label).hasSizeLessThan(20));
                assertThat(labels.keySet())
                        .as(name)
                        .isSubsetOf("state", "outcome", "resource", "quantile", "currency", "le", "job_name", "check");
            }
        });
        assertThat(shown.getOrDefault("nightshift_attempts_total", Map.of()).get("outcome"))
                .hasSize(AttemptOutcome.values().length);
    }

    @Test
    void metricsAreSentByOtlp() throws IOException {
        BlockingQueue<Map.Entry<String, byte[]>> received = new LinkedBlockingQueue<>();
        HttpServer collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        collector.createContext("/v1/metrics", exchange -> {
            received.add(Map.entry(
                    String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")),
                    exchange.getRequestBody().readAllBytes()));
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        collector.start();
        try {
            String url = "http://127.0.0.1:%d/v1/metrics"
                    .formatted(collector.getAddress().getPort());
            NodeMetrics metrics = NodeMetrics.begin(
                    new OtlpSettings(url, Duration.ofSeconds(1), Map.of("Authorization", "Bearer secret")),
                    "node:1",
                    PRICES);
            metrics.batches().attemptEnded(AttemptOutcome.COMMITTED);
            Map.Entry<String, byte[]> request =
                    Awaitility.await().atMost(Duration.ofSeconds(20)).until(received::poll, Objects::nonNull);
            assertThat(request.getKey()).isEqualTo("Bearer secret");
            ResourceMetrics sent =
                    ExportMetricsServiceRequest.parseFrom(request.getValue()).getResourceMetrics(0);
            assertThat(sent.getResource().getAttributesList().toString())
                    .contains("service.name", "nightshift", "node:1");
            assertThat(sent.getScopeMetrics(0).getMetricsList())
                    .extracting(Metric::getName)
                    .contains("nightshift.attempts", "nightshift.queue.depth", "jvm.memory.used");
        } finally {
            collector.stop(0);
        }
    }

    @Test
    void observationsAppearInTheExposition() {
        NodeMetrics metrics = NodeMetrics.begin(null, "node:1", PRICES);
        metrics.batches().batchStopped(Phase.PUBLISHED, Duration.ofSeconds(42));
        metrics.workers().read(1_000);
        metrics.batches().checked("flights", new CheckResult(NULLS, 0.5, false));
        metrics.batches().checked("flights", new CheckResult(NULLS, 0.25, false));
        assertThat(metrics.exposition())
                .contains(
                        "nightshift_batch_duration_seconds_bucket{state=\"published\",le=\"60.0\"} 1",
                        "nightshift_batch_duration_seconds_sum{state=\"published\"} 42.0",
                        "nightshift_check_value{check=\"nulls.age\",job_name=\"flights\"} 0.25",
                        "nightshift_checks_failed_total{outcome=\"hold\"} 2.0",
                        "nightshift_records_total 1000.0");
    }
}
