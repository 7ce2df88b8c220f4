package io.nightshift.worker.model;

/// How large the parts of a model may become, by the length of the file they are read from.
///
/// In a stream of Java objects, a reference to an array that stood before takes five bytes; the parts have its numbers
/// again for each. So a small file could fill any memory. What a trainer writes is about as large in parts as in the
/// file, and a few times as large where distributions are shared.
///
/// Rows are counted before they are taken.
final class SmileSize {

    /// How often the file's length.
    private static final int TIMES = 64;

    private static final int ROW_BYTES = 24;

    private final long length;
    private long left;

    SmileSize(long length) {
        this.length = length;
        this.left = TIMES * length;
    }

    /// Counts a row of numbers.
    void take(long numbers) throws MalformedModelException {
        left -= ROW_BYTES + Double.BYTES * numbers;
        if (left < 0) {
            throw new MalformedModelException("its parts would have more than " + TIMES + " times the " + length
                    + " bytes that it has, since it refers to the same numbers again and again");
        }
    }

    /// Counts a row of numbers, and the part that holds it.
    void takePart(long numbers) throws MalformedModelException {
        left -= SmilePart.OBJECTS;
        take(numbers);
    }
}
