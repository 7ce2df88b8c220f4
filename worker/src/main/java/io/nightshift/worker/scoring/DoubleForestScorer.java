package io.nightshift.worker.scoring;

import java.util.Arrays;

/// Sums and links in double precision, as Smile does.
final class DoubleForestScorer implements Scorer {

    private final Forest forest;
    private final ForestKernel kernel;
    private final int blockSize;
    private final int width;
    private final double[][] values;
    private final int[][] leafVotes;
    private final double[] base;
    private final double[][] sums;
    private final int[][] votes;
    private final int[] places;

    DoubleForestScorer(ForestScorers shared) {
        this.forest = shared.forest;
        this.blockSize = shared.blockSize;
        this.kernel = shared.layout.kernel(blockSize);
        this.width = forest.shape().width();
        this.values = shared.doubles;
        this.leafVotes = shared.votes;
        this.base =
                forest.shape().base().stream().mapToDouble(Double::doubleValue).toArray();
        this.sums = new double[base.length][blockSize];
        this.votes = new int[leafVotes.length == 0 ? 0 : base.length][blockSize];
        this.places = new int[blockSize];
    }

    @Override
    public void score(double[][] features, int rows, double[][] outputs) {
        for (int from = 0; from < rows; from += blockSize) {
            int count = Math.min(blockSize, rows - from);
            kernel.load(features, from, count);
            for (int sum = 0; sum < base.length; sum++) {
                Arrays.fill(sums[sum], 0, count, base[sum]);
            }
            for (int[] vote : votes) {
                Arrays.fill(vote, 0, count, 0);
            }
            for (int tree = 0; tree < forest.trees(); tree++) {
                kernel.places(tree, places);
                add(tree, count);
            }
            link(from, count, outputs);
        }
    }

    private void add(int tree, int count) {
        if (width == 1) {
            add(values[tree], 1, 0, places, count, sums[forest.group(tree)]);
        } else {
            for (int sum = 0; sum < width; sum++) {
                add(values[tree], width, sum, places, count, sums[sum]);
            }
        }
        if (votes.length > 0) {
            for (int row = 0; row < count; row++) {
                votes[leafVotes[tree][places[row]]][row]++;
            }
        }
    }

    private static void add(double[] values, int width, int position, int[] places, int count, double[] sum) {
        for (int row = 0; row < count; row++) {
            sum[row] += values[places[row] * width + position];
        }
    }

    private void link(int from, int count, double[][] outputs) {
        double[] sum = sums[0];
        double[] prediction = outputs[0];
        switch (forest.shape().link()) {
            case IDENTITY -> System.arraycopy(sum, 0, prediction, from, count);
            case MEAN -> {
                for (int row = 0; row < count; row++) {
                    prediction[from + row] = sum[row] / forest.trees();
                }
            }
            case HALF_LOGISTIC -> {
                for (int row = 0; row < count; row++) {
                    prediction[from + row] = sum[row] > 0 ? 1 : 0;
                    outputs[1][from + row] = 1.0 - 1.0 / (1.0 + Math.exp(2 * sum[row]));
                }
            }
            case SOFTMAX -> {
                for (int row = 0; row < count; row++) {
                    prediction[from + row] = Classes.softmax(sums, row);
                    Classes.store(sums, row, outputs, from + row);
                }
            }
            case PROBABILITIES -> {
                for (int row = 0; row < count; row++) {
                    prediction[from + row] = Classes.highest(sums, row);
                    Classes.store(sums, row, outputs, from + row);
                }
            }
            case SHARES -> {
                for (int row = 0; row < count; row++) {
                    prediction[from + row] = Classes.highest(sums, row);
                    Classes.share(sums, row);
                    Classes.store(sums, row, outputs, from + row);
                }
            }
            case VOTED_SHARES -> {
                for (int row = 0; row < count; row++) {
                    prediction[from + row] = Classes.mostVotes(votes, row);
                    Classes.share(sums, row);
                    Classes.store(sums, row, outputs, from + row);
                }
            }
            case EXPONENTIAL, SIGMOID, LOGISTIC, LOGISTIC_FROM_HALF ->
                throw new IllegalStateException("no double-precision link of a forest: "
                        + forest.shape().link());
        }
    }
}
