package io.nightshift.scoring.kernel;

import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.model.FeatureType.Precision;
import java.util.stream.IntStream;

/// The thresholds of a forest's numeric nodes, feature by feature, and each node's position among those of its
/// feature. It serves to lay a forest out, and kernels keep the [Binning]s only.
public final class SplitThresholds {

    private static final int MANY_NODES = 1 << 16;

    final Forest forest;
    /// For each feature, its thresholds.
    final Binning[] binnings;

    private final int[] positions;

    private SplitThresholds(Forest forest) {
        this.forest = forest;
        this.binnings = new Binning[forest.features()];
        this.positions = new int[forest.nodes()];
        int[] ends = ends(forest);
        int[] nodes = nodesByFeature(forest, ends);
        range(binnings.length)
                .forEach(feature -> rank(feature, nodes, feature == 0 ? 0 : ends[feature - 1], ends[feature]));
    }

    /// The thresholds of a forest.
    ///
    /// @param forest the forest
    public static SplitThresholds of(Forest forest) {
        return new SplitThresholds(forest);
    }

    /// Whether the forest is worth the work of several threads.
    boolean isLarge() {
        return forest.nodes() >= MANY_NODES;
    }

    /// The numbers from 0 to `count`, for work on parts of the forest that do not depend on each other: in parallel
    /// if the forest is large.
    IntStream range(int count) {
        IntStream parts = IntStream.range(0, count);
        return isLarge() ? parts.parallel() : parts;
    }

    /// The position of a numeric node's threshold among those of its feature.
    int position(int node) {
        return positions[node];
    }

    /// For each feature, the end of its nodes among all numeric ones.
    private static int[] ends(Forest forest) {
        int[] ends = new int[forest.features()];
        for (int node = 0; node < forest.nodes(); node++) {
            if (forest.isNumeric(node)) {
                ends[forest.feature(node)]++;
            }
        }
        for (int feature = 1; feature < ends.length; feature++) {
            ends[feature] += ends[feature - 1];
        }
        return ends;
    }

    private static int[] nodesByFeature(Forest forest, int[] ends) {
        int[] next = ends.clone();
        int[] nodes = new int[ends.length == 0 ? 0 : ends[ends.length - 1]];
        for (int node = forest.nodes() - 1; node >= 0; node--) {
            if (forest.isNumeric(node)) {
                nodes[--next[forest.feature(node)]] = node;
            }
        }
        return nodes;
    }

    private void rank(int feature, int[] nodes, int from, int to) {
        double[] thresholds = new double[to - from];
        for (int i = 0; i < thresholds.length; i++) {
            thresholds[i] = forest.threshold(nodes[from + i]);
        }
        Binning binning = new Binning(
                thresholds,
                forest.precision(feature) == Precision.FLOAT32,
                forest.shape().comparison());
        for (int i = from; i < to; i++) {
            positions[nodes[i]] = binning.position(forest.threshold(nodes[i]));
        }
        binnings[feature] = binning;
    }
}
