package io.nightshift.scoring.kernel;

/// Evaluates the tests of a [BitSlicedForest] for a block of rows, then the trees' circuits for 64 rows at a
/// time.
final class BitSlicedKernel implements ForestKernel {

    private static final int WORD = SplitOutcomes.WORD;
    /// The number of trees whose leaves are found before they are added, so that 8 sums at a time stay in
    /// registers.
    private static final int CHUNK = 16;
    /// Words that hold the exits of 64 rows.
    private static final int EXITS = BitTranspose.BYTES;

    private final BitSlicedForest sliced;
    private final boolean shallow;
    /// For each 64 rows.
    private final SplitOutcomes[] outcomes;
    private final long[] exits = new long[EXITS * CHUNK];
    private final int[] found = new int[WORD];
    private int rows;

    BitSlicedKernel(BitSlicedForest sliced, int blockSize) {
        if (blockSize < WORD || blockSize % WORD != 0) {
            throw new IllegalArgumentException("a block is a multiple of 64 rows, not " + blockSize);
        }
        this.sliced = sliced;
        this.shallow = sliced.isShallow();
        this.outcomes = new SplitOutcomes[blockSize / WORD];
        for (int i = 0; i < outcomes.length; i++) {
            outcomes[i] = new SplitOutcomes(sliced.tests, 1);
        }
    }

    @Override
    public void load(double[][] features, int from, int count) {
        rows = count;
        for (int row = 0; row < rows; row += WORD) {
            outcomes[row / WORD].load(features, from + row, Math.min(WORD, rows - row));
        }
    }

    @Override
    public void leafSlots(int tree, int[] places) {
        for (int row = 0; row < rows; row += WORD) {
            find(tree, outcomes[row / WORD].right, places, row);
        }
    }

    private void find(int tree, long[] right, int[] places, int to) {
        descend(tree, right, 0);
        int steps = sliced.steps[tree];
        if (steps == 0) {
            for (int row = 0; row < WORD; row++) {
                places[to + row] = BitTranspose.of(exits, 0, row);
            }
        } else if (steps == 1) {
            walkOne(sliced.nodes[tree], sliced.entries[tree], right, exits, places, to);
        } else if (steps == 2) {
            walkTwo(sliced.nodes[tree], sliced.entries[tree], right, exits, places, to);
        } else {
            walk(steps, sliced.nodes[tree], sliced.entries[tree], right, exits, places, to);
        }
    }

    private static void walkOne(long[] nodes, int[] entries, long[] right, long[] exits, int[] places, int to) {
        for (int i = 0; i < EXITS; i++) {
            long bytes = exits[i];
            for (int row = i; row < WORD; row += EXITS) {
                places[to + row] = step(nodes, right, row, entries[(int) bytes & 0xff]);
                bytes >>>= Byte.SIZE;
            }
        }
    }

    private static void walkTwo(long[] nodes, int[] entries, long[] right, long[] exits, int[] places, int to) {
        for (int i = 0; i < EXITS; i++) {
            long bytes = exits[i];
            for (int row = i; row < WORD; row += EXITS) {
                int node = step(nodes, right, row, entries[(int) bytes & 0xff]);
                places[to + row] = step(nodes, right, row, node);
                bytes >>>= Byte.SIZE;
            }
        }
    }

    /// Four rows at a time, because each step of a row waits for its step before.
    private static void walk(int steps, long[] nodes, int[] entries, long[] right, long[] exits, int[] places, int to) {
        for (int row = 0; row < WORD; row += 4) {
            int n0 = entries[BitTranspose.of(exits, 0, row)];
            int n1 = entries[BitTranspose.of(exits, 0, row + 1)];
            int n2 = entries[BitTranspose.of(exits, 0, row + 2)];
            int n3 = entries[BitTranspose.of(exits, 0, row + 3)];
            for (int step = 0; step < steps; step++) {
                n0 = step(nodes, right, row, n0);
                n1 = step(nodes, right, row + 1, n1);
                n2 = step(nodes, right, row + 2, n2);
                n3 = step(nodes, right, row + 3, n3);
            }
            places[to + row] = n0;
            places[to + row + 1] = n1;
            places[to + row + 2] = n2;
            places[to + row + 3] = n3;
        }
    }

    private static int step(long[] nodes, long[] right, int row, int node) {
        long word = nodes[node];
        return (int) word + ((int) (right[(int) (word >>> 32)] >>> row) & 1);
    }

