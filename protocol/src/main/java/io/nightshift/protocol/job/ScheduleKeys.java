package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Choice;
import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.Templates;
import io.nightshift.protocol.job.ValueType.Text;
import io.nightshift.protocol.job.ValueType.Threads;
import io.nightshift.protocol.job.ValueType.Time;
import io.nightshift.protocol.job.ValueType.Whole;
import io.nightshift.protocol.job.YamlValue.Mapping;
import io.nightshift.protocol.job.YamlValue.Member;
import io.nightshift.protocol.job.YamlValue.Scalar;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The keys of a job file about times: when runs start, and when batches may work.
final class ScheduleKeys {

    static final JobKey TIME_ZONE = JobKey.optional(
                    "time-zone",
                    new Text(Form.TIME_ZONE),
                    "The time zone of the local times in `schedule`, `window` and `deadline`.",
                    "Europe/Berlin")
            .or("UTC")
            .from(
                    Job.class,
                    job -> job.timing().timeZone().equals(JobTiming.ANY_TIME.timeZone())
                            ? null
                            : job.timing().timeZone());

    static final JobKey SCHEDULE = JobKey.optional(
                    "schedule",
                    new Section(List.of(
                                    JobKey.required(
                                                    "cron",
                                                    new Text(Form.CRON),
                                                    "When runs start: a cron expression with the fields minute, hour, day of month, month and day of week, with seconds before them if there are six; or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.",
                                                    "\"0 2 * * *\"")
                                            .from(JobSchedule.class, JobSchedule::cron),
                                    JobKey.optional(
                                                    "parameters",
                                                    new Templates(),
                                                    "The parameters of each run. `{scheduled:date}` stands for the local date of the scheduled time, `{scheduled:timestamp}` for its local date and time, `{scheduled:utc}` for the same in UTC; `- 1 day` or `+ 2 hours` may follow. The units are second, minute, hour, day, week, month and year. A parameter that is missing here has its default.",
                                                    "{}")
                                            .from(JobSchedule.class, JobSchedule::parameters),
                                    JobKey.optional(
                                                    "start",
                                                    new Text(Form.DATE),
                                                    "The first local date on which runs start.",
                                                    "\"2026-12-01\"")
                                            .from(JobSchedule.class, JobSchedule::start),
                                    JobKey.optional(
                                                    "end",
                                                    new Text(Form.DATE),
                                                    "The last local date on which runs start.",
                                                    "\"2027-11-30\"")
                                            .from(JobSchedule.class, JobSchedule::end),
                                    JobKey.optional(
                                                    "jitter",
                                                    new Time(),
                                                    "The longest time by which a run starts later than scheduled. Each run has its own delay, so that jobs with the same schedule do not start all at once.",
                                                    "5m")
                                            .from(JobSchedule.class, JobSchedule::jitter),
                                    JobKey.optional(
                                                    "catch-up",
                                                    new Choice(List.of("all", "latest", "none")),
                                                    "Which runs start late if their time has passed while no node was running: `all` in order, the `latest` one, or `none`.",
                                                    "all")
                                            .or("latest")
                                            .from(JobSchedule.class, JobSchedule::catchUp),
                                    JobKey.optional(
                                                    "overlap",
                                                    new Choice(List.of("queue", "skip", "allow")),
                                                    "What happens at the time of a run if the previous one has not ended: `queue` waits for its end; `skip` skips the run; `allow` starts the run at once.",
                                                    "skip")
                                            .or("queue")
                                            .from(JobSchedule.class, JobSchedule::overlap)))
                            .writing("parameters", null),
                    "When runs start by themselves, once the job is applied with `nightshift job apply`.",
                    "")
            .from(Job.class, job -> job.timing().schedule());

    static final JobKey TRIGGER = JobKey.optional(
                    "trigger",
                    new Section(List.of(
                            JobKey.required(
                                            "when",
                                            Section.choice(List.of(
                                                    JobKey.optional(
                                                                    "rows",
                                                                    new Whole(1, Long.MAX_VALUE),
                                                                    "The number of rows that the source must have gained since the last run.",
                                                                    "100000")
                                                            .from(JobTrigger.class, JobTrigger::rows),
                                                    JobKey.optional(
                                                                    "files",
                                                                    new Whole(1, Long.MAX_VALUE),
                                                                    "The number of files that the source must have gained since the last run.",
                                                                    "10")
                                                            .from(JobTrigger.class, JobTrigger::files),
                                                    JobKey.optional(
                                                                    "marker",
                                                                    new Text(Form.PATH),
                                                                    "A file that must appear, or be replaced.",
                                                                    "lake/_READY")
                                                            .from(JobTrigger.class, JobTrigger::marker))),
                                            "The state of the source that starts a run.",
                                            "{files: 10}")
                                    .from(JobTrigger.class, trigger -> trigger),
                            JobKey.optional(
                                            "every",
                                            new Time(),
                                            "The time between two looks at the source: 1 second or more. Without this key, it is 1 minute.",
                                            "5m")
                                    .from(JobTrigger.class, JobTrigger::every),
                            JobKey.optional(
                                            "parameters",
                                            new Templates(),
                                            "The parameters of each run, as for `schedule`, with `triggered` in place of `scheduled`.",
                                            "{}")
                                    .from(JobTrigger.class, JobTrigger::parameters))),
                    "The state of the source that starts a run by itself, once the job is applied with `nightshift job apply`. A job may have a schedule, a trigger, or both.",
                    "")
            .from(Job.class, job -> job.timing().trigger());

