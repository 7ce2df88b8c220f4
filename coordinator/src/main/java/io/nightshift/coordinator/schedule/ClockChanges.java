package io.nightshift.coordinator.schedule;

import io.nightshift.api.AppliedJob;
import io.nightshift.protocol.job.CronExpression;
import io.nightshift.protocol.job.JobFileException;
import io.nightshift.protocol.job.JobSchedule;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.List;

/// Finds the days of the coming year on which an applied job runs at other times than its cron expression says,
/// because clocks change.
public final class ClockChanges {

    private static final Duration YEAR = Duration.ofDays(366);

    private ClockChanges() {}

    /// A sentence for each change of clocks that moves, joins or leaves out runs.
    ///
    /// @param job with its job file; there are no sentences for a job that is paused or has no schedule
    public static List<String> warnings(AppliedJob job) {
        String text = job.text();
        Instant from = job.next();
        if (text == null || from == null) {
            return List.of();
        }
        try {
            return warnings(Timetable.of(JobTexts.header(text, job.folder())), from);
        } catch (JobFileException e) {
            // A job file of another version.
            return List.of();
        }
    }

    static List<String> warnings(Timetable timetable, Instant from) {
        JobSchedule schedule = timetable.header().timing().schedule();
        List<String> warnings = new ArrayList<>();
        if (schedule == null) {
            return warnings;
        }
        CronExpression cron = CronExpression.parse(schedule.cron());
        ZoneId zone = timetable.header().timing().zone();
        LocalDate last = schedule.end() == null ? null : LocalDate.parse(schedule.end());
        // A run in a gap starts at the very instant of the change.
        ZoneOffsetTransition change = zone.getRules().nextTransition(from.minusNanos(1));
        while (change != null && change.getInstant().isBefore(from.plus(YEAR))) {
            LocalDateTime begin = change.isGap() ? change.getDateTimeBefore() : change.getDateTimeAfter();
            if (last != null && begin.toLocalDate().isAfter(last)) {
                break;
            }
            LocalDateTime end = change.isGap() ? change.getDateTimeAfter() : change.getDateTimeBefore();
            LocalDateTime affected =
                    cron.next(begin.minusNanos(1)).filter(end::isAfter).orElse(null);
            if (affected != null && change.isGap() && !cron.isAnyHour()) {
                warnings.add("On %s, clocks in %s go forward from %s to %s. The run of %s starts at %s."
                        .formatted(
                                begin.toLocalDate(),
                                zone,
                                begin.toLocalTime(),
                                end.toLocalTime(),
                                affected.toLocalTime(),
                                end.toLocalTime()));
            } else if (affected != null && change.isOverlap() && !timetable.runsTwice()) {
                warnings.add("On %s, the time from %s to %s comes twice in %s. The job runs at %s the first time only%s"
                        .formatted(
                                begin.toLocalDate(),
                                begin.toLocalTime(),
                                end.toLocalTime(),
                                zone,
                                affected.toLocalTime(),
                                cron.isAnyHour()
                                        ? ", because {scheduled:timestamp} would be the same in both runs. Use {scheduled:utc} to run both times."
                                        : "."));
            }
            change = zone.getRules().nextTransition(change.getInstant());
        }
        return warnings;
    }
}
