package io.nightshift.protocol.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Where a batch's bad rows are.
///
/// @param quarantined bad rows of all committed partitions
/// @param partitions that have any, in the order of the plan
/// @param next the cursor of the next page, or null if this is the last
public record QuarantinePage(
        String batch,
        long quarantined,
        List<Bad> partitions,
        @Nullable String next) {

    public QuarantinePage {
        partitions = List.copyOf(partitions);
    }

    /// The bad rows of one partition.
    ///
    /// @param file that holds them, once the batch is published to a folder; else null
    public record Bad(int partition, long rows, @Nullable String file) {}
}
