package io.nightshift.smile.training;

import java.util.Arrays;
import java.util.SplittableRandom;

/// The rows to train on and the rows to evaluate on, each in ascending order.
@SuppressWarnings("ArrayRecordComponent") // never compared
record TrainTestSplit(int[] training, int[] holdout) {

    /// Draws a random split; at least one row is for training.
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
