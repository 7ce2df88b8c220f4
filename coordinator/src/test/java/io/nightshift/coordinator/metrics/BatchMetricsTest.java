package io.nightshift.coordinator.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class BatchMetricsTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final BatchMetrics metrics = new BatchMetrics(registry);

    private static PartitionCommit commit(int partition, Map<String, Long> unseen) {
        return new PartitionCommit(
                partition,
                new Epoch(1, 1),
                "node:1",
                0,
                100,
                90,
                new OutputFile(80, 1_000, "00".repeat(32)),
                new OutputFile(10, 100, "00".repeat(32)),
                "00".repeat(32),
                unseen);
    }

    private double counted(String meter) {
        return registry.get(meter).counters().stream()
                .mapToDouble(counter -> counter.count())
                .sum();
    }

    @Test
    void unseenCategoriesAreCountedOverFeaturesAndPartitions() {
        metrics.partitionCommitted(commit(0, Map.of("plan", 7L, "city", 2L)));
        assertThat(counted("nightshift.unseen.categories")).isEqualTo(9);

        metrics.partitionCommitted(commit(1, Map.of()));
        metrics.partitionCommitted(commit(2, Map.of("plan", 1L)));
        assertThat(counted("nightshift.unseen.categories")).isEqualTo(10);
    }

    @Test
    void predictedAndQuarantinedRowsOfCommitsAreCounted() {
        metrics.partitionCommitted(commit(0, Map.of()));
        metrics.partitionCommitted(commit(1, Map.of()));

        assertThat(registry.get("nightshift.committed.records")
                        .tag("outcome", "predicted")
                        .counter()
                        .count())
                .isEqualTo(160);
        assertThat(registry.get("nightshift.committed.records")
                        .tag("outcome", "quarantined")
                        .counter()
                        .count())
                .isEqualTo(20);
    }
}