    static final JobKey WINDOW = JobKey.optional(
                    "window",
                    new Section(List.of(
                            JobKey.required(
                                            "from",
                                            new Text(Form.TIME_OF_DAY),
                                            "The local time at which the window opens.",
                                            "\"22:00\"")
                                    .from(JobWindow.class, JobWindow::from),
                            JobKey.required(
                                            "to",
                                            new Text(Form.TIME_OF_DAY),
                                            "The local time at which the window closes. If it is earlier than `from`, it is on the next day.",
                                            "\"06:00\"")
                                    .from(JobWindow.class, JobWindow::to),
                            JobKey.optional(
                                            "outside",
                                            new Choice(List.of("pause", "finish")),
                                            "What a batch does when the window closes: `pause` finishes the partitions in flight, and continues when the window opens again; `finish` continues until the batch is published.",
                                            "finish")
                                    .or("pause")
                                    .from(JobWindow.class, JobWindow::outside))),
                    "When batches may score. A batch begins only inside its window.",
                    "")
            .from(Job.class, job -> job.timing().window());

    static final JobKey DEADLINE = JobKey.optional(
                    "deadline",
                    new Text(Form.TIME_OF_DAY),
                    "The local time by which a batch should be published: the first such time after the batch was opened.",
                    "\"06:00\"")
            .from(Job.class, job -> job.timing().deadline());

    static final JobKey LIMITS = JobKey.optional(
                    "limits",
                    new Section(List.of(JobKey.required(
                                    "threads",
                                    new Threads(),
                                    "The most threads on which the batches of the job score together, in the whole cluster: a number, or a share of all scoring threads.",
                                    "50%")
                            .from(
                                    JobTiming.class,
                                    timing -> timing.threads() == null
                                            ? null
                                            : timing.threads().value()))),
                    "What the batches of the job may use at most.",
                    "")
            .from(Job.class, Job::timing);

    private ScheduleKeys() {}

    static JobTiming of(JobValues values) {
        return new JobTiming(
                values.text("time-zone"),
                schedule(values),
                trigger(values),
                window(values),
                values.textOrNull("deadline"),
                threads(values));
    }

    private static @Nullable ThreadLimit threads(JobValues values) {
        String text = values.textOrNull("limits.threads");
        return text == null ? null : ThreadLimit.parse(text);
    }

    private static @Nullable JobSchedule schedule(JobValues values) {
        return values.has("schedule")
                ? new JobSchedule(
                        values.text("schedule.cron").strip(),
                        values.expressions("schedule.parameters"),
                        values.textOrNull("schedule.start"),
                        values.textOrNull("schedule.end"),
                        values.timeOrNull("schedule.jitter"),
                        values.constant("schedule.catch-up", JobSchedule.CatchUp.class),
                        values.constant("schedule.overlap", JobSchedule.Overlap.class))
                : null;
    }

    private static @Nullable JobTrigger trigger(JobValues values) {
        return values.has("trigger")
                ? new JobTrigger(
                        values.wholeOrNull("trigger.when.rows"),
                        values.wholeOrNull("trigger.when.files"),
                        values.textOrNull("trigger.when.marker"),
                        Objects.requireNonNullElse(values.timeOrNull("trigger.every"), Duration.ofMinutes(1)),
                        values.expressions("trigger.parameters"))
                : null;
    }

    private static @Nullable JobWindow window(JobValues values) {
        return values.has("window")
                ? new JobWindow(
                        values.text("window.from"),
                        values.text("window.to"),
                        values.constant("window.outside", JobWindow.Outside.class))
                : null;
    }

    /// Checks what the form of a value alone does not say.
    static void check(JobCheck check, Mapping root) {
        Object from = check.value("window.from");
        Member member = root.entry("window");
        if (from != null && member != null && from.equals(check.value("window.to"))) {
            check.add(new Mistake(
                    member.line(),
                    "window",
                    "a window that opens and closes at " + from,
                    "two different times, or no window",
                    null));
        }
        Member trigger = root.entry("trigger");
        if (trigger != null && Duration.ZERO.equals(check.value("trigger.every"))) {
            check.add(new Mistake(trigger.line(), "trigger.every", "no time at all", "1s or more", null));
        }
        cron(check, root.entry("schedule"));
        templates(check, root.entry("schedule"), TimeTemplate.Time.SCHEDULED);
        templates(check, trigger, TimeTemplate.Time.TRIGGERED);
    }

    private static void cron(JobCheck check, @Nullable Member schedule) {
        if (schedule != null
                && check.value("schedule.cron") instanceof String text
                && schedule.value() instanceof Mapping mapping) {
            Member cron = mapping.entry("cron");
            CronExpression.problem(text)
                    .ifPresent(problem -> check.add(new Mistake(
                            cron == null ? schedule.line() : cron.line(),
                            "schedule.cron",
                            problem.found(),
                            problem.expected(),
                            null)));
        }
    }

    private static void templates(JobCheck check, @Nullable Member section, TimeTemplate.Time time) {
        if (section == null || !(section.value() instanceof Mapping mapping)) {
            return;
        }
        Member parameters = mapping.entry("parameters");
        if (parameters == null || !(parameters.value() instanceof Mapping templates)) {
            return;
        }
        String path = JobKey.path(section.key(), "parameters");
        for (Member entry : templates.entries()) {
            if (entry.value() instanceof Scalar scalar) {
                TimeTemplate.problem(scalar.text(), time)
                        .ifPresent(expected -> check.add(new Mistake(
                                entry.line(),
                                JobKey.path(path, YamlValue.shortened(entry.key())),
                                entry.value().found(),
                                expected,
                                null)));
            }
        }
    }
}
