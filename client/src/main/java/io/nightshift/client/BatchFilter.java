package io.nightshift.client;

import org.jspecify.annotations.Nullable;

/// Which batches to list, newest first.
///
/// @param job its name, or null for all
/// @param state such as `running`, or null for all
/// @param limit how many at most, 1 to 100
/// @param cursor the `next` of the page before, or null for the first
public record BatchFilter(
        @Nullable String job,
        @Nullable String state,
        int limit,
        @Nullable String cursor) {

    public static final BatchFilter ALL = new BatchFilter(null, null, 20, null);

    public BatchFilter ofJob(String name) {
        return new BatchFilter(name, state, limit, cursor);
    }

    public BatchFilter inState(String wanted) {
        return new BatchFilter(job, wanted, limit, cursor);
    }

    public BatchFilter atMost(int most) {
        return new BatchFilter(job, state, most, cursor);
    }

    public BatchFilter from(String next) {
        return new BatchFilter(job, state, limit, next);
    }
}
