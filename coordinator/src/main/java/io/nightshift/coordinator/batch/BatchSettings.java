package io.nightshift.coordinator.batch;

import com.typesafe.config.Config;
import java.time.Duration;

/// The section `nightshift.batch` of the configuration.
///
/// @param lease how long a worker holds a partition without a heartbeat
/// @param tick how often leases are checked and waiting partitions offered
/// @param retry of failed attempts
public record BatchSettings(Duration lease, Duration tick, RetryPolicy retry) {

    public BatchSettings {
        if (lease.compareTo(tick) <= 0) {
            throw new IllegalArgumentException("nightshift.batch.lease is longer than nightshift.batch.tick");
        }
    }

    /// @param config the section itself
    public static BatchSettings of(Config config) {
        return new BatchSettings(
                config.getDuration("lease"), config.getDuration("tick"), RetryPolicy.of(config.getConfig("retry")));
    }
}
