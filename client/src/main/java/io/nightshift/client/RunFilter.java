package io.nightshift.client;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Selects runs of an applied job for [NightshiftClient#runs], which returns them newest first. Immutable.
///
/// @param from only runs that were due from this time on; null for all that are kept
/// @param to only runs that were due before this time; null for now
/// @param missing whether to return ticks of the schedule that have no run
/// @param failed whether to return runs that failed, were cancelled, refused or skipped. If neither flag is
///     set, all runs are returned
/// @param limit the most runs in a page, 1 to 200
/// @param cursor the previous page's `next`, or null for the first page
public record RunFilter(
        @Nullable Instant from,
        @Nullable Instant to,
        boolean missing,
        boolean failed,
        int limit,
        @Nullable String cursor) {

    /// The last 20 runs, in any state.
    public static final RunFilter ALL = new RunFilter(null, null, false, false, 20, null);

    /// This filter, for runs that were due in a range of time.
    ///
    /// @param first the beginning of the range, or null
    /// @param end the end of the range, exclusive, or null
    public RunFilter between(@Nullable Instant first, @Nullable Instant end) {
        return new RunFilter(first, end, missing, failed, limit, cursor);
    }

    /// This filter, with ticks of the schedule that have no run.
    public RunFilter withMissing() {
        return new RunFilter(from, to, true, failed, limit, cursor);
    }

    /// This filter, with runs that failed, were cancelled, refused or skipped.
    public RunFilter withFailed() {
        return new RunFilter(from, to, missing, true, limit, cursor);
    }

    /// This filter with pages of another size.
    ///
    /// @param most 1 to 200
    public RunFilter atMost(int most) {
        return new RunFilter(from, to, missing, failed, most, cursor);
    }

    /// This filter for the page after another.
    ///
    /// @param next the `next` of the page before
    public RunFilter after(String next) {
        return new RunFilter(from, to, missing, failed, limit, next);
    }
}
