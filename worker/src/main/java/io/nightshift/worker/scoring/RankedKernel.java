package io.nightshift.worker.scoring;

/// Walks a block of rows down a [RankedForest], four rows abreast, so that the four chains of dependent loads overlap.
/// A tree stays in the first-level cache while the block passes through it.
final class RankedKernel implements ForestKernel {

    private static final int ABREAST = 4;

    private final RankedForest ranked;
    private final int blockSize;
    private final int[] ranks;
    private final int[] ranking;
    private int rows;

    RankedKernel(RankedForest ranked, int blockSize) {
        if (blockSize < 16 || blockSize % 16 != 0) {
            throw new IllegalArgumentException("a block is a multiple of 16 rows, not " + blockSize);
        }
        this.ranked = ranked;
        this.blockSize = blockSize;
        this.ranks = new int[blockSize * ranked.slots];
        this.ranking = new int[blockSize];
    }

    @Override
    public int blockSize() {
        return blockSize;
    }

    @Override
    public void load(double[][] features, int from, int count) {
        rows = count;
        for (int feature = 0; feature < ranked.features.length; feature++) {
            RankedForest.Feature to = ranked.features[feature];
            double[] column = features[feature];
            if (to.missingLeft >= 0 || to.missingRight >= 0) {
                rank(to, column, from);
                store(column, from, to.missingLeft, 0);
                store(column, from, to.missingRight, RankedForest.ALWAYS_RIGHT);
            }
            if (to.level >= 0) {
                storeLevels(column, from, to.level);
            }
        }
    }

    @Override
    public void leaves(int tree, int[] leaves) {
        Forest forest = ranked.forest;
        int root = forest.root[tree];
        if (ranked.nominal) {
            descendNominal(ranked.nodes, root, forest.depth(tree), ranks, ranked.slots, ranked.slotBits, rows, leaves);
        } else {
            descend(ranked.nodes, root, forest.depth(tree), ranks, ranked.slots, ranked.slotBits, rows, leaves);
        }
        int[] position = forest.child;
        for (int row = 0; row < rows; row++) {
            leaves[row] = position[leaves[row]];
        }
    }

    private static void descend(
            long[] nodes, int root, int depth, int[] ranks, int slots, int slotBits, int rows, int[] leaves) {
        int mask = (1 << slotBits) - 1;
        for (int row = 0; row < rows; row += ABREAST) {
            int base0 = row * slots;
            int base1 = base0 + slots;
            int base2 = base1 + slots;
            int base3 = base2 + slots;
            int node0 = 0;
            int node1 = 0;
            int node2 = 0;
            int node3 = 0;
            for (int level = 0; level < depth; level++) {
                long word0 = nodes[root + node0];
                long word1 = nodes[root + node1];
                long word2 = nodes[root + node2];
                long word3 = nodes[root + node3];
                node0 = step(word0, ranks[base0 + ((int) word0 & mask)], slotBits);
                node1 = step(word1, ranks[base1 + ((int) word1 & mask)], slotBits);
                node2 = step(word2, ranks[base2 + ((int) word2 & mask)], slotBits);
                node3 = step(word3, ranks[base3 + ((int) word3 & mask)], slotBits);
            }
            leaves[row] = root + node0;
            leaves[row + 1] = root + node1;
            leaves[row + 2] = root + node2;
            leaves[row + 3] = root + node3;
        }
    }

    private static int step(long word, int rank, int slotBits) {
        return ((int) word >>> slotBits) + (((int) (word >> 32) - rank) >>> 31);
    }

    private static void descendNominal(
            long[] nodes, int root, int depth, int[] ranks, int slots, int slotBits, int rows, int[] leaves) {
        int mask = (1 << slotBits) - 1;
        for (int row = 0; row < rows; row += ABREAST) {
            int base0 = row * slots;
            int base1 = base0 + slots;
            int base2 = base1 + slots;
            int base3 = base2 + slots;
            int node0 = 0;
            int node1 = 0;
            int node2 = 0;
            int node3 = 0;
            for (int level = 0; level < depth; level++) {
                long word0 = nodes[root + node0];
                long word1 = nodes[root + node1];
                long word2 = nodes[root + node2];
                long word3 = nodes[root + node3];
                node0 = stepNominal(word0, ranks[base0 + ((int) word0 & mask)], slotBits);
                node1 = stepNominal(word1, ranks[base1 + ((int) word1 & mask)], slotBits);
                node2 = stepNominal(word2, ranks[base2 + ((int) word2 & mask)], slotBits);
                node3 = stepNominal(word3, ranks[base3 + ((int) word3 & mask)], slotBits);
            }
            leaves[row] = root + node0;
            leaves[row + 1] = root + node1;
            leaves[row + 2] = root + node2;
            leaves[row + 3] = root + node3;
        }
    }

    /// Both kinds of test as one: right if `rank`, counted from `low` on and unsigned, is above `width`. A numeric
    /// test counts from 0 and has its threshold's position for a width; a nominal one counts from its level and has
    /// width 0.
    private static int stepNominal(long word, int rank, int slotBits) {
        int test = (int) (word >> 32);
        int sign = test >> 31;
        int low = sign & ~test;
        long width = ~sign & test;
        return ((int) word >>> slotBits) + (int) ((width - Integer.toUnsignedLong(rank - low)) >>> 63);
    }

    private void rank(RankedForest.Feature feature, double[] column, int from) {
        if (feature.orEqual) {
            for (int row = 0; row < rows; row++) {
                double given = column[from + row];
                ranking[row] = countBelow(feature.thresholds, feature.narrow ? (float) given : given);
            }
        } else {
            for (int row = 0; row < rows; row++) {
                double given = column[from + row];
                ranking[row] = countUpTo(feature.thresholds, feature.narrow ? (float) given : given);
            }
        }
    }

    /// How many thresholds are at most `value`.
    private static int countUpTo(double[] thresholds, double value) {
        int base = 0;
        for (int length = thresholds.length; length > 1; ) {
            int half = length >>> 1;
            base += value >= thresholds[base + half - 1] ? half : 0;
            length -= half;
        }
        return base + (value >= thresholds[base] ? 1 : 0);
    }

    /// How many thresholds are less than `value`.
    private static int countBelow(double[] thresholds, double value) {
        int base = 0;
        for (int length = thresholds.length; length > 1; ) {
            int half = length >>> 1;
            base += value > thresholds[base + half - 1] ? half : 0;
            length -= half;
        }
        return base + (value > thresholds[base] ? 1 : 0);
    }

    private void store(double[] column, int from, int slot, int missing) {
        if (slot < 0) {
            return;
        }
        for (int row = 0, at = slot; row < rows; row++, at += ranked.slots) {
            ranks[at] = Double.isNaN(column[from + row]) ? missing : ranking[row];
        }
    }

    private void storeLevels(double[] column, int from, int slot) {
        for (int row = 0, at = slot; row < rows; row++, at += ranked.slots) {
            double value = column[from + row];
            int level = (int) value;
            ranks[at] = level == value && level >= 0
                    ? Math.min(level, RankedForest.ALWAYS_RIGHT)
                    : RankedForest.ALWAYS_RIGHT;
        }
    }
}
