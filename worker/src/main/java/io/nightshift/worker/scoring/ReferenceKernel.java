package io.nightshift.worker.scoring;

import io.nightshift.protocol.model.FeatureType.Precision;
import io.nightshift.worker.scoring.Forest.Comparison;

/// Follows the definition of a [Forest] to the letter, one row and one node at a time. Takes every forest; the other
/// kernels are tested against it.
final class ReferenceKernel implements ForestKernel {

    private final Forest forest;
    private double[][] features = {};
    private int from;
    private int rows;

    ReferenceKernel(Forest forest) {
        this.forest = forest;
    }

    @Override
    public int blockSize() {
        return 256;
    }

    @Override
    public void load(double[][] loaded, int first, int count) {
        features = loaded;
        from = first;
        rows = count;
    }

    @Override
    public void leaves(int tree, int[] leaves) {
        for (int row = 0; row < rows; row++) {
            int node = forest.root(tree);
            while (forest.kind[node] != Forest.LEAF) {
                node = forest.child(node) + (goesLeft(node, from + row) ? 0 : 1);
            }
            leaves[row] = forest.child(node);
        }
    }

    private boolean goesLeft(int node, int row) {
        int feature = forest.feature(node);
        double given = features[feature][row];
        double value = forest.precision(feature) == Precision.FLOAT32 ? (float) given : given;
        double threshold = forest.threshold(node);
        return switch (forest.kind(node)) {
            case LEAF -> throw new IllegalStateException("a leaf tests nothing");
            case NOMINAL -> value == threshold;
            case NUMERIC_MISSING_LEFT -> Double.isNaN(value) || isBelow(value, threshold);
            case NUMERIC_MISSING_RIGHT -> isBelow(value, threshold);
        };
    }

    private boolean isBelow(double value, double threshold) {
        return forest.shape().comparison() == Comparison.LESS ? value < threshold : value <= threshold;
    }
}
