package io.nightshift.coordinator.batch.decision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration MINUTE = Duration.ofMinutes(1);

    /// Gives the same number forever.
    private static RandomGenerator always(double number) {
        return new RandomGenerator() {
            @Override
            public long nextLong() {
                throw new UnsupportedOperationException();
            }

            @Override
            public double nextDouble() {
                return number;
            }
        };
    }

    private static RetryPolicy policy(int attempts, Duration minBackoff, Duration maxBackoff, double jitter) {
        return new RetryPolicy(attempts, minBackoff, maxBackoff, jitter, MINUTE, MINUTE, MINUTE);
    }

    @Test
    void theBackoffDoublesWithEachFailureUpToTheLongest() {
        RetryPolicy policy = policy(4, SECOND, Duration.ofSeconds(5), 0);

        assertThat(policy.backoff(1, always(0.9))).isEqualTo(SECOND);
        assertThat(policy.backoff(2, always(0.9))).isEqualTo(Duration.ofSeconds(2));
        assertThat(policy.backoff(3, always(0.9))).isEqualTo(Duration.ofSeconds(4));
        assertThat(policy.backoff(4, always(0.9))).isEqualTo(Duration.ofSeconds(5));
        assertThat(policy.backoff(5000, always(0.9))).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void jitterShortensTheBackoffByItsShareAtMost() {
        RetryPolicy policy = policy(4, SECOND, MINUTE, 0.5);

        assertThat(policy.backoff(2, always(0))).isEqualTo(Duration.ofSeconds(2));
        assertThat(policy.backoff(2, always(0.5))).isEqualTo(Duration.ofMillis(1500));
        assertThat(policy.backoff(2, always(1))).isEqualTo(SECOND);
    }

    @Test
    void theLeastAndTheMostOfEachSettingAreAccepted() {
        assertThat(policy(1, Duration.ZERO, Duration.ZERO, 0).backoff(3, always(0)))
                .isEqualTo(Duration.ZERO);
        assertThat(policy(1, SECOND, SECOND, 1).backoff(1, always(1))).isEqualTo(Duration.ZERO);
    }

    @Test
    void settingsThatMakeNoSenseAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> policy(0, SECOND, MINUTE, 0))
                .withMessageContaining("retry.attempts must be at least 1, not 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> policy(1, Duration.ofNanos(-1), MINUTE, 0))
                .withMessageContaining("min-backoff must be 0 or more");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> policy(1, MINUTE, SECOND, 0))
                .withMessageContaining("not longer than max-backoff");
        for (double jitter : new double[] {-0.1, 1.1, Double.NaN}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> policy(1, SECOND, MINUTE, jitter))
                    .withMessageContaining("jitter must be 0 to 1");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RetryPolicy(1, SECOND, MINUTE, 0, Duration.ofNanos(-1), MINUTE, MINUTE))
                .withMessageContaining("storage, database and node must be 0 or more");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RetryPolicy(1, SECOND, MINUTE, 0, MINUTE, Duration.ofNanos(-1), MINUTE))
                .withMessageContaining("storage, database and node must be 0 or more");
    }
}
