package io.nightshift.destination;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import java.util.List;
import java.util.Optional;

/// One batch at the place where it is staged and published, during one call of a [StagedStore]. Methods without
/// documentation are those of [DestinationStore] and its optional parts.
public interface BatchPublisher extends PublicationSteps, AutoCloseable {

    /// The manifest that readers see; empty if they don't see the batch.
    Optional<String> manifest();

    /// @param batch with quarantined rows
    void keepQuarantine(CommittedBatch batch);

    void discard();

    void unpublish();

    /// Deletes what is left of a batch after [#unpublish].
    void delete();

    void reuse(BatchId published, List<PartitionCommit> parts);

    void prepareSupplement(CommittedBatch batch);

    Publication publishSupplement(CommittedBatch batch);

    Optional<Publication> withdrawSupplement(CommittedBatch batch);

    void discardSupplement(int incarnation);

    @Override
    void close();
}
