package io.nightshift.storage.objectstore;

/// Consecutive bytes.
///
/// @param start the position of the first byte, from 0
/// @param end the position after the last byte; greater than `start`
public record ByteRange(long start, long end) implements Comparable<ByteRange> {

    public ByteRange {
        if (start < 0 || end <= start) {
            throw new IllegalArgumentException("bytes %d to %d".formatted(start, end));
        }
    }

    /// A range of a length.
    public static ByteRange of(long start, long length) {
        return new ByteRange(start, start + length);
    }

    /// The number of bytes.
    public long length() {
        return end - start;
    }

    @Override
    public int compareTo(ByteRange other) {
        int byStart = Long.compare(start, other.start);
        return byStart != 0 ? byStart : Long.compare(end, other.end);
    }

    @Override
    public String toString() {
        return start + "-" + (end - 1);
    }
}
