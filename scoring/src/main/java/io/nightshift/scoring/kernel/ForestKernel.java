package io.nightshift.scoring.kernel;

/// Finds the leaf that each row of a block reaches in each tree. This is where scoring spends its time.
///
/// A kernel keeps scratch space, so only one thread at a time may use it. All kernels find the same leaves;
/// they differ in their speed and in the forests they support.
public interface ForestKernel {

    /// Loads a block of rows. The calls of the other methods up to the next load are about these rows.
    ///
    /// @param features one array per feature; the kernel reads them until the next load
    /// @param from the first row
    /// @param rows the number of rows, at most the kernel's block size
    void load(double[][] features, int from, int rows);

    /// Finds the loaded rows' leaves in a tree.
    ///
    /// @param tree the index of the tree, from 0
    /// @param places receives the slot of each row's leaf in the kernel's [ForestLayout]; has room for a
    ///     block. The values after the last row are undefined
    void leafSlots(int tree, int[] places);

    /// Adds the loaded rows' leaves to their sums, in the order of the trees.
    ///
    /// @param trees the indices of the trees, in the order of addition
    /// @param leaves for each tree of the forest and each slot, the number of the leaf
    /// @param sums one per row; has room for a block. The values after the last row are undefined
    void add(int[] trees, float[][] leaves, float[] sums);

    /// The same in double precision.
    void add(int[] trees, double[][] leaves, double[] sums);
}
