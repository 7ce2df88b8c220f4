package io.nightshift.coordinator.batch;

import java.util.concurrent.atomic.AtomicInteger;

/// Counts the threads of a node that wait for a file system that does not answer while they do a step of a
/// coordinator or inspect a submission: the work has stalled, and the threads have not come back. Safe for
/// several threads.
public final class StuckThreads {

    private final AtomicInteger threads = new AtomicInteger();

    /// The number of threads that are stuck now.
    public int count() {
        return threads.get();
    }

    /// A thread has begun to hang.
    public void stalled() {
        threads.incrementAndGet();
    }

    /// A thread that hung has ended its work.
    public void cameBack() {
        threads.decrementAndGet();
    }
}
