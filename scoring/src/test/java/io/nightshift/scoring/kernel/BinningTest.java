package io.nightshift.scoring.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.nightshift.scoring.form.Forest.Comparison;
import io.nightshift.scoring.form.Forest.NodeKind;
import io.nightshift.scoring.form.ForestBuilder;
import io.nightshift.scoring.form.ForestShape;
import io.nightshift.scoring.link.Link;
import io.nightshift.scoring.model.FeatureType.Precision;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class BinningTest {

    private final Random random = new Random(3);

    @Test
    void ranksOfEvenlySpreadThresholds() {
        check(100, () -> random.nextInt(1000));
        check(1000, random::nextGaussian);
    }

    @Test
    void ranksOfThresholdsInOnePlaceExceptAFew() {
        check(500, () -> Math.exp(200 * random.nextGaussian()));
        check(40, () -> random.nextInt(4) == 0 ? 1e30 : 1 + random.nextDouble() * 1e-9);
    }

    @Test
    void ranksOfTheSmallestAndTheLargestNumbers() {
        check(50, () -> random.nextInt(30) * Double.MIN_VALUE);
        check(50, () -> (random.nextDouble() - 0.5) * Double.MAX_VALUE * 2);
        check(50, () -> Double.longBitsToDouble(random.nextLong()));
        check(
                30,
                () -> List.of(-0.0, 0.0, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, 1.0)
                        .get(random.nextInt(5)));
    }

    @Test
    void ranksOfNoThresholdAndOfOne() {
        check(0, () -> 0);
        check(1, () -> 2.5);
    }

    /// Compares with counting, for values at, beside and far from the thresholds.
    private void check(int count, DoubleSupplier source) {
        double[] thresholds = DoubleStream.generate(source)
                .filter(threshold -> !Double.isNaN(threshold))
                .limit(count)
                .toArray();
        for (Comparison comparison : Comparison.values()) {
            for (Precision precision : Precision.values()) {
                check(thresholds, comparison, precision);
            }
        }
    }

    private void check(double[] thresholds, Comparison comparison, Precision precision) {
        Binning binning = binning(thresholds, comparison, precision);
        double[] values = values(thresholds);
        int[] ranks = new int[values.length];
        binning.rank(values, 0, values.length, new double[values.length], ranks);

        for (int row = 0; row < values.length; row++) {
            double value = precision == Precision.FLOAT32 ? (float) values[row] : values[row];
            for (double threshold : thresholds) {
                boolean left = comparison == Comparison.LESS ? value < threshold : value <= threshold;
                // Millions of comparisons: an assertion for each would cost far more than they do.
                if (!Double.isNaN(value) && ranks[row] > binning.position(threshold) == left) {
                    fail("%s, %s: %s and %s", comparison, precision, value, threshold);
                }
            }
            if (Double.isNaN(value)) {
                assertThat(ranks[row]).isZero();
            }
        }
    }

    private double[] values(double[] thresholds) {
        double[] far = {
            Double.NaN, -0.0, 0.0, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, Double.MIN_VALUE, 1e300, -1e300
        };
        return DoubleStream.concat(
                        Arrays.stream(far),
                        Arrays.stream(thresholds)
                                .flatMap(threshold -> DoubleStream.of(
                                        threshold,
                                        Math.nextUp(threshold),
                                        Math.nextDown(threshold),
                                        threshold + random.nextGaussian())))
                .toArray();
    }

    private static Binning binning(double[] thresholds, Comparison comparison, Precision precision) {
        ForestBuilder builder = new ForestBuilder(new ForestShape(
                Collections.nCopies(2, precision), Precision.FLOAT64, comparison, 1, List.of(0.0), Link.IDENTITY));
        builder.tree(0);
        builder.leaf(0);
        for (double threshold : thresholds) {
            builder.tree(0);
            builder.split(NodeKind.NUMERIC_MISSING_LEFT, 1, threshold);
            builder.leaf(1);
            builder.leaf(2);
        }
        return SplitThresholds.of(builder.build()).binnings[1];
    }
}
