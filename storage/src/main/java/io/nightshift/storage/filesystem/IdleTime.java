package io.nightshift.storage.filesystem;

import java.lang.management.ManagementFactory;

/// Measures how long a thread has used no processor time. A thread that waits for a file system that does not
/// answer uses none, while one that reads or writes slowly uses some with each block.
///
/// Deterministic: the caller passes the times, in nanoseconds. Used by one thread at a time.
public final class IdleTime {

    /// A thread that uses less than this does nothing.
    private static final long LEAST = 10_000_000;

    private boolean hasBegun;
    private long since;
    private long processorTime;

    /// The processor time that a thread has used, or -1 if it has ended or the platform does not tell.
    public static long processorTime(Thread thread) {
        return ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.threadId());
    }

    /// Begins the measurement anew.
    public void begin(long processor, long now) {
        hasBegun = true;
        since = now;
        processorTime = processor;
    }

    /// The time since the thread last used the processor. Before its first use, the time since the
    /// measurement began.
    ///
    /// @param processor the processor time that the thread has used
    /// @param now the time of a monotonic clock
    public long nanos(long processor, long now) {
        if (!hasBegun || processor - processorTime >= LEAST) {
            begin(processor, now);
        }
        return now - since;
    }
}
