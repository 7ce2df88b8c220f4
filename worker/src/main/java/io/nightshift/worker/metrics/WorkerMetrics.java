package io.nightshift.worker.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.worker.NodeFaults;
import io.nightshift.worker.ScoringThreads;
import io.nightshift.worker.WorkerObserver;
import java.time.Duration;
import java.util.Locale;

/// The metrics of a node's workers, described in `docs/reference/metrics.md`. They count all work, also that
/// of attempts whose commit is refused later. The coordinators' metrics count each partition once.
public final class WorkerMetrics implements WorkerObserver {

    private final MeterRegistry registry;
    private final Counter read;
    private final Counter predictions;
    private final Counter quarantined;
    private final Timer partitions;

    public WorkerMetrics(MeterRegistry registry) {
        this.registry = registry;
        read = Counter.builder("nightshift.records")
                .description("Input rows that this node's workers have read")
                .register(registry);
        predictions = Counter.builder("nightshift.predictions")
                .description("Predictions that this node's workers have made")
                .register(registry);
        quarantined = Counter.builder("nightshift.quarantined.records")
                .description("Input rows that this node's workers could not score")
                .register(registry);
        partitions = Timer.builder("nightshift.partition.duration")
                .description("Time to score a partition, from its lease to its staged output")
                .serviceLevelObjectives(
                        Duration.ofMillis(100),
                        Duration.ofMillis(250),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(15),
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(300),
                        Duration.ofSeconds(900))
                .register(registry);
    }

    /// Registers the metrics of a node's scoring threads.
    public void watch(ScoringThreads threads) {
        Gauge.builder("nightshift.scoring.threads", threads, ScoringThreads::size)
                .description("Threads that score")
                .register(registry);
        Gauge.builder("nightshift.stuck.threads", threads, ScoringThreads::stuck)
                .description("Scoring threads that have not come back from a cancelled attempt")
                .register(registry);
        FunctionCounter.builder("nightshift.scoring.busy", threads, of -> of.busyNanos() / 1e9)
                .description("Time that the scoring threads have spent on partitions, all together")
                .baseUnit("seconds")
                .register(registry);
    }

    /// Registers the metrics of a node's faults.
    public void watch(NodeFaults faults) {
        for (FailedResource.Type type : FailedResource.Type.values()) {
            if (type.isOfNode()) {
                Gauge.builder("nightshift.node.faults", faults, of -> of.count(type))
                        .description("Resources of this node that fail, so that it gets no partitions that need them")
                        .tag("resource", type.name().toLowerCase(Locale.ROOT))
                        .register(registry);
            }
        }
    }

    @Override
    public void read(long rows) {
        read.increment((double) rows);
    }

    @Override
    public void scored(long predictionsMade, long quarantinedRows, Duration time) {
        predictions.increment((double) predictionsMade);
        quarantined.increment((double) quarantinedRows);
        partitions.record(time);
    }
}
