package io.nightshift.worker;

import java.time.Duration;

/// Hears what a node's workers do. Called on dispatcher threads, by many workers at a time, and must not wait.
public interface WorkerObserver {

    /// For those who don't want to know.
    WorkerObserver NOBODY = new WorkerObserver() {
        @Override
        public void read(long rows) {}

        @Override
        public void scored(long predictions, long quarantined, Duration time) {}
    };

    /// More rows were read, in the midst of partitions too.
    void read(long rows);

    /// A partition was scored; whether it will be committed isn't known yet.
    void scored(long predictions, long quarantined, Duration time);
}
