package io.nightshift.protocol.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.NewTimes.TimeType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class IncrementalTest {

    private static final Instant START = Instant.parse("2026-11-25T00:00:00Z");

    private static NewTimes incremental(TimeType type, String zone) {
        return new NewTimes("updated_at", Duration.ofHours(1), zone, false).with(type);
    }

    private static Instant minute(int minutes) {
        return START.plusSeconds(60L * minutes);
    }

    @Test
    void setsOfTimesAreWhatTheirMembersSay() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 2_000; i++) {
            List<TimeRange> one = ranges(random);
            List<TimeRange> other = ranges(random);
            TimeRanges plus = TimeRanges.of(one).plus(other);
            TimeRanges minus = TimeRanges.of(one).minus(TimeRanges.of(other));
            TimeRanges and = TimeRanges.of(one).and(TimeRanges.of(other));
            for (int minute = -1; minute < 22; minute++) {
                boolean inOne = contains(one, minute);
                boolean inOther = contains(other, minute);
                assertThat(contains(plus.ranges(), minute)).isEqualTo(inOne || inOther);
                assertThat(contains(minus.ranges(), minute)).isEqualTo(inOne && !inOther);
                assertThat(contains(and.ranges(), minute)).isEqualTo(inOne && inOther);
            }
            assertThat(TimeRanges.of(plus.ranges().reversed())).isEqualTo(plus);
        }
    }

    private static List<TimeRange> ranges(SplittableRandom random) {
        List<TimeRange> ranges = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            int from = random.nextInt(20);
            ranges.add(
                    new TimeRange(random.nextInt(5) == 0 ? null : minute(from), minute(from + 1 + random.nextInt(6))));
        }
        return ranges;
    }

    private static boolean contains(List<TimeRange> ranges, int minute) {
        return ranges.stream().anyMatch(range -> range.contains(minute(minute)));
    }

    @Test
    void aTimestampWithoutAZoneIsLocalAndADayIsDueWhenItIsOver() {
        Instant time = Instant.parse("2026-11-25T22:30:00.123456Z");

        assertThat(incremental(TimeType.INSTANT, "Europe/Berlin").literal(time))
                .isEqualTo("TIMESTAMPTZ '2026-11-25 22:30:00.123456+00'");
        assertThat(incremental(TimeType.LOCAL, "Europe/Berlin").literal(time))
                .isEqualTo("TIMESTAMP '2026-11-25 23:30:00.123456'");
        assertThat(incremental(TimeType.DATE, "UTC").literal(time)).isEqualTo("DATE '2026-11-24'");
        assertThat(incremental(TimeType.DATE, "Asia/Tokyo").literal(time)).isEqualTo("DATE '2026-11-25'");
    }

    /// In the night of 25 October 2026, clocks in Berlin go back from 3 to 2 o'clock, which is 01:00 UTC.
    @Test
    void theHourThatOccursTwiceIsReadWhenItHasPassedForTheSecondTime() {
        NewTimes local = incremental(TimeType.LOCAL, "Europe/Berlin");

        assertThat(local.literal(Instant.parse("2026-10-24T23:30:00Z")))
                .isEqualTo("TIMESTAMP '2026-10-25 01:30:00.000000'");
        assertThat(local.literal(Instant.parse("2026-10-25T00:30:00Z")))
                .isEqualTo("TIMESTAMP '2026-10-25 02:00:00.000000'");
        assertThat(local.literal(Instant.parse("2026-10-25T01:15:00Z")))
                .isEqualTo("TIMESTAMP '2026-10-25 02:15:00.000000'");
        String last = "";
        for (int minute = 0; minute < 300; minute++) {
            String next = local.literal(Instant.parse("2026-10-24T23:00:00Z").plusSeconds(60L * minute));
            assertThat(next).isGreaterThanOrEqualTo(last);
            last = next;
        }
    }

    @Test
    void aBatchIsRestrictedByItsConditionsAndItsJobStaysTheSame() {
        Job job = GoldenJobs.query().with(incremental(TimeType.INSTANT, "UTC"));
        Job pinned = job.reading(TimeRanges.of(List.of(new TimeRange(minute(0), minute(1)))));

        String times =
                "(\"updated_at\" > TIMESTAMPTZ '2026-11-25 00:00:00.000000+00' AND \"updated_at\" <= TIMESTAMPTZ '2026-11-25 00:01:00.000000+00')";
        assertThat(pinned.source().where()).contains("THEN CAST('incremental.column: updated_at is NULL'", times);
        assertThat(((DatabaseInput) pinned.source().input()).where())
                .isEqualTo("(active\n) AND (\"updated_at\" IS NULL OR (" + times + "))");
        assertThat(pinned.asWritten()).isEqualTo(job);
        assertThat(JobFingerprint.of(pinned)).isEqualTo(JobFingerprint.of(job));
        assertThat(pinned.incrementalSource()).isEqualTo(job.incrementalSource());
        assertThat(job.full().incrementalSource()).isEqualTo(job.incrementalSource());
        assertThat(JobFingerprint.of(job.full())).isEqualTo(JobFingerprint.of(job));
    }

    @Test
    void anotherConditionOrColumnIsAnotherSource() {
        Job job = parse("incremental: {column: a, lateness: 1h}");

        assertThat(parse("incremental: {column: a, lateness: 2h}").incrementalSource())
                .isEqualTo(job.incrementalSource());
        assertThat(List.of(
                        "incremental: {column: b, lateness: 1h}",
                        "incremental: {column: a, lateness: 1h, time-zone: Asia/Tokyo}"))
                .allSatisfy(
                        other -> assertThat(parse(other).incrementalSource()).isNotEqualTo(job.incrementalSource()));
    }

    @Test
    void onlyAnIncrementalJobCanStartOver() {
        assertThatThrownBy(() -> parse("").full())
                .isInstanceOf(FailureException.class)
                .hasMessage(
                        "the job flights has no section incremental, so each of its batches reads all rows; leave out full");
    }

    @Test
    void lookingForNewFilesAndNewRowsExcludeEachOther() {
        assertThatThrownBy(() -> parse("incremental: {column: a, lateness: 1h}", "on-change: extend"))
                .isInstanceOf(JobFileException.class)
                .hasMessageContaining("source.on-change")
                .hasMessageContaining("extend with incremental");
        assertThatThrownBy(() -> parse("incremental: {column: a}"))
                .isInstanceOf(JobFileException.class)
                .hasMessageContaining("incremental.lateness");
    }

    @Test
    void newFilesAreThoseOfASourceOfFiles() {
        Job job = parse("incremental: {files: new}");

        assertThat(job.incremental()).isEqualTo(new NewFiles(false));
        assertThat(job.asWritten()).isEqualTo(job);
        assertThat(job.full().incremental()).isEqualTo(new NewFiles(true));
        assertThat(JobFingerprint.of(job.full())).isEqualTo(JobFingerprint.of(job));
        assertThat(job.incrementalSource())
                .isNotEqualTo(
                        parse("incremental: {column: files, lateness: 1h}").incrementalSource());
        assertThatThrownBy(() -> JobFile.parse(
                        JobText.of(GoldenJobs.query().with(new NewFiles(false))), Path.of("/jobs/job.yaml"), List.of()))
                .hasMessageContaining("incremental.files")
                .hasMessageContaining("new files with source.postgres, which is not files");
    }

    @Test
    void changedRowsAreFoundByTheirId() {
        Job job = parse("incremental: {changed: [plan, balance]}");

        assertThat(job.incremental()).isEqualTo(new ChangedRows(List.of("plan", "balance"), false));
        assertThat(job.asWritten()).isEqualTo(job);
        assertThat(job.leavesOutRows()).isTrue();
        assertThat(job.full().incremental()).isEqualTo(new ChangedRows(List.of("plan", "balance"), true));
        assertThat(JobFingerprint.of(job.full())).isEqualTo(JobFingerprint.of(job));
        assertThat(job.incrementalSource()).isEqualTo(job.full().incrementalSource());
        assertThat(List.of(
                        job.incrementalSource(),
                        parse("incremental: {changed: [balance, plan]}").incrementalSource(),
                        parse("incremental: {changed: [plan, balance]}", "id: other")
                                .incrementalSource()))
                .doesNotHaveDuplicates();
        assertThat(JobFile.parse(JobText.of(job), Path.of("/job.yaml"), List.of()))
                .isEqualTo(job);
    }

    @Test
    void changedRowsNeedAnIdAndColumns() {
        assertThatThrownBy(() -> parse("incremental: {changed: [plan]}", "where: TRUE"))
                .hasMessageContaining("incremental.changed")
                .hasMessageContaining("changed rows without source.id")
                .hasMessageContaining("source.id, the column by which a row is found again in the next run");
        assertThatThrownBy(() -> parse("incremental: {changed: []}")).hasMessageContaining("incremental.changed");
        assertThatThrownBy(() -> parse("incremental: {changed: [plan, plan]}"))
                .hasMessageContaining("incremental.changed");
        assertThatThrownBy(() -> parse("incremental: {changed: [plan], files: new}"))
                .hasMessageContaining("incremental");
    }

    private static Job parse(String incremental) {
        return parse(incremental, "id: id");
    }

    private static Job parse(String incremental, String source) {
        String job = "job: flights\nmodel: m\nsource:\n  parquet: /data\n  %s\ndestination: {parquet: /out}\n%s\n"
                .formatted(source, incremental);
        return JobFile.parse(job.getBytes(StandardCharsets.UTF_8), Path.of("/job.yaml"), List.of());
    }
}
