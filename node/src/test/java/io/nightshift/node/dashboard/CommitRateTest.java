package io.nightshift.node.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class CommitRateTest {

    private static final Instant START = Instant.parse("2026-11-27T01:00:00Z");

    private final CommitRate rate = new CommitRate(START);

    @Test
    void eachSecondIsASpanAtFirst() {
        rate.add(START.plusSeconds(1), "a", 10);
        rate.add(START.plusSeconds(3), "b", 5);
        rate.add(START.plusSeconds(3), "a", 2);
        assertThat(rate.seconds(CommitRate.SPANS)).isEqualTo(1);
        assertThat(rate.all()).containsExactly(0, 10, 0, 7);
        assertThat(rate.byNode(2).get("a")).containsExactly(10, 2);
        assertThat(rate.seconds(2)).isEqualTo(2);
    }

    @Test
    void aLongBatchTakesNoMoreSpansAndLosesNoRow() {
        long rows = 0;
        for (int hour = 0; hour < 100; hour++) {
            rate.add(START.plusSeconds(hour * 3_600L), "node" + hour % 3, hour);
            rows += hour;
        }
        assertThat(rate.all().length).isLessThanOrEqualTo(CommitRate.SPANS);
        assertThat(Arrays.stream(rate.all()).sum()).isEqualTo(rows);
        assertThat(rate.seconds(CommitRate.SPANS) * rate.all().length).isGreaterThanOrEqualTo(99 * 3_600L);
        assertThat(rate.byNode(60).values())
                .allSatisfy(spans -> assertThat(spans.length).isLessThanOrEqualTo(60));
        assertThat(rate.byNode(60).values().stream()
                        .mapToLong(spans -> Arrays.stream(spans).sum())
                        .sum())
                .isEqualTo(rows);
    }

    @Test
    void aClockThatGoesBackCountsInTheFirstSpan() {
        rate.add(START.minusSeconds(5), "a", 3);
        assertThat(rate.all()).containsExactly(3);
    }
}
