package io.nightshift.coordinator.batch.task;

import java.util.concurrent.atomic.AtomicInteger;

/// Counts the threads of a node that hang in a file system that does not answer, while they run a step of a
/// coordinator or inspect a submission. Their work counts as stalled, and the threads have not returned. Safe for
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
