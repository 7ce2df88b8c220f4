package io.nightshift.cli.job;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Formats and reads the times of jobs, for people.
public final class JobTimes {

    /// In English, since the root locale has no names of time zones such as CET.
    private static final DateTimeFormatter LOCAL =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss zzz", Locale.ENGLISH);

    private JobTimes() {}

    /// The local time in a job's time zone, such as `2026-11-25 02:00:00 CET`.
    public static String local(Instant at, ZoneId zone) {
        return LOCAL.format(at.atZone(zone));
    }

    /// A time that may be absent.
    static String localOrDash(@Nullable Instant at, ZoneId zone) {
        return at == null ? "-" : local(at, zone);
    }

    /// Such as `day=2026-11-25 region=eu`; empty without parameters.
    static String parameters(Map<String, String> parameters) {
        return parameters.entrySet().stream()
                .map(parameter -> parameter.getKey() + "=" + parameter.getValue())
                .collect(Collectors.joining(" "));
    }

    /// Such as `1h 05m`, `4m 09s` or `12s`.
    static String duration(@Nullable Duration duration) {
        if (duration == null) {
            return "-";
        }
        if (duration.toHours() > 0) {
            return String.format(Locale.ROOT, "%dh %02dm", duration.toHours(), duration.toMinutesPart());
        }
        return duration.toMinutes() > 0
                ? String.format(Locale.ROOT, "%dm %02ds", duration.toMinutes(), duration.toSecondsPart())
                : String.format(Locale.ROOT, "%ds", duration.toSeconds());
    }

    /// A date, which stands for its beginning in a time zone, or a time with an offset.
    ///
    /// @return null if the text is neither
    static @Nullable Instant parse(String text, ZoneId zone) {
        try {
            return LocalDate.parse(text).atStartOfDay(zone).toInstant();
        } catch (DateTimeParseException noDate) {
            try {
                return OffsetDateTime.parse(text).toInstant();
            } catch (DateTimeParseException noTime) {
                return null;
            }
        }
    }
}
