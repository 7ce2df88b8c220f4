package io.nightshift.worker.scoring;

import java.util.Arrays;
import java.util.Objects;

/// Puts a block of rows to the tests of a [BitSlicedForest], then sends 64 rows at a time through the trees'
/// circuits.
final class BitSlicedKernel implements ForestKernel {

    /// Rows of a word, a bit each.
    private static final int WORD = Long.SIZE;
    /// Trees whose places are found before their leaves are added, so that 8 sums at a time stay in registers.
    private static final int CHUNK = 16;
    /// Words that hold the places of 64 rows.
    private static final int PLACES = 8;

    private final BitSlicedForest sliced;
    private final DistinctTests tests;
    /// For each 64 rows and each test, the rows that go right.
    private final long[][] right;
    private final int[] ranks = new int[WORD];
    private final long[] places = new long[PLACES * CHUNK];
    private int rows;

    BitSlicedKernel(BitSlicedForest sliced, int blockSize) {
        if (blockSize < WORD || blockSize % WORD != 0) {
            throw new IllegalArgumentException("a block is a multiple of 64 rows, not " + blockSize);
        }
        this.sliced = sliced;
        this.tests = sliced.tests;
        this.right = new long[blockSize / WORD][tests.count];
    }

    @Override
    public void load(double[][] features, int from, int count) {
        rows = count;
        for (int row = 0; row < rows; row += WORD) {
            test(features, from + row, Math.min(WORD, rows - row), right[row / WORD]);
        }
    }

    private void test(double[][] features, int from, int count, long[] outcomes) {
        Arrays.fill(outcomes, 0);
        for (DistinctTests.Slot slot : tests.slots) {
            double[] column = features[slot.feature()];
            switch (slot.kind()) {
                case LEAF -> throw new IllegalStateException("a leaf tests nothing");
                case NUMERIC_MISSING_LEFT -> {
                    tests.binnings[slot.feature()].rank(column, from, count, ranks);
                    mark(slot, count, outcomes);
                }
                case NUMERIC_MISSING_RIGHT -> {
                    tests.binnings[slot.feature()].rank(column, from, count, ranks);
                    raiseMissing(column, from, count, slot.size() - 1);
                    mark(slot, count, outcomes);
                }
                case ZERO_MISSING_LEFT -> {
                    tests.binnings[slot.feature()].rank(column, from, count, ranks);
                    replaceZero(column, from, count, 0);
                    mark(slot, count, outcomes);
                }
                case ZERO_MISSING_RIGHT -> {
                    tests.binnings[slot.feature()].rank(column, from, count, ranks);
                    replaceZero(column, from, count, slot.size() - 1);
                    mark(slot, count, outcomes);
                }
                case SET_MISSING_LEFT -> lookUp(slot, column, from, count, true, outcomes);
                case SET_MISSING_RIGHT -> lookUp(slot, column, from, count, false, outcomes);
                case NOMINAL -> compare(slot, column, from, count, outcomes);
            }
        }
    }

    private void raiseMissing(double[] column, int from, int count, int highest) {
        for (int row = 0; row < count; row++) {
            ranks[row] = Double.isNaN(column[from + row]) ? highest : ranks[row];
        }
    }

    private void replaceZero(double[] column, int from, int count, int missing) {
        for (int row = 0; row < count; row++) {
            ranks[row] = Math.abs(column[from + row]) > Forest.ZERO ? ranks[row] : missing;
        }
    }

    private void lookUp(
            DistinctTests.Slot slot, double[] column, int from, int count, boolean missingLeft, long[] outcomes) {
        for (int at = slot.first(); at < slot.first() + slot.size(); at++) {
            CategorySet set = Objects.requireNonNull(tests.sets[at]);
            long right = 0;
            for (int row = 0; row < count; row++) {
                right |= set.isRight(column[from + row], missingLeft) ? 1L << row : 0;
            }
            outcomes[at] = right;
        }
    }

    /// Marks each row at its rank; then a test leads the rows right that are marked at it or above.
    private void mark(DistinctTests.Slot slot, int count, long[] outcomes) {
        int first = slot.first();
        for (int row = 0; row < count; row++) {
            outcomes[first + ranks[row]] |= 1L << row;
        }
        long above = 0;
        for (int at = first + slot.size() - 1; at >= first; at--) {
            above |= outcomes[at];
            outcomes[at] = above;
        }
    }

    private void compare(DistinctTests.Slot slot, double[] column, int from, int count, long[] outcomes) {
        int[] levels = tests.levels[slot.feature()];
        int first = slot.first();
        for (int row = 0; row < count; row++) {
            double value = column[from + row];
            int level = (int) value;
            int at = level == value ? Arrays.binarySearch(levels, level) : -1;
            if (at >= 0) {
                outcomes[first + at] |= 1L << row;
            }
        }
        for (int at = first; at < first + slot.size(); at++) {
            outcomes[at] = ~outcomes[at];
        }
    }

