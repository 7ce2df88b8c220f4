package io.nightshift.smile.model;

import io.nightshift.scoring.form.ModelPart;
import io.nightshift.scoring.format.MalformedModelException;

/// Limits the size of a model's parts relative to the length of its file.
///
/// In a stream of Java objects, a reference to an earlier array takes five bytes, and the parts repeat its
/// numbers for each reference. So a small file could fill any memory. The parts of real models are about as
/// large as their file, and a few times as large if distributions are shared.
///
/// Rows are counted before they are copied.
public final class SmileSizeLimit {

    /// The limit as a multiple of the file's length.
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

    /// Counts a row of numbers and the part that holds it.
    void takePart(long numbers) throws MalformedModelException {
        left -= ModelPart.OBJECTS;
        take(numbers);
    }
}
