package io.nightshift.scoring.pipeline;

import java.util.Arrays;

/// The positions of 64-bit hashes in a list of distinct hashes. A look-up reads one entry of a table by the upper
/// bits of the hash, and then searches the hashes with these bits by bisection. So hashes that an attacker chose
/// cost no more than a bisection over all of them.
final class HashIndex {

    static final int NONE = -1;

    private static final int MOST_BITS = 24;

    /// Ascending as numbers without a sign; the sign bit is flipped.
    private final long[] sorted;

    private final int[] positions;
    private final int[] first;
    private final int shift;

    /// @param hashes the hashes, at most 2³⁰
    /// @param called what messages call the list
    /// @throws IllegalArgumentException if a hash occurs twice
    HashIndex(long[] hashes, String called) {
        this.sorted = Arrays.stream(hashes).map(HashIndex::ordered).toArray();
        Arrays.sort(sorted);
        for (int i = 1; i < sorted.length; i++) {
            if (sorted[i] == sorted[i - 1]) {
                throw new IllegalArgumentException(called + " has a hash twice");
            }
        }
        this.positions = new int[hashes.length];
        for (int i = 0; i < hashes.length; i++) {
            positions[Arrays.binarySearch(sorted, ordered(hashes[i]))] = i;
        }
        int bits = Math.clamp(Integer.SIZE - Integer.numberOfLeadingZeros(hashes.length), 1, MOST_BITS);
        this.shift = Long.SIZE - bits;
        this.first = new int[(1 << bits) + 1];
        for (long hash : hashes) {
            first[1 + (int) (hash >>> shift)]++;
        }
        for (int i = 1; i < first.length; i++) {
            first[i] += first[i - 1];
        }
    }

    private static long ordered(long hash) {
        return hash ^ Long.MIN_VALUE;
    }

    /// The position of a hash in the list; [#NONE] if it is not in the list.
    int of(long hash) {
        int bucket = (int) (hash >>> shift);
        int from = first[bucket];
        int to = first[bucket + 1];
        long wanted = ordered(hash);
        while (from < to) {
            int middle = (from + to) >>> 1;
            if (sorted[middle] < wanted) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return from < sorted.length && sorted[from] == wanted ? positions[from] : NONE;
    }

    long heapBytes() {
        return 12L * sorted.length + 4L * first.length;
    }
}
