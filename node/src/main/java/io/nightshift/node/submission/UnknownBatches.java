package io.nightshift.node.submission;

import io.nightshift.coordinator.ledger.RegisteredBatches;
import io.nightshift.destination.DestinationStore;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import java.util.Optional;
import java.util.function.Supplier;

/// Finds published batches of a job that the ledger does not know: a sign that the ledger was emptied, cut or
/// restored from an old backup, or that another ledger publishes the job to the same destination.
public final class UnknownBatches {

    private UnknownBatches() {}

    /// Refuses a job whose newest batch at the destination is newer than all its batches in the ledger. An older
    /// one does not count: somebody has started a new batch since, and so has accepted it.
    ///
    /// @param register called only if the destination has batches of the job
    /// @throws FailureException permanent
    public static void refuse(Job job, DestinationStore destination, Supplier<RegisteredBatches> register) {
        Optional<BatchId> published = destination.newest(job.name());
        if (published.isEmpty()) {
            return;
        }
        BatchId newest = published.get();
        if (!register.get().knowsSince(job.name(), newest)) {
            throw FailureException.permanent(
                    "the destination has batch %s of this job, which the ledger does not know: the ledger was lost or is too old, or another one publishes this job here. The same input might be published twice. Use the ledger that knows the batch, or start a new batch with --new. docs/how-to/ledger.md has the details"
                            .formatted(newest));
        }
    }
}
