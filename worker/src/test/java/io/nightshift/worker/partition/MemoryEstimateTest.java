package io.nightshift.worker.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.TestModels;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MemoryEstimateTest {

    private static final long GIB = 1L << 30;
    private static final Path FILE = Path.of("/data/in.parquet");

    /// @param bytes of the only file
    private static MemoryEstimate estimate(int features, long bytes, int threads, long budget) {
        return MemoryEstimate.of(
                TestJobBuilder.over(FILE).build(),
                List.of(new SourceFile(FILE.toString(), bytes, Instant.EPOCH, 1_000_000, "")),
                TestModels.ofNumbers(features),
                1 << 20,
                threads,
                budget);
    }

    @Test
    void aNarrowJobReadsWithoutMoreMemory() {
        assertThat(estimate(20, GIB, 2, 4 * GIB).reading()).isZero();
        assertThat(estimate(20, GIB, 2, 4 * GIB)).asString().doesNotContain("reading");
    }

    @Test
    void eachColumnOfAWideFileHasItsPagesOnEachThread() {
        MemoryEstimate estimate = estimate(400, 4 * GIB, 2, 16 * GIB);

        // 400 features, the columns of the job and those of every output, 2 MiB each.
        assertThat(estimate.reading()).isBetween((2 * (800L - 64)) << 20, (2 * (820L - 64)) << 20);
        assertThat(estimate).asString().contains(" MB reading + 2 threads × ");
        assertThat(estimate.bytes()).isLessThan(16 * GIB);
    }

    @Test
    void aSmallFileNeedsNoMoreThanItHas() {
        assertThat(estimate(400, 20 << 20, 1, 16 * GIB).reading()).isEqualTo(16L << 20);
    }

    /// The pages of many files are smaller than is assumed here.
    @Test
    void veryManyColumnsLeaveHalfOfTheMemoryToTheRest() {
        MemoryEstimate estimate = estimate(1_000, 10 * GIB, 8, 16 * GIB);

        assertThat(estimate.reading()).isEqualTo(8 * GIB);
        assertThat(estimate.blockRows()).isBetween(20_000, MemoryEstimate.MAX_BLOCK_ROWS);
    }

    @Test
    void aJobIsRefusedIfNotEvenTheSmallestBlockFits() {
        assertThatThrownBy(() -> estimate(20_000, 10 * GIB, 8, 2 * GIB))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("the job does not fit this machine")
                .hasMessageContaining("Score with fewer --threads");
    }
}
