package io.nightshift.protocol.batch;

import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.Slice;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A message to a worker.
public sealed interface WorkerMessage {

    /// Sent by the register: the batch has work. The worker asks the batch for a lease.
    ///
    /// @param batch a batch with partitions to lease
    record WorkAt(BatchId batch) implements WorkerMessage {}

    /// A lease of a partition. It lasts as long as the worker's heartbeats arrive.
    ///
    /// @param attempt the attempt that starts with this lease
    /// @param job the batch's job
    /// @param model the model version that scores the rows
    /// @param firstRow position of the partition's first row in the input, from 0
    /// @param slices the rows to score, in order
    /// @param staging where the attempt stages its output: a folder that exists, or a description of the
    ///     tables
    /// @param nonce the nonce of the worker's request; null for an attempt without a worker
    /// @param other the model version that scores the same rows only to be compared; null for none
    record Lease(
            Attempt attempt,
            Job job,
            ModelVersion model,
            long firstRow,
            List<Slice> slices,
            String staging,
            @Nullable String nonce,
            @Nullable ModelVersion other)
            implements WorkerMessage {

        /// A lease of rows that one model scores.
        public Lease(
                Attempt attempt,
                Job job,
                ModelVersion model,
                long firstRow,
                List<Slice> slices,
                String staging,
                @Nullable String nonce) {
            this(attempt, job, model, firstRow, slices, staging, nonce, null);
        }

        /// A lease of an attempt without a worker, such as a check of a model.
        public Lease(Attempt attempt, Job job, ModelVersion model, long firstRow, List<Slice> slices, String staging) {
            this(attempt, job, model, firstRow, slices, staging, null);
        }
    }

    /// The batch has no partition to lease now.
    ///
    /// @param batch the batch that the worker asked
    /// @param heldOff whether the batch has partitions, but not for the worker's node: a resource of the node has
    ///     failed. The worker asks later
    /// @param heldOffFor how long the node gets none; null if it is not held off
    record NothingToLease(
            BatchId batch, boolean heldOff, @Nullable Duration heldOffFor) implements WorkerMessage {

        /// No worker gets a partition now.
        public NothingToLease(BatchId batch) {
            this(batch, false, null);
        }

        /// The worker's node gets no partition for a while.
        public NothingToLease(BatchId batch, Duration heldOffFor) {
            this(batch, true, heldOffFor);
        }
    }

    /// The attempt's commit is durable.
    ///
    /// @param attempt the committed attempt
    record Committed(Attempt attempt) implements WorkerMessage {}

    /// The attempt no longer holds its partition. The worker stops it and deletes its output.
    ///
    /// @param attempt the attempt to stop
    /// @param reason why, in a few words, for the log
    record Abandon(Attempt attempt, String reason) implements WorkerMessage {}
}
