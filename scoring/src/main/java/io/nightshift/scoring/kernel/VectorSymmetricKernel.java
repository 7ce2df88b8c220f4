package io.nightshift.scoring.kernel;

import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;

import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// Scores a [SymmetricForest]: the numbers of the leaves of a block of rows in one tree by vectors of bytes, then
/// the leaves themselves.
///
/// It needs the module `jdk.incubator.vector`: without it, this class must not be loaded. The methods are small,
/// because a vector that leaves a compiled method becomes an object.
public final class VectorSymmetricKernel implements ForestKernel {

    private static final VectorSpecies<Byte> SPECIES = VectorSpecies.of(
            byte.class,
            VectorShape.forBitSize(Integer.getInteger(
                    "nightshift.vector.bits", VectorShape.preferredShape().vectorBitSize())));
    private static final VectorSpecies<Float> FLOATS = SPECIES.withLanes(float.class);
    private static final VectorSpecies<Integer> INTS = SPECIES.withLanes(int.class);
    private static final int LANES = SPECIES.length();

    private static final boolean HAS_WIDE_VECTORS = SPECIES.vectorBitSize() == 512;

    /// The vectors for which one comparison is set up.
    private static final int GROUP = 4;

    /// The number of rows that are processed together.
    public static final int ROWS = GROUP * LANES;

    /// The trees whose leaves are added to a row together.
    private static final int TREES = 4;

    /// A [SymmetricForest] for this kernel.
    ///
    /// @param forest the forest in this layout
    public record Layout(SymmetricForest forest) implements ForestLayout {
        @Override
        public ForestKernel kernel(int blockSize) {
            return new VectorSymmetricKernel(forest, blockSize);
        }

        @Override
        public int rows() {
            return ROWS;
        }

        @Override
        public int leafSlots(int tree) {
            return Math.max(VectorLeaves.LEAVES, forest.leaves(tree));
        }

        @Override
        public int leafSlot(int tree, int node) {
            return forest.leaf(tree, node);
        }

        @Override
        public long heapBytes() {
            return forest.heapBytes();
        }
    }

    private final SymmetricForest forest;
    private final int block;
    /// By column and row.
    private final byte[] bins;
    private final double[] values;
    private final float[] singles;
    private final int[] ranks;
    /// The lower eight bits of the numbers of leaves, by tree of a group and row.
    private final byte[] low;

    /// The upper eight bits, by row.
    private final byte[] high;
    /// For each level, where its column begins.
    private final int[] starts;

    private int rows;

    private VectorSymmetricKernel(SymmetricForest forest, int blockSize) {
        if (blockSize < ROWS || blockSize % ROWS != 0) {
            throw new IllegalArgumentException("a block is a multiple of " + ROWS + " rows, not " + blockSize);
        }
        this.forest = forest;
        this.block = blockSize;
        this.bins = new byte[Math.multiplyExact(forest.columns(), blockSize)];
        this.values = new double[blockSize];
        this.singles = new float[blockSize];
        this.ranks = new int[blockSize];
        this.low = new byte[TREES * blockSize];
        this.high = new byte[blockSize];
        this.starts = new int[forest.column.length];
        for (int level = 0; level < starts.length; level++) {
            starts[level] = forest.column[level] * blockSize;
        }
    }

    @Override
    public void load(double[][] features, int from, int count) {
        rows = count;
        int ranked = -1;
        for (int column = 0; column < forest.columns(); column++) {
            int feature = forest.feature[column];
            if (feature != ranked) {
                rank(feature, features[feature], from, count);
                ranked = feature;
            }
            store(forest.lowest[column], ranks, count, bins, column * block);
            if (forest.isMissingRight[column]) {
                int highest = forest.binnings[feature].size() - forest.lowest[column];
                raiseMissing(features[feature], from, count, highest, bins, column * block);
            }
        }
    }

