package io.nightshift.node.http;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/// How often each may ask: a token bucket for each name, kept as the moment at which it would be full again
/// (the generic cell rate algorithm). Safe for several threads.
final class RateLimit {

    private static final long SECOND = 1_000_000_000L;

    /// Buckets that are full are forgotten when there are so many.
    private static final int MANY = 10_000;

    private final long interval;
    private final LongSupplier clock;
    private final ConcurrentHashMap<String, AtomicLong> fullAt = new ConcurrentHashMap<>();

    /// @param perSecond which is also how many may come at once
    /// @param clock in nanoseconds
    RateLimit(int perSecond, LongSupplier clock) {
        this.interval = SECOND / perSecond;
        this.clock = clock;
    }

    /// Takes one from the bucket of a name.
    ///
    /// @return whether there was one
    boolean allows(String name) {
        long now = clock.getAsLong();
        if (fullAt.size() > MANY) {
            fullAt.values().removeIf(moment -> moment.get() - now <= 0);
        }
        AtomicLong bucket = fullAt.computeIfAbsent(name, first -> new AtomicLong(now));
        while (true) {
            long before = bucket.get();
            long after = Math.max(before, now) + interval;
            if (after - now > SECOND) {
                return false;
            }
            if (bucket.compareAndSet(before, after)) {
                return true;
            }
        }
    }
}
