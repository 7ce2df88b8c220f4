package io.nightshift.protocol.job;

import com.cronutils.model.Cron;
import com.cronutils.model.definition.CronDefinition;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A cron expression: five fields (minute, hour, day of the month, month, day of the week), or six with the second
/// first, or a name such as `@daily`. Where both kinds of days are restricted, a day must match one of them. Where
/// one of the two begins with `*`, such as `*/5`, a day must match both. The cron of Unix does the same. Immutable,
/// and safe for several threads.
///
/// A cron expression describes local times, and knows no time zone. So this class computes with local times
/// only.
public final class CronExpression {

    /// The names of whole expressions.
    private static final Map<String, String> NAMES = Map.of(
            "@yearly", "0 0 1 1 *",
            "@annually", "0 0 1 1 *",
            "@monthly", "0 0 1 * *",
            "@weekly", "0 0 * * 0",
            "@daily", "0 0 * * *",
            "@midnight", "0 0 * * *",
            "@hourly", "0 * * * *");

    private static final CronParser MINUTES = parser(false);
    private static final CronParser SECONDS = parser(true);

    /// No expression that comes at all pauses for longer: a 29 February may be 8 years after the one before,
    /// and on a certain day of the week 40 years.
    private static final int LONGEST_PAUSE_YEARS = 48;

    private static final LocalDateTime TESTED_FROM = LocalDateTime.of(2024, 1, 1, 0, 0);

    private static final Pattern BACKWARDS = Pattern.compile("([0-9]{1,2})-([0-9]{1,2})");
    private static final Pattern EXTENSION = Pattern.compile("[0-9]*[LlWw]|.*#.*");

    /// A field of an expression.
    ///
    /// @param values that it may have, in words
    /// @param first the least value
    /// @param last the greatest value, each value counted once
    private record Field(String name, String values, int first, int last) {

        /// The alternative to a text that is not a value of this field, but is one in another program's cron; empty
        /// if there is none.
        String advice(String text) {
            Matcher backwards = BACKWARDS.matcher(text);
            if (backwards.matches()) {
                int from = Integer.parseInt(backwards.group(1));
                int to = Integer.parseInt(backwards.group(2));
                return to < from && to >= first && from <= last
                        ? ". A range ends with its greater number: write %s,%s"
                                .formatted(range(from, last), range(first, to))
                        : "";
            }
            return EXTENSION.matcher(text).matches()
                    ? ". L, W and # are not supported. For the last day of a month, run on day 1, with a parameter such as {scheduled:date - 1 day}"
                    : "";
        }

        private static String range(int from, int to) {
            return from == to ? String.valueOf(from) : from + "-" + to;
        }
    }

    private static final List<Field> FIELDS = List.of(
            new Field("seconds", "0 to 59", 0, 59),
            new Field("minutes", "0 to 59", 0, 59),
            new Field("hours", "0 to 23", 0, 23),
            new Field("days of the month", "1 to 31", 1, 31),
            new Field("months", "1 to 12 or JAN to DEC", 1, 12),
            new Field("days of the week", "0 to 7 (0 and 7 are Sunday) or SUN to SAT", 0, 6));

    private static final String EXPECTED =
            "a cron expression of five fields (minute, hour, day of the month, month, day of the week) such as \"0 2 * * *\", of six with the second first, or one of @hourly, @daily, @weekly, @monthly, @yearly";

    private final String text;
    private final ExecutionTime times;

    /// Matches the days of the week, if a day must also match these; null if [#times] matches everything.
    private final @Nullable ExecutionTime weekdays;

    private CronExpression(String text, ExecutionTime times, @Nullable ExecutionTime weekdays) {
        this.text = text;
        this.times = times;
        this.weekdays = weekdays;
    }

    private static CronParser parser(boolean hasSeconds) {
        CronDefinitionBuilder builder = CronDefinitionBuilder.defineCron();
        if (hasSeconds) {
            builder = builder.withSeconds().withStrictRange().and();
        }
        CronDefinition definition = builder.withMinutes()
                .withStrictRange()
                .and()
                .withHours()
                .withStrictRange()
                .and()
                .withDayOfMonth()
                .withStrictRange()
                .and()
                .withMonth()
                .withStrictRange()
                .and()
                .withDayOfWeek()
                .withValidRange(0, 7)
                .withMondayDoWValue(1)
                .withIntMapping(7, 0)
                .withStrictRange()
                .and()
                .instance();
        return new CronParser(definition);
    }

    /// A mistake in the text of a cron expression.
    ///
    /// @param found the part of the text that is wrong, in words
    /// @param expected what belongs there instead, in words
    public record Problem(String found, String expected) {}

