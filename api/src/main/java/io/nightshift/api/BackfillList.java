package io.nightshift.api;

import java.util.List;

/// The backfills of a job.
///
/// @param backfills newest first; the last 20 that have ended, and all others
public record BackfillList(List<Backfill> backfills) {

    /// Keeps an unmodifiable copy of the list.
    public BackfillList {
        backfills = List.copyOf(backfills);
    }
}
