package io.nightshift.scoring.kernel;

import io.nightshift.scoring.form.Forest;
import java.util.Arrays;

/// A [Forest] in the layout of the [BitSlicedKernel], shared by the kernels of all threads.
///
/// The idea: an ensemble has many nodes and few distinct tests. For 64 rows, the outcomes of a test are one
/// 64-bit number, one bit per row. So every distinct test is evaluated once for a block of rows. A tree is
/// then a logical circuit: the direction of 64 rows at the root is the outcome of one test; on the next level
/// it is the outcome of one of two tests, and the first outcome selects between them, bit by bit. A selection
/// takes three logical instructions for 64 rows. There are no branches and no look-ups per row, and the
/// result is exact.
///
/// The circuit is that of a full binary tree; absent nodes lead all rows left. Its result, the exit, is the
/// path of a row: bit k is 1 if the row went right on level k. Each level doubles the size of the circuit. So
/// the circuit of a deeper tree covers its first eight levels, and the nodes below are traversed row by row.
/// There, too, a step reads only the row's bit in the outcome of the node's test.
///
/// A tree is symmetric if all nodes of a level have the same test, as CatBoost grows them. Its exits need no
/// selection: bit k is the outcome of the test of level k.
///
/// Bit slicing, the bits of many inputs in one word, comes from cryptography (Biham, «A Fast New DES
/// Implementation in Software», FSE 1997). QuickScorer evaluates the tests of all trees together (Lucchese et
/// al., SIGIR 2015).
public final class BitSlicedForest implements ForestLayout {

    /// The levels of the circuit: as many as a byte has bits. One more level would cost more than a step of
    /// every row.
    static final int MAX_LEVELS = 8;

    private static final int MIN_EXITS = 1 << 6;
    private static final int TEST_SHIFT = 32;

    final SplitConditions tests;
    /// For each tree, the tests of its circuit, level by level.
    final int[][] circuits;
    /// For each symmetric tree, the test of each level of its circuit; empty for the other trees.
    final int[][] levelTests;
    /// For each deep tree, the node at which a row continues from each exit; empty for the other trees, whose
    /// leaf slots are their exits.
    final int[][] entries;
    /// For each deep tree and node, the test in the upper half and the position of the left child in the
    /// lower half; the right child follows it. A leaf's test leads all rows left, to the leaf itself.
    final long[][] nodes;
    /// For each tree, the steps of the longest path below the circuit.
    final int[] steps;

    private final Forest forest;
    private final int[][] places;

    /// Lays a forest out.
    ///
    /// @param thresholds the thresholds of the forest
    /// @param tests its distinct tests
    public BitSlicedForest(SplitThresholds thresholds, SplitConditions tests) {
        this.forest = thresholds.forest;
        this.tests = tests;
        int trees = forest.trees();
        this.circuits = new int[trees][];
        this.levelTests = new int[trees][];
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
                layOut(tree, thresholds);
            }
            wire(tree, forest.root(tree), 0, 0, 0, thresholds);
            levelTests[tree] = new int[isSymmetric(forest, tree) ? levels : 0];
            for (int level = 0; level < levelTests[tree].length; level++) {
                levelTests[tree][level] = circuits[tree][(1 << level) - 1];
            }
        }
    }

    /// Whether a tree is full, and all nodes of a level have the same test.
    static boolean isSymmetric(Forest forest, int tree) {
        int depth = forest.depth(tree);
        int first = forest.root(tree);
        if (depth >= Integer.SIZE - 2 || forest.root(tree + 1) - first != (2 << depth) - 1) {
            return false;
        }
        for (int level = 0; level < depth; level++) {
            int leader = first + (1 << level) - 1;
            for (int node = leader; node < first + (2 << level) - 1; node++) {
                if (forest.kind(node) != forest.kind(leader)
                        || forest.feature(node) != forest.feature(leader)
                        || forest.threshold(node) != forest.threshold(leader)) {
                    return false;
                }
            }
        }
        return true;
    }

    /// A deep tree's leaf slots are its nodes.
    private void layOut(int tree, SplitThresholds thresholds) {
        int first = forest.root(tree);
        for (int node = first; node < forest.root(tree + 1); node++) {
            int place = node - first;
            places[tree][place] = place;
            nodes[tree][place] = forest.isLeaf(node)
                    ? place
                    : (long) tests.position(thresholds, node) << TEST_SHIFT | (forest.child(node) - first);
        }
    }

    /// @param at the position of the node in the circuit, level by level
    private void wire(int tree, int node, int level, int at, int exit, SplitThresholds thresholds) {
        if (forest.isLeaf(node) || level == MAX_LEVELS) {
            if (steps[tree] == 0) {
                places[tree][node - forest.root(tree)] = exit;
            } else {
                entries[tree][exit] = node - forest.root(tree);
            }
            return;
        }
        circuits[tree][at] = tests.position(thresholds, node);
        wire(tree, forest.child(node), level + 1, 2 * at + 1, exit, thresholds);
        wire(tree, forest.child(node) + 1, level + 1, 2 * at + 2, exit | (1 << level), thresholds);
    }

    /// Whether no tree is deeper than its circuit.
    boolean isShallow() {
        return Arrays.stream(steps).allMatch(count -> count == 0);
    }

    @Override
    public ForestKernel kernel(int blockSize) {
        return new BitSlicedKernel(this, blockSize);
    }

    @Override
    public int leafSlots(int tree) {
        return steps[tree] == 0 ? Math.max(MIN_EXITS, circuits[tree].length + 1) : nodes[tree].length;
    }

    @Override
    public int leafSlot(int tree, int node) {
        return places[tree][node - forest.root(tree)];
    }

    @Override
    public long heapBytes() {
        long bytes = tests.heapBytes();
        for (int tree = 0; tree < circuits.length; tree++) {
            bytes += 64
                    + 4L
                            * (circuits[tree].length
                                    + levelTests[tree].length
                                    + entries[tree].length
                                    + places[tree].length)
                    + 8L * nodes[tree].length;
        }
        return bytes;
    }
}
