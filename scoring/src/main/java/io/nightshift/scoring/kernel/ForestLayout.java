package io.nightshift.scoring.kernel;

/// A forest's trees in the tables of one kind of kernel, shared by the kernels of all threads. The leaves of
/// a tree have numbered slots; a kernel finds the slot of the leaf that a row reaches, and tables of leaves
/// are indexed by slot.
public interface ForestLayout {

    /// A new kernel for the use of one thread.
    ///
    /// @param blockSize the largest number of rows in a block, a multiple of [#rows]
    ForestKernel kernel(int blockSize);

    /// The number of rows that a kernel processes together.
    default int rows() {
        return Long.SIZE;
    }

    /// The number of a tree's slots.
    ///
    /// @param tree the index of the tree, from 0
    int leafSlots(int tree);

    /// The slot of a leaf.
    ///
    /// @param tree the index of the tree, from 0
    /// @param node the leaf's position among the forest's nodes
    int leafSlot(int tree, int node);

    /// The tables' size in bytes.
    long heapBytes();
}
