package io.nightshift.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.nightshift.scoring.model.FeatureType.Precision;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ColumnScorerTest {

    /// More than two blocks, and no multiple of one.
    private static final int ROWS = 5000;

    private final Model model = Model.load(Flights.resource("xgb100x6.ubj"));
    private final float[][] floats = new float[Flights.FEATURES][ROWS];
    private final double[][] expected = new double[3][ROWS];

    ColumnScorerTest() {
        Random random = new Random(1);
        double[][] doubles = new double[Flights.FEATURES][ROWS];
        for (int feature = 0; feature < Flights.FEATURES; feature++) {
            for (int row = 0; row < ROWS; row++) {
                floats[feature][row] = random.nextInt(9) == 0 ? Float.NaN : 100 * random.nextFloat();
                doubles[feature][row] = floats[feature][row];
            }
        }
        model.scorer().score(doubles, ROWS, expected);
    }

    @Test
    void floatsHaveTheScoresOfDoubles() {
        double[][] scores = new double[3][ROWS];

        new ColumnScorer(model).score(floats, ROWS, scores);

        assertThat(scores).isDeepEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void segmentsOfAnyAlignmentHaveTheScoresOfArrays(Precision elements) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment[] columns = new MemorySegment[Flights.FEATURES];
            for (int feature = 0; feature < columns.length; feature++) {
                columns[feature] = arena.allocate(8L * ROWS + 1).asSlice(1);
                for (int row = 0; row < ROWS; row++) {
                    float value = floats[feature][row];
                    if (elements == Precision.FLOAT32) {
                        columns[feature].set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * row, value);
                    } else {
                        columns[feature].set(ValueLayout.JAVA_DOUBLE_UNALIGNED, 8L * row, value);
                    }
                }
            }
            MemorySegment[] results = {arena.allocate(8L * ROWS + 3).asSlice(3), arena.allocate(8L * ROWS)};

            new ColumnScorer(model).score(columns, elements, ROWS, results);

            for (int output = 0; output < results.length; output++) {
                assertThat(results[output].asSlice(0, 8L * ROWS).toArray(ValueLayout.JAVA_DOUBLE_UNALIGNED))
                        .isEqualTo(expected[output]);
            }
        }
    }

    @Test
    void nothingIsAllocatedAfterTheFirstBlocks() {
        ColumnScorer scorer = new ColumnScorer(model);
        double[][] scores = new double[3][ROWS];
        scorer.score(floats, ROWS, scores);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 100; i++) {
            scorer.score(floats, ROWS, scores);
        }

        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(10_000);
    }

    @Test
    void anotherNumberOfColumnsIsRefused() {
        ColumnScorer scorer = new ColumnScorer(model);

        assertThatThrownBy(() -> scorer.score(new float[3][1], 1, new double[2][1]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("3 columns of features");
        assertThatThrownBy(() -> scorer.score(floats, 1, new double[4][1]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("4 columns of outputs");
    }
}
