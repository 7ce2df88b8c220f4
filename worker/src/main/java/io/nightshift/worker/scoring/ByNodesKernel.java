package io.nightshift.worker.scoring;

import java.util.Arrays;

/// Puts a block of rows to the tests of a [ReachForest], and adds up the leaves that they reach: what its kernels have
/// in common. They differ in how they find the leaves, and for how many rows at a time.
abstract class ByNodesKernel implements ForestKernel {

    final long[] reach;
    /// Bit k of the rows' places, for each k.
    final long[] bits;

    private final ReachForest forest;
    /// The rows whose places are found together.
    private final int together;
    /// For each of these.
    private final Outcomes[] outcomes;
    private final int[] found;
    private int rows;

    /// @param words of rows that are handled together
    ByNodesKernel(ReachForest forest, int blockSize, int words) {
        this.forest = forest;
        this.together = words * Outcomes.WORD;
        if (blockSize < together || blockSize % together != 0) {
            throw new IllegalArgumentException("a block is a multiple of " + together + " rows, not " + blockSize);
        }
        this.outcomes = new Outcomes[blockSize / together];
        for (int i = 0; i < outcomes.length; i++) {
            outcomes[i] = new Outcomes(forest.tests, words);
        }
        this.reach = new long[(2 * forest.mostForks + 1) * words];
        Arrays.fill(reach, 0, words, -1);
        this.bits = new long[ReachForest.MAX_BITS * words];
        this.found = new int[together];
    }

    /// Finds the places of rows.
    ///
    /// @param right for each test, which of the rows go right
    /// @param places receives them, from `to` on
    abstract void find(ReachForest.Tree tree, long[] right, int[] places, int to);

    @Override
    public void load(double[][] features, int from, int count) {
        rows = count;
        for (int row = 0; row < rows; row += together) {
            outcomes[row / together].load(features, from + row, Math.min(together, rows - row));
        }
    }

    @Override
    public void places(int tree, int[] places) {
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
