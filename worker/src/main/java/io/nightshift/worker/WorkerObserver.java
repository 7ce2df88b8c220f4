package io.nightshift.worker;

import java.time.Duration;

/// Observes a node's workers. Dispatcher threads call it, several at a time; it must not block.
public interface WorkerObserver {

    /// Ignores everything.
    WorkerObserver NOBODY = new WorkerObserver() {
        @Override
        public void read(long rows) {}

        @Override
        public void scored(long predictions, long quarantined, Duration time) {}
    };

    /// Called when more rows have been read, also within a partition.
    void read(long rows);

    /// Called when a partition has been scored. It is not committed yet.
    ///
    /// @param time from the start of the attempt
    void scored(long predictions, long quarantined, Duration time);
}
