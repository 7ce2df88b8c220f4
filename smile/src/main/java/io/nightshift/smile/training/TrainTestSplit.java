package io.nightshift.smile.training;

import java.util.Arrays;
import java.util.SplittableRandom;

/// Which rows to train with and which to measure on, each in ascending order.
@SuppressWarnings("ArrayRecordComponent") // never compared
record TrainTestSplit(int[] training, int[] holdout) {

    /// Draws a share of the rows, at least one for training.
    static TrainTestSplit split(int rows, double share, SplittableRandom random) {
        int[] shuffled = new int[rows];
        for (int row = 0; row < rows; row++) {
            int other = random.nextInt(row + 1);
            shuffled[row] = shuffled[other];
            shuffled[other] = row;
        }
        int held = (int) Math.min(rows - 1, Math.round(share * rows));
        int[] holdout = Arrays.copyOf(shuffled, held);
        int[] training = Arrays.copyOfRange(shuffled, held, rows);
        Arrays.sort(holdout);
        Arrays.sort(training);
        return new TrainTestSplit(training, holdout);
    }
}
