package io.nightshift.scoring.training;

import org.jspecify.annotations.Nullable;

/// A model cannot be trained on the given rows with the given options; trying again cannot succeed. The
/// message is one or more sentences for a person.
public final class TrainingException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /// @param message one or more sentences for a person
    public TrainingException(String message) {
        this(message, null);
    }

    /// @param message one or more sentences for a person
    /// @param cause Smile's failure, or null
    public TrainingException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
