package io.nightshift.worker.scoring;

/// A [Forest] of shallow trees in the layout of the [BitSlicedKernel], shared by the kernels of all threads.
///
/// The idea: an ensemble has many nodes and few distinct tests. For 64 rows, the outcomes of a test are one
/// 64-bit number, a bit a row. So a block of rows is put to every distinct test once, and from then on a tree
/// is a circuit: which way 64 rows go at the root is the outcome of one test; on the next level it is that of
/// either of two, and the first outcome, bit by bit, chooses between them. A choice takes three logical
/// instructions for 64 rows. Nothing branches, no row is looked up, and nothing is approximated.
///
/// A tree is completed to the full binary tree of its depth by nodes that lead all rows left. A place is the
/// way to it: bit k is 1 if it goes right on level k.
///
/// Bits of many inputs in one word are known from cryptography (Biham, «A Fast New DES Implementation in
/// Software», FSE 1997); putting rows to the tests of all trees at once is the way of QuickScorer (Lucchese et
/// al., SIGIR 2015).
final class BitSlicedForest implements ForestLayout {

    /// The circuit of a deeper tree has too many nodes that a row never meets.
    static final int MAX_DEPTH = 6;
    /// A block's outcomes are to stay in the second-level cache.
    static final int MAX_TESTS = 1 << 13;

    final DistinctTests tests;
    /// For each tree, the positions of its nodes' tests, level by level.
    final char[][] trees;
    private final Forest forest;
    private final int[][] places;

    /// @throws IllegalArgumentException if the forest is too deep or has too many tests
    BitSlicedForest(Forest forest, DistinctTests tests) {
        if (forest.depth() > MAX_DEPTH || tests.count > MAX_TESTS) {
            throw new IllegalArgumentException("the forest does not fit: " + forest);
        }
        this.forest = forest;
        this.tests = tests;
        this.trees = new char[forest.trees()][];
        this.places = new int[forest.trees()][];
        for (int tree = 0; tree < trees.length; tree++) {
            trees[tree] = new char[(1 << forest.depth(tree)) - 1];
            places[tree] = new int[forest.root(tree + 1) - forest.root(tree)];
            wire(tree, forest.root(tree), 0, 0, 0);
        }
    }

    /// @param at where the node stands in the completed tree, level by level
    private void wire(int tree, int node, int level, int at, int place) {
        if (forest.kind[node] == Forest.LEAF) {
            places[tree][node - forest.root(tree)] = place;
            return;
        }
        trees[tree][at] = (char) tests.position(forest, node);
        wire(tree, forest.child(node), level + 1, 2 * at + 1, place);
        wire(tree, forest.child(node) + 1, level + 1, 2 * at + 2, place | (1 << level));
    }

    @Override
    public ForestKernel kernel(int blockSize) {
        return new BitSlicedKernel(this, blockSize);
    }

    @Override
    public int places(int tree) {
        return 1 << MAX_DEPTH;
    }

    @Override
    public int place(int tree, int node) {
        return places[tree][node - forest.root(tree)];
    }

    @Override
    public long heapBytes() {
        long bytes = tests.heapBytes();
        for (int tree = 0; tree < trees.length; tree++) {
            bytes += 32 + 2L * trees[tree].length + 4L * places[tree].length;
        }
        return bytes;
    }
}
