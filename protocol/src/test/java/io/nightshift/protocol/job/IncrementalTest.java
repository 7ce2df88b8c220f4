package io.nightshift.protocol.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.NewTimes.TimeType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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
                .isEqualTo("TIMESTAMP '2026-10-25 01:59:59.999999'");
        assertThat(local.literal(Instant.parse("2026-10-25T01:15:00Z")))
                .isEqualTo("TIMESTAMP '2026-10-25 02:15:00.000000'");
        String last = "";
        for (int minute = 0; minute < 300; minute++) {
            String next = local.literal(Instant.parse("2026-10-24T23:00:00Z").plusSeconds(60L * minute));
            assertThat(next).isGreaterThanOrEqualTo(last);
            last = next;
        }
    }

    /// Around both changes of clocks in every zone: if a batch up to a time reads a row, then the row was written
    /// by then, however coarse the times in its column are. Otherwise the batch would not see the row, and the
    /// next batch would not read it.
    @ParameterizedTest
    @EnumSource(names = {"NANOS", "MICROS", "MILLIS", "SECONDS", "MINUTES", "HOURS", "DAYS"})
    void noBatchLeavesOutARowThatIsWrittenWhenClocksChange(ChronoUnit granularity) {
        TimeType type = granularity == ChronoUnit.DAYS ? TimeType.DATE : TimeType.LOCAL;
        Set<ZoneRules> seen = new HashSet<>();
        for (String zone : new TreeSet<>(ZoneId.getAvailableZoneIds())) {
            ZoneRules rules = ZoneId.of(zone).getRules();
            ZoneOffsetTransition change = rules.nextTransition(START.minus(Duration.ofDays(330)));
            for (int i = 0; i < 2 && change != null && seen.add(rules) | i > 0; i++) {
                // Rows of one hour belong to two hours if a clock is changed in between.
                if (granularity != ChronoUnit.HOURS || isAtTheHour(change)) {
                    assertNothingIsLeftOut(incremental(type, zone), granularity, change.getInstant());
                }
                change = rules.nextTransition(change.getInstant());
            }
        }
        assertThat(seen).as("rules with changes of clocks").hasSizeGreaterThan(20);
    }

    private static boolean isAtTheHour(ZoneOffsetTransition change) {
        return change.getDateTimeBefore().getMinute() == 0
                && change.getDateTimeAfter().getMinute() == 0;
    }

    private static void assertNothingIsLeftOut(NewTimes column, ChronoUnit granularity, Instant change) {
        ZoneId zone = ZoneId.of(column.timeZone());
        List<Instant> instants = new ArrayList<>();
        for (int quarter = -140; quarter <= 140; quarter++) {
            Instant time = change.plus(Duration.ofMinutes(15L * quarter));
            instants.add(time);
            if (Math.abs(quarter) % 4 == 0) {
                instants.add(time.minusMillis(1));
                instants.add(time.plusMillis(1));
            }
        }
        instants.sort(null);
        List<LocalDateTime> bounds =
                instants.stream().map(upTo -> value(column.literal(upTo))).toList();
        assertThat(bounds).as("%s: bounds", zone).isSorted();
        LocalDateTime end = LocalDateTime.ofInstant(instants.getLast(), zone);
        assertThat(bounds.getLast()).as("%s: the last bound", zone).isAfterOrEqualTo(end.minusDays(2));
        for (Instant written : instants) {
            LocalDateTime local = LocalDateTime.ofInstant(written, zone);
            LocalDateTime value = local.truncatedTo(granularity);
            // A row is readable when its lateness has passed, from the time in its column.
            Instant due = granularity == ChronoUnit.DAYS ? written : written.minus(Duration.between(value, local));
            int first = firstAtLeast(value, bounds);
            if (first < bounds.size() && due.isAfter(instants.get(first))) {
                fail("%s: %s, written at %s, is read up to %s, at %s"
                        .formatted(zone, value, written, bounds.get(first), instants.get(first)));
            }
        }
    }

    private static int firstAtLeast(LocalDateTime value, List<LocalDateTime> bounds) {
        int low = 0;
        for (int high = bounds.size(); low < high; ) {
            int middle = (low + high) / 2;
            if (bounds.get(middle).isBefore(value)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private static LocalDateTime value(String literal) {
        String text = literal.substring(literal.indexOf('\'') + 1, literal.length() - 1);
        return text.contains(" ")
                ? LocalDateTime.parse(text.replace(' ', 'T'))
                : LocalDate.parse(text).atStartOfDay();
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
        assertThat(NewTimes.timeColumn(String.valueOf(pinned.source().where()))).isEqualTo("updated_at");
        assertThat(NewTimes.timeColumn("updated_at IS NULL")).isNull();
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
