package io.nightshift.scoring.form;

/// A model that is computed one row at a time by its own library, or by code that knows the library's models.
///
/// @param features the number of input columns, at least 1
/// @param classes the number of classes; 0 for a regression
/// @param margins the number of raw margins
/// @param model the model that scores the rows
public record RowForm(int features, int classes, int margins, RowModel model) implements ModelForm {

    /// A model that scores rows. It is immutable, so threads may share it.
    public interface RowModel {

        /// The library that [#part()] belongs to, in lower case, for example `smile`. A model file stores
        /// this name; on loading, the [io.nightshift.scoring.format.ModelLibrary] of this name rebuilds the
        /// model.
        String library();

        /// The model as data, from which its library rebuilds it.
        ModelPart part();

        /// A new scorer for the use of one thread.
        RowScorer scorer();

        /// The code that computes the scores: a phrase for people.
        String kernel();

        /// An estimate of the model's heap in bytes.
        long heapBytes();
    }

    /// Scores one row. It keeps scratch space, so only one thread at a time may use it.
    @FunctionalInterface
    public interface RowScorer {

        /// @param row one number per feature
        /// @param outputs zeros on entry; receives the prediction, then the probabilities as in
        ///     [io.nightshift.scoring.model.Scorer#score], then the margins
        /// @throws RuntimeException if the model has no answer for such a row
        void score(double[] row, double[] outputs);
    }

    /// @throws IllegalArgumentException if there are no features, or exactly one class
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
    public long heapBytes() {
        return model.heapBytes();
    }
}
