package io.nightshift.protocol.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CronExpressionTest {

    private static final LocalDateTime START = LocalDateTime.of(2026, 11, 25, 14, 30, 15);

    @ParameterizedTest
    @CsvSource({
        "0 2 * * *, 2026-11-26T02:00",
        "30 14 * * *, 2026-11-26T14:30",
        "31 14 * * *, 2026-11-25T14:31",
        "15 30 14 * * *, 2026-11-26T14:30:15",
        "16 30 14 * * *, 2026-11-25T14:30:16",
        "*/20 * * * * *, 2026-11-25T14:30:20",
        "0 0 1 1 *, 2027-01-01T00:00",
        "0 0 29 2 *, 2028-02-29T00:00",
        "0 6 * * MON, 2026-11-30T06:00",
        "0 6 * * mon-fri, 2026-11-26T06:00",
        "0 6 * * 0, 2026-11-29T06:00",
        "0 6 * * 7, 2026-11-29T06:00",
        "0 6 * JAN *, 2027-01-01T06:00",
        "0 0 13 * 5, 2026-11-27T00:00",
        "0 0 6 ? * SAT, 2026-11-28T06:00",
        "0 6 28 * ?, 2026-11-28T06:00",
        "@hourly, 2026-11-25T15:00",
        "@daily, 2026-11-26T00:00",
        "@midnight, 2026-11-26T00:00",
        "@weekly, 2026-11-29T00:00",
        "@monthly, 2026-12-01T00:00",
        "@yearly, 2027-01-01T00:00",
        "@annually, 2027-01-01T00:00"
    })
    void theNextTimeIsTheFirstThatTheExpressionDescribes(String text, LocalDateTime next) {
        assertThat(CronExpression.parse(text).next(START)).contains(next);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 25 * * *|\"25\" in the field of the hours|0 to 23",
                "60 * * * *|\"60\" in the field of the minutes|0 to 59",
                "0 0 32 * *|\"32\" in the field of the days of the month|1 to 31",
                "0 0 * 13 *|\"13\" in the field of the months|1 to 12 or JAN to DEC",
                "0 0 * * 8|\"8\" in the field of the days of the week|0 to 7",
                "0 0 * * FUNDAY|\"FUNDAY\" in the field of the days of the week|0 to 7",
                "61 0 0 * * *|\"61\" in the field of the seconds|0 to 59",
                "0 2 * *|\"0 2 * *\"|five fields",
                "every night|\"every night\"|five fields",
                "@nightly|\"@nightly\"|@daily",
                "0 0 30 2 *|which never comes|days that exist",
                "0 0 31 4,6,9,11 *|which never comes|days that exist",
                "0 22-2 * * *|\"22-2\" in the field of the hours|write 22-23,0-2",
                "0 2 * * 6-0|\"6-0\" in the field of the days of the week|write 6,0",
                "0 2 L * *|\"L\" in the field of the days of the month|For the last day of a month, run on day 1",
                "0 2 15W * *|\"15W\" in the field of the days of the month|L, W and # are not supported",
                "0 2 * * 5#2|\"5#2\" in the field of the days of the week|L, W and # are not supported"
            })
    void anInvalidTextIsExplained(String text, String found, String expected) {
        CronExpression.Problem problem = CronExpression.problem(text).orElseThrow();

        assertThat(problem.found()).contains(found);
        assertThat(problem.expected()).contains(expected);
        assertThatThrownBy(() -> CronExpression.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 2 * * *|at 02:00 every day",
                "0 0 6 ? * SAT|at 06:00 on Saturday",
                "0 2 1-7 * MON|at 02:00 every day from 1 to 7, and at 02:00 on Monday",
                "0 2 */5 * MON|at 02:00 every 5 days, if the same time is at 02:00 on Monday",
                "*/45 * * * *|at minutes 0 and 45 of the hour",
                "*/15 * * * *|every 15 minutes"
            })
    void theWordsSayWhatTheExpressionMeans(String text, String words) {
        assertThat(CronExpression.parse(text).words()).isEqualTo(words);
    }

    @Test
    void aJobRunsAtAnyHourIfTheExpressionLeavesTheHourOpen() {
        assertThat(List.of("0 * * * *", "*/5 */2 * * *", "0 0 * * * *", "@hourly"))
                .allMatch(text -> CronExpression.parse(text).isAnyHour());
        assertThat(List.of("0 2 * * *", "* 2 * * *", "0 0-23 * * *", "0 0 2 * * *", "@daily"))
                .noneMatch(text -> CronExpression.parse(text).isAnyHour());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", " ", "* * * * * * *", "a b c d e", "? 0 * * *", "1-0 * * * *", "*/0 * * * *", "1,,2 * * * *"
            })
    void whatIsNoExpressionIsRefused(String text) {
        assertThat(CronExpression.problem(text)).isPresent();
    }

    @Test
    void aLeapDayOnACertainDayOfTheWeekComesOnceIn28Years() {
        // Both kinds of days restricted: either of them matches, as in Unix.
        assertThat(CronExpression.parse("0 0 29 2 *").next(LocalDateTime.of(2096, 3, 1, 0, 0)))
                .contains(LocalDateTime.of(2104, 2, 29, 0, 0));
    }

    /// A field and the values that it describes, found without the library. A text that begins with `*` does not
    /// count as a restriction where the two kinds of days are joined.
    record Field(String text, Set<Integer> values, boolean restricted) {}

    record Expression(Field minute, Field hour, Field day, Field month, Field weekday) {
        String text() {
            return String.join(" ", minute.text(), hour.text(), day.text(), month.text(), weekday.text());
        }

        boolean matches(LocalDateTime time) {
            boolean isDay = day.values().contains(time.getDayOfMonth());
            boolean isWeekday = weekday.values().contains(time.getDayOfWeek().getValue() % 7);
            boolean isRestricted = day.restricted() && weekday.restricted();
            boolean matchesDate = isRestricted ? isDay || isWeekday : (isDay && isWeekday);
            return matchesDate
                    && month.values().contains(time.getMonthValue())
                    && hour.values().contains(time.getHour())
                    && minute.values().contains(time.getMinute());
        }
    }

    private static Arbitrary<Field> field(int least, int most) {
        Arbitrary<Field> any = Arbitraries.of(new Field("*", range(least, most, 1), false));
        Arbitrary<Field> step = Arbitraries.integers()
                .between(2, Math.max(2, (most - least) / 2))
                .map(by -> new Field("*/" + by, range(least, most, by), false));
        Arbitrary<Field> one = Arbitraries.integers()
                .between(least, most)
                .map(value -> new Field(String.valueOf(value), range(value, value, 1), true));
        Arbitrary<Field> list = Arbitraries.integers()
                .between(least, most)
                .set()
                .ofMinSize(2)
                .ofMaxSize(4)
                .map(values -> new Field(
                        String.join(",", values.stream().map(String::valueOf).toList()), new TreeSet<>(values), true));
        Arbitrary<Field> range = Combinators.combine(
                        Arbitraries.integers().between(least, most),
                        Arbitraries.integers().between(least, most))
                .as((a, b) -> {
                    int low = Math.min(a, b);
                    int high = Math.max(a, b);
                    return low == high
                            ? new Field(String.valueOf(low), range(low, low, 1), true)
                            : new Field(low + "-" + high, range(low, high, 1), true);
                });
        return Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(3, any),
                net.jqwik.api.Tuple.of(1, step),
                net.jqwik.api.Tuple.of(2, one),
                net.jqwik.api.Tuple.of(1, list),
                net.jqwik.api.Tuple.of(1, range));
    }

    private static Set<Integer> range(int low, int high, int by) {
        Set<Integer> values = new TreeSet<>();
        for (int value = low; value <= high; value += by) {
            values.add(value);
        }
        return values;
    }

    @Provide
    Arbitrary<Expression> expressions() {
        return Combinators.combine(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6))
                .as(Expression::new);
    }

    @Property(tries = 300)
    void theTimesAreThoseOfASimpleEnumeration(
            @ForAll("expressions") Expression expression, @ForAll("starts") LocalDateTime start) {
        List<LocalDateTime> expected = enumerated(expression, start);
        if (CronExpression.problem(expression.text()).isPresent()) {
            assertThat(expected).as(expression.text()).isEmpty();
            return;
        }
        CronExpression cron = CronExpression.parse(expression.text());

        List<LocalDateTime> actual = new ArrayList<>();
        LocalDateTime time = start;
        while (actual.size() < expected.size()) {
            time = cron.next(Objects.requireNonNull(time)).orElse(null);
            if (time == null) {
                break;
            }
            actual.add(time);
        }

        assertThat(actual).as(expression.text() + " from " + start).isEqualTo(expected);
    }

    @Provide
    Arbitrary<LocalDateTime> starts() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 40_000),
                        Arbitraries.integers().between(0, 86_399))
                .as((day, second) ->
                        LocalDateTime.of(LocalDate.of(1990, 1, 1).plusDays(day), LocalTime.ofSecondOfDay(second)));
    }

    /// The first 25 times, at most 5 years from the start.
    private static List<LocalDateTime> enumerated(Expression expression, LocalDateTime start) {
        List<LocalDateTime> times = new ArrayList<>();
        LocalDate end = start.toLocalDate().plusYears(5);
        for (LocalDate day = start.toLocalDate(); day.isBefore(end) && times.size() < 25; day = day.plusDays(1)) {
            for (int hour : expression.hour().values()) {
                for (int minute : expression.minute().values()) {
                    LocalDateTime time = day.atTime(hour, minute);
                    if (time.isAfter(start) && expression.matches(time) && times.size() < 25) {
                        times.add(time);
                    }
                }
            }
        }
        return times;
    }
}
