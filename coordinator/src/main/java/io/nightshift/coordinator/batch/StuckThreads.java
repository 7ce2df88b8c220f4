package io.nightshift.coordinator.batch;

import java.util.concurrent.atomic.AtomicInteger;

/// Counts the threads of a node's coordinators that wait for a file system that does not answer: their steps have
/// stalled, and the threads have not come back. Safe for several threads.
public final class StuckThreads {

    private final AtomicInteger threads = new AtomicInteger();

    /// The number of threads that are stuck now.
    public int count() {
        return threads.get();
    }

    void stalled() {
        threads.incrementAndGet();
    }

    void cameBack() {
        threads.decrementAndGet();
    }
}