    /// The mistake in a text; empty if it is a cron expression.
    ///
    /// @param text any text
    public static Optional<Problem> problem(String text) {
        String expression = fullText(text);
        List<String> fields = List.of(expression.split("\\s+"));
        if (expression.startsWith("@") || fields.size() < 5 || fields.size() > 6) {
            return Optional.of(new Problem("\"" + YamlValue.shortened(text) + "\"", EXPECTED));
        }
        for (int i = 0; i < fields.size(); i++) {
            Field field = FIELDS.get(i + FIELDS.size() - fields.size());
            if (!isValid(fields, i)) {
                return Optional.of(new Problem(
                        "\"%s\" in the field of the %s".formatted(YamlValue.shortened(fields.get(i)), field.name()),
                        "%s, ranges such as 1-5, steps such as */2, lists such as 1,3, or *%s"
                                .formatted(field.values(), field.advice(fields.get(i)))));
            }
        }
        return parseChecked(text).next(TESTED_FROM).isPresent()
                ? Optional.empty()
                : Optional.of(new Problem(
                        "\"%s\", which never comes".formatted(YamlValue.shortened(text)), "days that exist"));
    }

    private static String fullText(String text) {
        String[] fields = NAMES.getOrDefault(text.strip().toLowerCase(Locale.ROOT), text.strip())
                .split("\\s+");
        for (int i : new int[] {fields.length - 3, fields.length - 1}) {
            if (fields.length >= 5 && fields[i].equals("?")) {
                fields[i] = "*";
            }
        }
        return String.join(" ", fields);
    }

    /// Whether a field is valid among others that allow everything.
    private static boolean isValid(List<String> fields, int index) {
        StringBuilder alone = new StringBuilder();
        for (int i = 0; i < fields.size(); i++) {
            alone.append(i == index ? fields.get(i) : "*").append(' ');
        }
        try {
            parser(fields.size() == 6, alone.toString().strip());
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static Cron parser(boolean hasSeconds, String expression) {
        return (hasSeconds ? SECONDS : MINUTES).parse(expression).validate();
    }

    /// Parses a cron expression.
    ///
    /// @param text the expression
    /// @throws IllegalArgumentException if [#problem] finds one
    public static CronExpression parse(String text) {
        problem(text).ifPresent(problem -> {
            throw new IllegalArgumentException("%s: expected %s".formatted(problem.found(), problem.expected()));
        });
        return parseChecked(text);
    }

    private static CronExpression parseChecked(String text) {
        String[] fields = fullText(text).split(" ");
        int days = fields.length - 3;
        int weekday = fields.length - 1;
        boolean mustMatchBoth = !fields[days].equals("*")
                && !fields[weekday].equals("*")
                && (fields[days].startsWith("*") || fields[weekday].startsWith("*"));
        return mustMatchBoth
                ? new CronExpression(text, times(replaced(fields, weekday, "*")), times("* * * * " + fields[weekday]))
                : new CronExpression(text, times(String.join(" ", fields)), null);
    }

    private static ExecutionTime times(String expression) {
        return ExecutionTime.forCron(parser(expression.split(" ").length == 6, expression));
    }

    private static String replaced(String[] fields, int index, String field) {
        String[] others = fields.clone();
        others[index] = field;
        return String.join(" ", others);
    }

    /// The first local time after another that the expression describes; empty if there is none within
    /// [#LONGEST_PAUSE_YEARS] years.
    ///
    /// @param after any local time
    public Optional<LocalDateTime> next(LocalDateTime after) {
        // UTC has no gaps, so that the library computes with local times.
        ZonedDateTime from = after.atZone(ZoneOffset.UTC);
        ZonedDateTime end = from.plusYears(LONGEST_PAUSE_YEARS);
        Optional<ZonedDateTime> next = times.nextExecution(from);
        while (weekdays != null
                && next.isPresent()
                && next.get().isBefore(end)
                && !weekdays.isMatch(next.get().truncatedTo(ChronoUnit.MINUTES))) {
            next = times.nextExecution(
                    next.get().truncatedTo(ChronoUnit.DAYS).plusDays(1).minusNanos(1));
        }
        return next.filter(time -> time.isBefore(end)).map(ZonedDateTime::toLocalDateTime);
    }

    /// Whether the hour field begins with `*`, as in `0 * * * *` and `0 */2 * * *`. Such a job runs by the time
    /// that has passed, not at certain times of the day.
    public boolean isAnyHour() {
        String[] fields = fullText(text).split(" ");
        return fields[fields.length - 4].startsWith("*");
    }

    /// The expression in English, such as `at 02:00 every day`.
    public String words() {
        String[] fields = fullText(text).split(" ");
        int days = fields.length - 3;
        int weekday = fields.length - 1;
        if (fields[days].equals("*") || fields[weekday].equals("*")) {
            return words(String.join(" ", fields));
        }
        String byDay = words(replaced(fields, weekday, "*"));
        String byWeekday = words(replaced(fields, days, "*"));
        return weekdays == null ? byDay + ", and " + byWeekday : byDay + ", if the same time is " + byWeekday;
    }

    private static String words(String expression) {
        return CronWords.of(parser(expression.split(" ").length == 6, CronWords.listed(expression)));
    }

    /// The expression as it was written.
    @Override
    public String toString() {
        return text;
    }
}
