package io.nightshift.protocol.batch;

import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.Slice;
import java.util.List;

/// What a worker is told.
public sealed interface WorkerMessage {

    /// A batch has work; ask it for a lease.
    record WorkAt(BatchId batch) implements WorkerMessage {}

    /// The worker holds the partition while its heartbeats arrive.
    ///
    /// @param firstRow position of the partition's first row in the batch's input
    /// @param slices the rows to score, in order
    /// @param staging the folder for the attempt's output; it exists
    record Lease(Attempt attempt, Job job, ModelVersion model, long firstRow, List<Slice> slices, String staging)
            implements WorkerMessage {}

    /// The batch has nothing to lease at the moment.
    record NothingToLease(BatchId batch) implements WorkerMessage {}

    /// The commit is durable.
    record Committed(Attempt attempt) implements WorkerMessage {}

    /// The attempt doesn't hold its partition any more; its output is to be deleted.
    record Abandon(Attempt attempt, String reason) implements WorkerMessage {}
}
