package io.nightshift.coordinator.batch;

import com.typesafe.config.Config;
import java.time.Duration;

/// The section `nightshift.batch` of the configuration.
///
/// @param lease how long a lease lasts without a heartbeat; longer than `tick`
/// @param tick how often a coordinator checks its leases and tells the register about waiting partitions
/// @param retry how failed attempts and background tasks are retried
/// @param stallAfter how long a background task may wait for a file system
/// @param passivateAfter how long the coordinator of an ended batch stays in memory after its last message
public record BatchSettings(
        Duration lease, Duration tick, RetryPolicy retry, Duration stallAfter, Duration passivateAfter) {

    public BatchSettings {
        if (lease.compareTo(tick) <= 0) {
            throw new IllegalArgumentException("nightshift.batch.lease must be longer than nightshift.batch.tick");
        }
        if (!stallAfter.isPositive()) {
            throw new IllegalArgumentException("nightshift.batch.stall-after must be longer than 0");
        }
    }

    /// @param config the section itself
    public static BatchSettings of(Config config) {
        return new BatchSettings(
                config.getDuration("lease"),
                config.getDuration("tick"),
                RetryPolicy.of(config.getConfig("retry")),
                config.getDuration("stall-after"),
                config.getDuration("passivate-after"));
    }
}
