package io.nightshift.worker.scoring;

/// Finds the leaf that each row of a block reaches in each tree: the part of scoring that takes the time.
///
/// A kernel keeps scratch space and belongs to one thread at a time. All kernels find the same leaves; they differ in
/// speed and in the forests they can take.
interface ForestKernel {

    /// The most rows that fit in a block. A multiple of 16.
    int blockSize();

    /// Takes in a block of rows, which the calls of [#leaves] up to the next load are about.
    ///
    /// @param features one array a feature; held until the next load
    /// @param from the first row
    /// @param rows the number of rows, at most [#blockSize()]
    void load(double[][] features, int from, int rows);

    /// Finds the loaded rows' leaves in a tree.
    ///
    /// @param leaves receives the leaf's position among the forest's leaves, for each row; has room for
    ///     [#blockSize()] of them, and what stands behind the last row is undefined
    void leaves(int tree, int[] leaves);
}
