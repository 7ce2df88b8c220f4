package io.nightshift.worker.scoring;

/// Maps a block of rows to predictions.
///
/// A scorer keeps scratch space, so it belongs to one thread at a time; the model behind it is shared. Nothing
/// is allocated per block once the scratch has grown to the block's size. Scores do not depend on how rows are
/// cut into blocks.
public interface Scorer {

    /// Scores a block.
    ///
    /// @param features one array a feature, in the model's order, each with at least `rows` values. NaN is a
    ///     missing value; a nominal feature's value is the position of its level. Not changed.
    /// @param rows the number of rows, 0 or more
    /// @param outputs one array for each of [io.nightshift.protocol.model.ModelDescription#outputs()] with room
    ///     for `rows` values: the prediction (the value, or the position of the class), then the probabilities.
    ///     Where the model has margins, as many more arrays may follow for them
    void score(double[][] features, int rows, double[][] outputs);
}
