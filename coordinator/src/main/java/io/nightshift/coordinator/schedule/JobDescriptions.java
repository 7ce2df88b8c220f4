package io.nightshift.coordinator.schedule;

import io.nightshift.api.AppliedJob;
import io.nightshift.api.Backfill;
import io.nightshift.api.JobRun;
import io.nightshift.coordinator.schedule.ScheduledJobState.BackfillState;
import io.nightshift.coordinator.schedule.ScheduledJobState.Cause;
import io.nightshift.coordinator.schedule.ScheduledJobState.Revision;
import io.nightshift.coordinator.schedule.ScheduledJobState.Run;
import io.nightshift.coordinator.schedule.ScheduledJobState.RunPhase;
import io.nightshift.protocol.job.JobSchedule;
import io.nightshift.protocol.job.JobTrigger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/// Describes applied jobs, their runs and their backfills for callers.
final class JobDescriptions {

    private JobDescriptions() {}

    static AppliedJob of(String job, ScheduledJobState state, Timetable timetable) {
        Revision revision = Objects.requireNonNull(state.current());
        JobSchedule schedule = timetable.header().timing().schedule();
        JobTrigger trigger = timetable.header().timing().trigger();
        Ticks ticks = timetable.ticks();
        int waiting = 0;
        int running = 0;
        for (Run run : state.openRuns()) {
            waiting += run.phase() == RunPhase.WAITING ? 1 : 0;
            running += run.phase() == RunPhase.RUNNING ? 1 : 0;
        }
        return new AppliedJob(
                job,
                revision.number(),
                revision.since(),
                revision.at(),
                revision.by(),
                state.pause(),
                schedule == null ? null : schedule.cron(),
                timetable.header().timing().timeZone(),
                trigger == null ? null : text(trigger),
                ticks == null || state.pause() != null
                        ? null
                        : ticks.next(state.decided()).orElse(null),
                state.latest().map(JobDescriptions::of).orElse(null),
                waiting,
                running,
                revision.text(),
                revision.folder());
    }

    private static String text(JobTrigger trigger) {
        if (trigger.marker() != null) {
            return "the file " + trigger.marker();
        }
        return trigger.rows() != null
                ? String.format(Locale.ROOT, "%,d rows", trigger.rows())
                : String.format(Locale.ROOT, "%,d files", trigger.files());
    }

    static String text(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    static JobRun of(Run run) {
        return new JobRun(
                run.key(),
                text(run.cause()),
                run.tick(),
                run.parameters(),
                text(run.phase()),
                run.batch() == null ? null : run.batch().value(),
                run.reason(),
                run.revision(),
                run.dueAt(),
                run.startedAt(),
                run.endedAt());
    }

    /// A tick that has no run.
    static JobRun missing(Instant tick, Map<String, String> parameters, int revision) {
        return new JobRun(
                Cause.SCHEDULE.key(tick),
                text(Cause.SCHEDULE),
                tick,
                parameters,
                "missing",
                null,
                null,
                revision,
                tick,
                null,
                null);
    }

    /// @param plan the runs of the backfill; empty if they are not known
    static Backfill of(String job, BackfillState backfill, List<BackfillRuns.PlannedRun> plan) {
        int settled = backfill.published() + backfill.untouched() + backfill.failed();
        List<JobRun> problems = new ArrayList<>();
        for (BackfillState.Problem problem : backfill.problems()) {
            BackfillRuns.PlannedRun planned = problem.number() < plan.size() ? plan.get(problem.number()) : null;
            problems.add(new JobRun(
                    "backfill:" + backfill.id() + ":" + problem.number(),
                    "backfill",
                    planned == null ? null : planned.tick(),
                    planned == null ? Map.of() : planned.parameters(),
                    problem.phase() == null ? "refused" : problem.phase().toString(),
                    problem.batch() == null ? null : problem.batch().value(),
                    problem.reason(),
                    backfill.revision(),
                    backfill.startedAt(),
                    null,
                    problem.at()));
        }
        return new Backfill(
                backfill.id(),
                job,
                backfill.revision(),
                backfill.request().from(),
                backfill.request().to(),
                backfill.request().parallel(),
                backfill.request().all(),
                state(backfill),
                backfill.startedAt(),
                backfill.by(),
                backfill.endedAt(),
                backfill.runs(),
                Math.max(0, backfill.runs() - settled - backfill.running().size()),
                backfill.running().size(),
                backfill.published(),
                backfill.untouched(),
                backfill.failed(),
                problems);
    }

    private static String state(BackfillState backfill) {
        return switch (backfill.control()) {
            case CANCELLED -> "cancelled";
            case PAUSED -> backfill.endedAt() == null ? "paused" : "done";
            case RUNNING -> backfill.endedAt() == null ? "running" : "done";
        };
    }

    static Backfill withoutProblems(Backfill backfill) {
        return new Backfill(
                backfill.id(),
                backfill.job(),
                backfill.revision(),
                backfill.from(),
                backfill.to(),
                backfill.parallel(),
                backfill.all(),
                backfill.state(),
                backfill.startedAt(),
                backfill.startedBy(),
                backfill.endedAt(),
                backfill.runs(),
                backfill.waiting(),
                backfill.running(),
                backfill.published(),
                backfill.untouched(),
                backfill.failed(),
                List.of());
    }
}
