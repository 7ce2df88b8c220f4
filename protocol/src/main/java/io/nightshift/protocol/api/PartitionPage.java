package io.nightshift.protocol.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Some of a batch's partitions, in the order of the plan.
///
/// @param next the cursor of the next page, or null if this is the last
public record PartitionPage(
        String batch,
        List<PartitionDescription> partitions,
        @Nullable String next) {

    public PartitionPage {
        partitions = List.copyOf(partitions);
    }

    /// One partition. What it came to is null until it is committed.
    ///
    /// @param partition its position in the plan, from 0
    /// @param firstRow position of its first row in the batch's input
    /// @param state `committed` or `waiting`
    /// @param epoch of the winning attempt
    /// @param attemptsFailed since the batch was opened or retried
    public record PartitionDescription(
            int partition,
            long firstRow,
            long rows,
            String state,
            int attemptsFailed,
            @Nullable String epoch,
            @Nullable Long read,
            @Nullable Long predictions,
            @Nullable Long quarantined,
            @Nullable Long bytes) {}
}
