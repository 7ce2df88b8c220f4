package io.nightshift.client;

import io.nightshift.api.Problem;
import org.jspecify.annotations.Nullable;

/// A request to a cluster failed. The message is for people: it says what happened and what to do.
public final class NightshiftException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /// The kind of failure.
    public enum Kind {
        /// No node could be reached. Trying again may help.
        UNREACHABLE,
        /// The cluster can't answer at the moment. Trying again may help.
        UNAVAILABLE,
        /// No batch has that name, or several have.
        NOT_FOUND,
        /// The batch's state doesn't allow the control. Nothing was changed.
        REFUSED,
        /// The cluster didn't accept the job. Nothing was started.
        REJECTED,
        /// The token is missing or unknown, or its role doesn't include this request.
        NOT_ALLOWED,
        /// The request is invalid, the client is closed, or the server isn't a Nightshift node.
        UNEXPECTED;

        /// The kind that an HTTP status stands for.
        ///
        /// @param status the status of a response that isn't 2xx
        public static Kind of(int status) {
            return switch (status) {
                case 401, 403 -> NOT_ALLOWED;
                case 404 -> NOT_FOUND;
                case 409 -> REFUSED;
                case 422 -> REJECTED;
                case 429, 502, 503, 504 -> UNAVAILABLE;
                default -> UNEXPECTED;
            };
        }

        /// Whether the same request may succeed later.
        public boolean isTransient() {
            return this == UNREACHABLE || this == UNAVAILABLE;
        }
    }

    private final Kind kind;
    private final transient @Nullable Problem problem;

    /// A failure that no node reported.
    ///
    /// @param kind the kind of failure
    /// @param message what happened and what to do, for people
    /// @param cause the cause, or null
    public NightshiftException(Kind kind, String message, @Nullable Throwable cause) {
        this(kind, message, null, cause);
    }

    private NightshiftException(Kind kind, String message, @Nullable Problem problem, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.problem = problem;
    }

    /// A failure that a node reported.
    ///
    /// @param problem its status determines the kind, and its detail is the message
    public static NightshiftException of(Problem problem) {
        return new NightshiftException(Kind.of(problem.status()), problem.detail(), problem, null);
    }

    /// The kind of failure.
    public Kind kind() {
        return kind;
    }

    /// The problem that the node reported, or null if no node did.
    public @Nullable Problem problem() {
        return problem;
    }
}
