package io.nightshift.worker.scoring;

/// A forest's trees in the tables of one kind of kernel, shared by the kernels of all threads. A tree has
/// numbered places; a kernel finds the place at which a row ends up, and every table of leaves is laid out by
/// places.
interface ForestLayout {

    /// A new kernel for the use of one thread.
    ///
    /// @param blockSize the most rows that fit in a block, a multiple of [#rows]
    ForestKernel kernel(int blockSize);

    /// The rows that a kernel handles together.
    default int rows() {
        return Long.SIZE;
    }

    /// The number of a tree's places.
    int places(int tree);

    /// The place of a node, given by its position in the forest.
    int place(int tree, int node);

    /// The tables' size in bytes.
    long heapBytes();
}
