package io.nightshift.coordinator.batch.decision;

import io.nightshift.protocol.batch.PartitionCommit;
import java.util.List;

/// Parts of a published batch that are staged for another batch.
///
/// @param from the number of partitions, the first ones, about which was decided before
/// @param to the same, with these parts; more than `from`. A partition between them that has no part here is
///     scored again
/// @param commits the partitions whose parts are staged, with an epoch of the batch that reuses them; may be empty
public record StagedParts(int from, int to, List<PartitionCommit> commits) {
    public StagedParts {
        commits = List.copyOf(commits);
    }
}
