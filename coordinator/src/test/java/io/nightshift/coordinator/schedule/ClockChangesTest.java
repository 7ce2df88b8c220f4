package io.nightshift.coordinator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClockChangesTest {

    private static final Instant DECEMBER = Instant.parse("2026-12-01T00:00:00Z");

    private static Timetable timetable(String zone, String schedule) {
        return Timetable.of(JobTexts.header("""
                job: churn
                parameters: {time: {type: timestamp, default: "2026-01-01T00:00"}}
                source: {parquet: flights.parquet}
                model: flights.ubj
                destination: {parquet: predictions}
                time-zone: %s
                schedule: %s
                """.formatted(zone, schedule), "/jobs"));
    }

    private static List<String> warnings(String zone, String schedule) {
        return ClockChanges.warnings(timetable(zone, schedule), DECEMBER);
    }

    @Test
    void aJobAtAFixedTimeIsWarnedOfBothChanges() {
        assertThat(warnings("Europe/Berlin", "{cron: \"30 2 * * *\"}"))
                .containsExactly(
                        "On 2027-03-28, clocks in Europe/Berlin go forward from 02:00 to 03:00. The run of 02:30 starts at 03:00.",
                        "On 2027-10-31, the time from 02:00 to 03:00 comes twice in Europe/Berlin. The job runs at 02:30 the first time only.");
    }

    @Test
    void aJobThatRunsAsItsExpressionSaysGetsNoWarning() {
        assertThat(warnings("Europe/Berlin", "{cron: \"0 4 * * *\"}")).isEmpty();
        assertThat(warnings("UTC", "{cron: \"30 2 * * *\"}")).isEmpty();
        assertThat(warnings("Europe/Berlin", "{cron: \"@hourly\"}")).isEmpty();
        assertThat(warnings("Europe/Berlin", "{cron: \"@hourly\", parameters: {time: \"{scheduled:utc - 1 hour}\"}}"))
                .isEmpty();
    }

    @Test
    void theChangeThatTheNextRunLiesInIsNamed() {
        Timetable timetable = timetable("Europe/Berlin", "{cron: \"30 2 * * *\"}");
        Instant next = timetable
                .unbounded()
                .next(Instant.parse("2027-03-27T12:00:00Z"))
                .orElseThrow();

        assertThat(ClockChanges.warnings(timetable, next)).first().asString().startsWith("On 2027-03-28");
    }

    @Test
    void changesAfterTheEndOfTheScheduleAreNotNamed() {
        assertThat(warnings("Europe/Berlin", "{cron: \"30 2 * * *\", end: 2027-03-27}"))
                .isEmpty();
        assertThat(warnings("Europe/Berlin", "{cron: \"30 2 * * *\", end: 2027-03-28}"))
                .hasSize(1);
    }

    @Test
    void aLocalTimeChangesTheTicksOfHourlyJobsOnly() {
        String fixed = "{cron: \"30 2 * * *\"%s}";
        String hourly = "{cron: \"@hourly\"%s}";
        String local = ", parameters: {time: \"{scheduled:timestamp}\"}";

        assertThat(timetable("UTC", fixed.formatted("")).hasSameTicks(timetable("UTC", fixed.formatted(local))))
                .isTrue();
        assertThat(timetable("UTC", hourly.formatted("")).hasSameTicks(timetable("UTC", hourly.formatted(local))))
                .isFalse();
    }

    /// The two runs of the hour would have the same parameters, and so would be one run.
    @Test
    void anHourlyJobWithALocalTimeRunsOnceAndIsWarned() {
        String schedule = "{cron: \"@hourly\", parameters: {time: \"{scheduled:timestamp - 1 hour}\"}}";

        assertThat(warnings("Europe/Berlin", schedule))
                .singleElement()
                .asString()
                .contains("2027-10-31", "{scheduled:utc}");
        Ticks ticks = timetable("Europe/Berlin", schedule).unbounded();
        assertThat(ticks.between(Instant.parse("2027-10-30T22:00:00Z"), Instant.parse("2027-10-31T23:00:00Z"), 100))
                .hasSize(24);
    }
}
