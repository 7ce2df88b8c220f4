package io.nightshift.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A page of the partitions with quarantined rows, in the order of the plan.
///
/// @param batch the batch's full ID
/// @param quarantined number of quarantined rows in all committed partitions of the batch
/// @param partitions the partitions of this page
/// @param next the cursor of the next page, or null if this page is the last
public record QuarantinePage(
        String batch,
        long quarantined,
        List<QuarantinedPartition> partitions,
        @Nullable String next) {

    /// Keeps an unmodifiable copy of the list.
    public QuarantinePage {
        partitions = List.copyOf(partitions);
    }

    /// The quarantined rows of a partition.
    ///
    /// @param partition position in the plan, from 0
    /// @param rows number of quarantined rows; at least 1
    /// @param file the file that holds them, which moves when the batch is published or cancelled; null if
    ///     the destination is a table
    public record QuarantinedPartition(
            int partition, long rows, @Nullable String file) {}
}
