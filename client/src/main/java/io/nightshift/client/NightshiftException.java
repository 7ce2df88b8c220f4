package io.nightshift.client;

import io.nightshift.protocol.api.Problem;
import org.jspecify.annotations.Nullable;

/// Why a cluster didn't do what it was asked. The message is for people.
public final class NightshiftException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /// What kind of trouble it is.
    public enum Kind {
        /// No server could be reached. Asking again may help.
        UNREACHABLE,
        /// The cluster can't say at the moment. Asking again may help.
        UNAVAILABLE,
        /// There is no such batch, or more than one.
        NOT_FOUND,
        /// The batch can't do that now; nothing was changed.
        REFUSED,
        /// The job was not accepted; nothing was started.
        REJECTED,
        /// The token is missing, unknown, or its role too small.
        NOT_ALLOWED,
        /// The request is wrong, or the server answers as no Nightshift does.
        UNEXPECTED;

        /// @param status of a problem
        static Kind of(int status) {
            return switch (status) {
                case 401, 403 -> NOT_ALLOWED;
                case 404 -> NOT_FOUND;
                case 409 -> REFUSED;
                case 422 -> REJECTED;
                case 429, 502, 503, 504 -> UNAVAILABLE;
                default -> UNEXPECTED;
            };
        }
    }

    private final Kind kind;
    private final transient @Nullable Problem problem;

    NightshiftException(Kind kind, String message, @Nullable Problem problem, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.problem = problem;
    }

    static NightshiftException of(Problem problem) {
        return new NightshiftException(Kind.of(problem.status()), problem.detail(), problem, null);
    }

    public Kind kind() {
        return kind;
    }

    /// What the server said, or null if it said nothing.
    public @Nullable Problem problem() {
        return problem;
    }
}
