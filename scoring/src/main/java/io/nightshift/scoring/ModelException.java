package io.nightshift.scoring;

import org.jspecify.annotations.Nullable;

/// A model file cannot be used: it does not exist, is broken, too large or not supported. Loading the same
/// file again cannot succeed. The message is one or more sentences for a person: it names the file, says what
/// was found and, if that helps, what is supported.
public final class ModelException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /// @param message one or more sentences for a person
    /// @param cause the failure that showed it, or null
    public ModelException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
