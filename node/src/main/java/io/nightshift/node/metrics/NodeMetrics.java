package io.nightshift.node.metrics;

import com.sun.management.OperatingSystemMXBean;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.config.MeterFilterReply;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.micrometer.registry.otlp.OtlpConfig;
import io.micrometer.registry.otlp.OtlpMeterRegistry;
import io.nightshift.coordinator.alert.AlertObserver;
import io.nightshift.coordinator.batch.decision.BatchObserver;
import io.nightshift.coordinator.batch.task.StuckThreads;
import io.nightshift.coordinator.cost.Prices;
import io.nightshift.coordinator.metrics.AlertMetrics;
import io.nightshift.coordinator.metrics.BatchMetrics;
import io.nightshift.node.NodeObserver;
import io.nightshift.node.configuration.OtlpSettings;
import io.nightshift.node.gateway.SubmissionQueue;
import io.nightshift.protocol.schedule.ScheduledJobEvent;
import io.nightshift.worker.NodeFaults;
import io.nightshift.worker.ScoringThreads;
import io.nightshift.worker.WorkerObserver;
import io.nightshift.worker.metrics.WorkerMetrics;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.typed.Cluster;
import org.jspecify.annotations.Nullable;

/// All metrics of a node. `docs/reference/metrics.md` lists them.
public final class NodeMetrics implements NodeObserver {

    /// Micrometer's names of two metrics mean something else to Prometheus.
    private static final MeterFilter PROMETHEUS_NAMES = new MeterFilter() {
        @Override
        public MeterFilterReply accept(Meter.Id id) {
            return id.getName().equals("process.cpu.time") ? MeterFilterReply.DENY : MeterFilterReply.NEUTRAL;
        }

        @Override
        public Meter.Id map(Meter.Id id) {
            return id.getName().equals("system.cpu.count") ? id.withName("system.cpus") : id;
        }
    };

    private final PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final CompositeMeterRegistry all = named(new CompositeMeterRegistry(Clock.SYSTEM, List.of(prometheus)));
    private final BatchMetrics batches;
    private final WorkerMetrics workers = new WorkerMetrics(all);
    private final AlertMetrics alerts = new AlertMetrics(all);

    /// By job, without those that have none.
    private final Map<String, Integer> postponed = new ConcurrentHashMap<>();

    private final Counter postponedRuns = runs("postponed");
    private final Counter refusedRuns = runs("refused");
    private final Counter missedTicks = runs("missed");

    private NodeMetrics(Prices prices) {
        batches = new BatchMetrics(all, prices);
        Gauge.builder(
                        "nightshift.runs.postponed",
                        () -> postponed.values().stream()
                                .mapToInt(Integer::intValue)
                                .sum())
                .description(
                        "Runs of applied jobs that wait for their input, their destination or the model registry, and"
                                + " triggers that can't look at their source")
                .register(all);
    }

    /// The filter comes before the first meter: Micrometer warns otherwise.
    private static CompositeMeterRegistry named(CompositeMeterRegistry registry) {
        registry.config().meterFilter(PROMETHEUS_NAMES);
        return registry;
    }

    /// Starts to count, and to send metrics if configured.
    ///
    /// @param otlp where to send them, or null
    /// @param node the node's name, `host:port`
    /// @param prices of what batches use
    public static NodeMetrics begin(@Nullable OtlpSettings otlp, String node, Prices prices) {
        NodeMetrics metrics = new NodeMetrics(prices);
        if (otlp != null) {
            metrics.all.add(new OtlpMeterRegistry(new Otlp(otlp, node), Clock.SYSTEM));
        }
        for (MeterBinder binder : List.of(
                new JvmMemoryMetrics(),
                new JvmGcMetrics(),
                new JvmThreadMetrics(),
                new ProcessorMetrics(),
                NodeMetrics::bindProcessorTime,
                new FileDescriptorMetrics(),
                new UptimeMetrics())) {
            binder.bindTo(metrics.all);
        }
        return metrics;
    }

    /// In seconds, as Prometheus has times.
    private static void bindProcessorTime(MeterRegistry registry) {
        FunctionCounter.builder(
                        "process.cpu",
                        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class),
                        system -> system.getProcessCpuTime() / 1e9)
                .description("Processor time of the process")
                .baseUnit("seconds")
                .register(registry);
    }

    private record Otlp(OtlpSettings settings, String node) implements OtlpConfig {

        @Override
        public @Nullable String get(String key) {
            return null;
        }

        @Override
        public String url() {
            return settings.url();
        }

        /// As Prometheus reads them, so that dashboards and alert rules are the same for both.
        @Override
        public TimeUnit baseTimeUnit() {
            return TimeUnit.SECONDS;
        }

        @Override
        public Duration step() {
            return settings.interval();
        }

        @Override
        public Map<String, String> headers() {
            return settings.headers();
        }

        @Override
        public Map<String, String> resourceAttributes() {
            return Map.of("service.name", "nightshift", "service.instance.id", node);
        }
    }

    @Override
    public BatchObserver batches() {
        return batches;
    }

    @Override
    public WorkerObserver workers() {
        return workers;
    }

    @Override
    public AlertObserver alerts() {
        return alerts;
    }

    @Override
    public void begin(ActorSystem<?> system, ScoringThreads threads, NodeFaults faults, StuckThreads stuck) {
        batches.watch(stuck);
        workers.watch(threads);
        workers.watch(faults);
        Cluster cluster = Cluster.get(system);
        nodes(all, "reachable", () -> members(cluster.state()) - unreachable(cluster.state()));
        nodes(all, "unreachable", () -> unreachable(cluster.state()));
    }

    private static int members(CurrentClusterState state) {
        return state.members().size();
    }

    private static int unreachable(CurrentClusterState state) {
        return state.getUnreachable().size();
    }

    private static void nodes(MeterRegistry registry, String state, Supplier<Number> count) {
        Gauge.builder("nightshift.nodes", count)
                .description("Nodes of the cluster, as this one sees them")
                .tag("state", state)
                .register(registry);
    }

    @Override
    public void observe(SubmissionQueue submissions) {
        Gauge.builder("nightshift.submissions.waiting", submissions, SubmissionQueue::waiting)
                .description("Submissions that wait to be inspected")
                .register(all);
        FunctionCounter.builder("nightshift.submissions.refused", submissions, SubmissionQueue::refused)
                .description("Submissions that were refused because of a limit of nightshift.admission")
                .register(all);
    }

    private Counter runs(String outcome) {
        return Counter.builder("nightshift.runs.without.batch")
                .description("Runs of applied jobs that could not start")
                .tag("outcome", outcome)
                .register(all);
    }

    @Override
    public void happened(ScheduledJobEvent event) {
        switch (event) {
            // Without a reason, the run waits no longer.
            case ScheduledJobEvent.RunPostponed postponed when postponed.reason() != null -> postponedRuns.increment();
            case ScheduledJobEvent.RunRefused refused -> refusedRuns.increment();
            case ScheduledJobEvent.TicksSkipped skipped when skipped.missed() -> missedTicks.increment(skipped.ticks());
            default -> {}
        }
    }

    @Override
    public void postponed(String job, int runs) {
        if (runs == 0) {
            postponed.remove(job);
        } else {
            postponed.put(job, runs);
        }
    }

    @Override
    public String exposition() {
        return prometheus.scrape();
    }
}
