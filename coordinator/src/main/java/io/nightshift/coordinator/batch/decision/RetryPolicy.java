package io.nightshift.coordinator.batch.decision;

import com.typesafe.config.Config;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.Job;
import java.time.Duration;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The number of attempts, the backoff and the total time for failed work. The backoff doubles with each
/// failure.
///
/// @param attempts how often a partition is tried in all, at least 1. Failures of a resource do not count
/// @param minBackoff the backoff after the first failure, 0 or more
/// @param maxBackoff the longest backoff, at least `minBackoff`
/// @param jitter the share of a backoff that is random, 0 to 1
/// @param storage how long failures of a file system are retried, 0 or more
/// @param database how long failures of a database are retried, 0 or more
/// @param node how long a batch waits for a node that has what another node lacks, 0 or more
public record RetryPolicy(
        int attempts,
        Duration minBackoff,
        Duration maxBackoff,
        double jitter,
        Duration storage,
        Duration database,
        Duration node) {

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
        if (storage.isNegative() || database.isNegative() || node.isNegative()) {
            throw new IllegalArgumentException("nightshift.batch.retry: storage, database and node must be 0 or more");
        }
    }

    static RetryPolicy of(Config config) {
        return new RetryPolicy(
                config.getInt("attempts"),
                config.getDuration("min-backoff"),
                config.getDuration("max-backoff"),
                config.getDouble("jitter"),
                config.getDuration("storage"),
                config.getDuration("database"),
                config.getDuration("node"));
    }

    /// The policy for a job, which may have values of its own.
    public RetryPolicy forJob(Job.@Nullable Retry job) {
        return job == null
                ? this
                : new RetryPolicy(
                        Objects.requireNonNullElse(job.attempts(), attempts),
                        minBackoff,
                        maxBackoff,
                        jitter,
                        Objects.requireNonNullElse(job.storage(), storage),
                        Objects.requireNonNullElse(job.database(), database),
                        Objects.requireNonNullElse(job.node(), node));
    }

    /// The backoff before the next try.
    ///
    /// @param failed how many tries have failed, at least 1
    public Duration backoff(int failed, RandomGenerator random) {
        double doubled = (double) minBackoff.toNanos() * Math.pow(2, failed - 1.0);
        double wait = Math.min(doubled, (double) maxBackoff.toNanos());
        return Duration.ofNanos((long) (wait * (1 - jitter * random.nextDouble())));
    }

    /// The time for which a transient failure is retried. A failure that names no resource counts as a failure
    /// of storage.
    public Duration patience(Failure failure) {
        return switch (failure.resource() == null ? null : failure.resource().type()) {
            case DATABASE -> database;
            case INPUT, REGISTRY, SCRATCH, LIBRARY, MOUNT, PLACE -> node;
            case STORAGE -> storage;
            case null -> storage;
        };
    }
}
