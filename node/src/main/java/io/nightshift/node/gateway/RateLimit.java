package io.nightshift.node.gateway;

import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/// Limits how many requests a second each caller may make: a token bucket for each name, kept as the moment
/// at which it would be full again (the generic cell rate algorithm). Safe for several threads.
///
/// A library would replace the three lines of arithmetic, but not the map or the bound on its size.
final class RateLimit {

    private static final long SECOND = 1_000_000_000L;

    /// Full buckets are dropped when there are more.
    private static final int MOST_BUCKETS = 10_000;

    private final long interval;
    private final LongSupplier clock;
    private final Map<String, Long> fullAt = new HashMap<>();

    /// @param perSecond the rate, and how many may come in a burst
    /// @param clock in nanoseconds
    RateLimit(int perSecond, LongSupplier clock) {
        this.interval = SECOND / perSecond;
        this.clock = clock;
    }

    /// Takes one from the bucket of a name.
    ///
    /// @return whether there was one
    synchronized boolean allows(String name) {
        long now = clock.getAsLong();
        if (fullAt.size() > MOST_BUCKETS) {
            fullAt.values().removeIf(moment -> moment - now <= 0);
        }
        long wait = Math.max(fullAt.getOrDefault(name, now) - now, 0) + interval;
        if (wait > SECOND) {
            return false;
        }
        fullAt.put(name, now + wait);
        return true;
    }
}
