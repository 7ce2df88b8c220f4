package io.nightshift.client;

import org.jspecify.annotations.Nullable;

/// Selects partitions for [NightshiftClient#partitions]. Immutable.
///
/// @param state `committed` or `waiting`; null for all partitions
/// @param limit the most partitions in a page, 1 to 1,000
/// @param cursor the previous page's `next`, or null for the first page
public record PartitionFilter(
        @Nullable String state, int limit, @Nullable String cursor) {

    /// The first 100 partitions.
    public static final PartitionFilter ALL = new PartitionFilter(null, 100, null);

    /// This filter, for committed partitions only.
    public PartitionFilter committed() {
        return new PartitionFilter("committed", limit, cursor);
    }

    /// This filter, for partitions only that are not committed yet.
    public PartitionFilter waiting() {
        return new PartitionFilter("waiting", limit, cursor);
    }

    /// This filter with pages of another size.
    ///
    /// @param most 1 to 1,000
    public PartitionFilter atMost(int most) {
        return new PartitionFilter(state, most, cursor);
    }

    /// This filter for the page after another.
    ///
    /// @param next the `next` of the page before
    public PartitionFilter from(String next) {
        return new PartitionFilter(state, limit, next);
    }
}
