package io.nightshift.worker;

import io.nightshift.storage.filesystem.IdleTime;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Notices that an attempt makes no progress. An attempt that waits for a read or a write that never ends uses
/// no processor time. One that computes, and only completes no step and no block of rows, has [#PATIENCE] times
/// as long, since some steps scan a whole partition.
///
/// Deterministic: the caller passes the times. Used by one thread.
final class StallWatch {

    /// How much longer an attempt may compute without progress than wait without progress.
    static final int PATIENCE = 10;

    /// An attempt makes no progress.
    ///
    /// @param time since its last progress
    /// @param computes whether it has used processor time since
    record Stall(Duration time, boolean computes) {}

    private final long bound;
    private final IdleTime idle = new IdleTime();
    private boolean hasBegun;
    private long progress;
    private long since;

    /// @param bound how long an attempt may wait without progress
    StallWatch(Duration bound) {
        this.bound = bound.toNanos();
    }

    /// @param counter changes with each progress
    /// @param processor the processor time that the attempt's thread has used; does not grow where it is unknown
    /// @param now the time of a monotonic clock. All times are in nanoseconds
    /// @return the attempt's stall, or null if it may continue
    @Nullable
    Stall observe(long counter, long processor, long now) {
        if (!hasBegun || counter != progress) {
            hasBegun = true;
            progress = counter;
            since = now;
            idle.begin(processor, now);
        }
        long waited = idle.nanos(processor, now);
        if (waited >= bound) {
            return new Stall(Duration.ofNanos(waited), false);
        }
        return now - since >= PATIENCE * bound ? new Stall(Duration.ofNanos(now - since), true) : null;
    }
}
