package io.nightshift.coordinator.batch.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.coordinator.batch.state.CommittedTotals;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.job.Job;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ErrorLimitTest {

    private final Locale locale = Locale.getDefault();

    @AfterEach
    void restoreLocale() {
        Locale.setDefault(locale);
    }

    /// Each number holds how many of ten rows are read and, of those, quarantined.
    @Property(tries = 500)
    void anyOrderOfCommitsHasTheSameVerdictAndAnEarlyOneIsCertain(
            @ForAll @Size(min = 1, max = 8) List<@IntRange(max = 120) Integer> partitions,
            @ForAll @IntRange(max = 100) int percent,
            @ForAll @IntRange(max = 12) int maxRows,
            @ForAll long seed) {
        Job.ErrorPolicy policy = new Job.ErrorPolicy(percent / 100.0, maxRows == 12 ? null : (long) maxRows);
        List<PartitionCommit> commits = new ArrayList<>();
        for (int i = 0; i < partitions.size(); i++) {
            commits.add(commit(i, partitions.get(i) % 11, partitions.get(i) / 11));
        }
        long rows = commits.size() * 10L;
        long read = commits.stream().mapToLong(PartitionCommit::read).sum();
        long quarantined =
                commits.stream().mapToLong(PartitionCommit::quarantined).sum();
        boolean expected = quarantined * 100 > percent * read || (maxRows != 12 && quarantined > maxRows);

        Random random = new Random(seed);
        for (int order = 0; order < 4; order++) {
            Collections.shuffle(commits, random);
            CommittedTotals totals = CommittedTotals.ZERO;
            boolean broken = false;
            for (PartitionCommit commit : commits) {
                totals = totals.plus(commit);
                boolean early = ErrorLimit.violation(policy, rows, totals, List.of()) != null;
                assertThat(broken && !early).as("a verdict is final").isFalse();
                broken = early;
            }
            assertThat(broken).isEqualTo(expected);
        }
    }

    @Test
    void exactlyTheAllowedRateIsAllowed() {
        // 0.29 × 100 is 28.999999999999996 in floating point.
        CommittedTotals totals = new CommittedTotals(100, 100, 71, 29, 0);

        assertThat(ErrorLimit.violation(new Job.ErrorPolicy(0.29, null), 100, totals, List.of()))
                .isNull();
        assertThat(ErrorLimit.violation(new Job.ErrorPolicy(0.28, null), 100, totals, List.of()))
                .isNotNull();
    }

    @Test
    void zeroToleranceMeansNone() {
        CommittedTotals totals = new CommittedTotals(10, 10, 9, 1, 0);

        assertThat(ErrorLimit.violation(new Job.ErrorPolicy(0, null), 1_000_000, totals, List.of()))
                .isNotNull();
        assertThat(ErrorLimit.violation(
                        new Job.ErrorPolicy(0, null), 1_000_000, new CommittedTotals(10, 10, 10, 0, 0), List.of()))
                .isNull();
    }

    @Test
    void theMessageNamesTheCountTheLimitAndTheFirstReasons() {
        Locale.setDefault(Locale.GERMANY);
        CommittedTotals totals = new CommittedTotals(5_000, 5_000, 3_000, 2_000, 0);

        assertThat(ErrorLimit.violation(
                        new Job.ErrorPolicy(0.015, null),
                        10_000,
                        totals,
                        List.of("row 3: no distance", "row 7: no date")))
                .isEqualTo("2,000 rows are quarantined, errors.max-rate allows 1.5 % of 10,000."
                        + " The first: row 3: no distance; row 7: no date");
        assertThat(ErrorLimit.violation(new Job.ErrorPolicy(1, 1_999L), 10_000, totals, List.of()))
                .isEqualTo("2,000 rows are quarantined, errors.max-rows allows 1,999");
    }

    private static PartitionCommit commit(int partition, int read, int quarantined) {
        int bad = Math.min(read, quarantined);
        return PartitionCommitBuilder.builder()
                .partition(partition)
                .epoch(new Epoch(1, 1))
                .node("node")
                .firstRow(partition * 10L)
                .rows(10)
                .read(read)
                .part(new OutputFile(read - bad, 1, ExampleBatch.DIGEST))
                .quarantine(bad == 0 ? null : new OutputFile(bad, 1, ExampleBatch.DIGEST))
                .model(ExampleBatch.MODEL.sha256())
                .build();
    }
}
