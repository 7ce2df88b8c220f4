package io.nightshift.scoring.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.form.PipelineStep;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Steps that read features where they are, in blocks, have the bits of their formulas for each row alone.
class ColumnBlocksTest {

    private static final int NUMBERS = 9;
    private static final int ROWS = 2 * ColumnArrays.MOST_ROWS + 77;

    private final Random random = new Random(2);
    private final double[] means = random.doubles(NUMBERS, -5, 5).toArray();
    private final double[] deviations = random.doubles(NUMBERS, 0.1, 9).toArray();
    private final double[] weights = random.doubles(NUMBERS + 1, -2, 2).toArray();

    @Test
    void aScaledSumHasTheBitsOfItsFormula() {
        double[][] features = features();
        double[][] results = new double[3][ROWS];

        scorers(Map.of("unknown", new double[] {0.25})).scorer().score(features, ROWS, results);

        for (int row = 0; row < ROWS; row++) {
            double category = features[NUMBERS][row];
            double sum = 0;
            for (int column = 0; column < NUMBERS; column++) {
                sum += (features[column][row] - means[column]) / deviations[column] * weights[column];
            }
            sum += (category == 1 ? 0.5 : category == 7 ? -3 : 0.25) * weights[NUMBERS];
            sum += 0.125;
            assertThat(results[0][row]).isEqualTo(sum);
            assertThat(results[1][row]).isEqualTo(features[0][row] * features[0][row]);
            assertThat(results[2][row]).isEqualTo(features[1][row]);
        }
    }

    @Test
    void theColumnsBetweenStepsBeginWithTheFeatures() {
        double[][] features = features();

        double[][] columns = scorers(Map.of("unknown", new double[] {0.25})).columns(features, ROWS);

        assertThat(Arrays.copyOf(columns, features.length)).isDeepEqualTo(features);
        for (int row = 0; row < ROWS; row++) {
            assertThat(columns[features.length + 3][row]).isEqualTo((features[3][row] - means[3]) / deviations[3]);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void aValueThatIsNotFiniteIsRefusedInEveryRow(double value) {
        for (int row : new int[] {0, 1, ColumnArrays.MOST_ROWS - 1, ColumnArrays.MOST_ROWS, ROWS - 1}) {
            double[][] features = features();
            features[row % NUMBERS][row] = value;

            assertThatThrownBy(() -> scorers(Map.of("unknown", new double[] {0}))
                            .scorer()
                            .score(features, ROWS, new double[3][ROWS]))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage(Double.isNaN(value) ? "check takes no missing value" : "check takes no infinite value");
        }
    }

    @Test
    void anUnknownCategoryIsRefusedInTheLastBlock() {
        double[][] features = features();
        Arrays.fill(features[NUMBERS], 7);
        features[NUMBERS][ROWS - 1] = 3;

        assertThatThrownBy(() -> scorers(Map.of()).scorer().score(features, ROWS, new double[3][ROWS]))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("table does not know the category 3.0");
    }

    private double[][] features() {
        double[][] features = new double[NUMBERS + 1][];
        for (int column = 0; column < NUMBERS; column++) {
            features[column] = random.doubles(ROWS, -100, 100).toArray();
        }
        features[NUMBERS] = random.ints(ROWS, 0, 9).asDoubleStream().toArray();
        return features;
    }

    /// A pipeline whose results are a sum of scaled numbers and of a category's number, a function of a feature,
    /// and a feature.
    private PipelineScorers scorers(Map<String, double[]> unknown) {
        int features = NUMBERS + 1;
        List<Integer> numbers = IntStream.range(0, NUMBERS).boxed().toList();
        List<Integer> scaled =
                IntStream.range(features, features + NUMBERS).boxed().toList();
        List<Integer> terms =
                IntStream.rangeClosed(features, features + NUMBERS).boxed().toList();
        Map<String, double[]> table = new TreeMap<>(unknown);
        table.put("keys", new double[] {1, 7});
        table.put("values", new double[] {0.5, -3});
        List<PipelineStep> steps = List.of(
                new PipelineStep(
                        "scale", "scaler", numbers, NUMBERS, Map.of("subtract", means, "divide", deviations), null),
                new PipelineStep("lookup", "table", List.of(NUMBERS), 1, table, null),
                new PipelineStep("finite", "check", scaled, 0, Map.of(), null),
                new PipelineStep(
                        "linear",
                        "sum",
                        terms,
                        1,
                        Map.of("weights", weights, "intercepts", new double[] {0.125}),
                        null),
                new PipelineStep("square", "square", List.of(0), 1, Map.of(), null));
        int sum = features + NUMBERS + 1;
        return new PipelineScorers(new PipelineForm(features, steps, sum, List.of(), List.of(sum + 1, 1)));
    }
}
