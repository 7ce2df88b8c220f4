package io.nightshift.node;

import java.time.Duration;
import java.util.Map;

/// The time limits for the steps in which a node leaves. Each step leaves the workers their grace period.
public final class ShutdownTimeouts {

    /// For the last commit to be acknowledged, or the partition to be given back.
    private static final Duration AFTER_GRACE = Duration.ofSeconds(15);

    /// For a worker that moves while its node stays: its shard waits for it.
    private static final Duration HANDOFF = Duration.ofSeconds(30);

    private ShutdownTimeouts() {}

    /// The settings for Pekko.
    ///
    /// @param grace `nightshift.worker.grace`
    public static Map<String, Duration> within(Duration grace) {
        return Map.of(
                "pekko.coordinated-shutdown.phases.service-stop.timeout", grace.plus(AFTER_GRACE),
                "pekko.cluster.sharding.handoff-timeout", grace.plus(HANDOFF));
    }
}
