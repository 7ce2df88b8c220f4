package io.nightshift.scoring.forest;

import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.kernel.ForestKernel;
import io.nightshift.scoring.link.ClassScores;
import io.nightshift.scoring.model.Scorer;
import java.util.Arrays;

/// Sums and links in double precision, as Smile and LightGBM do.
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
    /// For each sum, the trees that are added to it, in the forest's order; empty where leaves are wider.
    private final int[][] trees;

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
        this.trees = width == 1 && votes.length == 0 ? shared.treesOfSums() : new int[0][];
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
            add(count);
            int first = forest.outputs();
            for (int i = 0; first + i < outputs.length; i++) {
                System.arraycopy(sums[i], 0, outputs[first + i], from, count);
            }
            scale(count);
            link(from, count, outputs);
        }
    }

    private void add(int count) {
        for (int sum = 0; sum < trees.length; sum++) {
            kernel.add(trees[sum], values, sums[sum]);
        }
        if (trees.length == 0) {
            for (int tree = 0; tree < forest.trees(); tree++) {
                kernel.leafSlots(tree, places);
                add(tree, count);
            }
        }
    }

    private void add(int tree, int count) {
        if (width == 1) {
            add(values[tree], 1, 0, places, count, sums[forest.group(tree)]);
        } else if (width == 2) {
            addBoth(values[tree], places, count, sums[0], sums[1]);
        } else {
            for (int sum = 0; sum < width; sum++) {
                add(values[tree], width, sum, places, count, sums[sum]);
            }
        }
        if (votes.length == 2) {
            count(leafVotes[tree], places, count, votes[0], votes[1]);
        } else if (votes.length > 0) {
            for (int row = 0; row < count; row++) {
                votes[leafVotes[tree][places[row]]][row]++;
            }
        }
    }

    private static void addBoth(double[] values, int[] places, int count, double[] first, double[] second) {
        for (int row = 0; row < count; row++) {
            int at = 2 * places[row];
            first[row] += values[at];
            second[row] += values[at + 1];
        }
    }

    private static void count(int[] leafVotes, int[] places, int count, int[] first, int[] second) {
        for (int row = 0; row < count; row++) {
            int vote = leafVotes[places[row]];
            first[row] += 1 - vote;
            second[row] += vote;
        }
    }

    private static void add(double[] values, int width, int position, int[] places, int count, double[] sum) {
        for (int row = 0; row < count; row++) {
            sum[row] += values[places[row] * width + position];
        }
    }

    private void scale(int count) {
        double divisor = forest.shape().divisor();
        double slope = forest.shape().slope();
        if (divisor == 1 && slope == 1) {
            return;
        }
        for (double[] sum : sums) {
            for (int row = 0; row < count; row++) {
                sum[row] = sum[row] / divisor * slope;
            }
        }
    }

    private void link(int from, int count, double[][] outputs) {
        double[] sum = sums[0];
        double[] prediction = outputs[0];
        switch (forest.shape().link()) {
            case IDENTITY, FIRST -> System.arraycopy(sum, 0, prediction, from, count);
            case MEAN -> {
                for (int row = 0; row < count; row++) {
                    prediction[from + row] = sum[row] / forest.trees();
                }
            }
            case EXPONENTIAL -> {
                for (int row = 0; row < count; row++) {
                    prediction[from + row] = Math.exp(sum[row]);
                }
            }
            case SIGNED_SQUARE -> {
                for (int row = 0; row < count; row++) {
                    prediction[from + row] = Math.copySign(sum[row] * sum[row], sum[row]);
                }
            }
            case SOFTPLUS -> {
                for (int row = 0; row < count; row++) {
                    prediction[from + row] = Math.log1p(Math.exp(sum[row]));
                }
            }
            case SIGMOID -> {
                for (int row = 0; row < count; row++) {
                    prediction[from + row] = ClassScores.logistic(sum[row]);
                }
            }
            case LOGISTIC -> {
                for (int row = 0; row < count; row++) {
                    double probability = ClassScores.logistic(sum[row]);
                    prediction[from + row] = probability > 0.5 ? 1 : 0;
                    outputs[1][from + row] = probability;
                }
            }
            case LOGISTIC_FROM_ZERO -> {
                for (int row = 0; row < count; row++) {
                    prediction[from + row] = sum[row] >= 0 ? 1 : 0;
                    outputs[1][from + row] = ClassScores.logistic(sum[row]);
                }
            }
            case LOGISTIC_ABOVE_ZERO -> {
                for (int row = 0; row < count; row++) {
                    prediction[from + row] = sum[row] > 0 ? 1 : 0;
                    outputs[1][from + row] = ClassScores.logistic(sum[row]);
                }
            }
            case ONE_VS_ALL -> {
                for (int row = 0; row < count; row++) {
                    for (double[] each : sums) {
                        each[row] = ClassScores.logistic(each[row]);
                    }
                    prediction[from + row] = ClassScores.highest(sums, row);
                    ClassScores.store(sums, row, outputs, from + row);
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
                    prediction[from + row] = ClassScores.softmax(sums, row);
                    ClassScores.store(sums, row, outputs, from + row);
                }
            }
            case PROBABILITIES -> {
                for (int row = 0; row < count; row++) {
                    prediction[from + row] = ClassScores.highest(sums, row);
                    ClassScores.store(sums, row, outputs, from + row);
                }
            }
            case SHARES -> {
                for (int row = 0; row < count; row++) {
                    prediction[from + row] = ClassScores.highest(sums, row);
                    ClassScores.share(sums, row);
                    ClassScores.store(sums, row, outputs, from + row);
                }
            }
            case VOTED_SHARES -> {
                for (int row = 0; row < count; row++) {
                    prediction[from + row] = ClassScores.mostVotes(votes, row);
                    ClassScores.share(sums, row);
                    ClassScores.store(sums, row, outputs, from + row);
                }
            }
            case LOGISTIC_FROM_HALF, STEP, PROBABILITY ->
                throw new IllegalStateException("no double-precision link of a forest: "
                        + forest.shape().link());
        }
    }
}
