package io.nightshift.scoring.forest;

import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.kernel.ForestKernel;
import io.nightshift.scoring.link.FloatLink;
import io.nightshift.scoring.model.Scorer;
import java.util.Arrays;

/// Sums and links in single precision, as XGBoost does: each sum begins at the base and takes the trees'
/// leaves in the forest's order.
final class FloatForestScorer implements Scorer {

    private final Forest forest;
    private final ForestKernel kernel;
    private final int blockSize;
    private final int groups;
    private final float[][] values;
    private final float[] base;
    private final float[][] sums;
    /// For each sum, the trees that are added to it, in the forest's order.
    private final int[][] trees;

    FloatForestScorer(ForestScorers shared) {
        this.forest = shared.forest;
        this.blockSize = shared.blockSize;
        this.kernel = shared.layout.kernel(blockSize);
        this.groups = forest.shape().sums();
        this.values = shared.singles;
        this.base = new float[groups];
        for (int group = 0; group < groups; group++) {
            base[group] = forest.shape().base().get(group).floatValue();
        }
        this.sums = new float[groups][blockSize];
        this.trees = shared.treesOfSums();
    }

    @Override
    public void score(double[][] features, int rows, double[][] outputs) {
        for (int from = 0; from < rows; from += blockSize) {
            int count = Math.min(blockSize, rows - from);
            kernel.load(features, from, count);
            for (int group = 0; group < groups; group++) {
                Arrays.fill(sums[group], 0, count, base[group]);
                kernel.add(trees[group], values, sums[group]);
            }
            FloatLink.apply(forest.shape().link(), sums, from, count, outputs);
        }
    }
}