    private void rank(int feature, double[] column, int from, int count) {
        float[] thresholds = forest.singles[feature];
        if (thresholds.length == 0) {
            forest.binnings[feature].rank(column, from, count, values, ranks);
            return;
        }
        for (int row = 0; row < count; row++) {
            singles[row] = (float) column[from + row];
        }
        // Also behind the last row, where a rank of another feature would be none of this one.
        Arrays.fill(ranks, 0);
        int half;
        for (int length = thresholds.length; length > 0; length -= half) {
            half = (length + 1) >>> 1;
            step(thresholds, half, singles, ranks, count);
        }
    }

    /// A step of a bisection for all rows.
    private static void step(float[] thresholds, int half, float[] values, int[] ranks, int count) {
        for (int row = 0; row < count; row += FLOATS.length()) {
            FloatVector than = FloatVector.fromArray(FLOATS, thresholds, half - 1, ranks, row);
            VectorMask<Float> isAtLeast =
                    FloatVector.fromArray(FLOATS, values, row).compare(GE, than);
            IntVector.fromArray(INTS, ranks, row)
                    .add(half, isAtLeast.cast(INTS))
                    .intoArray(ranks, row);
        }
    }

    private static void store(int lowest, int[] ranks, int count, byte[] bins, int to) {
        for (int row = 0; row < count; row++) {
            bins[to + row] = (byte) (Math.min(Math.max(ranks[row] - lowest, 0), 255) + Byte.MIN_VALUE);
        }
    }

    private static void raiseMissing(double[] column, int from, int count, int highest, byte[] bins, int to) {
        byte bin = (byte) (Math.min(highest, 255) + Byte.MIN_VALUE);
        for (int row = 0; row < count; row++) {
            if (Double.isNaN(column[from + row])) {
                bins[to + row] = bin;
            }
        }
    }

    @Override
    public void leafSlots(int tree, int[] places) {
        find(tree, 0);
        boolean isWide = forest.levels(tree) > Byte.SIZE;
        for (int row = 0; row < rows; row++) {
            places[row] = low[row] & 0xff | (isWide ? (high[row] & 0xff) << Byte.SIZE : 0);
        }
    }

    /// Finds the numbers of the leaves in a tree.
    ///
    /// @param to where the lower bits of the numbers begin
    private void find(int tree, int to) {
        int first = forest.firstLevel[tree];
        int levels = forest.levels(tree);
        find(first, Math.min(levels, Byte.SIZE), low, to);
        if (levels > Byte.SIZE) {
            find(first + Byte.SIZE, levels - Byte.SIZE, high, 0);
        }
    }

    private void find(int first, int levels, byte[] numbers, int to) {
        int row = 0;
        for (; row + (GROUP - 1) * LANES < rows; row += ROWS) {
            find(first, levels, row, numbers, to);
        }
        for (; row < rows; row += LANES) {
            findOne(first, levels, row, numbers, to);
        }
    }

    private void findOne(int first, int levels, int row, byte[] numbers, int to) {
        ByteVector number = ByteVector.zero(SPECIES);
        byte bit = 1;
        for (int level = first; level < first + levels; level++) {
            ByteVector threshold = ByteVector.broadcast(SPECIES, forest.threshold[level]);
            number = number.add(
                    bit,
                    ByteVector.fromArray(SPECIES, bins, starts[level] + row).compare(GT, threshold));
            bit <<= 1;
        }
        number.intoArray(numbers, to + row);
    }

    private void find(int first, int levels, int row, byte[] numbers, int to) {
        ByteVector n0 = ByteVector.zero(SPECIES);
        ByteVector n1 = ByteVector.zero(SPECIES);
        ByteVector n2 = ByteVector.zero(SPECIES);
        ByteVector n3 = ByteVector.zero(SPECIES);
        byte bit = 1;
        for (int level = first; level < first + levels; level++) {
            int at = starts[level] + row;
            ByteVector threshold = ByteVector.broadcast(SPECIES, forest.threshold[level]);
            n0 = n0.add(bit, ByteVector.fromArray(SPECIES, bins, at).compare(GT, threshold));
            n1 = n1.add(bit, ByteVector.fromArray(SPECIES, bins, at + LANES).compare(GT, threshold));
            n2 = n2.add(bit, ByteVector.fromArray(SPECIES, bins, at + 2 * LANES).compare(GT, threshold));
            n3 = n3.add(bit, ByteVector.fromArray(SPECIES, bins, at + 3 * LANES).compare(GT, threshold));
            bit <<= 1;
        }
        n0.intoArray(numbers, to + row);
        n1.intoArray(numbers, to + row + LANES);
        n2.intoArray(numbers, to + row + 2 * LANES);
        n3.intoArray(numbers, to + row + 3 * LANES);
    }

