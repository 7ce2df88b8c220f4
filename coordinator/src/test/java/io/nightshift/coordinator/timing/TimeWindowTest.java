package io.nightshift.coordinator.timing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.job.JobTiming;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Windows and deadlines, on ordinary days and when clocks change.
class TimeWindowTest {

    private static final String BERLIN = "Europe/Berlin";

    private static TimeWindow window(String from, String to) {
        return new TimeWindow(DailyTime.of(from, BERLIN), DailyTime.of(to, BERLIN));
    }

    private static Instant berlin(String local) {
        return java.time.LocalDateTime.parse(local).atZone(ZoneId.of(BERLIN)).toInstant();
    }

    @Test
    void aWindowMayPassMidnight() {
        TimeWindow night = window("22:00", "06:00");

        assertThat(night.isOpen(berlin("2026-11-25T21:59:59"))).isFalse();
        assertThat(night.isOpen(berlin("2026-11-25T22:00:00"))).isTrue();
        assertThat(night.isOpen(berlin("2026-11-26T05:59:59"))).isTrue();
        assertThat(night.isOpen(berlin("2026-11-26T06:00:00"))).isFalse();
        assertThat(night.at(berlin("2026-11-26T12:00:00")).opens()).isEqualTo(berlin("2026-11-26T22:00:00"));
        assertThat(night.at(berlin("2026-11-26T02:00:00")))
                .isEqualTo(new TimeWindow.Opening(berlin("2026-11-25T22:00:00"), berlin("2026-11-26T06:00:00")));
    }

    @Test
    void aWindowWithoutLengthIsRefused() {
        assertThatThrownBy(() -> window("06:00", "06:00"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the window opens and closes at 06:00");
    }

    @Test
    void aNightIsAnHourShorterOrLongerWhenClocksChange() {
        TimeWindow night = window("22:00", "06:00");

        TimeWindow.Opening spring = night.at(berlin("2026-03-29T01:00:00"));
        TimeWindow.Opening autumn = night.at(berlin("2026-10-25T01:00:00"));

        assertThat(Duration.between(spring.opens(), spring.closes())).hasHours(7);
        assertThat(Duration.between(autumn.opens(), autumn.closes())).hasHours(9);
    }

    @Test
    void aTimeThatDoesNotExistIsTheMomentOfTheChange() {
        Instant change = berlin("2026-03-29T03:00:00");

        assertThat(window("02:30", "06:00").at(berlin("2026-03-29T01:59:00")).opens())
                .isEqualTo(change);
        assertThat(window("02:10", "02:50").at(berlin("2026-03-29T01:00:00")).opens())
                .as("the window lies in the hour that is left out, so it opens the next day")
                .isEqualTo(berlin("2026-03-30T02:10:00"));
    }

    @Test
    void aWindowOpensAtTheFirstAndClosesAtTheLastOfTwoEqualTimes() {
        TimeWindow.Opening opening = window("02:10", "02:50").at(berlin("2026-10-25T01:00:00"));

        assertThat(opening)
                .isEqualTo(new TimeWindow.Opening(
                        Instant.parse("2026-10-25T00:10:00Z"), Instant.parse("2026-10-25T01:50:00Z")));
    }

    @Test
    void openTimeLeavesOutTheDay() {
        TimeWindow night = window("22:00", "06:00");
        Instant five = berlin("2026-11-26T05:00:00");

        assertThat(night.openTime(five, berlin("2026-11-26T23:30:00"))).isEqualTo(Duration.ofMinutes(150));
        assertThat(night.openTime(five, five.minusSeconds(1))).isZero();
        assertThat(night.after(five, Duration.ofMinutes(150))).isEqualTo(berlin("2026-11-26T23:30:00"));
        assertThat(night.after(five, Duration.ofHours(1))).isEqualTo(berlin("2026-11-26T06:00:00"));
    }

    @Test
    void openTimeAndItsInverseAgreeAcrossZonesAndYears() {
        SplittableRandom random = new SplittableRandom(1);
        List<String> zones =
                List.of("UTC", BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo");
        for (int i = 0; i < 2_000; i++) {
            String zone = zones.get(random.nextInt(zones.size()));
            int from = random.nextInt(24 * 60);
            int to = (from + 1 + random.nextInt(24 * 60 - 1)) % (24 * 60);
            TimeWindow window = new TimeWindow(DailyTime.of(time(from), zone), DailyTime.of(time(to), zone));
            Instant start = Instant.parse("2015-01-01T00:00:00Z").plusSeconds(random.nextLong(15L * 365 * 86_400));
            int length = Math.floorMod(to - from, 24 * 60);
            Duration open = Duration.ofSeconds(random.nextLong(1, 20L * 60 * length));

            Instant end = window.after(start, open);

            assertThat(window.openTime(start, end))
                    .as("%s to %s in %s, %s from %s", time(from), time(to), zone, open, start)
                    .isEqualTo(open);
            TimeWindow.Opening opening = window.at(start);
            assertThat(opening.closes()).isAfter(start);
            assertThat(window.isOpen(opening.opens())).isTrue();
            assertThat(window.isOpen(start)).isEqualTo(!opening.opens().isAfter(start));
        }
    }

    private static String time(int minute) {
        return "%02d:%02d".formatted(minute / 60, minute % 60);
    }

    @Test
    void aDeadlineIsTheFirstSuchTimeAfterTheBatchWasOpened() {
        JobTiming timing = new JobTiming(BERLIN, null, null, null, "06:00");

        assertThat(Deadline.of(timing, berlin("2026-11-25T23:00:00"))).isEqualTo(berlin("2026-11-26T06:00:00"));
        assertThat(Deadline.of(timing, berlin("2026-11-26T05:59:59"))).isEqualTo(berlin("2026-11-26T06:00:00"));
        assertThat(Deadline.of(timing, berlin("2026-11-26T06:00:00"))).isEqualTo(berlin("2026-11-27T06:00:00"));
        assertThat(Deadline.of(JobTiming.ANY_TIME, berlin("2026-11-26T06:00:00")))
                .isNull();
    }

    @Test
    void aDeadlineInTheHourThatClocksLeaveOutIsTheMomentOfTheChange() {
        JobTiming timing = new JobTiming(BERLIN, null, null, null, "02:30");

        assertThat(Deadline.of(timing, berlin("2026-03-29T01:00:00"))).isEqualTo(berlin("2026-03-29T03:00:00"));
        assertThat(Deadline.of(timing, berlin("2026-10-25T01:00:00"))).isEqualTo(Instant.parse("2026-10-25T00:30:00Z"));
        assertThat(DailyTime.of("02:30", BERLIN).last(LocalDate.parse("2026-10-25")))
                .isEqualTo(Instant.parse("2026-10-25T01:30:00Z"));
    }
}
