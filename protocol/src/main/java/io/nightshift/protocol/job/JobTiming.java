package io.nightshift.protocol.job;

import java.time.LocalTime;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;

/// When batches of a job start, when they may work, and on how many threads.
///
/// @param timeZone a time zone of the IANA database, such as `Europe/Berlin`; local times of the schedule, the
///     window and the deadline are in it
/// @param schedule when runs start by themselves; null if the job has no schedule
/// @param trigger the state of the source that starts a run; null if the job has no trigger
/// @param window when batches may work; null for any time
/// @param deadline the local time by which a batch shall be published, as `HH:mm`; null if it has none
/// @param threads the most threads on which the job's batches score together; null for any number
public record JobTiming(
        String timeZone,
        @Nullable JobSchedule schedule,
        @Nullable JobTrigger trigger,
        @Nullable JobWindow window,
        @Nullable String deadline,
        @Nullable ThreadLimit threads) {

    /// A job that starts on request only, and may work at any time.
    public static final JobTiming ANY_TIME = new JobTiming("UTC", null, null, null, null);

    /// A job that may score on any number of threads.
    public JobTiming(
            String timeZone,
            @Nullable JobSchedule schedule,
            @Nullable JobTrigger trigger,
            @Nullable JobWindow window,
            @Nullable String deadline) {
        this(timeZone, schedule, trigger, window, deadline, null);
    }

    /// The time zone.
    public ZoneId zone() {
        return ZoneId.of(timeZone);
    }

    /// The deadline as a time of day; null if the job has none.
    public @Nullable LocalTime deadlineTime() {
        return deadline == null ? null : LocalTime.parse(deadline);
    }
}