    @Override
    public void add(int[] trees, float[][] leaves, float[] sums) {
        for (int tree : trees) {
            find(tree, 0);
            float[] leaf = leaves[tree];
            int mask = leaf.length - 1;
            boolean isWide = forest.levels(tree) > Byte.SIZE;
            for (int row = 0; row < rows; row++) {
                int number = (low[row] & 0xff) | (isWide ? (high[row] & 0xff) << Byte.SIZE : 0);
                sums[row] += leaf[number & mask];
            }
        }
    }

    @Override
    public void add(int[] trees, double[][] leaves, double[] sums) {
        int at = 0;
        while (at < trees.length) {
            if (HAS_WIDE_VECTORS && leaves[trees[at]].length == VectorLeaves.LEAVES) {
                find(trees[at], 0);
                VectorLeaves.add(leaves[trees[at]], low, 0, rows, sums);
                at++;
            } else if (isNarrow(trees, at)) {
                for (int i = 0; i < TREES; i++) {
                    find(trees[at + i], i * block);
                }
                addFour(trees, at, leaves, sums);
                at += TREES;
            } else {
                find(trees[at], 0);
                addOne(trees[at], leaves[trees[at]], sums);
                at++;
            }
        }
    }

    /// Whether the next trees have leaves with numbers of one byte.
    private boolean isNarrow(int[] trees, int from) {
        if (from + TREES > trees.length) {
            return false;
        }
        for (int i = from; i < from + TREES; i++) {
            if (forest.levels(trees[i]) > Byte.SIZE) {
                return false;
            }
        }
        return true;
    }

    private void addOne(int tree, double[] leaf, double[] sums) {
        if (forest.levels(tree) > Byte.SIZE) {
            addWide(leaf, low, high, rows, sums);
        } else {
            addOne(leaf, low, rows, sums);
        }
    }

    private void addFour(int[] trees, int at, double[][] leaves, double[] sums) {
        addFour(
                leaves[trees[at]],
                leaves[trees[at + 1]],
                leaves[trees[at + 2]],
                leaves[trees[at + 3]],
                low,
                block,
                rows,
                sums);
    }

    private static void addOne(double[] leaf, byte[] numbers, int rows, double[] sums) {
        // As many leaves as a power of two; the mask spares the check of the index.
        int mask = leaf.length - 1;
        for (int row = 0; row < rows; row++) {
            sums[row] += leaf[numbers[row] & mask];
        }
    }

    private static void addWide(double[] leaf, byte[] low, byte[] high, int rows, double[] sums) {
        int mask = leaf.length - 1;
        for (int row = 0; row < rows; row++) {
            sums[row] += leaf[(low[row] & 0xff | high[row] << Byte.SIZE) & mask];
        }
    }

    private static void addFour(
            double[] leaf0,
            double[] leaf1,
            double[] leaf2,
            double[] leaf3,
            byte[] numbers,
            int block,
            int rows,
            double[] sums) {
        int mask0 = leaf0.length - 1;
        int mask1 = leaf1.length - 1;
        int mask2 = leaf2.length - 1;
        int mask3 = leaf3.length - 1;
        for (int row = 0; row < rows; row++) {
            double sum = sums[row] + leaf0[numbers[row] & mask0];
            sum += leaf1[numbers[block + row] & mask1];
            sum += leaf2[numbers[2 * block + row] & mask2];
            sums[row] = sum + leaf3[numbers[3 * block + row] & mask3];
        }
    }
}
