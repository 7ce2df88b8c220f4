package io.nightshift.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A page of a batch's partitions, in the order of the plan.
///
/// @param batch the batch's full ID
/// @param partitions the partitions of this page
/// @param next the cursor of the next page, or null if this page is the last
public record PartitionPage(
        String batch,
        List<PartitionDescription> partitions,
        @Nullable String next) {

    /// Keeps an unmodifiable copy of the list.
    public PartitionPage {
        partitions = List.copyOf(partitions);
    }

    /// The status of a partition.
    ///
    /// @param partition position in the plan, from 0
    /// @param firstRow position of the partition's first row in the batch's input, from 0
    /// @param rows number of input rows in the partition's range
    /// @param value the partition's value of `partitions.by`, such as `2026-11-01`; null without a partition
    ///     key, and for the rows whose key is NULL
    /// @param state `committed` or `waiting`
    /// @param attemptsFailed failed attempts since the batch was opened or last retried
    /// @param epoch epoch of the committed attempt, such as `2-7`; null until the partition is committed
    /// @param read input rows that the job's `where` lets through; null until the partition is committed
    /// @param predictions rows with a prediction; null until the partition is committed
    /// @param quarantined rows that couldn't be scored; null until the partition is committed
    /// @param bytes size of the partition's output; null until the partition is committed
    public record PartitionDescription(
            int partition,
            long firstRow,
            long rows,
            @Nullable String value,
            String state,
            int attemptsFailed,
            @Nullable String epoch,
            @Nullable Long read,
            @Nullable Long predictions,
            @Nullable Long quarantined,
            @Nullable Long bytes) {}
}
