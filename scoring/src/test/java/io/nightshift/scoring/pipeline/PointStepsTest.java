package io.nightshift.scoring.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.nightshift.scoring.form.PipelineStep;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Steps that keep points: their values for rows whose result is plain, and the files that they refuse.
class PointStepsTest {

    private static final double[] POINTS = {0, 0, 3, 4, 6, 8};
    private static final Map<String, double[]> NEIGHBOURS =
            Map.of("points", POINTS, "metric", one(0), "neighbours", one(2), "weighted", one(0), "values", of(1, 3, 9));
    private static final Map<String, double[]> KERNEL = Map.of(
            "points",
            POINTS,
            "factors",
            one(0),
            "parameters",
            of(1, 0, 1),
            "weights",
            of(1, 1, 1),
            "intercepts",
            one(7));

    private static double[] of(double... numbers) {
        return numbers;
    }

    private static double[] one(double number) {
        return of(number);
    }

    private static Map<String, double[]> with(Map<String, double[]> numbers, String name, double... changed) {
        Map<String, double[]> all = new HashMap<>(numbers);
        all.put(name, changed);
        return all;
    }

    private static Map<String, double[]> without(Map<String, double[]> numbers, String name) {
        Map<String, double[]> all = new HashMap<>(numbers);
        all.remove(name);
        return all;
    }

    private static PipelineStep step(String kind, int inputs, int outputs, Map<String, double[]> numbers) {
        return new PipelineStep(
                kind, "points", IntStream.range(0, inputs).boxed().toList(), outputs, numbers, null);
    }

    /// The columns of one row.
    private static double[] row(PipelineStep step, double... row) {
        double[][] inputs = new double[row.length][];
        for (int i = 0; i < row.length; i++) {
            inputs[i] = one(row[i]);
        }
        double[][] outputs = new double[step.outputs()][1];
        StepKinds.prepare(step).operator().apply(inputs, 1, outputs);
        return List.of(outputs).stream().mapToDouble(column -> column[0]).toArray();
    }

    @Nested
    class Distances {

        @ParameterizedTest
        @CsvSource({"0, 5", "1, 7", "2, 4", "3, 4.497941445275415"})
        void theMetricHasTheNumberOfTheFile(double metric, double distance) {
            Map<String, double[]> numbers = Map.of("points", POINTS, "metric", one(metric), "power", one(3));

            assertThat(row(step("distances", 2, 3, numbers), 0, 0)[1]).isCloseTo(distance, within(1e-15));
        }

        @Test
        void refusesAMetricThatIsNone() {
            assertThatThrownBy(() ->
                            StepKinds.prepare(step("distances", 2, 3, Map.of("points", POINTS, "metric", one(4)))))
                    .hasMessageContaining("has 4.0 for metric; it can have whole numbers from 0 to 3");
        }

        @ParameterizedTest
        @CsvSource({"0", "-1", "NaN", "Infinity"})
        void refusesAPowerThatIsNone(double power) {
            Map<String, double[]> numbers = Map.of("points", POINTS, "metric", one(3), "power", one(power));

            assertThatThrownBy(() -> StepKinds.prepare(step("distances", 2, 3, numbers)))
                    .hasMessageContaining("finite ones above 0");
        }

        @Test
        void refusesPointsOfOtherColumns() {
            assertThatThrownBy(() ->
                            StepKinds.prepare(step("distances", 4, 1, Map.of("points", POINTS, "metric", one(0)))))
                    .hasMessageContaining("has 6 numbers for points of 4 columns");
            assertThatThrownBy(
                            () -> StepKinds.prepare(step("distances", 2, 1, Map.of("points", of(), "metric", one(0)))))
                    .hasMessageContaining("has 0 numbers for points of 2 columns");
            assertThatThrownBy(() ->
                            StepKinds.prepare(step("distances", 2, 2, Map.of("points", POINTS, "metric", one(0)))))
                    .hasMessageContaining("it should be 2 and 3");
        }
    }

    @Nested
    class Neighbours {

        @Test
        void theMeanIsThatOfTheNearest() {
            assertThat(row(step("neighbours", 2, 1, NEIGHBOURS), 6, 9)).containsExactly(6);
            assertThat(row(step("neighbours", 2, 1, with(NEIGHBOURS, "neighbours", 3)), 6, 9))
                    .containsExactly(13 / 3.0);
        }

        @Test
        void theFirstPointsOfEqualDistancesCount() {
            PipelineStep nearest = step("neighbours", 2, 1, with(NEIGHBOURS, "neighbours", 1));

            assertThat(row(nearest, 1.5, 2)).containsExactly(1);
            assertThat(row(nearest, 4.5, 6)).containsExactly(3);
        }

