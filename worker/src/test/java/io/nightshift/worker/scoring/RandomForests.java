package io.nightshift.worker.scoring;

import io.nightshift.protocol.model.FeatureType.Precision;
import io.nightshift.worker.scoring.Forest.Comparison;
import io.nightshift.worker.scoring.Forest.NodeKind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/// Forests and rows made to hit the corners: equal values and thresholds, zeros of both signs, infinities,
/// missing values, levels that are none, trees of one leaf and lopsided ones.
final class RandomForests {

    static final int FEATURES = 5;

    private static final double[] POINTS = {
        -3.5,
        -1,
        -0.0,
        0.0,
        Double.MIN_VALUE,
        0.1,
        0.1f,
        1,
        1.5,
        2,
        3,
        Float.MAX_VALUE,
        1e300,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY
    };

    private RandomForests() {}

    static Forest forest(Random random, Comparison comparison, boolean nominal, Link link, int sums, int width) {
        Precision arithmetic = comparison == Comparison.LESS ? Precision.FLOAT32 : Precision.FLOAT64;
        List<Precision> precision = new ArrayList<>(Collections.nCopies(FEATURES, arithmetic));
        precision.set(1, Precision.FLOAT32);
        List<Double> base = new ArrayList<>();
        for (int i = 0; i < sums; i++) {
            base.add(random.nextGaussian());
        }
        ForestBuilder builder =
                new ForestBuilder(new ForestShape(precision, arithmetic, comparison, width, base, link));
        int trees = 1 + random.nextInt(12);
        for (int tree = 0; tree < trees; tree++) {
            builder.tree(width == 1 ? random.nextInt(sums) : 0);
            int splits = random.nextInt(40);
            while (builder.due() > 0) {
                if (splits > 0 && (builder.due() == 1 || random.nextInt(3) > 0)) {
                    split(builder, random, nominal, precision);
                    splits--;
                } else {
                    builder.leaf(
                            random.nextInt(sums), random.doubles(width, 0, 2).toArray());
                }
            }
        }
        return builder.build();
    }

    private static void split(ForestBuilder builder, Random random, boolean nominal, List<Precision> precision) {
        int feature = random.nextInt(FEATURES);
        if (nominal && feature >= 3) {
            builder.split(NodeKind.NOMINAL, feature, random.nextInt(4));
            return;
        }
        NodeKind kind = random.nextBoolean() ? NodeKind.NUMERIC_MISSING_LEFT : NodeKind.NUMERIC_MISSING_RIGHT;
        double threshold = point(random);
        builder.split(kind, feature, precision.get(feature) == Precision.FLOAT32 ? (float) threshold : threshold);
    }

    static double[][] rows(Random random, int rows) {
        double[][] features = new double[FEATURES][rows];
        for (double[] column : features) {
            for (int row = 0; row < rows; row++) {
                column[row] = switch (random.nextInt(5)) {
                    case 0 -> Double.NaN;
                    case 1 -> random.nextGaussian();
                    case 2 -> random.nextInt(5) - 1;
                    default -> point(random);
                };
            }
        }
        return features;
    }

    private static double point(Random random) {
        return POINTS[random.nextInt(POINTS.length)];
    }
}
