package io.nightshift.protocol.job;

import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The value of a parameter that depends on a time: a text with placeholders such as `{scheduled:date - 1
/// day}`. A text without placeholders stands for itself. Immutable.
///
/// The time is the tick of a schedule (`scheduled`), or the moment when a trigger has fired (`triggered`), in
/// the job's time zone. Seconds, minutes and hours are added on the time line. Days, weeks, months and years
/// are added to the local date, whose time of day stays. `{scheduled:utc}` is the same with UTC in place of the
/// job's time zone, so it differs between the two passes of an hour that comes twice.
public final class TimeTemplate {

    private static final Pattern PLACEHOLDER = Pattern.compile("\\{([^{}]*)\\}");
    private static final Pattern CONTENT = Pattern.compile(
            "\\s*(scheduled|triggered)\\s*:\\s*(date|timestamp|utc)\\s*(?:([+-])\\s*([0-9]{1,6})\\s*([a-z]+?)s?\\s*)?");
    private static final Map<String, ChronoUnit> UNITS = Map.of(
            "second", ChronoUnit.SECONDS,
            "minute", ChronoUnit.MINUTES,
            "hour", ChronoUnit.HOURS,
            "day", ChronoUnit.DAYS,
            "week", ChronoUnit.WEEKS,
            "month", ChronoUnit.MONTHS,
            "year", ChronoUnit.YEARS);

    private static final DateTimeFormatter SECONDS = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss", Locale.ROOT);

    /// The time that a template depends on.
    public enum Time {
        /// The tick of a schedule.
        SCHEDULED,
        /// The moment when a trigger has fired.
        TRIGGERED;

        private String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private sealed interface Part {}

    private record Fixed(String text) implements Part {}

    /// The parts of a time that a placeholder stands for.
    private enum Form {
        DATE,
        TIMESTAMP,
        UTC
    }

    private record Placeholder(Form form, long amount, ChronoUnit unit) implements Part {

        ZonedDateTime shifted(ZonedDateTime time) {
            return (form == Form.UTC ? time.withZoneSameInstant(ZoneOffset.UTC) : time).plus(amount, unit);
        }

        String value(ZonedDateTime time) {
            LocalDateTime local = shifted(time).toLocalDateTime();
            return form == Form.DATE ? local.toLocalDate().toString() : SECONDS.format(local);
        }
    }

    private final List<Part> parts;

    private TimeTemplate(List<Part> parts) {
        this.parts = List.copyOf(parts);
    }

    /// Why a text is no template, as a description of what is expected instead; empty if it is one.
    ///
    /// @param text any text
    /// @param time that the template may depend on
    public static Optional<String> problem(String text, Time time) {
        Matcher matcher = PLACEHOLDER.matcher(text);
        while (matcher.find()) {
            if (placeholder(matcher.group(1), time) == null) {
                return Optional.of(
                        "a value, or one with a placeholder such as {%1$s:date}, {%1$s:date - 1 day} or {%1$s:timestamp - 1 hour}"
                                .formatted(time.text()));
            }
        }
        return Optional.empty();
    }

    /// Parses a template.
    ///
    /// @param text for which [#problem] finds nothing
    /// @param time that the template may depend on
    /// @throws IllegalArgumentException if the text is no template
    public static TimeTemplate parse(String text, Time time) {
        List<Part> parts = new ArrayList<>();
        Matcher matcher = PLACEHOLDER.matcher(text);
        int end = 0;
        while (matcher.find()) {
            Placeholder placeholder = placeholder(matcher.group(1), time);
            if (placeholder == null) {
                throw new IllegalArgumentException("not a template: " + text);
            }
            if (matcher.start() > end) {
                parts.add(new Fixed(text.substring(end, matcher.start())));
            }
            parts.add(placeholder);
            end = matcher.end();
        }
        if (end < text.length() || parts.isEmpty()) {
            parts.add(new Fixed(text.substring(end)));
        }
        return new TimeTemplate(parts);
    }

    private static @Nullable Placeholder placeholder(String content, Time time) {
        Matcher matcher = CONTENT.matcher(content);
        if (!matcher.matches() || !matcher.group(1).equals(time.text())) {
            return null;
        }
        Form form = Form.valueOf(matcher.group(2).toUpperCase(Locale.ROOT));
        if (matcher.group(3) == null) {
            return new Placeholder(form, 0, ChronoUnit.DAYS);
        }
        ChronoUnit unit = UNITS.get(matcher.group(5));
        if (unit == null || (form == Form.DATE && unit.isTimeBased())) {
            return null;
        }
        long amount = Long.parseLong(matcher.group(4));
        return new Placeholder(form, matcher.group(3).equals("-") ? -amount : amount, unit);
    }

    /// Whether the value depends on the time.
    public boolean dependsOnTime() {
        return parts.stream().anyMatch(Placeholder.class::isInstance);
    }

    /// Whether the value has the local time of day, which is the same in both passes of an hour that comes
    /// twice.
    public boolean hasLocalTime() {
        return parts.stream()
                .anyMatch(part -> part instanceof Placeholder placeholder && placeholder.form() == Form.TIMESTAMP);
    }

    /// The value at a time.
    ///
    /// @param time in the job's time zone
    public String value(ZonedDateTime time) {
        StringBuilder value = new StringBuilder();
        for (Part part : parts) {
            value.append(
                    switch (part) {
                        case Fixed(String text) -> text;
                        case Placeholder placeholder -> placeholder.value(time);
                    });
        }
        return value.toString();
    }

    /// How far the value lies from the time, at least for the first placeholder; negative if it lies before.
    ///
    /// @param time in the job's time zone
    public java.time.Duration distance(ZonedDateTime time) {
        for (Part part : parts) {
            if (part instanceof Placeholder placeholder) {
                return java.time.Duration.between(time, placeholder.shifted(time));
            }
        }
        return java.time.Duration.ZERO;
    }
}
