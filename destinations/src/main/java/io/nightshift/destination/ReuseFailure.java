package io.nightshift.destination;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Destination;

/// Why a destination does not reuse parts of a published batch, in the words that all databases share.
public final class ReuseFailure {

    private ReuseFailure() {}

    /// The rows are not those that were committed. Permanent.
    ///
    /// @param published the batch whose parts are reused
    /// @param found what is wrong
    public static FailureException changed(BatchId published, Destination destination, String found) {
        return FailureException.permanent("rows of %s in %s are gone or were changed, so they can't be reused: %s"
                .formatted(published, destination, found));
    }

    /// A later coordinator stages parts, or an attempt holds one of them, or the batch is over. Transient: a later
    /// coordinator continues.
    ///
    /// @param batch that reuses parts
    public static FailureException superseded(BatchId batch, Destination destination) {
        return new FailureException(
                Failure.transientFailure("parts of %s in %s are staged by a later coordinator, or the batch is over"
                        .formatted(batch, destination)));
    }
}
