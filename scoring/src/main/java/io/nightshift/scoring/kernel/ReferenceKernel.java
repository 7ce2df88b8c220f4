package io.nightshift.scoring.kernel;

import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.Forest.Comparison;
import io.nightshift.scoring.model.FeatureType.Precision;

/// Computes the definition of a [Forest] literally, one row and one node at a time. It supports every forest,
/// and the other kernels are tested against it.
public final class ReferenceKernel implements ForestKernel {

    private final Forest forest;
    private final int[] places;
    private double[][] features = {};
    private int from;
    private int rows;

    /// The forest itself: a tree's leaf slots are its nodes.
    ///
    /// @param forest the forest
    public record Layout(Forest forest) implements ForestLayout {
        @Override
        public ForestKernel kernel(int blockSize) {
            return new ReferenceKernel(forest, blockSize);
        }

        @Override
        public int leafSlots(int tree) {
            return forest.root(tree + 1) - forest.root(tree);
        }

        @Override
        public int leafSlot(int tree, int node) {
            return node - forest.root(tree);
        }

        @Override
        public long heapBytes() {
            return 0;
        }
    }

    private ReferenceKernel(Forest forest, int blockSize) {
        this.forest = forest;
        this.places = new int[blockSize];
    }

    @Override
    public void load(double[][] loaded, int first, int count) {
        features = loaded;
        from = first;
        rows = count;
    }

    @Override
    public void leafSlots(int tree, int[] found) {
        for (int row = 0; row < rows; row++) {
            int node = forest.root(tree);
            while (!forest.isLeaf(node)) {
                node = forest.child(node) + (goesLeft(node, from + row) ? 0 : 1);
            }
            found[row] = node - forest.root(tree);
        }
    }

    @Override
    public void add(int[] trees, float[][] leaves, float[] sums) {
        for (int tree : trees) {
            leafSlots(tree, places);
            for (int row = 0; row < rows; row++) {
                sums[row] += leaves[tree][places[row]];
            }
        }
    }

    @Override
    public void add(int[] trees, double[][] leaves, double[] sums) {
        for (int tree : trees) {
            leafSlots(tree, places);
            for (int row = 0; row < rows; row++) {
                sums[row] += leaves[tree][places[row]];
            }
        }
    }

    private boolean goesLeft(int node, int row) {
        int feature = forest.feature(node);
        double given = features[feature][row];
        double value = forest.precision(feature) == Precision.FLOAT32 ? (float) given : given;
        double threshold = forest.threshold(node);
        return switch (forest.kind(node)) {
            case LEAF -> throw new IllegalStateException("a leaf tests nothing");
            case NOMINAL -> given == threshold;
            case NUMERIC_MISSING_LEFT -> Double.isNaN(value) || isBelow(value, threshold);
            case NUMERIC_MISSING_RIGHT -> isBelow(value, threshold);
            case ZERO_MISSING_LEFT -> isZeroOrMissing(given) || isBelow(value, threshold);
            case ZERO_MISSING_RIGHT -> !isZeroOrMissing(given) && isBelow(value, threshold);
            case SET_MISSING_LEFT -> Double.isNaN(value) || isInSet(value, (int) threshold);
            case SET_MISSING_RIGHT -> !Double.isNaN(value) && isInSet(value, (int) threshold);
        };
    }

    private static boolean isZeroOrMissing(double given) {
        return Double.isNaN(given) || Math.abs(given) <= Forest.ZERO;
    }

    private boolean isInSet(double value, int set) {
        return forest.setHas(set, forest.shape().categories().category(value));
    }

    private boolean isBelow(double value, double threshold) {
        return forest.shape().comparison() == Comparison.LESS ? value < threshold : value <= threshold;
    }
}
