package io.nightshift.storage.destination.folder;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.destination.BatchRemoval;
import io.nightshift.storage.destination.DestinationStore;
import io.nightshift.storage.destination.PartReuse;
import io.nightshift.storage.destination.PredictionReader;
import io.nightshift.storage.destination.SupplementStore;

/// A destination of files, in a folder or an object store, alone or below a table.
public interface FileDestination extends DestinationStore, BatchRemoval, PartReuse, PredictionReader, SupplementStore {

    /// Checks that this node sees the destination at which a batch was prepared: it finds output of the batch, or
    /// the mark that stays once a batch was published there. Only then may other output of the batch be reported as
    /// absent.
    ///
    /// @throws FailureException not permanent, if this node finds neither
    void requirePlace(BatchId batch);
}