        @Test
        void weightsAreReciprocalDistances() {
            PipelineStep weighted = step("neighbours", 2, 1, with(NEIGHBOURS, "weighted", 1));

            assertThat(row(weighted, 0.6, 0.8)[0]).isCloseTo((1 + 3 / 4.0) / (1 + 1 / 4.0), within(1e-15));
        }

        @Test
        void aPointAtTheRowIsTheOnlyOneThatCounts() {
            assertThat(row(step("neighbours", 2, 1, with(NEIGHBOURS, "weighted", 1)), 3, 4))
                    .containsExactly(3);
        }

        @Test
        void theRadiusIncludesItsBorder() {
            Map<String, double[]> radius = with(without(NEIGHBOURS, "neighbours"), "radius", 5);

            assertThat(row(step("neighbours", 2, 1, radius), 0, 0)).containsExactly(2);
            assertThat(row(step("neighbours", 2, 1, radius), -1e-9, 0)).containsExactly(1);
        }

        @Test
        void aRowWithoutNeighboursFailsOrHasTheOtherValue() {
            Map<String, double[]> radius = with(without(NEIGHBOURS, "neighbours"), "radius", 1);

            assertThatThrownBy(() -> row(step("neighbours", 2, 1, radius), 100, 0))
                    .hasMessage("points has no point within its radius");
            assertThat(row(step("neighbours", 2, 1, with(radius, "otherwise", -1)), 100, 0))
                    .containsExactly(-1);
        }

        @Test
        void theReachIsTheLastColumn() {
            assertThat(row(step("neighbours", 2, 2, with(NEIGHBOURS, "reach", 2, 4, 100)), 0, 0))
                    .containsExactly(2, 3.5);
        }

        @Test
        void refusesOtherNumbersThanThoseOfItsPoints() {
            assertThatThrownBy(() -> StepKinds.prepare(step("neighbours", 2, 1, with(NEIGHBOURS, "neighbours", 4))))
                    .hasMessageContaining("has 4.0 for neighbours; it can have whole numbers from 1 to 3");
            assertThatThrownBy(() -> StepKinds.prepare(step("neighbours", 2, 2, NEIGHBOURS)))
                    .hasMessageContaining("has 3 numbers for values; it needs 6");
            assertThatThrownBy(() -> StepKinds.prepare(step("neighbours", 2, 1, with(NEIGHBOURS, "reach", 1, 2, 3))))
                    .hasMessageContaining("has no columns for its values");
            assertThatThrownBy(() -> StepKinds.prepare(step("neighbours", 2, 1, without(NEIGHBOURS, "neighbours"))))
                    .hasMessageContaining("has no neighbours");
        }

        @Test
        void keptPointsCountAsMemory() {
            assertThat(StepKinds.prepare(step("neighbours", 2, 1, NEIGHBOURS)).heapBytes())
                    .isGreaterThanOrEqualTo(8L * 9);
        }
    }

    @Nested
    class Kernels {

        @ParameterizedTest
        @CsvSource({
            "0, 2, 1, 2, 2601", // (2 · 25 + 1)²
            "1, 0.1, 0, 0, 1",
            "2, 0.01, 0, 0, 0.24491866240370913",
            "3, 0.5, 0, 0, 1",
            "4, 1.5, 0, 0, 1",
            "5, 2, 1, 0, 1",
            "6, 1, 2, 0, 1",
            "7, 0, 0, 0, 1",
        })
        void eachFactorHasTheNumberOfTheFile(double factor, double a, double b, double c, double kernel) {
            Map<String, double[]> numbers = Map.of(
                    "points", of(3, 4),
                    "factors", one(factor),
                    "parameters", of(a, b, c),
                    "weights", one(1),
                    "intercepts", one(0));

            assertThat(row(step("kernel", 2, 1, numbers), 3, 4)[0]).isCloseTo(kernel, within(1e-15 * kernel));
        }

        /// The values of Matérn are those of scikit-learn.
        @ParameterizedTest
        @CsvSource({
            "1, 0.1, 0, 0, 0.0820849986238988", // exp(-2.5)
            "3, 0.1, 0, 0, 0.4965853037914095", // exp(-0.7)
            "4, 0.5, 0, 0, 0.006737946999085467", // exp(-5)
            "4, 1.5, 0, 0, 0.001674511007659605", // (1 + 5√3) exp(-5√3)
            "4, 2.5, 0, 0, 0.0007509337888737546", // (1 + 5√5 + 125/3) exp(-5√5)
            "5, 2, 1, 0, 0.0190249702734839", // (1 + 25/4)^-2
            "5, 2, 2, 0, 0.15229030339083878", // (1 + 25/16)^-2
            "6, 1, 20, 0, 0.36787944117144233", // exp(-2 sin²(π/4))
        })
        void aFactorOfDistancesFalls(double factor, double a, double b, double c, double kernel) {
            Map<String, double[]> numbers = Map.of(
                    "points", of(3, 4),
                    "factors", one(factor),
                    "parameters", of(a, b, c),
                    "weights", one(1),
                    "intercepts", one(0));

            assertThat(row(step("kernel", 2, 1, numbers), 0, 0)[0]).isCloseTo(kernel, within(1e-14 * kernel));
        }

