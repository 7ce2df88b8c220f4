package io.nightshift.worker.scoring;

import io.nightshift.protocol.job.Job;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.Task;

/// Finds the most probable classes of each row of a block, by insertion into a list of as many as are wanted.
/// Allocates nothing.
///
/// @param wanted how many classes; 0 for none
/// @param classes of the model
/// @param binary whether the model gives the probability of its second class only
public record TopClasses(int wanted, int classes, boolean binary) {

    public static TopClasses of(Job.Output output, ModelDescription model) {
        return new TopClasses(output.topClasses(), model.classes().size(), model.task() == Task.BINARY);
    }

    /// The columns that [#select] fills: the positions of the classes, and then their probabilities.
    int columns() {
        return 2 * wanted;
    }

    /// Selects the most probable classes. The first of equally probable classes comes first, and NaN comes last.
    ///
    /// @param outputs the prediction, and then the probabilities
    /// @param rows the number of rows
    /// @param to the array of arrays to fill
    /// @param first the position of the first one to fill
    void select(double[][] outputs, int rows, double[][] to, int first) {
        int scores = first + wanted;
        for (int each = 0; wanted > 0 && each < classes; each++) {
            double[] probabilities = outputs[binary ? 1 : 1 + each];
            boolean isNegative = binary && each == 0;
            int found = Math.min(each, wanted);
            for (int row = 0; row < rows; row++) {
                double score = isNegative ? 1 - probabilities[row] : probabilities[row];
                int place = found;
                while (place > 0 && isGreater(score, to[scores + place - 1][row])) {
                    place--;
                    if (place + 1 < wanted) {
                        to[scores + place + 1][row] = to[scores + place][row];
                        to[first + place + 1][row] = to[first + place][row];
                    }
                }
                if (place < wanted) {
                    to[scores + place][row] = score;
                    to[first + place][row] = each;
                }
            }
        }
    }

    private static boolean isGreater(double score, double other) {
        return score > other || (Double.isNaN(other) && !Double.isNaN(score));
    }
}
