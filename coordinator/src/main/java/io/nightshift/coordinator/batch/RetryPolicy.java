package io.nightshift.coordinator.batch;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.random.RandomGenerator;

/// How often and when failed work is tried again. The backoff doubles with each failure.
///
/// @param attempts how often the work is tried in all, at least 1
/// @param minBackoff the backoff after the first failure, 0 or more
/// @param maxBackoff the longest backoff, at least `minBackoff`
/// @param jitter the share of a backoff that is random, 0 to 1
public record RetryPolicy(int attempts, Duration minBackoff, Duration maxBackoff, double jitter) {

    public RetryPolicy {
        if (attempts < 1) {
            throw new IllegalArgumentException("nightshift.batch.retry.attempts must be at least 1, not " + attempts);
        }
        if (minBackoff.isNegative() || maxBackoff.compareTo(minBackoff) < 0) {
            throw new IllegalArgumentException(
                    "nightshift.batch.retry: min-backoff must be 0 or more, and not longer than max-backoff");
        }
        if (!(jitter >= 0 && jitter <= 1)) {
            throw new IllegalArgumentException("nightshift.batch.retry.jitter must be 0 to 1, not " + jitter);
        }
    }

    static RetryPolicy of(Config config) {
        return new RetryPolicy(
                config.getInt("attempts"),
                config.getDuration("min-backoff"),
                config.getDuration("max-backoff"),
                config.getDouble("jitter"));
    }

    /// The backoff before the next try.
    ///
    /// @param failed how many tries have failed, at least 1
    Duration backoff(int failed, RandomGenerator random) {
        double doubled = (double) minBackoff.toNanos() * Math.pow(2, failed - 1.0);
        double wait = Math.min(doubled, (double) maxBackoff.toNanos());
        return Duration.ofNanos((long) (wait * (1 - jitter * random.nextDouble())));
    }
}