    @Override
    public void add(int[] trees, float[][] leaves, float[] sums) {
        if (!shallow) {
            for (int tree : trees) {
                for (int row = 0; row < rows; row += WORD) {
                    find(tree, outcomes[row / WORD].right, found, 0);
                    add(leaves[tree], found, sums, row);
                }
            }
            return;
        }
        for (int row = 0; row < rows; row += WORD) {
            long[] right = outcomes[row / WORD].right;
            for (int first = 0; first < trees.length; first += CHUNK) {
                int end = Math.min(first + CHUNK, trees.length);
                descend(trees, first, end, right);
                for (int i = 0; i < EXITS; i++) {
                    addEighth(trees, first, end, leaves, i, sums, row + i);
                }
            }
        }
    }

    @Override
    public void add(int[] trees, double[][] leaves, double[] sums) {
        if (!shallow) {
            for (int tree : trees) {
                for (int row = 0; row < rows; row += WORD) {
                    find(tree, outcomes[row / WORD].right, found, 0);
                    add(leaves[tree], found, sums, row);
                }
            }
            return;
        }
        for (int row = 0; row < rows; row += WORD) {
            long[] right = outcomes[row / WORD].right;
            for (int first = 0; first < trees.length; first += CHUNK) {
                int end = Math.min(first + CHUNK, trees.length);
                descend(trees, first, end, right);
                for (int i = 0; i < EXITS; i++) {
                    addEighth(trees, first, end, leaves, i, sums, row + i);
                }
            }
        }
    }

    private void descend(int[] trees, int first, int end, long[] right) {
        for (int i = first; i < end; i++) {
            descend(trees[i], right, (i - first) * EXITS);
        }
    }

    /// Finds the exits of 64 rows from a tree's circuit.
    private void descend(int tree, long[] right, int to) {
        int[] levels = sliced.levelTests[tree];
        if (levels.length > 0) {
            collect(levels, right, exits, to);
        } else {
            descend(sliced.circuits[tree], right, exits, to);
        }
    }

    /// The exits of a symmetric tree, whose levels have one test each.
    private static void collect(int[] levels, long[] right, long[] exits, int to) {
        int count = levels.length;
        BitTranspose.transpose(
                right[levels[0]],
                count > 1 ? right[levels[1]] : 0,
                count > 2 ? right[levels[2]] : 0,
                count > 3 ? right[levels[3]] : 0,
                count > 4 ? right[levels[4]] : 0,
                count > 5 ? right[levels[5]] : 0,
                count > 6 ? right[levels[6]] : 0,
                count > 7 ? right[levels[7]] : 0,
                exits,
                to);
    }

    private static void add(float[] leaves, int[] places, float[] sums, int to) {
        for (int row = 0; row < WORD; row++) {
            sums[to + row] += leaves[places[row]];
        }
    }

    private static void add(double[] leaves, int[] places, double[] sums, int to) {
        for (int row = 0; row < WORD; row++) {
            sums[to + row] += leaves[places[row]];
        }
    }

    /// Adds the leaves of every eighth row.
    private void addEighth(int[] trees, int first, int end, float[][] leaves, int at, float[] sums, int row) {
        float s0 = sums[row];
        float s1 = sums[row + 8];
        float s2 = sums[row + 16];
        float s3 = sums[row + 24];
        float s4 = sums[row + 32];
        float s5 = sums[row + 40];
        float s6 = sums[row + 48];
        float s7 = sums[row + 56];
        for (int i = first, word = at; i < end; i++, word += EXITS) {
            float[] leaf = leaves[trees[i]];
            // As many as exits, a power of two; the mask spares the check of the index.
            int mask = leaf.length - 1;
            long bytes = exits[word];
            s0 += leaf[(int) bytes & mask];
            s1 += leaf[(int) (bytes >>> 8) & mask];
            s2 += leaf[(int) (bytes >>> 16) & mask];
            s3 += leaf[(int) (bytes >>> 24) & mask];
            s4 += leaf[(int) (bytes >>> 32) & mask];
            s5 += leaf[(int) (bytes >>> 40) & mask];
            s6 += leaf[(int) (bytes >>> 48) & mask];
            s7 += leaf[(int) (bytes >>> 56) & mask];
        }
        sums[row] = s0;
        sums[row + 8] = s1;
        sums[row + 16] = s2;
        sums[row + 24] = s3;
        sums[row + 32] = s4;
        sums[row + 40] = s5;
        sums[row + 48] = s6;
        sums[row + 56] = s7;
    }

