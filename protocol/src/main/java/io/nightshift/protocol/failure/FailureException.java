package io.nightshift.protocol.failure;

import org.jspecify.annotations.Nullable;

/// Carries a [Failure] up a call stack. Its message is meant for a person and is shown without a
/// stack trace.
public final class FailureException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient Failure failure;

    public FailureException(Failure failure) {
        this(failure, null);
    }

    public FailureException(Failure failure, @Nullable Throwable cause) {
        super(failure.message(), cause);
        this.failure = failure;
    }

    public static FailureException permanent(String message) {
        return new FailureException(Failure.permanent(message));
    }

    public Failure failure() {
        return failure;
    }
}
