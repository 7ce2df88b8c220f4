package io.nightshift.scoring.form;

import io.nightshift.scoring.form.Forest.CategoryRule;
import io.nightshift.scoring.form.Forest.Comparison;
import io.nightshift.scoring.form.Forest.NodeKind;
import io.nightshift.scoring.link.Link;
import io.nightshift.scoring.model.FeatureType.Precision;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/// Forests and rows made to hit the corners: equal values and thresholds, zeros of both signs, infinities,
/// subnormals, missing values, levels that are none, trees of one leaf, full and lopsided ones, few
/// thresholds and many.
public final class SyntheticForests {

    private static final double[] POINTS = {
        -3.5,
        -1,
        -0.5,
        -1e-35f,
        -0.0,
        0.0,
        Double.MIN_VALUE,
        Float.MIN_VALUE,
        -Float.MIN_NORMAL,
        1e-35f,
        1.1e-35,
        0.1,
        0.1f,
        1,
        1.5,
        2,
        2.99999999999,
        3,
        9000.5,
        Forest.MAX_CATEGORY,
        Float.MAX_VALUE,
        1e300,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY
    };

    private static final List<NodeKind> NUMERIC = List.of(
            NodeKind.NUMERIC_MISSING_LEFT,
            NodeKind.NUMERIC_MISSING_RIGHT,
            NodeKind.ZERO_MISSING_LEFT,
            NodeKind.ZERO_MISSING_RIGHT);

    private SyntheticForests() {}

    public static Forest forest(Random random, Comparison comparison, boolean nominal, Link link, int sums, int width) {
        return forest(random, 5, 2 + random.nextInt(9), comparison, nominal, link, sums, width);
    }

    /// Full trees, with 255 thresholds a feature.
    public static Forest full(Random random, int trees, int features, int depth) {
        ForestBuilder builder = new ForestBuilder(new ForestShape(
                Collections.nCopies(features, Precision.FLOAT32),
                Precision.FLOAT32,
                Comparison.LESS,
                1,
                List.of(0.5),
                Link.IDENTITY));
        for (int tree = 0; tree < trees; tree++) {
            builder.tree(0);
            for (int node = 1; node < 1 << depth; node++) {
                numeric(builder, random, features);
            }
            for (int leaf = 0; leaf < 1 << depth; leaf++) {
                builder.leaf((float) random.nextGaussian());
            }
        }
        return builder.build();
    }

    /// Full trees of 0 to `deepest` levels, whose levels have one test each, as CatBoost's. In every fourth
    /// tree, one node has another test.
    public static Forest symmetric(Random random, int trees, int features, int deepest) {
        return symmetric(random, trees, features, deepest, true);
    }

    /// The same.
    ///
    /// @param hasOthers whether some trees have a node with another test; otherwise, there are many thresholds
    public static Forest symmetric(Random random, int trees, int features, int deepest, boolean hasOthers) {
        ForestBuilder builder = new ForestBuilder(new ForestShape(
                Collections.nCopies(features, Precision.FLOAT32),
                Precision.FLOAT64,
                Comparison.LESS_OR_EQUAL,
                1,
                List.of(0.5),
                Link.IDENTITY));
        for (int tree = 0; tree < trees; tree++) {
            builder.tree(0);
            int depth = random.nextInt(deepest + 1);
            int other = hasOthers && tree % 4 == 0 ? random.nextInt(1 << depth) : -1;
            for (int level = 0; level < depth; level++) {
                NodeKind kind = NUMERIC.get(random.nextInt(2));
                int feature = random.nextInt(features);
                double threshold = hasOthers || random.nextInt(4) == 0 ? point(random) : (float) random.nextGaussian();
                for (int node = (1 << level) - 1; node < (2 << level) - 1; node++) {
                    builder.split(kind, feature, node == other ? threshold / 2 + 1 : threshold);
                }
            }
            for (int leaf = 0; leaf < 1 << depth; leaf++) {
                builder.leaf(random.nextGaussian());
            }
        }
        return builder.build();
    }

    /// Trees that grew a leaf at a time, as LightGBM's do.
    public static Forest uneven(Random random, int trees, int features, int leaves) {
        ForestBuilder builder = new ForestBuilder(new ForestShape(
                Collections.nCopies(features, Precision.FLOAT32),
                Precision.FLOAT32,
                Comparison.LESS,
                1,
                List.of(0.5),
                Link.IDENTITY));
        for (int tree = 0; tree < trees; tree++) {
            uneven(builder, random, features, leaves);
        }
        return builder.build();
    }

