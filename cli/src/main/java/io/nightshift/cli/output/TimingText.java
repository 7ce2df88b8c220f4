package io.nightshift.cli.output;

import io.nightshift.api.BatchDescription;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Says when a batch ends and what its deadline is, for people.
public final class TimingText {

    private static final DateTimeFormatter LOCAL_TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm", Locale.ROOT);

    private TimingText() {}

    /// A moment in a time zone, such as `2026-11-26 22:00 Europe/Berlin`.
    public static String of(Instant moment, String timeZone) {
        return LOCAL_TIME.format(moment.atZone(ZoneId.of(timeZone))) + " " + timeZone;
    }

    /// The limit of a job's threads, such as `at most 4, with the other batches of its job`.
    public static String threads(String limit) {
        return "at most %s, with the other batches of its job".formatted(limit.replace("%", " % of all"));
    }

    /// The deadline and whether the batch meets it; null if it has none.
    public static @Nullable String deadline(BatchDescription.@Nullable Timing timing) {
        if (timing == null || timing.deadline() == null) {
            return null;
        }
        String text = of(timing.deadline(), timing.timeZone());
        if (timing.deadlineMissed()) {
            return text + ", missed";
        }
        if (!timing.deadlineAtRisk() || timing.forecast() == null) {
            return text;
        }
        int wanted = timing.forecast().wantedWorkers();
        return wanted == 0
                ? text + ", at risk: no number of workers suffices"
                : text
                        + ", at risk: it needs %,d workers and has %,.0f"
                                .formatted(wanted, Math.ceil(timing.forecast().workers()));
    }

    /// When the batch ends; null if there is no forecast.
    public static @Nullable String forecast(BatchDescription.@Nullable Timing timing) {
        return timing == null || timing.forecast() == null
                ? null
                : "%s, with 95 %% before %s"
                        .formatted(
                                of(timing.forecast().median(), timing.timeZone()),
                                of(timing.forecast().late(), timing.timeZone()));
    }

    /// The time that is left, such as `12 min 5 s left (95 %: 15 min 0 s)`; null if there is no forecast.
    static @Nullable String left(BatchDescription status, Instant now) {
        if (status.timing() == null || status.timing().forecast() == null) {
            return null;
        }
        return "%s left (95 %%: %s)"
                .formatted(
                        until(status.timing().forecast().median(), now),
                        until(status.timing().forecast().late(), now));
    }

    private static String until(Instant end, Instant now) {
        Duration left =
                Duration.ofSeconds(Math.max(0, Duration.between(now, end).toSeconds()));
        return ProgressLine.duration(left);
    }
}