        @Test
        void sumsAddTheInterceptOnce() {
            assertThat(row(step("kernel", 2, 1, KERNEL), 1, 1)).containsExactly(28);
        }

        @Test
        void termsAreConstantsTimesProductsOfFactors() {
            Map<String, double[]> numbers = Map.of(
                    "points", of(3, 4),
                    "terms", of(2, 0),
                    "constants", of(2, 5),
                    "factors", of(0, 0),
                    "parameters", of(1, 0, 1, 1, 1, 1),
                    "scales", of(1, 2, 1, 1),
                    "weights", one(1),
                    "intercepts", one(0));

            assertThat(row(step("kernel", 2, 1, numbers), 1, 1)).containsExactly(2 * 5 * 8 + 5);
        }

        @Test
        void refusesOtherNumbersThanThoseOfItsPointsAndFactors() {
            assertThatThrownBy(() -> StepKinds.prepare(step("kernel", 2, 1, with(KERNEL, "factors", 8))))
                    .hasMessageContaining("has 8.0 for factors; it can have whole numbers from 0 to 7");
            assertThatThrownBy(() -> StepKinds.prepare(step("kernel", 2, 1, with(KERNEL, "parameters", 1))))
                    .hasMessageContaining("has 1 numbers for parameters; it needs 3");
            assertThatThrownBy(() -> StepKinds.prepare(step("kernel", 2, 1, with(KERNEL, "weights", 1))))
                    .hasMessageContaining("has 1 numbers for weights; it needs 3");
            assertThatThrownBy(() -> StepKinds.prepare(step("kernel", 2, 1, with(KERNEL, "scales", 1))))
                    .hasMessageContaining("has 1 numbers for scales; it needs 2");
            assertThatThrownBy(() -> StepKinds.prepare(step("kernel", 2, 1, with(KERNEL, "terms", 0))))
                    .hasMessageContaining("has terms of other numbers of factors than its 1");
            Map<String, double[]> matern = with(with(KERNEL, "factors", 4), "parameters", 2, 0, 0);
            assertThatThrownBy(() -> StepKinds.prepare(step("kernel", 2, 1, matern)))
                    .hasMessageContaining("it can have those of 0.5, 1.5 and 2.5");
        }
    }

    @Nested
    class Shares {

        @Test
        void withoutASumTheyAreEqualOrThoseOfTheFile() {
            assertThat(row(step("share", 2, 2, Map.of()), 0, 0)).containsExactly(0.5, 0.5);
            assertThat(row(step("share", 2, 2, Map.of("empty", one(Double.NaN))), 0, 0))
                    .containsExactly(Double.NaN, Double.NaN);
            assertThat(row(step("share", 2, 2, Map.of("empty", one(7))), 1, 3)).containsExactly(0.25, 0.75);
        }
    }

    @Nested
    class Coupling {

        @Test
        void pairsWithoutAWinnerGiveEqualShares() {
            assertThat(row(step("coupling", 3, 3, Map.of()), 0.5, 0.5, 0.5))
                    .containsExactly(new double[] {1 / 3.0, 1 / 3.0, 1 / 3.0});
        }

        @Test
        void theClassThatWinsItsPairsHasTheLargestShare() {
            double[] shares = row(step("coupling", 3, 3, Map.of()), 0.1, 0.8, 0.9);

            assertThat(shares[1]).isGreaterThan(shares[0]).isGreaterThan(shares[2]);
            assertThat(shares[0] + shares[1] + shares[2]).isCloseTo(1, within(1e-15));
        }

        @Test
        void refusesOtherColumnsThanPairs() {
            assertThatThrownBy(() -> StepKinds.prepare(step("coupling", 2, 3, Map.of())))
                    .hasMessageContaining("reads 2 columns for the pairs of 3 classes");
        }
    }

    @Nested
    class GaussianIntegrals {

        /// Values of SciPy.
        @ParameterizedTest
        @CsvSource({
            "0, 0",
            "0.5, 0.5204998778130465",
            "-1.5, -0.9661051464753108",
            "3, 0.9999779095030014",
            "7, 1",
        })
        void theErrorFunctionIsThatOfCephes(double x, double expected) {
            assertThat(GaussianIntegral.erf(x)).isCloseTo(expected, within(1e-15));
        }

        @Test
        void theMeanOfASymmetricDistributionIsOneHalf() {
            assertThat(row(step("gaussian-integral", 2, 1, Map.of()), 0, 2)[0]).isCloseTo(0.5, within(1e-6));
        }
    }
}
