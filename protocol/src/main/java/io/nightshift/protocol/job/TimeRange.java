package io.nightshift.protocol.job;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A range of time.
///
/// @param after the exclusive lower bound; null for the beginning of time
/// @param upTo the inclusive upper bound, later than `after`
public record TimeRange(@Nullable Instant after, Instant upTo) {

    public TimeRange {
        if (after != null && !after.isBefore(upTo)) {
            throw new IllegalArgumentException("the range after %s up to %s".formatted(after, upTo));
        }
    }

    /// Whether the range contains a time.
    public boolean contains(Instant time) {
        return (after == null || time.isAfter(after)) && !time.isAfter(upTo);
    }

    /// Such as `after 2026-11-25T01:00:00Z, up to 2026-11-26T01:00:00Z`, for people.
    @Override
    public String toString() {
        return after == null ? "up to " + upTo : "after %s, up to %s".formatted(after, upTo);
    }
}
