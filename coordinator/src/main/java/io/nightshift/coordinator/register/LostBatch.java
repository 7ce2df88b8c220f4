package io.nightshift.coordinator.register;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.Submission;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A batch with a ledger of its own, which the batch register does not know.
///
/// @param openedAt when it was submitted
/// @param phase published or cancelled; null if it has not ended
public record LostBatch(
        BatchId batch,
        Instant openedAt,
        Submission submission,
        @Nullable Phase phase) {

    /// Searches the journal.
    @FunctionalInterface
    public interface Search {

        /// The batches that a register does not know, in the order of submission. Waits for the database.
        ///
        /// @throws io.nightshift.protocol.failure.FailureException transient if the journal can't be read
        List<LostBatch> search(BatchRegisterState register);
    }
}
