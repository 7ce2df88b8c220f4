package io.nightshift.source.text;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Finds the records in a text file one after the other, and says which are malformed. For one thread.
///
/// Planning and reading use the same code, so that a record has the same number for both. A record ends in LF
/// or CR LF; the last one may end with the file. Blank lines are no records, except in a CSV file of one
/// column.
abstract sealed class Records implements AutoCloseable permits CsvRecords, LineRecords {

    /// The longest record in bytes.
    static final int LONGEST = 16 * 1024 * 1024;

    /// The most of a malformed record that is kept, in bytes.
    private static final int KEPT = 4_000;

    static final byte LF = '\n';
    static final byte CR = '\r';

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;

    /// The outcomes of [#parse].
    static final int WHOLE = 0;

    static final int NEEDS_MORE = 1;
    static final int MALFORMED = 2;

    final ByteWindow window;
    private final boolean skipsBlank;

    /// Where the next record begins.
    int position;

    private long nextLine;

    // The current record.
    int start;
    int end;
    private long line;
    private long offset;
    private @Nullable String fault;
    private byte @Nullable [] beginning;

    // What parse() found out.
    int following;
    int lines;
    String reason = "";

    /// @param line the number of the first line in the window, from 1
    /// @param skipsBlank whether a blank line is no record
    Records(ByteWindow window, long line, boolean skipsBlank) {
        this.window = window;
        this.nextLine = line;
        this.skipsBlank = skipsBlank;
    }

    /// Looks for the end of the record at [#position]. Sets `end`, `following` and `lines`, or the reason why
    /// the record is malformed.
    ///
    /// @param splits whether the values of the record are wanted
    abstract int parse(boolean splits);

    /// Whether the record has no content.
    abstract boolean isBlank();

    /// Goes to the next record.
    ///
    /// @param splits whether the values of the record are wanted
    /// @return false if there is none
    final boolean next(boolean splits) throws IOException {
        fault = null;
        beginning = null;
        while (true) {
            if (position == window.limit() && !fill()) {
                return false;
            }
            int outcome = parse(splits);
            if (outcome == NEEDS_MORE) {
                if (window.limit() - position <= LONGEST) {
                    fill();
                    continue;
                }
                reason = "it is longer than %,d bytes".formatted(LONGEST);
                outcome = MALFORMED;
            }
            if (outcome == WHOLE && following - position > LONGEST) {
                reason = "it is longer than %,d bytes".formatted(LONGEST);
                outcome = MALFORMED;
            }
            if (outcome == MALFORMED) {
                takeLine(reason);
                return true;
            }
            start = position;
            line = nextLine;
            offset = window.offset() + position;
            position = following;
            nextLine += lines;
            if (!skipsBlank || !isBlank()) {
                return true;
            }
        }
    }

    private boolean fill() throws IOException {
        boolean more = window.fill(position);
        position = 0;
        return more || position < window.limit();
    }

    /// Takes the first line of a malformed record for the record. So a quote that is never closed costs one
    /// line, and not all that follow.
    private void takeLine(String why) throws IOException {
        fault = why;
        line = nextLine;
        offset = window.offset() + position;
        nextLine++;
        int searched = position;
        while (true) {
            int found = indexOf(window.bytes(), searched, LF, LF);
            if (found < window.limit() || window.hasEnded()) {
                start = position;
                end = Math.min(found, window.limit());
                position = Math.min(found + 1, window.limit());
                end -= end > start && window.bytes()[end - 1] == CR ? 1 : 0;
                return;
            }
            if (window.limit() - position > LONGEST) {
                if (beginning == null) {
                    beginning = Arrays.copyOfRange(window.bytes(), position, position + KEPT);
                    fault = "it is longer than %,d bytes".formatted(LONGEST);
                }
                position = window.limit();
            }
            searched = window.limit() - position;
            fill();
        }
    }

    /// The number of the record's first line, from 1.
    final long line() {
        return line;
    }

    /// The number of bytes before the record.
    final long offset() {
        return offset;
    }

    /// The number of bytes before the next record, as far as it is known.
    final long nextOffset() {
        return window.offset() + position;
    }

    /// The number of the line at [#nextOffset].
    final long nextLine() {
        return nextLine;
    }

    /// Why the record is malformed; null if it is not.
    final @Nullable String fault() {
        return fault;
    }

    /// Makes the record malformed, for a reason that its values give.
    final void refuse(String why) {
        if (fault == null) {
            fault = why;
        }
    }

    final byte[] bytes() {
        return window.bytes();
    }

    /// The record, or the beginning of a long one, for people.
    final String text(Encoding encoding) {
        return beginning == null
                ? encoding.text(window.bytes(), start, Math.min(end, start + KEPT))
                : encoding.text(beginning, 0, beginning.length);
    }

    /// The position of the first of two bytes. One of them follows the window's bytes.
    static int indexOf(byte[] bytes, int from, byte one, byte other) {
        long ones = ONES * (one & 0xffL);
        long others = ONES * (other & 0xffL);
        int i = from;
        while (true) {
            if (i + Long.BYTES > bytes.length) {
                while (bytes[i] != one && bytes[i] != other) {
                    i++;
                }
                return i;
            }
            long word = (long) LONG.get(bytes, i);
            long x = word ^ ones;
            long y = word ^ others;
            long found = (((x - ONES) & ~x) | ((y - ONES) & ~y)) & HIGHS;
            if (found != 0) {
                return i + Long.numberOfTrailingZeros(found) / Byte.SIZE;
            }
            i += Long.BYTES;
        }
    }

    @Override
    public void close() throws IOException {
        window.close();
    }
}
