package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.YamlValue.Mapping;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Reads the keys of a job file that do not depend on the values of its parameters.
final class JobTimings {

    private static final Section HEADER = new Section(
            List.of("job", "time-zone", "schedule", "trigger", "window", "deadline", "priority", "limits", "alerts")
                    .stream()
                    .map(name -> Objects.requireNonNull(JobKeys.ROOT.key(name), name))
                    .toList());

    private JobTimings() {}

    /// The entries of a job file that belong to its header.
    static Mapping header(Mapping root) {
        return new Mapping(
                root.entries().stream()
                        .filter(entry -> HEADER.key(entry.key()) != null)
                        .toList(),
                root.line());
    }

    static Map<String, Object> check(Mapping header, @Nullable Path folder, List<Mistake> mistakes) {
        return JobCheck.check(HEADER, header, folder, mistakes);
    }

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
                        JobSchedule.CatchUp.valueOf(constant(values.text("schedule.catch-up"))),
                        JobSchedule.Overlap.valueOf(constant(values.text("schedule.overlap"))))
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
                        JobWindow.Outside.valueOf(constant(values.text("window.outside"))))
                : null;
    }

    private static String constant(String text) {
        return text.toUpperCase(Locale.ROOT);
    }
}
