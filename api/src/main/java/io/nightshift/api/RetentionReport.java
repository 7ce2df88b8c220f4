package io.nightshift.api;

import java.time.Instant;
import java.util.List;

/// The batches that the retention of their jobs removes.
///
/// @param batches the oldest first of each job; at most 1,000
/// @param hasMore whether there are more; the next request returns them
public record RetentionReport(List<Expired> batches, boolean hasMore) {

    /// Keeps an unmodifiable copy of the list.
    public RetentionReport {
        batches = List.copyOf(batches);
    }

    /// A published batch that is no longer to be kept.
    ///
    /// @param batch its ID
    /// @param job the name of its job
    /// @param publishedAt when it was published
    /// @param destination of the job, in a few words
    /// @param retention of the job, as `keep: 30, for: 90d`
    public record Expired(String batch, String job, Instant publishedAt, String destination, String retention) {}
}
