package io.nightshift.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class StallWatchTest {

    private static final long SECOND = 1_000_000_000L;

    private final StallWatch watch = new StallWatch(Duration.ofMinutes(5));

    @Test
    void anAttemptThatNeitherProgressesNorComputesStalls() {
        assertThat(watch.observe(7, 0, 1_000 * SECOND)).isNull();
        assertThat(watch.observe(7, 1_000, 1_299 * SECOND)).isNull();
        assertThat(watch.observe(7, 2_000, 1_300 * SECOND))
                .isEqualTo(new StallWatch.Stall(Duration.ofMinutes(5), false));
    }

    @Test
    void eachProgressBeginsTheTimeAnewAlsoIfTheCounterFalls() {
        watch.observe(7, 0, 0);
        watch.observe(8, 0, 299 * SECOND);
        assertThat(watch.observe(8, 0, 598 * SECOND)).isNull();
        assertThat(watch.observe(3, 0, 599 * SECOND)).isNull();
        assertThat(watch.observe(3, 0, 898 * SECOND)).isNull();
        assertThat(watch.observe(3, 0, 899 * SECOND)).isNotNull();
    }

    @Test
    void anAttemptThatComputesHasTenTimesAsLong() {
        watch.observe(7, 0, 0);
        for (int second = 1; second < 3_000; second++) {
            assertThat(watch.observe(7, second * SECOND / 50, second * SECOND)).isNull();
        }
        assertThat(watch.observe(7, 3_000 * SECOND / 50, 3_000 * SECOND))
                .isEqualTo(new StallWatch.Stall(Duration.ofMinutes(50), true));
    }

    @Test
    void anAttemptThatComputedAndThenWaitsStalls() {
        watch.observe(7, 0, 0);
        watch.observe(7, 200 * SECOND, 200 * SECOND);
        assertThat(watch.observe(7, 200 * SECOND, 499 * SECOND)).isNull();
        assertThat(watch.observe(7, 200 * SECOND, 500 * SECOND))
                .isEqualTo(new StallWatch.Stall(Duration.ofMinutes(5), false));
    }
}
