package io.nightshift.coordinator.batch;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.random.RandomGenerator;

/// How often and when a failed attempt is tried again.
///
/// @param attempts tries per partition, at least 1
/// @param minBackoff the wait before the second try
/// @param maxBackoff the longest wait
/// @param jitter the share of a wait that is random, 0 to 1
public record RetryPolicy(int attempts, Duration minBackoff, Duration maxBackoff, double jitter) {

    public RetryPolicy {
        if (attempts < 1) {
            throw new IllegalArgumentException("nightshift.batch.retry.attempts is at least 1, not " + attempts);
        }
        if (minBackoff.isNegative() || maxBackoff.compareTo(minBackoff) < 0) {
            throw new IllegalArgumentException("nightshift.batch.retry: min-backoff <= max-backoff");
        }
        if (!(jitter >= 0 && jitter <= 1)) {
            throw new IllegalArgumentException("nightshift.batch.retry.jitter is 0 to 1, not " + jitter);
        }
    }

    static RetryPolicy of(Config config) {
        return new RetryPolicy(
                config.getInt("attempts"),
                config.getDuration("min-backoff"),
                config.getDuration("max-backoff"),
                config.getDouble("jitter"));
    }

    /// @param failed how many tries have failed, at least 1
    Duration backoff(int failed, RandomGenerator random) {
        double doubled = (double) minBackoff.toNanos() * Math.pow(2, failed - 1.0);
        double wait = Math.min(doubled, (double) maxBackoff.toNanos());
        return Duration.ofNanos((long) (wait * (1 - jitter * random.nextDouble())));
    }
}
