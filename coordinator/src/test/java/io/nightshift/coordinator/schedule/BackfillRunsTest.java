package io.nightshift.coordinator.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.api.BackfillRequest;
import io.nightshift.coordinator.schedule.BackfillRuns.InvalidRequestException;
import io.nightshift.coordinator.schedule.BackfillRuns.PlannedRun;
import io.nightshift.protocol.job.JobHeader;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BackfillRunsTest {

    private static JobHeader job(String parameters, String schedule) {
        return JobTexts.header("""
                job: churn
                model: churn@champion
                parameters: %s
                source: {parquet: /lake/*.parquet}
                destination: {parquet: /predictions}
                time-zone: Europe/Berlin
                %s
                """.formatted(parameters, schedule), null);
    }

    private static List<PlannedRun> runs(JobHeader job, String from, String to) {
        return BackfillRuns.of(job, request(from, to, null));
    }

    private static BackfillRequest request(String from, String to, @Nullable String parameter) {
        return new BackfillRequest(from, to, 1, false, parameter);
    }

    @Test
    void aJobWithoutAScheduleHasARunForEachDay() {
        assertThat(runs(job("{day: date}", ""), "2026-02-27", "2026-03-01"))
                .containsExactly(
                        new PlannedRun(null, Map.of("day", "2026-02-27")),
                        new PlannedRun(null, Map.of("day", "2026-02-28")),
                        new PlannedRun(null, Map.of("day", "2026-03-01")));
    }

    @Test
    void theRunsOfAScheduleAreThoseOfItsTicksWhoseDateLiesInTheRange() {
        JobHeader job = job(
                "{day: date}",
                "schedule: {cron: \"0 2 * * MON-FRI\", parameters: {day: \"{scheduled:date - 1 day}\"}}");

        // The tick of Monday is the run of Sunday; there is none for Friday and Saturday.
        assertThat(runs(job, "2026-11-26", "2026-11-30"))
                .containsExactly(
                        new PlannedRun(Instant.parse("2026-11-27T01:00:00Z"), Map.of("day", "2026-11-26")),
                        new PlannedRun(Instant.parse("2026-11-30T01:00:00Z"), Map.of("day", "2026-11-29")),
                        new PlannedRun(Instant.parse("2026-12-01T01:00:00Z"), Map.of("day", "2026-11-30")));
    }

    @Test
    void aDistanceOfMonthsIsInvertedToo() {
        JobHeader job = job(
                "{month: date}",
                "schedule: {cron: \"0 3 1 * *\", parameters: {month: \"{scheduled:date - 1 month}\"}}");

        assertThat(runs(job, "2026-01-01", "2026-03-31"))
                .extracting(run -> run.parameters().get("month"))
                .containsExactly("2026-01-01", "2026-02-01", "2026-03-01");
    }

    @Test
    void anHourlyJobHasARunForEachHourOfTheDays() {
        JobHeader job = job(
                "{hour: timestamp}",
                "schedule: {cron: \"@hourly\", parameters: {hour: \"{scheduled:timestamp - 1 hour}\"}}");

        List<PlannedRun> runs = runs(job, "2026-11-25", "2026-11-25");

        assertThat(runs).hasSize(24);
        assertThat(runs.getFirst().parameters()).containsEntry("hour", "2026-11-25T00:00:00");
        assertThat(runs.getLast().parameters()).containsEntry("hour", "2026-11-25T23:00:00");
    }

    @Test
    void ticksWithTheSameValuesAreOneRun() {
        JobHeader job = job("{day: date}", "schedule: {cron: \"@hourly\", parameters: {day: \"{scheduled:date}\"}}");

        assertThat(runs(job, "2026-11-25", "2026-11-26"))
                .extracting(run -> run.parameters().get("day"))
                .containsExactly("2026-11-25", "2026-11-26");
    }

    @Test
    void theEndOfAScheduleDoesNotEndABackfill() {
        JobHeader job = job(
                "{day: date}",
                "schedule: {cron: \"@daily\", start: \"2026-12-01\", parameters: {day: \"{scheduled:date}\"}}");

        assertThat(runs(job, "2026-11-01", "2026-11-03")).hasSize(3);
    }

    @Test
    void fixedValuesOfTheScheduleHoldForEachDay() {
        JobHeader job = job("{day: date, region: text}", "schedule: {cron: \"@daily\", parameters: {region: eu}}");

        assertThat(runs(job, "2026-11-25", "2026-11-25"))
                .containsExactly(new PlannedRun(null, Map.of("day", "2026-11-25", "region", "eu")));
    }

    @Test
    void whatDoesNotFitIsRefusedWithASentence() {
        JobHeader plain = job("{region: text}", "");
        JobHeader two = job("{from: date, to: date}", "");

        assertThatThrownBy(() -> runs(plain, "2026-11-01", "2026-11-02"))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("no parameter of the type date");
        assertThatThrownBy(() -> runs(two, "2026-11-01", "2026-11-02")).hasMessageContaining("from, to");
        assertThat(BackfillRuns.of(two, request("2026-11-01", "2026-11-02", "to")))
                .hasSize(2);
        assertThatThrownBy(() -> BackfillRuns.of(two, request("2026-11-01", "2026-11-02", "day")))
                .hasMessageContaining("no parameter day");
        JobHeader day = job("{day: date}", "");
        assertThatThrownBy(() -> runs(day, "2026-11-02", "2026-11-01")).hasMessageContaining("before it begins");
        assertThatThrownBy(() -> runs(day, "yesterday", "2026-11-01")).hasMessageContaining("\"yesterday\"");
        assertThatThrownBy(() -> runs(day, "1990-01-01", "2026-11-01")).hasMessageContaining("more than 10,000");
        assertThatThrownBy(() -> BackfillRuns.of(day, new BackfillRequest("2026-11-01", "2026-11-02", 0, false, null)))
                .hasMessageContaining("1 to 100");
    }
}
