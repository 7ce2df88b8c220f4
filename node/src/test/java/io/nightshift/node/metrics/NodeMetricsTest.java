package io.nightshift.node.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.schedule.ScheduledJobEvent;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class NodeMetricsTest {

    private static final Instant TICK = Instant.parse("2026-11-26T02:00:00Z");

    private final NodeMetrics metrics = NodeMetrics.begin(null, "node:1", MonitoringTest.PRICES);

    private static ScheduledJobEvent skipped(int ticks, boolean missed) {
        return new ScheduledJobEvent.TicksSkipped(TICK, TICK, TICK, ticks, missed, "a reason", 1);
    }

    @Test
    void onlyTicksThatNobodyAskedToSkipAreMissed() {
        metrics.happened(skipped(5, false));
        metrics.happened(skipped(3, true));

        assertThat(metrics.exposition())
                .containsPattern("nightshift_runs_without_batch_total\\{outcome=\"missed\"} 3\\.0");
    }

    @Test
    void aRunThatWaitsNoLongerIsNotPostponedOnceMore() {
        Instant at = Instant.parse("2026-11-26T02:00:00Z");
        metrics.happened(new ScheduledJobEvent.RunPostponed(at, "tick:1", "there is no /in"));
        metrics.happened(new ScheduledJobEvent.RunPostponed(at, "tick:1", null));

        assertThat(metrics.exposition())
                .containsPattern("nightshift_runs_without_batch_total\\{outcome=\"postponed\"} 1\\.0");
    }

    @Test
    void theRunsThatWaitAreThoseOfTheJobsOfThisNode() {
        metrics.postponed("churn", 2);
        metrics.postponed("churn", 3);
        metrics.postponed("risk", 1);
        assertThat(metrics.exposition()).containsPattern("nightshift_runs_postponed 4\\.0");

        metrics.postponed("churn", 0);
        assertThat(metrics.exposition()).containsPattern("nightshift_runs_postponed 1\\.0");
    }
}
