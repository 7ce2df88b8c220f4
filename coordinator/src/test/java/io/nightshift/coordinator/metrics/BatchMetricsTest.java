package io.nightshift.coordinator.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.nightshift.api.BatchDescription;
import io.nightshift.coordinator.batch.decision.BatchObserver.BatchGauges;
import io.nightshift.coordinator.cost.Prices;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Use;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class BatchMetricsTest {

    private static final Instant NOW = Instant.parse("2026-11-25T02:00:00Z");

    private static final BatchId CHURN = new BatchId("churn-20261125t010000-0000");

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final BatchMetrics metrics = new BatchMetrics(registry, Prices.NONE, Clock.fixed(NOW, ZoneOffset.UTC));

    private static PartitionCommit commit(int partition, Map<String, Long> unseen) {
        return PartitionCommitBuilder.builder()
                .partition(partition)
                .epoch(new Epoch(1, 1))
                .node("node:1")
                .firstRow(0)
                .rows(100)
                .read(90)
                .part(new OutputFile(80, 1_000, "00".repeat(32)))
                .quarantine(new OutputFile(10, 100, "00".repeat(32)))
                .model("00".repeat(32))
                .unseenCategories(unseen)
                .build();
    }

    private double counted(String meter) {
        return registry.get(meter).counters().stream()
                .mapToDouble(counter -> counter.count())
                .sum();
    }

    @Test
    void unseenCategoriesAreCountedOverFeaturesAndPartitions() {
        metrics.partitionCommitted(CHURN, commit(0, Map.of("plan", 7L, "city", 2L)));
        assertThat(counted("nightshift.unseen.categories")).isEqualTo(9);

        metrics.partitionCommitted(CHURN, commit(1, Map.of()));
        metrics.partitionCommitted(CHURN, commit(2, Map.of("plan", 1L)));
        assertThat(counted("nightshift.unseen.categories")).isEqualTo(10);
    }

    private void batch(String id, int waiting, int leased, BatchDescription.@Nullable Timing timing) {
        metrics.gaugesChanged(new BatchId(id), new BatchGauges(Phase.RUNNING, waiting, leased, Duration.ZERO, timing));
    }

    private static BatchDescription.Timing timing(@Nullable Instant deadline, int late, int wanted) {
        return BatchDescription.Timing.of(
                5,
                "UTC",
                null,
                deadline,
                deadline != null && NOW.isAfter(deadline),
                new BatchDescription.Forecast(NOW.plusSeconds(late / 2), NOW.plusSeconds(late), 4, wanted),
                null);
    }

    private double gauge(String meter, String... tags) {
        return registry.get(meter).tags(tags).gauge().value();
    }

    @Test
    void onlyRunningBatchesAreOutsideTheirWindow() {
        BatchDescription.Timing outside =
                BatchDescription.Timing.of(5, "UTC", NOW.plusSeconds(3_600), null, false, null, null);
        metrics.gaugesChanged(CHURN, new BatchGauges(Phase.SUBMITTED, 0, 0, Duration.ZERO, outside));
        batch("risk-1", 10, 0, timing(null, 600, 0));
        assertThat(gauge("nightshift.batches.outside.window")).isZero();

        batch("risk-1", 10, 0, outside);
        assertThat(gauge("nightshift.batches.outside.window")).isOne();
    }

    @Test
    void theForecastIsThatOfTheLastBatch() {
        assertThat(gauge("nightshift.forecast", "probability", "0.95")).isZero();
        batch("churn-1", 10, 4, timing(null, 600, 0));
        batch("risk-1", 10, 4, timing(null, 7_200, 0));

        assertThat(gauge("nightshift.forecast", "probability", "0.5")).isEqualTo(3_600);
        assertThat(gauge("nightshift.forecast", "probability", "0.95")).isEqualTo(7_200);
    }

    @Test
    void theWantedWorkersAreThoseThatMeetTheDeadlines() {
        Instant deadline = NOW.plusSeconds(3_600);
        batch("churn-1", 10, 4, timing(null, 600, 0));
        assertThat(gauge("nightshift.wanted.workers")).as("those that it has").isEqualTo(4);
        batch("risk-1", 10, 4, timing(deadline, 7_200, 9));
        assertThat(gauge("nightshift.wanted.workers")).isEqualTo(4 + 9);
        batch("risk-1", 10, 4, timing(deadline, 7_200, 0));
        assertThat(gauge("nightshift.wanted.workers"))
                .as("one for each partition, since the deadline can't be met")
                .isEqualTo(4 + 14);
        batch("churn-1", 0, 0, timing(null, 600, 0));
        batch("risk-1", 1, 0, null);
        assertThat(gauge("nightshift.wanted.workers"))
                .as("nothing is known yet")
                .isEqualTo(1);
    }

    @Test
    void deadlinesAreCountedThatAreMissedOrAtRisk() {
        batch("churn-1", 10, 4, timing(NOW.plusSeconds(3_600), 7_200, 9));
        batch("risk-1", 10, 4, timing(NOW.minusSeconds(1), 7_200, 0));
        batch("flights-1", 10, 4, timing(NOW.plusSeconds(3_600), 600, 1));

        assertThat(gauge("nightshift.deadlines", "state", "at-risk")).isEqualTo(1);
        assertThat(gauge("nightshift.deadlines", "state", "missed")).isEqualTo(1);
    }

    @Test
    void whatAttemptsUseAndCostIsCountedByWhatCameOfThem() {
        MeterRegistry priced = new SimpleMeterRegistry();
        BatchMetrics costly =
                new BatchMetrics(priced, new Prices("EUR", new BigDecimal("3.6"), BigDecimal.ZERO, BigDecimal.ZERO));
        Use use = new Use(1_500_000, 2_000_000, 250_000, 125_000, 4_096, 512);
        costly.partitionCommitted(CHURN, commit(0, Map.of()).withUse(use, 4, 2));
        costly.partitionCommitted(CHURN, commit(1, Map.of()));
        costly.attemptsDiscarded(CHURN, use.plus(use));

        assertThat(counted(priced, "nightshift.use.processor", "committed")).isEqualTo(1.5);
        assertThat(counted(priced, "nightshift.use.thread", "committed")).isEqualTo(2);
        assertThat(counted(priced, "nightshift.use.reading", "committed")).isEqualTo(0.25);
        assertThat(counted(priced, "nightshift.use.writing", "committed")).isEqualTo(0.125);
        assertThat(counted(priced, "nightshift.use.read", "committed")).isEqualTo(4_096);
        assertThat(counted(priced, "nightshift.use.written", "committed")).isEqualTo(512);
        assertThat(counted(priced, "nightshift.use.cost", "committed")).isEqualTo(0.002);
        assertThat(counted(priced, "nightshift.use.cost", "discarded")).isEqualTo(0.004);
        assertThat(registry.find("nightshift.use.cost").counters())
                .as("without prices")
                .isEmpty();
    }

    private static double counted(MeterRegistry of, String meter, String outcome) {
        return of.get(meter).tag("outcome", outcome).counter().count();
    }

    @Test
    void predictedAndQuarantinedRowsOfCommitsAreCounted() {
        metrics.partitionCommitted(CHURN, commit(0, Map.of()));
        metrics.partitionCommitted(CHURN, commit(1, Map.of()));

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

    @Test
    void aJobHasItsRunsRowsDeadlineAndCostFromItsFirstBatchOn() {
        MeterRegistry priced = new SimpleMeterRegistry();
        BatchMetrics ofJobs = new BatchMetrics(
                priced,
                new Prices("EUR", new BigDecimal("3.6"), BigDecimal.ZERO, BigDecimal.ZERO),
                Clock.fixed(NOW, ZoneOffset.UTC));
        ofJobs.gaugesChanged(
                CHURN, new BatchGauges(Phase.RUNNING, 10, 4, Duration.ZERO, timing(NOW.plusSeconds(3_600), 7_200, 9)));
        Search churn = new Search(priced, "churn");
        assertThat(churn.count("nightshift.job.runs", "state", "published")).isZero();
        assertThat(churn.value("nightshift.job.batches", "state", "running")).isEqualTo(1);
        assertThat(churn.value("nightshift.job.deadline")).isEqualTo(3_600);
        assertThat(churn.value("nightshift.job.forecast", "probability", "0.95"))
                .isEqualTo(7_200);

        Use use = new Use(1_500_000, 2_000_000, 250_000, 125_000, 4_096, 512);
        ofJobs.partitionCommitted(CHURN, commit(0, Map.of()).withUse(use, 4, 2));
        ofJobs.attemptsDiscarded(CHURN, use);
        ofJobs.batchStopped(CHURN, Phase.PUBLISHED, Duration.ofSeconds(90));
        ofJobs.gaugesChanged(CHURN, null);

        assertThat(churn.count("nightshift.job.records", "outcome", "predicted"))
                .isEqualTo(80);
        assertThat(churn.count("nightshift.job.records", "outcome", "quarantined"))
                .isEqualTo(10);
        assertThat(churn.count("nightshift.job.cost", "currency", "EUR")).isEqualTo(0.004);
        assertThat(churn.count("nightshift.job.runs", "state", "published")).isEqualTo(1);
        assertThat(churn.count("nightshift.job.published")).isEqualTo(90);
        assertThat(churn.value("nightshift.job.batches", "state", "running")).isZero();
        assertThat(churn.value("nightshift.job.deadline")).isNaN();
        assertThat(churn.value("nightshift.job.forecast", "probability", "0.95"))
                .isNaN();
    }

    @Test
    void failedBatchesOutOfMemoryAreCountedOnce() {
        Search churn = new Search(registry, "churn");
        metrics.gaugesChanged(CHURN, new BatchGauges(Phase.FAILED, 0, 0, Duration.ZERO, null));
        metrics.failedBatches(Map.of(CHURN, timing(NOW.plusSeconds(60), 0, 0)));
        metrics.gaugesChanged(CHURN, null);

        assertThat(registry.get("nightshift.batches")
                        .tag("state", "failed")
                        .gauge()
                        .value())
                .isEqualTo(1);
        assertThat(churn.value("nightshift.job.batches", "state", "failed")).isEqualTo(1);
        assertThat(churn.value("nightshift.job.deadline")).isEqualTo(60);

        metrics.failedBatches(Map.of());
        assertThat(registry.get("nightshift.batches")
                        .tag("state", "failed")
                        .gauge()
                        .value())
                .isZero();
        assertThat(churn.value("nightshift.job.batches", "state", "failed")).isZero();
    }

    @Test
    void jobsBeyondTheLimitHaveNoMetricsOfTheirOwn() {
        for (int job = 0; job <= JobMetrics.MOST_JOBS; job++) {
            metrics.batchStopped(
                    new BatchId("job%d-20261125t010000-0000".formatted(job)), Phase.FAILED, Duration.ofSeconds(1));
        }
        assertThat(registry.get("nightshift.job.runs").tag("state", "failed").counters())
                .hasSize(JobMetrics.MOST_JOBS);
        assertThat(registry.get("nightshift.batch.duration")
                        .tag("state", "failed")
                        .timer()
                        .count())
                .as("counted for all jobs together")
                .isEqualTo(JobMetrics.MOST_JOBS + 1);
    }

    private record Search(MeterRegistry registry, String job) {

        double count(String meter, String... tags) {
            return registry.get(meter).tag("job_name", job).tags(tags).counter().count();
        }

        double value(String meter, String... tags) {
            return registry.get(meter).tag("job_name", job).tags(tags).gauge().value();
        }
    }
}
