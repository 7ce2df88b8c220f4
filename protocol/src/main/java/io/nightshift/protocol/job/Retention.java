package io.nightshift.protocol.job;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// How long published batches of a job are kept at its destination. A batch is removed if both limits allow
/// it; a limit that is null allows everything. At least one is given.
///
/// @param keep how many batches are kept, the newest ones; at least 1, or null
/// @param age how long after its publication a batch is kept; more than 0, or null
public record Retention(@Nullable Integer keep, @Nullable Duration age) {

    public Retention {
        boolean isSound =
                (keep != null || age != null) && (keep == null || keep >= 1) && (age == null || age.isPositive());
        if (!isSound) {
            throw new IllegalArgumentException("a retention of %s batches and %s".formatted(keep, age));
        }
    }

    /// As a job file says it, for people: `keep: 30, for: 90d`.
    @Override
    public String toString() {
        String time = age == null ? "" : "for: " + JobText.text(age);
        return keep == null ? time : age == null ? "keep: " + keep : "keep: %d, %s".formatted(keep, time);
    }
}
