package io.nightshift.worker.scoring;

/// Double-precision arithmetic over the classes of one row. Sums are one array a class, indexed by row. A tie
/// goes to the first class.
final class Classes {

    private Classes() {}

    static double logistic(double x) {
        return 1.0 / (1.0 + Math.exp(-x));
    }

    static int highest(double[][] sums, int row) {
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

    static int mostVotes(int[][] votes, int row) {
        int best = 0;
        for (int i = 1; i < votes.length; i++) {
            if (votes[i][row] > votes[best][row]) {
                best = i;
            }
        }
        return best;
    }

    /// Replaces the sums by their softmax and returns the class that had the highest.
    static int softmax(double[][] sums, int row) {
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
    static void share(double[][] sums, int row) {
        double total = 0;
        for (double[] sum : sums) {
            total += Math.abs(sum[row]);
        }
        for (double[] sum : sums) {
            sum[row] /= total;
        }
    }

    /// Writes the probabilities: the second one of two, all of more.
    static void store(double[][] probabilities, int row, double[][] outputs, int to) {
        if (probabilities.length == 2) {
            outputs[1][to] = probabilities[1][row];
            return;
        }
        for (int i = 0; i < probabilities.length; i++) {
            outputs[1 + i][to] = probabilities[i][row];
        }
    }
}