    private static void numeric(ForestBuilder builder, Random random, int features) {
        int threshold = random.nextInt(255);
        builder.split(NUMERIC.get(random.nextInt(2)), random.nextInt(features), threshold / 64f - 2);
    }

    private static void uneven(ForestBuilder builder, Random random, int features, int leaves) {
        int[] left = new int[2 * leaves];
        List<Integer> open = new ArrayList<>(List.of(0));
        for (int next = 1; next < 2 * leaves - 1; next += 2) {
            int chosen = random.nextInt(3) < 2 ? random.nextInt(open.size()) : open.size() - 1;
            int split = open.set(chosen, open.getLast());
            open.removeLast();
            left[split] = next;
            open.addAll(List.of(next, next + 1));
        }
        builder.tree(0);
        Deque<Integer> due = new ArrayDeque<>(List.of(0));
        while (!due.isEmpty()) {
            int node = due.remove();
            if (left[node] == 0) {
                builder.leaf((float) random.nextGaussian());
            } else {
                numeric(builder, random, features);
                due.addAll(List.of(left[node], left[node] + 1));
            }
        }
    }

    /// @param deepest the most levels a tree may have
    public static Forest forest(
            Random random,
            int features,
            int deepest,
            Comparison comparison,
            boolean nominal,
            Link link,
            int sums,
            int width) {
        Precision arithmetic = comparison == Comparison.LESS ? Precision.FLOAT32 : Precision.FLOAT64;
        List<Precision> precision = new ArrayList<>(Collections.nCopies(features, arithmetic));
        precision.set(features / 2, Precision.FLOAT32);
        List<Double> base = new ArrayList<>();
        for (int i = 0; i < sums; i++) {
            base.add(random.nextGaussian());
        }
        ForestBuilder builder = new ForestBuilder(
                new ForestShape(precision, arithmetic, comparison, width, base, link, 1, 1, rule(random)));
        boolean spread = random.nextBoolean();
        int trees = 1 + random.nextInt(40);
        for (int tree = 0; tree < trees; tree++) {
            builder.tree(width == 1 ? random.nextInt(sums) : 0);
            int bushiness = random.nextInt(6);
            int level = 0;
            int ofLevel = 1;
            while (builder.due() > 0) {
                if (level < deepest && random.nextInt(6) <= bushiness && builder.due() < 100) {
                    split(builder, random, nominal, spread, precision);
                } else {
                    builder.leaf(
                            random.nextInt(sums), random.doubles(width, 0, 2).toArray());
                }
                if (--ofLevel == 0) {
                    level++;
                    ofLevel = builder.due();
                }
            }
        }
        return builder.build();
    }

    private static void split(
            ForestBuilder builder, Random random, boolean nominal, boolean spread, List<Precision> precision) {
        int feature = random.nextInt(precision.size());
        if (nominal && feature == 3) {
            builder.split(NodeKind.NOMINAL, feature, random.nextInt(4));
            return;
        }
        if (nominal && feature > 3) {
            NodeKind kind = random.nextBoolean() ? NodeKind.SET_MISSING_LEFT : NodeKind.SET_MISSING_RIGHT;
            builder.split(kind, feature, builder.set(set(random)));
            return;
        }
        NodeKind kind = NUMERIC.get(random.nextInt(nominal ? 4 : 2));
        double threshold = spread ? 3 * random.nextGaussian() : point(random);
        builder.split(kind, feature, precision.get(feature) == Precision.FLOAT32 ? (float) threshold : threshold);
    }

    /// Values for each feature of the forest, many of them equal to a threshold.
    public static double[][] rows(Random random, Forest forest, int rows) {
        double[][] columns = new double[forest.features()][rows];
        for (double[] column : columns) {
            for (int row = 0; row < rows; row++) {
                column[row] = switch (random.nextInt(6)) {
                    case 0 -> Double.NaN;
                    case 1 -> 3 * random.nextGaussian();
                    case 2 -> random.nextInt(5) - 1;
                    case 3 -> forest.threshold(random.nextInt(forest.nodes()));
                    default -> point(random);
                };
            }
        }
        return columns;
    }

    private static CategoryRule rule(Random random) {
        return List.of(CategoryRule.values()).get(random.nextInt(CategoryRule.values().length));
    }

    /// From none to all of the small categories, and now and then a large one.
    private static int[] set(Random random) {
        IntStream small = IntStream.range(0, 5).filter(category -> random.nextBoolean());
        IntStream large = random.nextInt(4) == 0 ? IntStream.of(70, 9000, Forest.MAX_CATEGORY) : IntStream.empty();
        return IntStream.concat(small, large).toArray();
    }

    private static double point(Random random) {
        return POINTS[random.nextInt(POINTS.length)];
    }
}
