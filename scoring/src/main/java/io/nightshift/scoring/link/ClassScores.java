package io.nightshift.scoring.link;

/// Double-precision arithmetic over the classes of one row. Sums are one array per class, indexed by row. The
/// first class wins a tie.
public final class ClassScores {

    private ClassScores() {}

    /// The logistic function.
    ///
    /// @param x any number
    public static double logistic(double x) {
        return 1.0 / (1.0 + Math.exp(-x));
    }

    /// The class with the highest sum; the first one of a tie.
    ///
    /// @param sums one array for each class, with one number for each row
    /// @param row the index of the row
    public static int highest(double[][] sums, int row) {
        int best = 0;
        double highest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < sums.length; i++) {
            if (sums[i][row] > highest) {
                highest = sums[i][row];
                best = i;
            }
        }
        return best;
    }

    /// The class with the most votes; the first one of a tie.
    ///
    /// @param votes one array for each class, with the number of votes for each row
    /// @param row the index of the row
    public static int mostVotes(int[][] votes, int row) {
        int best = 0;
        for (int i = 1; i < votes.length; i++) {
            if (votes[i][row] > votes[best][row]) {
                best = i;
            }
        }
        return best;
    }

    /// Replaces the sums by their softmax, and returns the class of the highest sum.
    ///
    /// @param sums one array for each class, with one number for each row
    /// @param row the index of the row
    public static int softmax(double[][] sums, int row) {
        int best = highest(sums, row);
        double highest = sums[best][row];
        double total = 0;
        for (double[] sum : sums) {
            sum[row] = Math.exp(sum[row] - highest);
            total += sum[row];
        }
        for (double[] sum : sums) {
            sum[row] /= total;
        }
        return best;
    }

    /// Replaces each sum by its share of the total.
    ///
    /// @param sums one array for each class, with one number for each row
    /// @param row the index of the row
    public static void share(double[][] sums, int row) {
        double total = 0;
        for (double[] sum : sums) {
            total += Math.abs(sum[row]);
        }
        for (double[] sum : sums) {
            sum[row] /= total;
        }
    }

    /// Writes the probabilities: that of the second class for two classes, all of them for more.
    ///
    /// @param probabilities one array for each class, with one number for each row
    /// @param row the index of the row in `probabilities`
    /// @param outputs the arrays of [io.nightshift.scoring.model.Scorer#score]
    /// @param to the index of the row in `outputs`
    public static void store(double[][] probabilities, int row, double[][] outputs, int to) {
        if (probabilities.length == 2) {
            outputs[1][to] = probabilities[1][row];
            return;
        }
        for (int i = 0; i < probabilities.length; i++) {
            outputs[1 + i][to] = probabilities[i][row];
        }
    }
}
