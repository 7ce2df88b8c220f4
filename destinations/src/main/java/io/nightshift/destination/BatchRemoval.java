package io.nightshift.destination;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;

/// The removal of published batches that are no longer wanted: [#unpublish] and, some time later, [#delete]. An
/// optional part of [DestinationStore], whose rules about threads hold here too.
public interface BatchRemoval {

    /// Takes a published batch out of readers' sight, in one step: a reader that looks afterwards sees
    /// nothing of it, and a reader in progress can go on until [#delete]. What readers saw is kept. Does
    /// nothing if readers don't see the batch. After a crash in the middle, readers see all of the batch or
    /// nothing, and a repetition finishes. No publication of the batch becomes visible again: what its
    /// coordinators staged is gone.
    ///
    /// @throws FailureException if it can't be done; readers see the batch then, or nothing of it
    void unpublish(BatchId batch);

    /// Deletes all that is left of a batch that was published, with its quarantined rows, after [#unpublish].
    /// Does nothing if there is nothing left. After a crash in the middle, some of it is left, which no
    /// reader sees, and a repetition deletes the rest.
    ///
    /// @throws FailureException if something can't be deleted
    void delete(BatchId batch);
}
