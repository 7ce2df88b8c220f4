package io.nightshift.source.lake;

import java.util.Arrays;
import java.util.BitSet;

/// The rows of a data file that are not deleted. They are counted from 0 in the order of the file: that is a
/// row's number, and the position is its place among all rows. Immutable.
final class LiveRows {

    /// The rows whose deletes are counted together.
    private static final int BLOCK = 4_096;

    private final BitSet deleted;
    private final int rows;
    /// The deleted rows before each block.
    private final int[] before;

    /// @param deleted the positions; not used by the caller any more
    /// @param rows of the file, deleted ones included
    LiveRows(BitSet deleted, int rows) {
        this.deleted = deleted;
        this.rows = rows;
        deleted.clear(rows, Math.max(rows, deleted.length()));
        before = new int[rows / BLOCK + 2];
        for (int block = 0; block + 1 < before.length; block++) {
            int from = block * BLOCK;
            before[block + 1] = before[block] + count(from, (int) Math.min(rows, (long) from + BLOCK));
        }
    }

    private int count(int from, int to) {
        int count = 0;
        for (int row = deleted.nextSetBit(from); row >= 0 && row < to; row = deleted.nextSetBit(row + 1)) {
            count++;
        }
        return count;
    }

    boolean isLive(long position) {
        return !deleted.get((int) position);
    }

    /// How many rows are live.
    long count() {
        return number(rows);
    }

    /// How many live rows there are before a position, which is the number of a live row there.
    long number(long position) {
        int block = (int) (position / BLOCK);
        return position - before[block] - count(block * BLOCK, (int) position);
    }

    /// The position of a live row.
    ///
    /// @param number less than [#count()]
    long position(long number) {
        int least = 0;
        int most = before.length - 2;
        while (least < most) {
            int middle = (least + most + 1) >>> 1;
            if ((long) middle * BLOCK - before[middle] <= number) {
                least = middle;
            } else {
                most = middle - 1;
            }
        }
        long left = number - ((long) least * BLOCK - before[least]);
        int position = deleted.nextClearBit(least * BLOCK);
        for (; left > 0; left--) {
            position = deleted.nextClearBit(position + 1);
        }
        return position;
    }

    /// About how many bytes of memory this takes.
    long bytes() {
        return deleted.size() / Byte.SIZE + (long) before.length * Integer.BYTES;
    }

    @Override
    public String toString() {
        return "%d of %d rows, %s".formatted(count(), rows, Arrays.toString(before));
    }
}
