package io.nightshift.scoring.format.sklearn;

import io.nightshift.scoring.document.DocumentReader;
import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.Forest.CategoryRule;
import io.nightshift.scoring.form.Forest.Comparison;
import io.nightshift.scoring.form.Forest.NodeKind;
import io.nightshift.scoring.form.ForestBuilder;
import io.nightshift.scoring.form.ForestShape;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.link.Link;
import io.nightshift.scoring.model.FeatureType.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Reads a forest of an exchange file. The file stores the nodes in the order in which a [ForestBuilder] takes
/// them, so it holds no index of a node that could point outside.
final class ForestReader {

    private static final int LEAF = 0;
    private static final int MISSING_LEFT = 1;
    private static final int MISSING_RIGHT = 2;
    private static final int SET = 3;

    private ForestReader() {}

    /// Reads a forest.
    ///
    /// @param forest the object with the forest
    /// @param precision the precision of each feature
    /// @param link of the sums
    static Forest read(DocumentReader forest, List<Precision> precision, Link link) throws MalformedModelException {
        int width = forest.count("width");
        ForestBuilder builder = new ForestBuilder(new ForestShape(
                precision,
                Precision.FLOAT64,
                comparison(forest.text("goes_left")),
                width,
                ExchangeReader.numbers(forest, "base"),
                link,
                forest.number("divisor"),
                forest.number("slope"),
                CategoryRule.WHOLE));
        List<int[]> sets = sets(forest);
        new Nodes(forest, sets, precision.size(), width).addTo(builder);
        return builder.build();
    }

    private static Comparison comparison(String name) throws MalformedModelException {
        return switch (name) {
            case "<" -> Comparison.LESS;
            case "<=" -> Comparison.LESS_OR_EQUAL;
            default -> throw new MalformedModelException("a row goes left by «" + name + "»; supported are < and <=");
        };
    }

    private static List<int[]> sets(DocumentReader forest) throws MalformedModelException {
        int[] sizes = forest.integers("set_sizes");
        int[] categories = forest.integers("set_categories");
        List<int[]> sets = new ArrayList<>();
        int from = 0;
        for (int size : sizes) {
            if (size < 0 || size > categories.length - from) {
                throw new MalformedModelException("set_sizes does not go with " + categories.length + " categories");
            }
            sets.add(Arrays.copyOfRange(categories, from, from + size));
            from += size;
        }
        if (from != categories.length) {
            throw new MalformedModelException("it has " + categories.length + " categories, and sets of " + from);
        }
        return sets;
    }

    /// The arrays over a forest's nodes, and the read position in each.
    private static final class Nodes {

        private final int[] sizes;
        private final int[] groups;
        private final int[] kinds;
        private final int[] tested;
        private final double[] thresholds;
        private final double[] leaves;
        /// The cover of each leaf; empty if the file has none.
        private final double[] covers;
        private final List<int[]> sets;
        private final int features;
        private final double[] leaf;
        private int node;
        private int test;
        private int number;

        Nodes(DocumentReader forest, List<int[]> sets, int features, int width) throws MalformedModelException {
            this.sizes = forest.integers("trees");
            this.groups = forest.integers("groups");
            this.kinds = forest.integers("kinds");
            this.tested = forest.integers("features");
            this.thresholds = forest.numbers("thresholds");
            this.leaves = forest.numbers("leaves");
            this.covers = forest.has("covers") ? forest.numbers("covers") : new double[0];
            this.sets = sets;
            this.features = features;
            this.leaf = new double[width];
            long all = Arrays.stream(sizes).asLongStream().sum();
            long leafCount = IntStream.of(kinds).filter(kind -> kind == LEAF).count();
            if (Arrays.stream(sizes).anyMatch(size -> size < 1)
                    || all != kinds.length
                    || groups.length != sizes.length
                    || tested.length != kinds.length - leafCount
                    || thresholds.length != tested.length
                    || leaves.length != leafCount * width
                    || (forest.has("covers") && covers.length != leafCount)) {
                throw new MalformedModelException(
                        "the arrays over its trees, nodes, tests and leaves have lengths that do not match");
            }
        }

        void addTo(ForestBuilder forest) throws MalformedModelException {
            for (int tree = 0; tree < sizes.length; tree++) {
                forest.tree(groups[tree]);
                for (int end = node + sizes[tree]; node < end; node++) {
                    if (forest.due() == 0) {
                        throw new MalformedModelException("tree " + tree + " has more nodes than its tests need");
                    }
                    add(tree, forest);
                }
                if (forest.due() != 0) {
                    throw new MalformedModelException("tree " + tree + " has fewer nodes than its tests need");
                }
            }
        }

        private void add(int tree, ForestBuilder forest) throws MalformedModelException {
            if (kinds[node] == LEAF) {
                System.arraycopy(leaves, number, leaf, 0, leaf.length);
                number += leaf.length;
                for (double value : leaf) {
                    if (Double.isNaN(value)) {
                        throw new MalformedModelException("tree " + tree + " has a leaf with NaN");
                    }
                }
                forest.leaf(0, leaf);
                if (covers.length > 0) {
                    forest.cover(covers[number / leaf.length - 1]);
                }
                return;
            }
            int feature = tested[test];
            double threshold = thresholds[test];
            test++;
            if (feature < 0 || feature >= features) {
                throw new MalformedModelException("tree " + tree + " tests feature " + feature + " of " + features);
            }
            switch (kinds[node]) {
                case MISSING_LEFT -> forest.split(NodeKind.NUMERIC_MISSING_LEFT, feature, threshold);
                case MISSING_RIGHT -> forest.split(NodeKind.NUMERIC_MISSING_RIGHT, feature, threshold);
                case SET -> forest.split(NodeKind.SET_MISSING_RIGHT, feature, forest.set(set(tree, threshold)));
                default -> throw new MalformedModelException("tree " + tree + " has a node of the kind " + kinds[node]);
            }
        }

        private int[] set(int tree, double position) throws MalformedModelException {
            if (!(position >= 0 && position < sets.size() && position == Math.rint(position))) {
                throw new MalformedModelException(
                        "tree " + tree + " tests for the set " + position + " of " + sets.size());
            }
            return sets.get((int) position);
        }
    }
}
