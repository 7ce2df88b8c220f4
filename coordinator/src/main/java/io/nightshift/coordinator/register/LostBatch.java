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
/// @param superseded whether the archive has a later batch of the same run
public record LostBatch(
        BatchId batch,
        Instant openedAt,
        Submission submission,
        @Nullable Phase phase,
        boolean superseded) {

    /// Searches the journal.
    @FunctionalInterface
    public interface Search {

        /// The batches that neither a register nor the archive knows, in the order of submission. Waits for the
        /// database.
        ///
        /// @param after the position in the journal from which on to search; 0 for all of it
        /// @throws io.nightshift.protocol.failure.FailureException transient if the journal can't be read
        List<LostBatch> search(BatchRegisterState register, long after);
    }
}
