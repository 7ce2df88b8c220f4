package io.nightshift.coordinator.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.verification.IncrementalCheck.Reading;
import io.nightshift.destination.Check;
import io.nightshift.destination.Finding;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.job.TimeRange;
import io.nightshift.protocol.job.TimeRanges;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class IncrementalCheckTest {

    private static final Instant START = Instant.parse("2026-11-25T00:00:00Z");

    private static Instant hour(int hour) {
        return START.plusSeconds(3_600L * hour);
    }

    /// @param from 0 for the beginning of time
    private static List<TimeRange> hours(int from, int to) {
        return List.of(new TimeRange(from == 0 ? null : hour(from), hour(to)));
    }

    private static Reading published(String batch, List<TimeRange> ranges) {
        return new Reading(new BatchId(batch), ranges, false, true, true);
    }

    private static Finding prove(List<Reading> readings, TimeRanges counted) {
        List<Finding> findings = new ArrayList<>();
        IncrementalCheck.prove("updated_at", readings, counted, new Check("increment", findings::add));
        return findings.getFirst();
    }

    @Test
    void batchesThatFollowEachOtherHaveReadEachTimeOnce() {
        Finding finding = prove(
                List.of(published("a", hours(0, 1)), published("b", hours(2, 3)), published("c", hours(1, 2))),
                TimeRanges.upTo(hour(3)));

        assertThat(finding.outcome()).isEqualTo(Finding.Outcome.PROVED);
        assertThat(finding.detail())
                .isEqualTo("3 published batches of this source have read updated_at up to 2026-11-25T03:00:00Z:"
                        + " each time in one batch, or again with --full");
    }

    @Test
    void anOverlapIsAFaultUnlessTheLaterBatchStartedOver() {
        List<Reading> twice = List.of(published("a", hours(0, 2)), published("b", hours(1, 3)));
        List<Reading> over =
                List.of(published("a", hours(0, 2)), new Reading(new BatchId("b"), hours(0, 3), true, true, true));

        assertThat(prove(twice, TimeRanges.upTo(hour(3))).detail())
                .isEqualTo(
                        "b reads rows with updated_at after 2026-11-25T01:00:00Z, up to 2026-11-25T02:00:00Z, which an earlier batch reads, too");
        assertThat(prove(over, TimeRanges.upTo(hour(3))).outcome()).isEqualTo(Finding.Outcome.PROVED);
    }

    @Test
    void aTimeThatTheRegisterCountsAndNoBatchHasReadIsAFault() {
        Finding gap = prove(List.of(published("a", hours(0, 1))), TimeRanges.upTo(hour(2)));
        Finding forgotten = prove(List.of(published("a", hours(0, 2))), TimeRanges.upTo(hour(1)));

        assertThat(gap.outcome()).isEqualTo(Finding.Outcome.BROKEN);
        assertThat(gap.detail()).contains("no published batch has read it");
        assertThat(forgotten.outcome()).isEqualTo(Finding.Outcome.BROKEN);
        assertThat(forgotten.detail()).contains("the register doesn't count it as read");
    }

    @Test
    void whatACancelledBatchHasLeftIsNamed() {
        Reading open = new Reading(new BatchId("c"), hours(3, 4), false, false, false);
        Finding finding = prove(
                List.of(published("a", hours(0, 1)), published("b", hours(2, 3)), open),
                TimeRanges.upTo(hour(1)).plus(hours(2, 3)));

        assertThat(finding.outcome()).isEqualTo(Finding.Outcome.PROVED);
        assertThat(finding.detail())
                .contains("; 1 more are open")
                .endsWith(
                        "; not read yet is after 2026-11-25T01:00:00Z, up to 2026-11-25T02:00:00Z, which the next batch reads");
    }
}