    /// The same in double precision.
    private void addEighth(int[] trees, int first, int end, double[][] leaves, int at, double[] sums, int row) {
        double s0 = sums[row];
        double s1 = sums[row + 8];
        double s2 = sums[row + 16];
        double s3 = sums[row + 24];
        double s4 = sums[row + 32];
        double s5 = sums[row + 40];
        double s6 = sums[row + 48];
        double s7 = sums[row + 56];
        for (int i = first, word = at; i < end; i++, word += EXITS) {
            double[] leaf = leaves[trees[i]];
            int mask = leaf.length - 1;
            long bytes = exits[word];
            s0 += leaf[(int) bytes & mask];
            s1 += leaf[(int) (bytes >>> 8) & mask];
            s2 += leaf[(int) (bytes >>> 16) & mask];
            s3 += leaf[(int) (bytes >>> 24) & mask];
            s4 += leaf[(int) (bytes >>> 32) & mask];
            s5 += leaf[(int) (bytes >>> 40) & mask];
            s6 += leaf[(int) (bytes >>> 48) & mask];
            s7 += leaf[(int) (bytes >>> 56) & mask];
        }
        sums[row] = s0;
        sums[row + 8] = s1;
        sums[row + 16] = s2;
        sums[row + 24] = s3;
        sums[row + 32] = s4;
        sums[row + 40] = s5;
        sums[row + 48] = s6;
        sums[row + 56] = s7;
    }

    /// Evaluates a tree's circuit for 64 rows: on each level, the directions taken so far select among its
    /// tests.
    ///
    /// @param exits receives the exits at `to`, as [BitTranspose#transpose] leaves them
    private static void descend(int[] circuit, long[] right, long[] exits, int to) {
        long p0 = 0;
        long p1 = 0;
        long p2 = 0;
        long p3 = 0;
        long p4 = 0;
        long p5 = 0;
        long p6 = 0;
        long p7 = 0;
        int nodes = circuit.length;
        if (nodes >= 1) {
            p0 = right[circuit[0]];
        }
        if (nodes >= 3) {
            p1 = ofTwo(circuit, 1, right, p0);
        }
        if (nodes >= 7) {
            p2 = ofFour(circuit, 3, right, p0, p1);
        }
        if (nodes >= 15) {
            p3 = ofEight(circuit, 7, right, p0, p1, p2);
        }
        if (nodes >= 31) {
            p4 = choose(p0, ofEight(circuit, 15, right, p1, p2, p3), ofEight(circuit, 23, right, p1, p2, p3));
        }
        if (nodes >= 63) {
            p5 = choose(
                    p0,
                    choose(p1, ofEight(circuit, 31, right, p2, p3, p4), ofEight(circuit, 39, right, p2, p3, p4)),
                    choose(p1, ofEight(circuit, 47, right, p2, p3, p4), ofEight(circuit, 55, right, p2, p3, p4)));
        }
        if (nodes >= 127) {
            p6 = choose(
                    p0,
                    ofThirtyTwo(circuit, 63, right, p1, p2, p3, p4, p5),
                    ofThirtyTwo(circuit, 95, right, p1, p2, p3, p4, p5));
        }
        if (nodes >= 255) {
            p7 = choose(
                    p0,
                    ofSixtyFour(circuit, 127, right, p1, p2, p3, p4, p5, p6),
                    ofSixtyFour(circuit, 191, right, p1, p2, p3, p4, p5, p6));
        }
        BitTranspose.transpose(p0, p1, p2, p3, p4, p5, p6, p7, exits, to);
    }

    private static long ofSixtyFour(
            int[] circuit, int at, long[] right, long w1, long w2, long w3, long w4, long w5, long w6) {
        return choose(
                w1,
                ofThirtyTwo(circuit, at, right, w2, w3, w4, w5, w6),
                ofThirtyTwo(circuit, at + 32, right, w2, w3, w4, w5, w6));
    }

    private static long ofThirtyTwo(int[] circuit, int at, long[] right, long w1, long w2, long w3, long w4, long w5) {
        return choose(
                w1,
                choose(w2, ofEight(circuit, at, right, w3, w4, w5), ofEight(circuit, at + 8, right, w3, w4, w5)),
                choose(w2, ofEight(circuit, at + 16, right, w3, w4, w5), ofEight(circuit, at + 24, right, w3, w4, w5)));
    }

    private static long ofEight(int[] circuit, int at, long[] right, long first, long second, long third) {
        return choose(first, ofFour(circuit, at, right, second, third), ofFour(circuit, at + 4, right, second, third));
    }

    private static long ofFour(int[] circuit, int at, long[] right, long first, long second) {
        return choose(first, ofTwo(circuit, at, right, second), ofTwo(circuit, at + 2, right, second));
    }

    private static long ofTwo(int[] circuit, int at, long[] right, long way) {
        return choose(way, right[circuit[at]], right[circuit[at + 1]]);
    }

    /// For each bit, that of `left` where `way` is 0, that of `right` where it is 1.
    private static long choose(long way, long left, long right) {
        return left ^ (way & (left ^ right));
    }
}
