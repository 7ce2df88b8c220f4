package io.nightshift.scoring.kernel;

import java.util.Arrays;

/// The [NodeMaskKernel] for every JVM, with four 64-bit words: 256 rows at a time.
final class ScalarNodeMaskKernel extends NodeMaskKernel {

    private static final int WORD = SplitOutcomes.WORD;
    /// The number of words that are processed together, so that a node is read once for 256 rows.
    private static final int WORDS = 4;

    static final int ROWS = WORDS * WORD;

    private static final int BYTES = BitTranspose.BYTES;

    private final long[] low = new long[BYTES];
    private final long[] high = new long[BYTES];

    ScalarNodeMaskKernel(NodeMaskForest forest, int blockSize) {
        super(forest, blockSize, WORDS);
    }

    @Override
    void find(NodeMaskForest.Tree tree, long[] right, int[] places, int to) {
        divide(tree.forks, right, reach);
        int[][] turns = tree.turns;
        int[][] ends = tree.ends;
        for (int bit = 0; bit < turns.length; bit++) {
            combine(turns[bit], ends[bit], right, reach, bits, bit * WORDS);
        }
        Arrays.fill(bits, turns.length * WORDS, bits.length, 0);
        for (int word = 0; word < WORDS; word++) {
            transpose(bits, word, low);
            if (turns.length <= Byte.SIZE) {
                store(low, places, to + word * WORD);
            } else {
                transpose(bits, Byte.SIZE * WORDS + word, high);
                store(low, high, places, to + word * WORD);
            }
        }
    }

    private static void divide(int[] forks, long[] right, long[] reach) {
        int to = WORDS;
        for (int i = 0; i < forks.length; i += 2, to += 2 * WORDS) {
            int at = forks[i] * WORDS;
            int test = forks[i + 1] * WORDS;
            long all0 = reach[at];
            long all1 = reach[at + 1];
            long all2 = reach[at + 2];
            long all3 = reach[at + 3];
            long right0 = all0 & right[test];
            long right1 = all1 & right[test + 1];
            long right2 = all2 & right[test + 2];
            long right3 = all3 & right[test + 3];
            reach[to] = all0 ^ right0;
            reach[to + 1] = all1 ^ right1;
            reach[to + 2] = all2 ^ right2;
            reach[to + 3] = all3 ^ right3;
            reach[to + 4] = right0;
            reach[to + 5] = right1;
            reach[to + 6] = right2;
            reach[to + 7] = right3;
        }
    }

    private static void combine(int[] turns, int[] ends, long[] right, long[] reach, long[] bits, int to) {
        long b0 = 0;
        long b1 = 0;
        long b2 = 0;
        long b3 = 0;
        for (int turn : turns) {
            int at = turn * WORDS;
            b0 ^= reach[at];
            b1 ^= reach[at + 1];
            b2 ^= reach[at + 2];
            b3 ^= reach[at + 3];
        }
        for (int i = 0; i < ends.length; i += 2) {
            int at = ends[i] * WORDS;
            int test = ends[i + 1] * WORDS;
            b0 ^= reach[at] & right[test];
            b1 ^= reach[at + 1] & right[test + 1];
            b2 ^= reach[at + 2] & right[test + 2];
            b3 ^= reach[at + 3] & right[test + 3];
        }
        bits[to] = b0;
        bits[to + 1] = b1;
        bits[to + 2] = b2;
        bits[to + 3] = b3;
    }

    private static void transpose(long[] bits, int at, long[] bytes) {
        BitTranspose.transpose(
                bits[at],
                bits[at + WORDS],
                bits[at + 2 * WORDS],
                bits[at + 3 * WORDS],
                bits[at + 4 * WORDS],
                bits[at + 5 * WORDS],
                bits[at + 6 * WORDS],
                bits[at + 7 * WORDS],
                bytes,
                0);
    }

    private static void store(long[] low, int[] places, int to) {
        for (int i = 0; i < BYTES; i++) {
            long bytes = low[i];
            for (int row = i; row < WORD; row += BYTES) {
                places[to + row] = (int) bytes & 0xff;
                bytes >>>= Byte.SIZE;
            }
        }
    }

    private static void store(long[] low, long[] high, int[] places, int to) {
        for (int i = 0; i < BYTES; i++) {
            long lower = low[i];
            long higher = high[i];
            for (int row = i; row < WORD; row += BYTES) {
                places[to + row] = (((int) higher & 0xff) << Byte.SIZE) | ((int) lower & 0xff);
                lower >>>= Byte.SIZE;
                higher >>>= Byte.SIZE;
            }
        }
    }
}
