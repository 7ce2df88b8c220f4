package io.nightshift.source.text;

import java.io.IOException;
import java.io.InputStream;

/// The part of a stream of bytes that is being looked at, in an array that moves along with it. For one thread.
///
/// A line feed always follows the bytes, so that a search for one needs no check for the end.
final class ByteWindow implements AutoCloseable {

    private static final int SMALLEST = 256 * 1024;

    /// The line feed, and what a search for eight bytes at a time may read beyond it.
    private static final int PADDING = 16;

    private final InputStream in;

    /// Replaced when it is too small.
    private byte[] bytes = new byte[SMALLEST + PADDING];

    private int limit;
    private long offset;
    private boolean hasEnded;

    /// @param offset of the stream's first byte in the whole data
    ByteWindow(InputStream in, long offset) {
        this.in = in;
        this.offset = offset;
        bytes[0] = '\n';
    }

    /// The bytes, as long as [#fill] is not called.
    byte[] bytes() {
        return bytes;
    }

    /// The position after the last byte.
    int limit() {
        return limit;
    }

    /// The offset of the byte at position 0 in the whole data.
    long offset() {
        return offset;
    }

    /// Whether the stream has no bytes after those in the window.
    boolean hasEnded() {
        return hasEnded;
    }

    /// Gives up the bytes before a position, and reads more after the last. What was at `keep` is at 0 then.
    ///
    /// @return whether there were more bytes
    boolean fill(int keep) throws IOException {
        int kept = limit - keep;
        byte[] from = bytes;
        if (kept > bytes.length / 2) {
            bytes = new byte[2 * (bytes.length - PADDING) + PADDING];
        }
        System.arraycopy(from, keep, bytes, 0, kept);
        offset += keep;
        limit = kept;
        int read = hasEnded ? -1 : in.read(bytes, limit, bytes.length - PADDING - limit);
        if (read < 0) {
            hasEnded = true;
        } else {
            limit += read;
        }
        bytes[limit] = '\n';
        return read > 0;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
