package io.nightshift.storage.destination.folder;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.destination.DestinationStore;

/// A destination of files, in a folder or an object store, alone or below a table.
public interface FileDestination extends DestinationStore {

    /// Checks that this node sees the place at which a batch was prepared: something of the batch is there, or the
    /// mark that stays once a batch was published there. Only then can something of the batch be called absent.
    ///
    /// @throws FailureException not permanent, if that isn't so
    void requirePlace(BatchId batch);
}
