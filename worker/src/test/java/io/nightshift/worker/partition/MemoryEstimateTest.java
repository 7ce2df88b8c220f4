package io.nightshift.worker.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.TestModels;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
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

    private static final ModelDescription TEXTS = new ModelDescription(
            "test",
            "texts",
            Task.REGRESSION,
            List.of(new ModelFeature("body", new FeatureType.Text(), false)),
            List.of(),
            Map.of());

    /// @param rowBytes of a row in the file
    /// @param decoded the bytes that a row has when it is decoded; 0 if the file does not say it
    private static MemoryEstimate ofTexts(long rowBytes, long decoded, int threads, long budget) {
        SourceFile file = new SourceFile(FILE.toString(), 1_000_000 * rowBytes, Instant.EPOCH, 1_000_000, "");
        return MemoryEstimate.planned(
                TestJobBuilder.over(FILE).build(),
                List.of(new InspectedFile(file, List.of(1_000_000L), decoded)),
                TEXTS,
                1 << 20,
                threads,
                budget);
    }

    /// The texts of 2,048 rows, and the words of a block.
    @Test
    void eachThreadHasTheTextsOfAVector() {
        MemoryEstimate shorter = ofTexts(50, 400, 2, 4 * GIB);
        MemoryEstimate longer = ofTexts(50, 40_000, 2, 4 * GIB);

        assertThat(estimate(1, 200_000_000, 2, 4 * GIB).texts()).isZero();
        assertThat(estimate(1, 200_000_000, 2, 4 * GIB)).asString().doesNotContain("texts");
        assertThat(shorter.texts()).isEqualTo((2 * 16L << 20) + 3 * 2048 * 400);
        assertThat(longer.texts()).isEqualTo((2 * 16L << 20) + 3 * 2048 * 40_000);
        assertThat(longer).asString().contains("267 MB texts + 2 threads × ");
        assertThat(longer.bytes() - shorter.bytes()).isEqualTo(longer.texts() - shorter.texts());
    }

    @Test
    void aFileThatDoesNotSayTheSizeOfItsTextsIsAssumedToBeCompressed() {
        assertThat(ofTexts(50, 0, 2, 4 * GIB)).isEqualTo(ofTexts(50, 200, 2, 4 * GIB));
    }

    /// DuckDB refuses what is more than its memory.
    @Test
    void veryLongTextsLeaveHalfOfTheMemoryToTheRest() {
        MemoryEstimate estimate = ofTexts(1_000, 1_000_000, 4, 8 * GIB);

        assertThat(estimate.texts()).isEqualTo((4 * 16L << 20) + 4 * GIB);
        assertThat(estimate.bytes()).isLessThan(8 * GIB);
    }

    @Test
    void aJobIsRefusedIfNotEvenTheSmallestBlockFits() {
        assertThatThrownBy(() -> estimate(20_000, 10 * GIB, 8, 2 * GIB))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("the job does not fit this machine")
                .hasMessageContaining("Score with fewer --threads");
    }
}
