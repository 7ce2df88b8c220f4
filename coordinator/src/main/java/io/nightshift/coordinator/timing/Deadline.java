package io.nightshift.coordinator.timing;

import io.nightshift.protocol.job.JobTiming;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Finds a batch's deadline.
public final class Deadline {

    private Deadline() {}

    /// The first time of the day that the job names after the batch was due; null if the job names none.
    ///
    /// @param due when the batch was opened, or its tick for a batch of a schedule
    public static @Nullable Instant of(JobTiming timing, Instant due) {
        return timing.deadline() == null
                ? null
                : DailyTime.of(timing.deadline(), timing.timeZone()).after(due);
    }
}
