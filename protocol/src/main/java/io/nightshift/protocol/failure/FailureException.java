package io.nightshift.protocol.failure;

import org.jspecify.annotations.Nullable;

/// Carries a [Failure] up a call stack. Its message is for people and is shown without a stack trace.
public final class FailureException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient Failure failure;

    /// An exception without a cause.
    ///
    /// @param failure the failure; its message is the message of the exception
    public FailureException(Failure failure) {
        this(failure, null);
    }

    /// An exception with the exception that led to it, for the log; null if there is none.
    ///
    /// @param failure the failure; its message is the message of the exception
    /// @param cause the cause, or null
    public FailureException(Failure failure, @Nullable Throwable cause) {
        super(failure.message(), cause);
        this.failure = failure;
    }

    /// An exception with a permanent failure.
    ///
    /// @param message what happened and what to do, for people
    public static FailureException permanent(String message) {
        return new FailureException(Failure.permanent(message));
    }

    /// The failure that this exception carries.
    public Failure failure() {
        return failure;
    }
}
