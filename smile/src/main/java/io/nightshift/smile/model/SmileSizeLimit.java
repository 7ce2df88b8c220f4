package io.nightshift.smile.model;

import io.nightshift.scoring.form.ModelPart;
import io.nightshift.scoring.format.MalformedModelException;

/// How large the parts of a model may become, by the length of the file they are read from.
///
/// In a stream of Java objects, a reference to an array that stood before takes five bytes; the parts have
/// its numbers again for each. So a small file could fill any memory. What a trainer writes is about as large
/// in parts as in the file, and a few times as large where distributions are shared.
///
/// Rows are counted before they are taken.
public final class SmileSizeLimit {

    /// How often the file's length.
    private static final int TIMES = 64;

    private static final int ROW_BYTES = 24;

    private final long length;
    private long left;

    public SmileSizeLimit(long length) {
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
        left -= ModelPart.OBJECTS;
        take(numbers);
    }
}
