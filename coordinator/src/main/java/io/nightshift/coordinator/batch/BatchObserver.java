package io.nightshift.coordinator.batch;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Hears what happens to the batches that this node coordinates. Called on dispatcher threads, by many batches at a
/// time,
/// and must not wait.
public interface BatchObserver {

    /// For those who don't want to know.
    BatchObserver NOBODY = new BatchObserver() {
        @Override
        public void written(Duration latency) {}

        @Override
        public void committed(long predictions, long quarantined) {}

        @Override
        public void attempt(AttemptOutcome outcome) {}

        @Override
        public void heartbeat(Duration sinceLast) {}

        @Override
        public void settled(Phase phase, Duration sinceSubmission) {}

        @Override
        public void stands(BatchId batch, @Nullable Standing standing) {}
    };

    /// How an attempt to score a partition ended.
    enum AttemptOutcome {
        COMMITTED,
        /// Its worker said so.
        FAILED,
        /// Nothing was heard of it while its lease lasted.
        EXPIRED,
        /// It came too late, and its output was not taken.
        REFUSED,
        /// Its worker had to end.
        GIVEN_BACK
    }

    /// How a batch is at the moment.
    ///
    /// @param waiting partitions that nobody holds and that aren't committed
    /// @param leased partitions that a worker holds
    /// @param oldestLease how long the longest of them has been held; zero if there is none
    record Standing(Phase phase, int waiting, int leased, Duration oldestLease) {}

    /// The journal has taken a write, that long after it was asked to.
    void written(Duration latency);

    /// A partition is committed.
    void committed(long predictions, long quarantined);

    void attempt(AttemptOutcome outcome);

    /// A worker reported, that long after it got its lease or reported last.
    void heartbeat(Duration sinceLast);

    /// A batch is published, has failed, or is cancelled.
    void settled(Phase phase, Duration sinceSubmission);

    /// @param standing null when the batch has ended, or goes on elsewhere
    void stands(BatchId batch, @Nullable Standing standing);
}
