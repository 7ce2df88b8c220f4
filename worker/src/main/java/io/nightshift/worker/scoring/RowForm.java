package io.nightshift.worker.scoring;

import java.util.Arrays;

/// A model that is computed a row at a time from parts that are data, by its library or by code that knows it.
///
/// @param classes how many classes are told apart; 0 for a regression
public record RowForm(int features, int classes, int margins, RowModel model) implements ModelForm {

    /// The model; shared between threads.
    public interface RowModel {

        /// What scores rows, with scratch space of its own, so for the use of one thread.
        RowScorer scorer();

        /// Which code computes the scores: a phrase for people.
        String kernel();

        /// The arrays of the model in bytes.
        long heapBytes();
    }

    /// Scores a row.
    public interface RowScorer {

        /// @param row a number for each feature
        /// @param outputs zeros, to be replaced by the prediction, then the probabilities as in [Scorer#score],
        ///     then the margins
        /// @throws RuntimeException if the model has no answer for such a row
        void score(double[] row, double[] outputs);
    }

    public RowForm {
        if (features < 1 || classes < 0 || classes == 1 || margins < 0) {
            throw new IllegalArgumentException("a model has features, and no classes or several");
        }
    }

    @Override
    public int outputs() {
        return classes == 0 ? 1 : classes == 2 ? 2 : 1 + classes;
    }

    @Override
    public ScorerFactory prepare() {
        return new ScorerFactory() {
            @Override
            public Scorer scorer() {
                RowScorer scorer = model.scorer();
                double[] row = new double[features];
                double[] results = new double[outputs() + margins];
                return (columns, rows, outputs) -> {
                    for (int at = 0; at < rows; at++) {
                        for (int feature = 0; feature < row.length; feature++) {
                            row[feature] = columns[feature][at];
                        }
                        Arrays.fill(results, 0);
                        scorer.score(row, results);
                        for (int output = 0; output < outputs.length; output++) {
                            outputs[output][at] = results[output];
                        }
                    }
                };
            }

            @Override
            public String kernel() {
                return model.kernel();
            }

            @Override
            public long heapBytes() {
                return 0;
            }
        };
    }

    @Override
    public long heapBytes() {
        return model.heapBytes();
    }
}
