package io.nightshift.coordinator.schedule;

import io.nightshift.api.AppliedJob;
import io.nightshift.protocol.job.CronExpression;
import io.nightshift.protocol.job.JobFileException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Says in words when an applied job runs, and lists its next ticks.
public final class UpcomingTicks {

    private static final int MOST = 3;

    private UpcomingTicks() {}

    /// A job with a description of its schedule.
    ///
    /// @param job with its job file; a job without one, or without a schedule, is returned as it is
    public static AppliedJob describe(AppliedJob job) {
        String text = job.text();
        String cron = job.cron();
        if (text == null || cron == null) {
            return job;
        }
        try {
            Timetable timetable = Timetable.of(JobTexts.header(text, job.folder()));
            return job.withSchedule(CronExpression.parse(cron).words(), ticks(timetable, job));
        } catch (JobFileException | IllegalArgumentException e) {
            // A job file of another version. What the job does is described without its ticks.
            return job;
        }
    }

    private static List<AppliedJob.Tick> ticks(Timetable timetable, AppliedJob job) {
        List<AppliedJob.Tick> next = new ArrayList<>();
        Ticks ticks = timetable.ticks();
        Optional<Instant> tick = Optional.ofNullable(job.next());
        while (ticks != null && tick.isPresent() && next.size() < MOST) {
            next.add(new AppliedJob.Tick(tick.get(), timetable.scheduled(tick.get())));
            tick = ticks.next(tick.get());
        }
        return next;
    }
}
