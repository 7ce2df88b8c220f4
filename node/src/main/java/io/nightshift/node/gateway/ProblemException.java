package io.nightshift.node.gateway;

import io.nightshift.api.Problem;
import io.nightshift.api.Problem.JobMistake;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.JobFileException;
import io.nightshift.protocol.job.Mistake;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Fails a request with a [Problem].
public final class ProblemException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private static final Logger LOG = LoggerFactory.getLogger(ProblemException.class);

    private final transient Problem problem;
    private final transient Map<String, String> headers;

    private ProblemException(Problem problem, Map<String, String> headers) {
        super(problem.detail(), null, false, false);
        this.problem = problem;
        this.headers = headers;
    }

    public Problem problem() {
        return problem;
    }

    /// The headers of the answer.
    public Map<String, String> headers() {
        return headers;
    }

    private static ProblemException of(int status, String type, String title, String detail) {
        return of(status, type, title, detail, Map.of());
    }

    private static ProblemException of(
            int status, String type, String title, String detail, Map<String, String> headers) {
        return new ProblemException(new Problem(Problem.TYPE + type, title, status, detail, null, List.of()), headers);
    }

    /// Turns a failure into a problem for the caller. An unexpected failure is logged.
    public static ProblemException of(Throwable thrown) {
        return switch (cause(thrown)) {
            case ProblemException known -> known;
            case FailureException failure -> unavailable(failure.failure().message());
            case Throwable unexpected -> {
                LOG.error("a request failed", unexpected);
                yield internalError();
            }
        };
    }

    /// The failure of a stage, without its wrapper.
    static Throwable cause(Throwable thrown) {
        return thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
    }

    public static ProblemException badRequest(String detail) {
        return of(400, "bad-request", "The request is wrong", detail);
    }

    /// @param scheme the scheme to authenticate with: `Bearer`
    public static ProblemException unauthorized(String detail, String scheme) {
        return of(
                401,
                "unauthorized",
                "A token is needed",
                detail,
                Map.of("WWW-Authenticate", scheme + " realm=\"nightshift\""));
    }

    public static ProblemException forbidden(String detail) {
        return of(403, "forbidden", "The request is not allowed", detail);
    }

    public static ProblemException noRoute(String detail) {
        return of(404, "unknown-route", "There is no such route", detail);
    }

    public static ProblemException notFound(String what, String detail) {
        return of(404, "unknown-" + what, "There is no such " + what, detail);
    }

    public static ProblemException methodNotAllowed(String detail, String allowed) {
        return of(405, "method-not-allowed", "The method is not allowed", detail, Map.of("Allow", allowed));
    }

    public static ProblemException timeout(String detail) {
        return of(408, "timeout", "The request did not arrive in time", detail);
    }

    public static ProblemException refused(String batch, String detail) {
        return new ProblemException(
                new Problem(
                        Problem.TYPE + "refused",
                        "The batch can't be changed in this way",
                        409,
                        detail,
                        batch,
                        List.of()),
                Map.of());
    }

    public static ProblemException conflict(String detail) {
        return of(409, "conflict", "The request does not fit the present state", detail);
    }

    public static ProblemException tooLarge(String detail) {
        return of(413, "too-large", "The request is too large", detail);
    }

    public static ProblemException expectationFailed() {
        return of(
                417,
                "bad-request",
                "The request is wrong",
                "The header Expect has an unsupported value. Only 100-continue is supported.");
    }

    /// @param status the HTTP status that says what is too long
    public static ProblemException tooLong(int status, String detail) {
        return of(status, "too-large", "The request is too large", detail);
    }

    public static ProblemException mediaType(String detail) {
        return of(415, "media-type", "The media type of the body is not supported", detail);
    }

    public static ProblemException jobFile(JobFileException mistakes) {
        return new ProblemException(
                new Problem(
                        Problem.TYPE + "job-file",
                        "The job file has mistakes",
                        422,
                        String.valueOf(mistakes.getMessage()),
                        null,
                        mistakes.mistakes().stream()
                                .map(ProblemException::described)
                                .toList()),
                Map.of());
    }

    private static JobMistake described(Mistake mistake) {
        return new JobMistake(mistake.line(), mistake.key(), mistake.found(), mistake.expected(), mistake.suggestion());
    }

    public static ProblemException rejected(String detail) {
        return of(422, "rejected", "Nothing was started", detail);
    }

    public static ProblemException tooMany(String detail, int retryAfterSeconds) {
        return of(
                429, "too-many", "Too many requests", detail, Map.of("Retry-After", String.valueOf(retryAfterSeconds)));
    }

    public static ProblemException internalError() {
        return of(
                500,
                "unexpected",
                "An unexpected error",
                "The node failed to handle the request. Please report this bug; the node's log has the details.");
    }

    public static ProblemException unavailable(String detail) {
        return of(
                503,
                "unavailable",
                "The node can't answer at the moment",
                detail + ". Send the request again, to this node or another one.",
                Map.of("Retry-After", "3"));
    }
}
