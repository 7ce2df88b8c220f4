package io.nightshift.scoring.model;

/// Maps a block of rows to predictions.
///
/// A scorer keeps scratch space, so only one thread at a time may use it; the model behind it is shared. A
/// scorer allocates nothing per row, and nothing per block once its scratch space has grown to the largest
/// block. A row's scores do not depend on the other rows of its block or on the size of the block.
@FunctionalInterface
public interface Scorer {

    /// Scores a block: `features` is features × rows, `outputs` is outputs × rows.
    ///
    /// @param features one array per feature, in the model's order, each with at least `rows` values. NaN is
    ///     a missing value. The value of a nominal feature is the position of its level, from 0; that of a
    ///     text its number in the [TextTable] of the scorer. The scorer only reads these arrays
    /// @param rows the number of rows, 0 or more
    /// @param outputs one array for each of [ModelDescription#outputs()], each with room for `rows` values:
    ///     the prediction (the value, or the position of the predicted class), then the probabilities. If the
    ///     model has margins, [ModelDescription#margins()] more arrays may follow to receive them
    /// @throws IllegalArgumentException if `features` has another number of columns than the model, or
    ///     `outputs` has fewer columns than the model has outputs, or more than outputs and margins
    /// @throws IllegalStateException if a model that another library computes fails for these rows, or a step of
    ///     a pipeline has no answer for one of them
    void score(double[][] features, int rows, double[][] outputs);
}
