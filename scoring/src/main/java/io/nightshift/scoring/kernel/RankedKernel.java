package io.nightshift.scoring.kernel;

import io.nightshift.scoring.form.Forest;
import java.util.Arrays;

/// Traverses a [RankedForest] with a block of rows: one tree after the other, and all rows one level at a
/// time. Steps of different rows do not depend on each other, so the processor overlaps their loads. A tree
/// stays in the first-level cache while the block passes through it.
final class RankedKernel implements ForestKernel {

    private final RankedForest ranked;
    private final long[] ranks;
    private final double[] values;
    private final int[] ranking;
    private final int[] nodes;
    private int rows;

    RankedKernel(RankedForest ranked, int blockSize) {
        this.ranked = ranked;
        this.ranks = new long[blockSize * ranked.slots];
        this.values = new double[blockSize];
        this.ranking = new int[blockSize];
        this.nodes = new int[blockSize];
    }

    @Override
    public void load(double[][] features, int from, int count) {
        rows = count;
        for (int feature = 0; feature < ranked.features.length; feature++) {
            RankedForest.Feature to = ranked.features[feature];
            double[] column = features[feature];
            if (to.missingLeft >= 0 || to.missingRight >= 0 || to.zeroLeft >= 0 || to.zeroRight >= 0) {
                to.binning.rank(column, from, rows, values, ranking);
                store(column, from, to.missingLeft, 0);
                store(column, from, to.missingRight, RankedForest.ALWAYS_RIGHT);
                storeWithoutZero(column, from, to.zeroLeft, 0);
                storeWithoutZero(column, from, to.zeroRight, RankedForest.ALWAYS_RIGHT);
            }
            if (to.level >= 0) {
                storeLevels(column, from, to.level);
            }
        }
        for (int i = 0; i < ranked.sets.size(); i++) {
            storeSet(ranked.sets.get(i), features, from);
        }
    }

    private void storeSet(RankedForest.SetSlot test, double[][] features, int from) {
        double[] column = features[test.feature()];
        CategorySet set = test.set();
        for (int row = 0, at = test.slot(); row < rows; row++, at += ranked.slots) {
            ranks[at] = (set.isRight(column[from + row], test.missingLeft()) ? 1L : 0L) << 32;
        }
    }

    private void storeWithoutZero(double[] column, int from, int slot, int missing) {
        if (slot < 0) {
            return;
        }
        for (int row = 0, at = slot; row < rows; row++, at += ranked.slots) {
            boolean present = Math.abs(column[from + row]) > Forest.ZERO;
            ranks[at] = (long) (present ? ranking[row] : missing) << 32;
        }
    }

    @Override
    public void leafSlots(int tree, int[] places) {
        int depth = ranked.forest.depth(tree);
        if (ranked.nominal) {
            descendNominal(ranked.trees[tree], depth, ranks, ranked.slots, rows, places);
        } else {
            descend(ranked.trees[tree], depth, ranks, ranked.slots, rows, places);
        }
    }

    @Override
    public void add(int[] trees, float[][] leaves, float[] sums) {
        for (int tree : trees) {
            leafSlots(tree, nodes);
            add(leaves[tree], nodes, rows, sums);
        }
    }

    @Override
    public void add(int[] trees, double[][] leaves, double[] sums) {
        for (int tree : trees) {
            leafSlots(tree, nodes);
            add(leaves[tree], nodes, rows, sums);
        }
    }

    private static void add(double[] leaves, int[] places, int rows, double[] sums) {
        for (int row = 0; row < rows; row++) {
            sums[row] += leaves[places[row]];
        }
    }

    private static void add(float[] leaves, int[] places, int rows, float[] sums) {
        for (int row = 0; row < rows; row++) {
            sums[row] += leaves[places[row]];
        }
    }

    private static void descend(long[] tree, int depth, long[] ranks, int slots, int rows, int[] nodes) {
        Arrays.fill(nodes, 0, rows, 0);
        for (int level = 0; level < depth; level++) {
            for (int row = 0, base = 0; row < rows; row++, base += slots) {
                long word = tree[nodes[row]];
                nodes[row] = step(word, ranks[base + slot(word)]);
            }
        }
    }

    private static int slot(long word) {
        return (int) word >>> RankedForest.SLOT_SHIFT;
    }

    /// A negative difference means right. The rotation moves its sign bit below the left child's position.
    private static int step(long word, long rank) {
        return (int) Long.rotateLeft(word - rank, 1) & RankedForest.CHILD_MASK;
    }

    /// The same loop for forests with nominal nodes, whose steps cost more. There are two methods because the
    /// compiler would not inline a step that is selected at run time.
    private static void descendNominal(long[] tree, int depth, long[] ranks, int slots, int rows, int[] nodes) {
        Arrays.fill(nodes, 0, rows, 0);
        for (int level = 0; level < depth; level++) {
            for (int row = 0, base = 0; row < rows; row++, base += slots) {
                long word = tree[nodes[row]];
                nodes[row] = stepNominal(word, ranks[base + nominalSlot(word)]);
            }
        }
    }

    private static int nominalSlot(long word) {
        return (int) word >>> RankedForest.SLOT_SHIFT & RankedForest.MAX_SLOTS - 1;
    }

    /// A nominal node leads right on any difference between the levels, not only on a negative difference.
    private static int stepNominal(long word, long rank) {
        int difference = (int) ((word - rank) >> 32);
        int opposite = -difference & (int) word >> 31;
        return ((int) word << 1 | (difference | opposite) >>> 31) & RankedForest.CHILD_MASK;
    }

    private void store(double[] column, int from, int slot, int missing) {
        if (slot < 0) {
            return;
        }
        for (int row = 0, at = slot; row < rows; row++, at += ranked.slots) {
            ranks[at] = (long) (Double.isNaN(column[from + row]) ? missing : ranking[row]) << 32;
        }
    }

    private void storeLevels(double[] column, int from, int slot) {
        for (int row = 0, at = slot; row < rows; row++, at += ranked.slots) {
            double value = column[from + row];
            int level = (int) value;
            boolean sound = level == value && level >= 0 && level < RankedForest.ALWAYS_RIGHT;
            ranks[at] = (long) (sound ? level : RankedForest.ALWAYS_RIGHT) << 32;
        }
    }
}
