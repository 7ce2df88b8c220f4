package io.nightshift.client;

import org.jspecify.annotations.Nullable;

/// Selects batches for [NightshiftClient#list], which returns them newest first. Immutable.
///
/// @param job the job's name, or null for all jobs
/// @param state such as `running`, or null for all states; see [io.nightshift.api.BatchDescription#state()]
/// @param limit the most batches in a page, 1 to 100
/// @param cursor the previous page's `next`, or null for the first page
public record BatchFilter(
        @Nullable String job,
        @Nullable String state,
        int limit,
        @Nullable String cursor) {

    /// The first 20 batches of all jobs, in any state.
    public static final BatchFilter ALL = new BatchFilter(null, null, 20, null);

    /// This filter, for one job's batches only.
    ///
    /// @param name the job's name
    public BatchFilter ofJob(String name) {
        return new BatchFilter(name, state, limit, cursor);
    }

    /// This filter, for batches in one state only.
    ///
    /// @param wanted such as `running`
    public BatchFilter inState(String wanted) {
        return new BatchFilter(job, wanted, limit, cursor);
    }

    /// This filter with pages of another size.
    ///
    /// @param most 1 to 100
    public BatchFilter atMost(int most) {
        return new BatchFilter(job, state, most, cursor);
    }

    /// This filter for the page after another.
    ///
    /// @param next the `next` of the page before
    public BatchFilter from(String next) {
        return new BatchFilter(job, state, limit, next);
    }
}
