package io.nightshift.worker.scoring;

import java.util.Arrays;

/// A [Forest] in the layout of the [BitSlicedKernel], shared by the kernels of all threads.
///
/// The idea: an ensemble has many nodes and few distinct tests. For 64 rows, the outcomes of a test are one
/// 64-bit number, a bit a row. So a block of rows is put to every distinct test once, and from then on a
/// tree is a circuit: which way 64 rows go at the root is the outcome of one test; on the next level it is
/// that of either of two, and the first outcome, bit by bit, chooses between them. A choice takes three
/// logical instructions for 64 rows. Nothing branches, no row is looked up, and nothing is approximated.
///
/// The circuit is that of a full binary tree; nodes that are not there lead all rows left. Its exit is the
/// way that a row took: bit k is 1 if it went right on level k. Each level doubles it. So it has the first
/// eight levels of a deeper tree, and the nodes below are walked, row by row: there too a step looks only
/// at the row's bit in the outcome of the node's test.
///
/// Bits of many inputs in one word are known from cryptography (Biham, «A Fast New DES Implementation in
/// Software», FSE 1997); putting rows to the tests of all trees at once is the way of QuickScorer (Lucchese
/// et al., SIGIR 2015).
final class BitSlicedForest implements ForestLayout {

    /// The levels of the circuit: as many as a byte has bits, and one more would cost more than a step of
    /// every row.
    static final int MAX_LEVELS = 8;

    private static final int MIN_EXITS = 1 << 6;
    private static final int TEST_SHIFT = 32;

    final DistinctTests tests;
    /// For each tree, the tests of its circuit, level by level.
    final int[][] circuits;
    /// For each deep tree, the place at which a row goes on from each exit; empty for the others, whose
    /// places are their exits.
    final int[][] entries;
    /// For each deep tree and place, the test in the upper half and the left child's place in the lower
    /// one; the right child's is the next. A leaf's test leads all rows left, and to itself.
    final long[][] nodes;
    /// For each tree, the steps of the longest walk.
    final int[] steps;

    private final Forest forest;
    private final int[][] places;

    BitSlicedForest(Forest forest, DistinctTests tests) {
        this.forest = forest;
        this.tests = tests;
        int trees = forest.trees();
        this.circuits = new int[trees][];
        this.entries = new int[trees][];
        this.nodes = new long[trees][];
        this.steps = new int[trees];
        this.places = new int[trees][];
        for (int tree = 0; tree < trees; tree++) {
            int levels = Math.min(MAX_LEVELS, forest.depth(tree));
            steps[tree] = forest.depth(tree) - levels;
            circuits[tree] = new int[(1 << levels) - 1];
            places[tree] = new int[forest.root(tree + 1) - forest.root(tree)];
            entries[tree] = new int[steps[tree] == 0 ? 0 : 1 << levels];
            nodes[tree] = new long[steps[tree] == 0 ? 0 : places[tree].length];
            if (steps[tree] > 0) {
                layOut(tree);
            }
            wire(tree, forest.root(tree), 0, 0, 0);
        }
    }

    /// A deep tree's places are its nodes.
    private void layOut(int tree) {
        int first = forest.root(tree);
        for (int node = first; node < forest.root(tree + 1); node++) {
            int place = node - first;
            places[tree][place] = place;
            nodes[tree][place] = forest.kind[node] == Forest.LEAF
                    ? place
                    : (long) tests.position(forest, node) << TEST_SHIFT | (forest.child(node) - first);
        }
    }

    /// @param at where the node stands in the circuit, level by level
    private void wire(int tree, int node, int level, int at, int exit) {
        if (forest.kind[node] == Forest.LEAF || level == MAX_LEVELS) {
            if (steps[tree] == 0) {
                places[tree][node - forest.root(tree)] = exit;
            } else {
                entries[tree][exit] = node - forest.root(tree);
            }
            return;
        }
        circuits[tree][at] = tests.position(forest, node);
        wire(tree, forest.child(node), level + 1, 2 * at + 1, exit);
        wire(tree, forest.child(node) + 1, level + 1, 2 * at + 2, exit | (1 << level));
    }

    /// Whether all trees are circuits and nothing else.
    boolean isShallow() {
        return Arrays.stream(steps).allMatch(count -> count == 0);
    }

    @Override
    public ForestKernel kernel(int blockSize) {
        return new BitSlicedKernel(this, blockSize);
    }

    @Override
    public int places(int tree) {
        return steps[tree] == 0 ? Math.max(MIN_EXITS, circuits[tree].length + 1) : nodes[tree].length;
    }

    @Override
    public int place(int tree, int node) {
        return places[tree][node - forest.root(tree)];
    }

    @Override
    public long heapBytes() {
        long bytes = tests.heapBytes();
        for (int tree = 0; tree < circuits.length; tree++) {
            bytes += 64
                    + 4L * (circuits[tree].length + entries[tree].length + places[tree].length)
                    + 8L * nodes[tree].length;
        }
        return bytes;
    }
}
