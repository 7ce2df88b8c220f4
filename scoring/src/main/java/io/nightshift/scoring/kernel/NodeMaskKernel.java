package io.nightshift.scoring.kernel;

import java.util.Arrays;

/// The common part of the kernels of a [NodeMaskForest]: evaluates the tests for a block of rows, and adds up
/// the leaves that they reach. The kernels differ in how they find the leaves, and for how many rows at a
/// time.
abstract class NodeMaskKernel implements ForestKernel {

    final long[] reach;
    /// Bit k of the rows' places, for each k.
    final long[] bits;

    private final NodeMaskForest forest;
    /// The rows whose places are found together.
    private final int together;
    /// For each of these.
    private final SplitOutcomes[] outcomes;
    private final int[] found;
    private int rows;

    /// @param words the number of words of rows that are processed together
    NodeMaskKernel(NodeMaskForest forest, int blockSize, int words) {
        this.forest = forest;
        this.together = words * SplitOutcomes.WORD;
        if (blockSize < together || blockSize % together != 0) {
            throw new IllegalArgumentException("a block is a multiple of " + together + " rows, not " + blockSize);
        }
        this.outcomes = new SplitOutcomes[blockSize / together];
        for (int i = 0; i < outcomes.length; i++) {
            outcomes[i] = new SplitOutcomes(forest.tests, words);
        }
        this.reach = new long[(2 * forest.mostForks + 1) * words];
        Arrays.fill(reach, 0, words, -1);
        this.bits = new long[NodeMaskForest.MAX_BITS * words];
        this.found = new int[together];
    }

    /// Finds the places of rows.
    ///
    /// @param right for each test, which of the rows go right
    /// @param places receives them, from `to` on
    abstract void find(NodeMaskForest.Tree tree, long[] right, int[] places, int to);

    @Override
    public void load(double[][] features, int from, int count) {
        rows = count;
        for (int row = 0; row < rows; row += together) {
            outcomes[row / together].load(features, from + row, Math.min(together, rows - row));
        }
    }

    @Override
    public void leafSlots(int tree, int[] places) {
        for (int row = 0; row < rows; row += together) {
            find(forest.trees[tree], outcomes[row / together].right, places, row);
        }
    }

    @Override
    public void add(int[] trees, float[][] leaves, float[] sums) {
        for (int row = 0; row < rows; row += together) {
            for (int tree : trees) {
                find(forest.trees[tree], outcomes[row / together].right, found, 0);
                add(leaves[tree], found, sums, row);
            }
        }
    }

    @Override
    public void add(int[] trees, double[][] leaves, double[] sums) {
        for (int row = 0; row < rows; row += together) {
            for (int tree : trees) {
                find(forest.trees[tree], outcomes[row / together].right, found, 0);
                add(leaves[tree], found, sums, row);
            }
        }
    }

    private static void add(float[] leaves, int[] places, float[] sums, int to) {
        for (int row = 0; row < places.length; row++) {
            sums[to + row] += leaves[places[row]];
        }
    }

    private static void add(double[] leaves, int[] places, double[] sums, int to) {
        for (int row = 0; row < places.length; row++) {
            sums[to + row] += leaves[places[row]];
        }
    }
}
