package io.nightshift.cli.check;

import io.nightshift.protocol.failure.FailureException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The predictions to compare, and the expected values.
///
/// @param expected the file with the values of training
/// @param column of that file
/// @param prediction the column of the job's output
/// @param id the column of the expected file with the record IDs; null if it is named as in the job
/// @param tolerance the largest difference between two numbers that counts as equal
/// @param shown the most rows to show
public record CheckRequest(
        Path expected,
        String column,
        String prediction,
        @Nullable String id,
        double tolerance,
        int shown) {

    /// @throws FailureException if the tolerance or the number of rows can't be
    public CheckRequest {
        if (!(tolerance >= 0) || Double.isInfinite(tolerance)) {
            throw FailureException.permanent("--tolerance must be 0 or more, not " + tolerance);
        }
        if (shown < 0 || shown > 1000) {
            throw FailureException.permanent("--rows must be 0 to 1000, not " + shown);
        }
    }
}
