package io.nightshift.coordinator.schedule;

import io.nightshift.protocol.job.CronExpression;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobHeader;
import io.nightshift.protocol.job.JobSchedule;
import io.nightshift.protocol.job.JobTiming;
import io.nightshift.protocol.job.JobTrigger;
import io.nightshift.protocol.job.TimeTemplate;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The times at which a job runs, according to its job file, ready to compute with. Immutable.
///
/// @param header of the job file
/// @param ticks of the schedule; null if the job has none
/// @param isUnreadable whether this version can't read the job file
record Timetable(JobHeader header, @Nullable Ticks ticks, boolean isUnreadable) {

    /// A job file that this version can't read: the job runs on request only.
    static Timetable unreadable(String job) {
        return new Timetable(
                new JobHeader(job, List.of(), JobTiming.ANY_TIME, Job.DEFAULT_PRIORITY, List.of(), Set.of()),
                null,
                true);
    }

    static Timetable of(JobHeader header) {
        JobSchedule schedule = header.timing().schedule();
        return new Timetable(
                header,
                schedule == null
                        ? null
                        : ticks(
                                header,
                                schedule,
                                schedule.start() == null ? null : LocalDate.parse(schedule.start()),
                                schedule.end() == null ? null : LocalDate.parse(schedule.end())),
                false);
    }

    private static Ticks ticks(
            JobHeader header, JobSchedule schedule, @Nullable LocalDate start, @Nullable LocalDate end) {
        return new Ticks(
                CronExpression.parse(schedule.cron()),
                header.timing().zone(),
                start,
                end,
                Objects.requireNonNullElse(schedule.jitter(), Duration.ZERO),
                runsTwice(schedule));
    }

    /// Runs with the local time among their parameters would be the same run.
    private static boolean runsTwice(JobSchedule schedule) {
        return CronExpression.parse(schedule.cron()).isAnyHour() && !hasLocalTime(schedule);
    }

    private static boolean hasLocalTime(JobSchedule schedule) {
        return schedule.parameters().values().stream()
                .anyMatch(text ->
                        TimeTemplate.parse(text, TimeTemplate.Time.SCHEDULED).hasLocalTime());
    }

    /// Whether a local time that comes twice has two runs. Only for a job with a schedule.
    boolean runsTwice() {
        return runsTwice(Objects.requireNonNull(header.timing().schedule()));
    }

    /// The ticks of the schedule, before its start and after its end, too. Only for a job with a schedule.
    Ticks unbounded() {
        return ticks(header, Objects.requireNonNull(header.timing().schedule()), null, null);
    }

    /// Whether another job file has the same ticks.
    boolean hasSameTicks(Timetable other) {
        JobSchedule one = header.timing().schedule();
        JobSchedule two = other.header().timing().schedule();
        if (one == null || two == null) {
            return one == null && two == null;
        }
        return one.cron().equals(two.cron())
                && runsTwice(one) == runsTwice(two)
                && Objects.equals(one.start(), two.start())
                && Objects.equals(one.end(), two.end())
                && header.timing().timeZone().equals(other.header().timing().timeZone());
    }

    JobSchedule.Overlap overlap() {
        JobSchedule schedule = header.timing().schedule();
        return schedule == null ? JobSchedule.Overlap.QUEUE : schedule.overlap();
    }

    JobSchedule.CatchUp catchUp() {
        JobSchedule schedule = header.timing().schedule();
        return schedule == null ? JobSchedule.CatchUp.ALL : schedule.catchUp();
    }

    Duration jitter() {
        JobSchedule schedule = header.timing().schedule();
        return schedule == null || schedule.jitter() == null ? Duration.ZERO : schedule.jitter();
    }

    /// The parameters of the run of a tick that the schedule sets.
    Map<String, String> scheduled(Instant tick) {
        JobSchedule schedule = header.timing().schedule();
        return schedule == null ? Map.of() : values(schedule.parameters(), TimeTemplate.Time.SCHEDULED, tick);
    }

    /// The parameters that the trigger sets for a run at a time.
    Map<String, String> triggered(Instant now) {
        JobTrigger trigger = header.timing().trigger();
        return trigger == null ? Map.of() : values(trigger.parameters(), TimeTemplate.Time.TRIGGERED, now);
    }

    private Map<String, String> values(Map<String, String> templates, TimeTemplate.Time time, Instant instant) {
        Map<String, String> values = new LinkedHashMap<>();
        templates.forEach((name, text) -> values.put(
                name,
                TimeTemplate.parse(text, time)
                        .value(instant.atZone(header.timing().zone()))));
        return values;
    }
}
