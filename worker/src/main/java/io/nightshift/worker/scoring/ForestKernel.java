package io.nightshift.worker.scoring;

/// Finds the leaf that each row of a block reaches in each tree: the part of scoring that takes the time.
///
/// A kernel keeps scratch space and belongs to one thread at a time. All kernels find the same leaves; they
/// differ in speed and in the forests they can take.
interface ForestKernel {

    /// Takes in a block of rows, which the calls of [#places] up to the next load are about.
    ///
    /// @param features one array a feature; held until the next load
    /// @param from the first row
    /// @param rows the number of rows, at most the kernel's block size
    void load(double[][] features, int from, int rows);

    /// Finds the loaded rows' leaves in a tree.
    ///
    /// @param places receives each row's leaf, as a place of the kernel's [ForestLayout]; has room for a
    ///     block, and what stands behind the last row is undefined
    void places(int tree, int[] places);

    /// Adds the loaded rows' leaves to their sums, in the order of the trees.
    ///
    /// @param leaves for each tree of the forest and each place, the leaf's number
    /// @param sums one a row; has room for a block, and what stands behind the last row is undefined
    void add(int[] trees, float[][] leaves, float[] sums);

    /// The same in double precision.
    void add(int[] trees, double[][] leaves, double[] sums);
}
