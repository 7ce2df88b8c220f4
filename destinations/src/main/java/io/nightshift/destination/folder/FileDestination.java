package io.nightshift.destination.folder;

import io.nightshift.destination.BatchRemoval;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.DestinationStore;
import io.nightshift.destination.PartReuse;
import io.nightshift.destination.PredictionReader;
import io.nightshift.destination.Publication;
import io.nightshift.destination.SupplementStore;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import org.jspecify.annotations.Nullable;

/// A destination of files, in a folder or an object store, alone or below a table.
public interface FileDestination extends DestinationStore, BatchRemoval, PartReuse, PredictionReader, SupplementStore {

    /// Checks that this node sees the destination at which a batch was prepared: it finds output of the batch, or
    /// the mark that stays once a batch was published there. Only then may other output of the batch be reported as
    /// absent.
    ///
    /// @throws FailureException not permanent, if this node finds neither
    void requirePlace(BatchId batch);

    @Override
    FileProof verify(CommittedBatch batch, Phase phase, @Nullable Publication published);
}
