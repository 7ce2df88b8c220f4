package io.nightshift.worker.scoring;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.batch.ModelComparison;
import io.nightshift.scoring.model.Scorer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class ModelComparatorTest {

    /// A model of two classes: the class, and its probability, which is the feature.
    private static Scorer above(double threshold) {
        return (features, rows, outputs) -> {
            for (int row = 0; row < rows; row++) {
                outputs[0][row] = features[0][row] > threshold ? 1 : 0;
                outputs[1][row] = features[0][row];
            }
        };
    }

    @Test
    void theOutputsAreThoseOfTheFirstModelAndEveryRowIsComparedOnce() {
        ModelComparator both = new ModelComparator(above(0.5), above(0.25), 2, true, 1);
        double[][] outputs = new double[2][4];

        both.score(new double[][] {{0.1, 0.3, 0.6, 0.9}}, 4, outputs);
        assertThat(outputs[0]).containsExactly(0, 0, 1, 1);
        // The other model comes first in every second block.
        both.score(new double[][] {{0.3, Double.NaN, 0.9, 7}}, 2, outputs);
        assertThat(Arrays.copyOf(outputs[0], 2)).containsExactly(0, 0);

        ModelComparison comparison = both.comparison();
        assertThat(comparison.rows()).isEqualTo(6);
        assertThat(comparison.agreed()).isEqualTo(4);
        assertThat(comparison.scored().missing()).isEqualTo(1);
        assertThat(comparison.other()).isEqualTo(comparison.scored());
        assertThat(comparison.scoredNanos()).isPositive();
        assertThat(comparison.otherNanos()).isPositive();
    }

    @Test
    void numbersHaveNoClassesToAgreeOn() {
        Scorer same = (features, rows, outputs) -> System.arraycopy(features[0], 0, outputs[0], 0, rows);
        ModelComparator both = new ModelComparator(same, same, 1, false, 0);

        both.score(new double[][] {{1, 2}}, 2, new double[1][2]);

        assertThat(both.comparison().agreed()).isZero();
        assertThat(both.comparison().rows()).isEqualTo(2);
    }
}