    @Override
    public void places(int tree, int[] found) {
        for (int row = 0; row < rows; row += WORD) {
            descend(sliced.trees[tree], right[row / WORD], places, 0);
            for (int i = 0; i < WORD; i++) {
                found[row + i] = (int) (places[i % PLACES] >>> (i / PLACES * Byte.SIZE)) & 0xff;
            }
        }
    }

    @Override
    public void add(int[] trees, float[][] leaves, float[] sums) {
        for (int row = 0; row < rows; row += WORD) {
            long[] outcomes = right[row / WORD];
            for (int first = 0; first < trees.length; first += CHUNK) {
                int end = Math.min(first + CHUNK, trees.length);
                for (int i = first; i < end; i++) {
                    descend(sliced.trees[trees[i]], outcomes, places, (i - first) * PLACES);
                }
                for (int i = 0; i < PLACES; i++) {
                    addEighth(trees, first, end, leaves, i, sums, row + i);
                }
            }
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
        for (int i = first, word = at; i < end; i++, word += PLACES) {
            float[] leaf = leaves[trees[i]];
            // As many as places, a power of two; the mask spares the check of the index.
            int mask = leaf.length - 1;
            long bytes = places[word];
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

    /// Sends 64 rows through a tree's circuit: on each level, the ways taken so far choose among its tests.
    ///
    /// @param places receives the places at `to`, as [#transpose] leaves them
    private static void descend(char[] tree, long[] outcomes, long[] places, int to) {
        long p0 = 0;
        long p1 = 0;
        long p2 = 0;
        long p3 = 0;
        long p4 = 0;
        long p5 = 0;
        int nodes = tree.length;
        if (nodes >= 1) {
            p0 = outcomes[tree[0]];
        }
        if (nodes >= 3) {
            p1 = ofTwo(tree, 1, outcomes, p0);
        }
        if (nodes >= 7) {
            p2 = ofFour(tree, 3, outcomes, p0, p1);
        }
        if (nodes >= 15) {
            p3 = ofEight(tree, 7, outcomes, p0, p1, p2);
        }
        if (nodes >= 31) {
            p4 = choose(p0, ofEight(tree, 15, outcomes, p1, p2, p3), ofEight(tree, 23, outcomes, p1, p2, p3));
        }
        if (nodes >= 63) {
            p5 = choose(
                    p0,
                    choose(p1, ofEight(tree, 31, outcomes, p2, p3, p4), ofEight(tree, 39, outcomes, p2, p3, p4)),
                    choose(p1, ofEight(tree, 47, outcomes, p2, p3, p4), ofEight(tree, 55, outcomes, p2, p3, p4)));
        }
        transpose(p0, p1, p2, p3, p4, p5, places, to);
    }

    private static long ofEight(char[] tree, int at, long[] outcomes, long first, long second, long third) {
        return choose(first, ofFour(tree, at, outcomes, second, third), ofFour(tree, at + 4, outcomes, second, third));
    }

    private static long ofFour(char[] tree, int at, long[] outcomes, long first, long second) {
        return choose(first, ofTwo(tree, at, outcomes, second), ofTwo(tree, at + 2, outcomes, second));
    }

    private static long ofTwo(char[] tree, int at, long[] outcomes, long way) {
        return choose(way, outcomes[tree[at]], outcomes[tree[at + 1]]);
    }

    /// For each bit, that of `left` where `way` is 0, that of `right` where it is 1.
    private static long choose(long way, long left, long right) {
        return left ^ (way & (left ^ right));
    }

    /// Turns six words with a bit for each of 64 rows into 64 bytes with the six bits of one row each: byte j
    /// of word i is that of row 8j + i. Transposes 8 by 8 bits, eight times side by side, in three steps of
    /// exchanges (Warren, «Hacker's Delight», 2nd edition, 7-3); two of the eight words are 0.
    private static void transpose(long p0, long p1, long p2, long p3, long p4, long p5, long[] places, int to) {
        long odd = 0x5555555555555555L;
        long t01 = ((p0 >>> 1) ^ p1) & odd;
        long t23 = ((p2 >>> 1) ^ p3) & odd;
        long t45 = ((p4 >>> 1) ^ p5) & odd;
        long q0 = p0 ^ (t01 << 1);
        long q1 = p1 ^ t01;
        long q2 = p2 ^ (t23 << 1);
        long q3 = p3 ^ t23;
        long q4 = p4 ^ (t45 << 1);
        long q5 = p5 ^ t45;

        long pairs = 0x3333333333333333L;
        long t02 = ((q0 >>> 2) ^ q2) & pairs;
        long t13 = ((q1 >>> 2) ^ q3) & pairs;
        exchange(q0 ^ (t02 << 2), q4 & pairs, places, to);
        exchange(q1 ^ (t13 << 2), q5 & pairs, places, to + 1);
        exchange(q2 ^ t02, (q4 >>> 2) & pairs, places, to + 2);
        exchange(q3 ^ t13, (q5 >>> 2) & pairs, places, to + 3);
    }

    private static void exchange(long low, long high, long[] places, int to) {
        long t = ((low >>> 4) ^ high) & 0x0f0f0f0f0f0f0f0fL;
        places[to] = low ^ (t << 4);
        places[to + 4] = high ^ t;
    }
}
