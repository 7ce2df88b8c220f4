package io.nightshift.worker.scoring;

import java.util.Arrays;
import java.util.stream.IntStream;

/// Sums and links in single precision, as XGBoost does: each sum begins at the base and takes the trees' leaves
/// in the forest's order.
///
/// XGBoost calls the C library's `expf`. Here `exp` is computed in double precision and rounded, which is the
/// correctly rounded result but for one argument in many millions; the C libraries' are within 1 ulp of it.
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
        this.trees = new int[groups][];
        for (int group = 0; group < groups; group++) {
            int wanted = group;
            trees[group] = IntStream.range(0, forest.trees())
                    .filter(tree -> forest.group(tree) == wanted)
                    .toArray();
        }
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
            link(from, count, outputs);
        }
    }

    private void link(int from, int count, double[][] outputs) {
        float[] sum = sums[0];
        double[] prediction = outputs[0];
        switch (forest.shape().link()) {
            case IDENTITY -> {
                for (int row = 0; row < count; row++) {
                    prediction[from + row] = sum[row];
                }
            }
            case EXPONENTIAL -> {
                for (int row = 0; row < count; row++) {
                    prediction[from + row] = exp(sum[row]);
                }
            }
            case SIGMOID -> {
                for (int row = 0; row < count; row++) {
                    prediction[from + row] = sigmoid(sum[row]);
                }
            }
            case LOGISTIC -> {
                for (int row = 0; row < count; row++) {
                    float probability = sigmoid(sum[row]);
                    prediction[from + row] = probability > 0.5f ? 1 : 0;
                    outputs[1][from + row] = probability;
                }
            }
            case SOFTMAX -> softmax(from, count, outputs);
            case MEAN, LOGISTIC_FROM_HALF, HALF_LOGISTIC, PROBABILITIES, SHARES, VOTED_SHARES ->
                throw new IllegalStateException(
                        "no single-precision link: " + forest.shape().link());
        }
    }

    private void softmax(int from, int count, double[][] outputs) {
        for (int row = 0; row < count; row++) {
            int best = 0;
            for (int group = 1; group < groups; group++) {
                if (sums[group][row] > sums[best][row]) {
                    best = group;
                }
            }
            float highest = sums[best][row];
            double total = 0;
            for (int group = 0; group < groups; group++) {
                sums[group][row] = exp(sums[group][row] - highest);
                total += sums[group][row];
            }
            outputs[0][from + row] = best;
            if (groups == 2) {
                outputs[1][from + row] = sums[1][row] / (float) total;
                continue;
            }
            for (int group = 0; group < groups; group++) {
                outputs[1 + group][from + row] = sums[group][row] / (float) total;
            }
        }
    }

    private static float exp(float x) {
        return (float) Math.exp(x);
    }

    private static float sigmoid(float x) {
        return 1.0f / (exp(Math.min(-x, 88.7f)) + 1.0f);
    }
}
