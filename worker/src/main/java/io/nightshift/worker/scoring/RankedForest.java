package io.nightshift.worker.scoring;

import io.nightshift.protocol.model.FeatureType.Precision;
import io.nightshift.worker.scoring.Forest.Comparison;
import io.nightshift.worker.scoring.Forest.NodeKind;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A [Forest] in the layout of the [RankedKernel], shared by the kernels of all threads.
///
/// The idea: for each feature, sort the distinct thresholds of the whole ensemble. Then «x is not below threshold j» is
/// the same as «rank(x) > j», where rank counts the thresholds that x is not below. It holds for every number and
/// approximates nothing. A block's values are ranked once, and from then on each test is a subtraction of two integers,
/// whose sign bit is the step to the left or right child: no branch, no floating point.
///
/// A missing value goes left at one node and right at another. So a row has up to two ranks a feature, in *slots*: in
/// the
/// one, a missing value has the lowest rank, in the other the highest; a node reads from the slot of its direction. A
/// nominal feature has a slot of its own for the level's position.
///
/// A node is one 64-bit number: the test in the upper half (the threshold's position j; for a nominal node the
/// complement of the level, which is negative), and in the lower half the left child, relative to the tree's root, over
/// the slot. A leaf's test always leads to its «left child», itself; so each row takes as many steps as the tree is
/// deep.
///
/// After the fixed-depth traversal of Asadi, Lin and de Vries, «Runtime Optimizations for Tree-Based Machine Learning
/// Models» (IEEE TKDE 2014), with ranks in the place of values.
final class RankedForest {

    /// Above every rank and level, for a leaf's test.
    static final int NEVER_RIGHT = Integer.MAX_VALUE;
    /// The rank of a missing value that goes right, and of a value that is no level.
    static final int ALWAYS_RIGHT = Integer.MAX_VALUE - 1;

    final Forest forest;
    final boolean nominal;
    final int slots;
    final int slotBits;
    final long[] nodes;
    final Feature[] features;

    /// How a feature's values become ranks. A slot is -1 where the forest has no use for it.
    static final class Feature {
        final double[] thresholds;
        final boolean narrow;
        final boolean orEqual;
        int missingLeft = -1;
        int missingRight = -1;
        int level = -1;

        Feature(double[] thresholds, boolean narrow, boolean orEqual) {
            this.thresholds = thresholds;
            this.narrow = narrow;
            this.orEqual = orEqual;
        }
    }

    private RankedForest(Forest forest, Feature[] features, int slots) {
        this.forest = forest;
        this.features = features;
        this.slots = slots;
        this.slotBits = bits(slots);
        this.nodes = new long[forest.nodes()];
        boolean anyNominal = false;
        for (int tree = 0; tree < forest.trees(); tree++) {
            for (int node = forest.root(tree); node < forest.root(tree + 1); node++) {
                nodes[node] = encode(node, forest.root(tree));
                anyNominal |= forest.kind[node] == Forest.NOMINAL;
            }
        }
        this.nominal = anyNominal;
    }

    /// The forest in this layout, or null if it has too many features for trees so large.
    static @Nullable RankedForest of(Forest forest) {
        Feature[] features = new Feature[forest.features()];
        for (int feature = 0; feature < features.length; feature++) {
            features[feature] = new Feature(
                    new double[0],
                    forest.precision(feature) == Precision.FLOAT32,
                    forest.shape().comparison() == Comparison.LESS_OR_EQUAL);
        }
        collectThresholds(forest, features);
        int slots = assignSlots(forest, features);
        int largest = 0;
        for (int tree = 0; tree < forest.trees(); tree++) {
            largest = Math.max(largest, forest.root(tree + 1) - forest.root(tree));
        }
        if (bits(slots) + bits(largest) > Integer.SIZE || slots > (1 << 20)) {
            return null;
        }
        return new RankedForest(forest, features, Math.max(1, slots));
    }

    long heapBytes() {
        long bytes = 8L * nodes.length;
        for (Feature feature : features) {
            bytes += 48L + 8L * feature.thresholds.length;
        }
        return bytes;
    }

    private long encode(int node, int root) {
        if (forest.kind[node] == Forest.LEAF) {
            return ((long) NEVER_RIGHT << 32) | ((long) (node - root) << slotBits);
        }
        Feature feature = features[forest.feature[node]];
        double threshold = forest.threshold[node];
        int slot = switch (forest.kind(node)) {
            case LEAF -> 0;
            case NUMERIC_MISSING_LEFT -> feature.missingLeft;
            case NUMERIC_MISSING_RIGHT -> feature.missingRight;
            case NOMINAL -> feature.level;
        };
        int test = forest.kind[node] == Forest.NOMINAL
                ? ~(int) threshold
                : Arrays.binarySearch(feature.thresholds, unsigned(threshold));
        return ((long) test << 32) | ((long) (forest.child[node] - root) << slotBits) | slot;
    }

    private static void collectThresholds(Forest forest, Feature[] features) {
        int[] counts = new int[features.length];
        for (int node = 0; node < forest.nodes(); node++) {
            if (isNumeric(forest.kind(node))) {
                counts[forest.feature[node]]++;
            }
        }
        double[][] all = new double[features.length][];
        for (int feature = 0; feature < features.length; feature++) {
            all[feature] = new double[counts[feature]];
        }
        for (int node = 0; node < forest.nodes(); node++) {
            if (isNumeric(forest.kind(node))) {
                int feature = forest.feature[node];
                all[feature][--counts[feature]] = unsigned(forest.threshold[node]);
            }
        }
        for (int feature = 0; feature < features.length; feature++) {
            double[] distinct = Arrays.stream(all[feature]).sorted().distinct().toArray();
            features[feature] = new Feature(distinct, features[feature].narrow, features[feature].orEqual);
        }
    }

    private static int assignSlots(Forest forest, Feature[] features) {
        int slots = 0;
        for (int node = 0; node < forest.nodes(); node++) {
            Feature feature = features[forest.feature[node]];
            switch (forest.kind(node)) {
                case LEAF -> {}
                case NUMERIC_MISSING_LEFT -> {
                    if (feature.missingLeft < 0) {
                        feature.missingLeft = slots++;
                    }
                }
                case NUMERIC_MISSING_RIGHT -> {
                    if (feature.missingRight < 0) {
                        feature.missingRight = slots++;
                    }
                }
                case NOMINAL -> {
                    if (feature.level < 0) {
                        feature.level = slots++;
                    }
                }
            }
        }
        return slots;
    }

    private static boolean isNumeric(NodeKind kind) {
        return kind == NodeKind.NUMERIC_MISSING_LEFT || kind == NodeKind.NUMERIC_MISSING_RIGHT;
    }

    /// Makes -0.0, which compares equal to 0.0 but sorts below it, 0.0.
    private static double unsigned(double threshold) {
        return threshold + 0.0;
    }

    private static int bits(int values) {
        return Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(0, values - 1));
    }
}
