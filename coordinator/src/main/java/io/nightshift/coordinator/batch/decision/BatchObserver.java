package io.nightshift.coordinator.batch.decision;

import io.nightshift.api.BatchDescription;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.CheckResult;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Use;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Is notified of what happens to the batches that this node coordinates.
///
/// Many batches call it at the same time, on threads of the actors' dispatcher. An implementation is safe for
/// several threads and never blocks.
public interface BatchObserver {

    /// Ignores every notification.
    BatchObserver NONE = new BatchObserver() {
        @Override
        public void journalWritten(Duration latency) {}

        @Override
        public void partitionCommitted(BatchId batch, PartitionCommit commit) {}

        @Override
        public void checked(String job, CheckResult result) {}

        @Override
        public void attemptEnded(AttemptOutcome outcome) {}

        @Override
        public void attemptsDiscarded(BatchId batch, Use use) {}

        @Override
        public void heartbeatReceived(Duration sinceLast) {}

        @Override
        public void batchStopped(BatchId batch, Phase phase, Duration sinceSubmission) {}

        @Override
        public void gaugesChanged(BatchId batch, @Nullable BatchGauges gauges) {}

        @Override
        public void batchDamaged(BatchId batch) {}

        @Override
        public void failedBatches(Map<BatchId, BatchDescription.Timing> failed) {}
    };

    /// The outcome of an attempt.
    enum AttemptOutcome {
        /// Its output counts.
        COMMITTED,
        /// Its worker reported a failure.
        FAILED,
        /// Its lease expired without a heartbeat.
        EXPIRED,
        /// It no longer held its partition, so its output was not accepted.
        REFUSED,
        /// Its worker stopped and released the lease.
        RELEASED
    }

    /// The current numbers of a batch.
    ///
    /// @param waiting partitions that are neither leased nor committed; 0 unless the batch is running
    /// @param leased partitions that a worker holds
    /// @param oldestLease the age of the oldest lease; zero if there is none
    /// @param timing the batch's deadline and forecast
    record BatchGauges(
            Phase phase, int waiting, int leased, Duration oldestLease, BatchDescription.@Nullable Timing timing) {}

    /// A write to the journal is durable.
    ///
    /// @param latency from the request to its completion
    void journalWritten(Duration latency);

    /// A partition was committed.
    void partitionCommitted(BatchId batch, PartitionCommit commit);

    /// A batch was checked before its publication.
    ///
    /// @param job the name of its job
    /// @param result of one of the job's checks
    void checked(String job, CheckResult result);

    /// An attempt ended.
    void attemptEnded(AttemptOutcome outcome);

    /// The ledger records what attempts used that were thrown away: failed, or without their lease.
    void attemptsDiscarded(BatchId batch, Use use);

    /// A worker sent a heartbeat.
    ///
    /// @param sinceLast since the lease was granted, or since the heartbeat before
    void heartbeatReceived(Duration sinceLast);

    /// A batch was published, has failed or was cancelled.
    ///
    /// @param phase published, failed or cancelled
    void batchStopped(BatchId batch, Phase phase, Duration sinceSubmission);

    /// A batch has new numbers. Called with every tick of the batch's coordinator.
    ///
    /// @param gauges null if the batch has ended, or this node no longer coordinates it
    void gaugesChanged(BatchId batch, @Nullable BatchGauges gauges);

    /// This node coordinates a batch whose ledger can't be read, until [#gaugesChanged] is called for it.
    void batchDamaged(BatchId batch);

    /// Which batches of the cluster have failed and are neither retried nor cancelled. Only the node with the batch
    /// register reports this, because the coordinators of failed batches are not in memory.
    ///
    /// @param failed with their times when they failed; empty if this node no longer has the register
    void failedBatches(Map<BatchId, BatchDescription.Timing> failed);
}
