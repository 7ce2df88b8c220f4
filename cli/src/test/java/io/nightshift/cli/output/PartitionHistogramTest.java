package io.nightshift.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.plan.Cut;
import io.nightshift.protocol.plan.CutPlan;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The bars that `plan` draws.
final class PartitionHistogramTest {

    private static final Symbols PLAIN = new Symbols(true);

    private static SourceFile file(long rows) {
        return new SourceFile("/data/a.parquet", rows, Instant.EPOCH, rows, "");
    }

    @Test
    void eachPartitionOfAKeyHasABar() {
        CutPlan cuts = new CutPlan(
                List.of(new Cut("a", "2026-11-01"), new Cut("b", null)),
                List.of(new CutPlan.Piece(0, 0, 0, 1_300, 1_200), new CutPlan.Piece(1, 0, 0, 1_300, 100)));

        assertThat(PartitionHistogram.lines(
                        PartitionPlan.of(1_200, 100).index(List.of(file(1_300)), cuts), true, PLAIN))
                .containsExactly("2026-11-01  1,200 rows  ########################", "NULL          100 rows  ##");
    }

    @Test
    void manyPartitionsShareBarsOfTheirMean() {
        long[] rows = IntStream.range(0, 100).mapToLong(i -> i < 50 ? 10 : 20).toArray();

        List<String> lines =
                PartitionHistogram.lines(PartitionPlan.of(rows).index(List.of(file(1_500))), false, new Symbols(false));

        assertThat(lines).hasSize(12).first().isEqualTo("0 to 7    8 × 10 rows  ████████████");
        assertThat(lines).last().isEqualTo("91 to 99  9 × 20 rows  ████████████████████████");
    }

    @Test
    void equalPartitionsHaveNoBars() {
        assertThat(PartitionHistogram.lines(PartitionPlan.of(5, 5).index(List.of(file(10))), false, PLAIN))
                .isEmpty();
        assertThat(PartitionHistogram.lines(PartitionPlan.of(0).index(List.of(file(0))), true, PLAIN))
                .isEmpty();
    }
}
