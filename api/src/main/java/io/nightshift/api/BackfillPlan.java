package io.nightshift.api;

import java.util.List;

/// The plan of a backfill that was not started.
///
/// @param job the job's name
/// @param runs every run in the range, oldest first
public record BackfillPlan(String job, List<PlannedRun> runs) {

    /// Keeps an unmodifiable copy of the list.
    public BackfillPlan {
        runs = List.copyOf(runs);
    }

    /// A run in the range of a backfill.
    ///
    /// @param run the run, with its state and batch as they are now
    /// @param starts whether the backfill would start it
    public record PlannedRun(JobRun run, boolean starts) {}
}
