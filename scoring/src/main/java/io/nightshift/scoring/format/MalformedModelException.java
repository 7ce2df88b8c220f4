package io.nightshift.scoring.format;

/// The content of a model file is broken or not supported. The message is a clause or a sentence for a person
/// and does not name the file: [io.nightshift.scoring.ModelLoader] adds the name, and throws a
/// [io.nightshift.scoring.ModelException].
public final class MalformedModelException extends Exception {

    private static final long serialVersionUID = 1L;

    /// @param message what was found and, if that helps, what is supported, for example `it ends early`
    public MalformedModelException(String message) {
        super(message);
    }

    /// @param message what was found and, if that helps, what is supported
    /// @param cause the failure that showed it
    public MalformedModelException(String message, Throwable cause) {
        super(message, cause);
    }
}
