package io.nightshift.coordinator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.job.CronExpression;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TicksTest {

    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    private static Ticks ticks(String cron, ZoneId zone) {
        return ticks(cron, zone, null, null);
    }

    private static Ticks ticks(String cron, ZoneId zone, @Nullable LocalDate start, @Nullable LocalDate end) {
        CronExpression expression = CronExpression.parse(cron);
        return new Ticks(expression, zone, start, end, Duration.ZERO, expression.isAnyHour());
    }

    private static List<Instant> of(String cron, ZoneId zone, String after, String upTo) {
        return ticks(cron, zone).between(Instant.parse(after), Instant.parse(upTo), 10_000);
    }

    private static Instant at(String time) {
        return Instant.parse(time);
    }

    /// Clocks go from 2:00 to 3:00 at 1:00 UTC.
    @Test
    void aLocalTimeThatDoesNotExistRunsOnceRightAfterTheGap() {
        assertThat(of("30 2 * * *", BERLIN, "2026-03-27T12:00:00Z", "2026-03-30T12:00:00Z"))
                .containsExactly(at("2026-03-28T01:30:00Z"), at("2026-03-29T01:00:00Z"), at("2026-03-30T00:30:00Z"));
    }

    @Test
    void allLocalTimesOfAGapRunTogetherOnce() {
        assertThat(of("*/10 2,3 * * *", BERLIN, "2026-03-29T00:00:00Z", "2026-03-29T01:25:00Z"))
                .containsExactly(at("2026-03-29T01:00:00Z"), at("2026-03-29T01:10:00Z"), at("2026-03-29T01:20:00Z"));
    }

    /// Clocks go from 3:00 back to 2:00 at 1:00 UTC.
    @Test
    void aLocalTimeThatComesTwiceRunsTheFirstTime() {
        assertThat(of("30 2 * * *", BERLIN, "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z"))
                .containsExactly(at("2026-10-25T00:30:00Z"), at("2026-10-26T01:30:00Z"));
        assertThat(of("0,30 0-23 * * *", BERLIN, "2026-10-24T23:45:00Z", "2026-10-25T02:45:00Z"))
                .containsExactly(
                        at("2026-10-25T00:00:00Z"),
                        at("2026-10-25T00:30:00Z"),
                        at("2026-10-25T02:00:00Z"),
                        at("2026-10-25T02:30:00Z"));
    }

    @Test
    void aJobThatRunsAtAnyHourRunsInBothPassesOfAnHourThatComesTwice() {
        assertThat(of("0 * * * *", BERLIN, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"))
                .as("a day of 25 hours")
                .hasSize(25)
                .contains(at("2026-10-25T00:00:00Z"), at("2026-10-25T01:00:00Z"), at("2026-10-25T02:00:00Z"));
        assertThat(of("0 */2 * * *", BERLIN, "2026-10-24T22:30:00Z", "2026-10-25T03:30:00Z"))
                .containsExactly(at("2026-10-25T00:00:00Z"), at("2026-10-25T01:00:00Z"), at("2026-10-25T03:00:00Z"));
        assertThat(of("0 * * * *", BERLIN, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"))
                .as("a day of 23 hours")
                .hasSize(23);
    }

    @Test
    void aDayThatACountryLeavesOutRunsAtTheBeginningOfTheNext() {
        // Samoa had no 30 December 2011.
        assertThat(of("0 12 * * *", ZoneId.of("Pacific/Apia"), "2011-12-29T00:00:00Z", "2011-12-31T00:00:00Z"))
                .containsExactly(at("2011-12-29T22:00:00Z"), at("2011-12-30T10:00:00Z"), at("2011-12-30T22:00:00Z"));
    }

    @Test
    void secondsAreTicksToo() {
        assertThat(of("*/20 * * * * *", ZoneOffset.UTC, "2026-11-25T02:00:00.5Z", "2026-11-25T02:01:00Z"))
                .containsExactly(at("2026-11-25T02:00:20Z"), at("2026-11-25T02:00:40Z"), at("2026-11-25T02:01:00Z"));
    }

    @Test
    void startAndEndAreLocalDatesAndBothHaveTicks() {
        Ticks ticks = ticks("0 2 * * *", BERLIN, LocalDate.of(2026, 12, 1), LocalDate.of(2026, 12, 3));

        assertThat(ticks.between(at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"), 100))
                .containsExactly(at("2026-12-01T01:00:00Z"), at("2026-12-02T01:00:00Z"), at("2026-12-03T01:00:00Z"));
        assertThat(ticks.next(at("2026-12-03T01:00:00Z"))).isEmpty();
    }

    @Test
    void aTickAtTheFirstMomentOfTheStartIsOneOfThem() {
        assertThat(ticks("0 0 * * *", BERLIN, LocalDate.of(2026, 12, 1), null).next(at("2026-01-01T00:00:00Z")))
                .contains(at("2026-11-30T23:00:00Z"));
    }

    @Test
    void jitterIsTheSameEachTimeAndDiffersBetweenJobsAndTicks() {
        Ticks ticks = new Ticks(CronExpression.parse("0 2 * * *"), BERLIN, null, null, Duration.ofMinutes(10), false);
        Set<Duration> delays = new HashSet<>();
        for (Instant tick : ticks.between(at("2026-01-01T00:00:00Z"), at("2026-12-31T00:00:00Z"), 365)) {
            Duration delay = Duration.between(tick, ticks.dueAt("churn", tick));
            assertThat(delay).isBetween(Duration.ZERO, Duration.ofMinutes(10));
            assertThat(ticks.dueAt("churn", tick)).isEqualTo(ticks.dueAt("churn", tick));
            delays.add(delay);
        }
        assertThat(delays).hasSizeGreaterThan(300);
        assertThat(ticks.dueAt("churn", at("2026-01-02T01:00:00Z")))
                .isNotEqualTo(ticks.dueAt("fraud", at("2026-01-02T01:00:00Z")));
    }

    /// A schedule, and the same as sets of numbers.
    record Schedule(Set<Integer> minutes, Set<Integer> hours, Set<Integer> weekdays) {
        String cron() {
            return "%s %s * * %s".formatted(text(minutes, 60), text(hours, 24), text(weekdays, 7));
        }

        private static String text(Set<Integer> values, int all) {
            return values.size() == all
                    ? "*"
                    : String.join(
                            ",",
                            new TreeSet<>(values).stream().map(String::valueOf).toList());
        }

        boolean matchesHour(LocalDateTime time) {
            return hours.contains(time.getHour())
                    && weekdays.contains(time.getDayOfWeek().getValue() % 7);
        }
    }

    /// Often a few numbers, and sometimes all: a schedule of every minute takes long to enumerate.
    private static Arbitrary<Set<Integer>> numbers(int count) {
        List<Integer> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(i);
        }
        return Arbitraries.frequencyOf(
                Tuple.of(1, Arbitraries.just(Set.copyOf(all))),
                Tuple.of(
                        3,
                        Arbitraries.integers()
                                .between(0, count - 1)
                                .set()
                                .ofMinSize(1)
                                .ofMaxSize(4)));
    }

    @Provide
    Arbitrary<Schedule> schedules() {
        return Combinators.combine(numbers(60), numbers(24), numbers(7)).as(Schedule::new);
    }

    @Provide
    Arbitrary<ZoneId> zones() {
        return Arbitraries.of(ZoneId.getAvailableZoneIds().stream().sorted().toList())
                .map(ZoneId::of);
    }

    /// The time around a change of clocks in the zone, or any other time if there is none.
    private static Instant interesting(ZoneId zone, int year, int hours) {
        Instant from = LocalDate.of(year, 1, 1).atStartOfDay(zone).toInstant();
        ZoneOffsetTransition change = zone.getRules().nextTransition(from);
        Instant middle = change == null ? from.plus(Duration.ofDays(hours)) : change.getInstant();
        return middle.minus(Duration.ofHours(hours % 24));
    }

    @Property
    void theTicksAreThoseOfASimpleEnumerationOfLocalTimes(
            @ForAll("schedules") Schedule schedule,
            @ForAll("zones") ZoneId zone,
            @ForAll("years") int year,
            @ForAll("hours") int hours) {
        Instant after = interesting(zone, year, hours);
        Instant upTo = after.plus(Duration.ofHours(30));
        Ticks ticks = ticks(schedule.cron(), zone);

        List<Instant> expected = enumerated(schedule, zone, after, upTo);

        assertThat(ticks.between(after, upTo, 100_000))
                .as("%s in %s after %s", schedule.cron(), zone, after)
                .isEqualTo(expected);
        assertThat(ticks.last(after, upTo))
                .isEqualTo(expected.isEmpty() ? java.util.Optional.empty() : java.util.Optional.of(expected.getLast()));
    }

    @Provide
    Arbitrary<Integer> years() {
        return Arbitraries.integers().between(1950, 2090);
    }

    @Provide
    Arbitrary<Integer> hours() {
        return Arbitraries.integers().between(0, 200);
    }

    private static List<Instant> enumerated(Schedule schedule, ZoneId zone, Instant after, Instant upTo) {
        ZoneRules rules = zone.getRules();
        TreeSet<Instant> instants = new TreeSet<>();
        LocalDateTime end = LocalDateTime.ofInstant(upTo, ZoneOffset.UTC).plusDays(2);
        LocalDateTime hour = LocalDateTime.ofInstant(after, ZoneOffset.UTC)
                .minusDays(2)
                .withMinute(0)
                .withSecond(0)
                .withNano(0);
        for (; hour.isBefore(end); hour = hour.plusHours(1)) {
            if (schedule.matchesHour(hour)) {
                for (int minute : schedule.minutes()) {
                    LocalDateTime time = hour.withMinute(minute);
                    List<ZoneOffset> offsets = rules.getValidOffsets(time);
                    if (offsets.isEmpty()) {
                        instants.add(rules.getTransition(time).getInstant());
                    } else if (schedule.hours().size() == 24) {
                        offsets.forEach(offset -> instants.add(time.toInstant(offset)));
                    } else {
                        instants.add(time.toInstant(offsets.getFirst()));
                    }
                }
            }
        }
        return instants.stream()
                .filter(instant -> instant.isAfter(after) && !instant.isAfter(upTo))
                .toList();
    }
}
