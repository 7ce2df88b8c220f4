package io.nightshift.scoring.kernel;

/// Turns words with one bit per row into bytes with the bits of one row each.
final class BitTranspose {

    /// The number of words for one byte per row of 64 rows.
    static final int BYTES = 8;

    private static final long ODD = 0x5555555555555555L;
    private static final long PAIRS = 0x3333333333333333L;
    private static final long NIBBLES = 0x0f0f0f0f0f0f0f0fL;

    private BitTranspose() {}

    /// Transposes eight blocks of 8 × 8 bits at once, in three steps of exchanges (Warren, «Hacker's
    /// Delight», 2nd edition, 7-3).
    ///
    /// @param bytes receives 8 words at `to`: byte j of word i is that of row 8j + i; its bit k is the row's
    ///     in `pk`
    static void transpose(
            long p0, long p1, long p2, long p3, long p4, long p5, long p6, long p7, long[] bytes, int to) {
        long t01 = ((p0 >>> 1) ^ p1) & ODD;
        long t23 = ((p2 >>> 1) ^ p3) & ODD;
        long t45 = ((p4 >>> 1) ^ p5) & ODD;
        long t67 = ((p6 >>> 1) ^ p7) & ODD;
        exchange(p0 ^ (t01 << 1), p2 ^ (t23 << 1), p4 ^ (t45 << 1), p6 ^ (t67 << 1), bytes, to);
        exchange(p1 ^ t01, p3 ^ t23, p5 ^ t45, p7 ^ t67, bytes, to + 1);
    }

    private static void exchange(long q0, long q2, long q4, long q6, long[] bytes, int to) {
        long t02 = ((q0 >>> 2) ^ q2) & PAIRS;
        long t46 = ((q4 >>> 2) ^ q6) & PAIRS;
        exchange(q0 ^ (t02 << 2), q4 ^ (t46 << 2), bytes, to);
        exchange(q2 ^ t02, q6 ^ t46, bytes, to + 2);
    }

    private static void exchange(long low, long high, long[] bytes, int to) {
        long t = ((low >>> 4) ^ high) & NIBBLES;
        bytes[to] = low ^ (t << 4);
        bytes[to + 4] = high ^ t;
    }

    /// The byte of a row in the result that [#transpose] stored at `from`.
    static int of(long[] bytes, int from, int row) {
        return (int) (bytes[from + row % BYTES] >>> (row / BYTES * Byte.SIZE)) & 0xff;
    }
}
