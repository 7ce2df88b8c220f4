package io.nightshift.coordinator.batch.decision;

import com.typesafe.config.Config;
import java.time.Duration;

/// The section `nightshift.batch` of the configuration.
///
/// @param lease how long a lease lasts without a heartbeat; longer than `tick`
/// @param tick how often a coordinator checks its leases and tells the register about waiting partitions
/// @param retry how failed attempts and background tasks are retried
/// @param stallAfter how long a background task may wait for a file system
/// @param passivateAfter how long the coordinator of an ended or failed batch stays in memory after its last
///     message
/// @param removalGrace how long the output of a removed batch is kept after readers stopped seeing it; 0 or
///     more
public record BatchSettings(
        Duration lease,
        Duration tick,
        RetryPolicy retry,
        Duration stallAfter,
        Duration passivateAfter,
        Duration removalGrace) {

    /// The default of `retention.grace`.
    static final Duration REMOVAL_GRACE = Duration.ofHours(1);

    /// Settings with the default of the newest key.
    public BatchSettings(
            Duration lease, Duration tick, RetryPolicy retry, Duration stallAfter, Duration passivateAfter) {
        this(lease, tick, retry, stallAfter, passivateAfter, REMOVAL_GRACE);
    }

    public BatchSettings {
        if (lease.compareTo(tick) <= 0) {
            throw new IllegalArgumentException("nightshift.batch.lease must be longer than nightshift.batch.tick");
        }
        if (!stallAfter.isPositive()) {
            throw new IllegalArgumentException("nightshift.batch.stall-after must be longer than 0");
        }
        if (removalGrace.isNegative()) {
            throw new IllegalArgumentException("nightshift.batch.retention.grace must not be below 0");
        }
    }

    /// @param config the section itself
    public static BatchSettings of(Config config) {
        if (config.getDuration("retention.every").toSeconds() < 1) {
            throw new IllegalArgumentException("nightshift.batch.retention.every must be at least 1s");
        }
        return new BatchSettings(
                config.getDuration("lease"),
                config.getDuration("tick"),
                RetryPolicy.of(config.getConfig("retry")),
                config.getDuration("stall-after"),
                config.getDuration("passivate-after"),
                config.getDuration("retention.grace"));
    }
}
