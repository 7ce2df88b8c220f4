package io.nightshift.node.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.nightshift.api.BatchDescription;
import io.nightshift.coordinator.batch.decision.BatchObserver;
import io.nightshift.coordinator.batch.decision.BatchObserver.AttemptOutcome;
import io.nightshift.coordinator.batch.task.StuckThreads;
import io.nightshift.coordinator.cost.Prices;
import io.nightshift.node.configuration.OtlpSettings;
import io.nightshift.node.gateway.SubmissionQueue;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.CheckResult;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.BatchCheck;
import io.nightshift.worker.NodeFaults;
import io.nightshift.worker.ScoringThreads;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
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
import java.time.Instant;
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
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/// Checks the dashboard, the alert rules and the reference against the metrics that a node exposes.
class MonitoringTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern SAMPLE = Pattern.compile("^([a-z_]+)(?:\\{(.*)})? ", Pattern.MULTILINE);
    private static final Pattern LABEL = Pattern.compile("([a-z_]+)=(~?)\"([^\"]*)\"");
    /// A metric with its labels.
    static final Pattern SELECTOR = Pattern.compile("\\b((?:nightshift|jvm|process|system)_[a-z_]+)(?:\\{([^}]*)})?");
    private static final Pattern GROUPING = Pattern.compile("\\bby \\(([^)]*)\\)");

    /// Labels that Prometheus adds.
    private static final Set<String> OF_PROMETHEUS = Set.of("instance", "job");

    private static final BatchId FLIGHTS = new BatchId("flights-20261124t231425-3f9a");

    private static final BatchCheck PSI =
            new BatchCheck(BatchCheck.Measure.PSI, "age", 0.2, null, null, BatchCheck.OnFail.WARN);

    private static final BatchCheck PREDICTION_PSI =
            new BatchCheck(BatchCheck.Measure.PREDICTION_PSI, null, 0.2, null, null, BatchCheck.OnFail.WARN);

    private static final BatchCheck NULLS =
            new BatchCheck(BatchCheck.Measure.NULLS, "age", 0.1, null, null, BatchCheck.OnFail.HOLD);

    // The metrics hold what they watch by weak references: after a garbage collection, the series would be missing.
    private static final ScoringThreads THREADS = new ScoringThreads(2);
    private static final NodeFaults FAULTS = new NodeFaults(Clock.systemUTC());
    private static final StuckThreads STUCK = new StuckThreads();
    private static final SubmissionQueue SUBMISSIONS = new SubmissionQueue(SubmissionQueue.Limits.DEFAULT, STUCK);

    static final Prices PRICES = new Prices("EUR", BigDecimal.ONE, BigDecimal.ONE, BigDecimal.ONE);

    private static ActorSystem<Void> system;
    private static String exposition;

    /// The exposed values by name and label.
    private static Map<String, Map<String, Set<String>>> shown;

    @BeforeAll
    static void show() {
        // Configured as the program's embedded node.
        system = ActorSystem.create(Behaviors.empty(), "metrics");
        NodeMetrics metrics = NodeMetrics.begin(null, "node:1", PRICES);
        metrics.begin(system, THREADS, FAULTS, STUCK);
        metrics.observe(SUBMISSIONS);
        showJob(metrics);
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

    /// Jobs are not shown before they have a batch, nor checks before a batch is checked.
    static void showJob(NodeMetrics metrics) {
        Instant now = Instant.now();
        BatchDescription.Timing timing = BatchDescription.Timing.of(
                5,
                "UTC",
                null,
                now.plusSeconds(3_600),
                false,
                new BatchDescription.Forecast(now.plusSeconds(600), now.plusSeconds(900), 4, 2),
                null);
        metrics.batches()
                .gaugesChanged(FLIGHTS, new BatchObserver.BatchGauges(Phase.RUNNING, 3, 2, Duration.ZERO, timing));
        metrics.batches().checked("flights", new CheckResult(NULLS, 0.5, false));
        metrics.batches().checked("flights", new CheckResult(PSI, 0.1, true));
        metrics.batches().checked("flights", new CheckResult(PREDICTION_PSI, 0.1, true));
    }

    @AfterAll
    static void stop() {
        system.terminate();
    }

    private static JsonNode yaml(String file) throws IOException {
        Object content = new Load(LoadSettings.builder().build())
                .loadFromString(Files.readString(ROOT.resolve("monitoring").resolve(file)));
        return new ObjectMapper().valueToTree(content);
    }

    static List<String> alerts() throws IOException {
        JsonNode groups = yaml("alerts.yaml").get("groups");
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
        List<String> expressions = new ArrayList<>();
        for (String file : List.of("dashboard.json", "jobs-dashboard.json")) {
            JsonNode dashboard = new ObjectMapper()
                    .readTree(ROOT.resolve("monitoring").resolve(file).toFile());
            List<String> found = dashboard.findValuesAsText("expr");
            assertThat(found).as(file).hasSizeGreaterThan(10);
            expressions.addAll(found);
        }
        return expressions;
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
                for (String wanted : label.group(3).split("\\|", -1)) {
                    assertThat(values)
                            .as("%s in %s", label.group(1), expression)
                            .anyMatch(value -> label.group(2).isEmpty()
                                    ? value.equals(wanted)
                                    : wanted.equals("$job") || value.matches(wanted));
                }
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
                        .isSubsetOf(
                                "state", "outcome", "resource", "probability", "currency", "le", "job_name", "check");
            }
        });
        assertThat(shown.getOrDefault("nightshift_attempts_total", Map.of()).get("outcome"))
                .hasSize(AttemptOutcome.values().length);
    }

    /// The rules of `promtool check metrics`, for the metrics of the JVM, too.
    @Test
    void noNameOrLabelMeansSomethingElseToPrometheus() {
        shown.forEach((name, labels) -> {
            assertThat(labels.keySet()).as(name).doesNotContain("quantile");
            assertThat(name).doesNotContainPattern("_(ns|ms|us)(_|$)");
        });
        assertThat(shown).containsKeys("process_cpu_seconds_total", "system_cpus");
        assertThat(shown).doesNotContainKey("system_cpu_count");
    }

    @Test
    void metricsAreSentByOtlp() throws IOException {
        Map.Entry<String, ResourceMetrics> sent = sent();
        assertThat(sent.getKey()).isEqualTo("Bearer secret");
        assertThat(sent.getValue().getResource().getAttributesList().toString())
                .contains("service.name", "nightshift", "node:1");
        assertThat(sent.getValue().getScopeMetrics(0).getMetricsList())
                .extracting(Metric::getName)
                .contains("nightshift.attempts", "nightshift.queue.depth", "jvm.memory.used");
    }

    /// The metrics that a node with a job sends to a collector, with the header `Authorization`.
    private static Map.Entry<String, ResourceMetrics> sent() throws IOException {
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
            metrics.begin(system, THREADS, FAULTS, STUCK);
            showJob(metrics);
            while (true) {
                Map.Entry<String, byte[]> request =
                        Awaitility.await().atMost(Duration.ofMinutes(2)).until(received::poll, Objects::nonNull);
                ResourceMetrics sent = ExportMetricsServiceRequest.parseFrom(request.getValue())
                        .getResourceMetrics(0);
                boolean isComplete = sent.getScopeMetrics(0).getMetricsList().stream()
                        .anyMatch(metric -> metric.getName().equals("nightshift.check.value"));
                if (isComplete) {
                    return Map.entry(request.getKey(), sent);
                }
            }
        } finally {
            collector.stop(0);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"datadog", "awsemf"})
    void aCollectorReceivesByOtlpAndSendsWhatANodeReports(String exporter) throws IOException {
        String file = exporter.equals("awsemf") ? "collector-cloudwatch.yaml" : "collector-datadog.yaml";
        JsonNode collector = yaml(file);
        assertThat(collector.at("/receivers/otlp/protocols/http/endpoint").asText())
                .endsWith(":4318");
        JsonNode pipeline = collector.at("/service/pipelines/metrics");
        for (String kind : List.of("receivers", "processors", "exporters")) {
            Set<String> defined = new TreeSet<>();
            collector.get(kind).fieldNames().forEachRemaining(defined::add);
            assertThat(pipeline.get(kind)).extracting(JsonNode::asText).containsExactlyElementsOf(defined);
        }
        assertThat(pipeline.get("exporters")).extracting(JsonNode::asText).containsExactly(exporter);

        ResourceMetrics sent = sent().getValue();
        Set<String> ofResource = keys(sent.getResource().getAttributesList());
        for (JsonNode declared : collector.at("/exporters/" + exporter + "/metric_declarations")) {
            for (JsonNode selector : declared.get("metric_name_selectors")) {
                List<Metric> selected = sent.getScopeMetrics(0).getMetricsList().stream()
                        .filter(metric -> Pattern.compile(selector.asText())
                                .matcher(metric.getName())
                                .find())
                        .toList();
                long alternatives =
                        1 + selector.asText().chars().filter(c -> c == '|').count();
                assertThat(selected)
                        .extracting(Metric::getName)
                        .as(selector.asText())
                        .hasSize((int) alternatives);
                for (Metric metric : selected) {
                    Set<String> labels = new TreeSet<>(ofResource);
                    labels.addAll(labels(metric));
                    for (JsonNode dimensions : declared.get("dimensions")) {
                        dimensions.forEach(
                                label -> assertThat(labels).as(metric.getName()).contains(label.asText()));
                    }
                }
            }
        }
    }

    private static Set<String> labels(Metric metric) {
        return switch (metric.getDataCase()) {
            case GAUGE -> keys(metric.getGauge().getDataPoints(0).getAttributesList());
            case SUM -> keys(metric.getSum().getDataPoints(0).getAttributesList());
            case HISTOGRAM -> keys(metric.getHistogram().getDataPoints(0).getAttributesList());
            case SUMMARY -> keys(metric.getSummary().getDataPoints(0).getAttributesList());
            default -> Set.of();
        };
    }

    private static Set<String> keys(List<KeyValue> attributes) {
        return attributes.stream().map(KeyValue::getKey).collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void observationsAppearInTheExposition() {
        NodeMetrics metrics = NodeMetrics.begin(null, "node:1", PRICES);
        metrics.batches().batchStopped(FLIGHTS, Phase.PUBLISHED, Duration.ofSeconds(42));
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
