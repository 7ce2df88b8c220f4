package io.nightshift.destination;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.failure.FailureException;
import java.util.List;

/// Parts of a published batch that another batch reuses. An optional part of [DestinationStore], whose rules about
/// threads hold here too.
public interface PartReuse {

    /// Stages parts of a published batch, unchanged, where [DestinationStore#publish] expects the output of
    /// attempts of another batch, after [DestinationStore#prepare] of that batch. Readers see no difference. A part
    /// that is staged already is left as it is, so that a repetition finishes what an earlier call began. After a
    /// crash in the middle, whole parts are staged, and perhaps files that nobody reads and
    /// [DestinationStore#discard] removes.
    ///
    /// @param published whose parts are copied; it stays as it is
    /// @param batch that reuses the parts
    /// @param parts the commits of the reused partitions, with their epochs in `batch`
    /// @throws FailureException permanent, if a part is gone or not the one that was committed
    void reuse(BatchId published, BatchId batch, List<PartitionCommit> parts);
}
