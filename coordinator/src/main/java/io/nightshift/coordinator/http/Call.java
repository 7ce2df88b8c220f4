package io.nightshift.coordinator.http;

import io.nightshift.coordinator.gateway.Caller;
import io.nightshift.coordinator.gateway.ProblemException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/// A request, admitted.
///
/// @param segments what stands for the segments in braces
public record Call(
        HttpRequest request, Map<String, String> segments, Caller caller, HttpLimits limits, ActorSystem<?> system) {

    private static final long BODY_MILLIS = 20_000;

    String segment(String name) {
        return Objects.requireNonNull(segments.get(name), name);
    }

    Optional<String> text(String parameter) {
        return request.getUri().query().get(parameter);
    }

    /// @throws ProblemException if it isn't a number of the range
    long number(String parameter, long otherwise, long least, long most) {
        Optional<String> text = text(parameter);
        if (text.isEmpty()) {
            return otherwise;
        }
        if (text.get().matches("[0-9]{1,18}")) {
            long number = Long.parseLong(text.get());
            if (number >= least && number <= most) {
                return number;
            }
        }
        throw ProblemException.badRequest(
                "The parameter %s is a number from %d to %d.".formatted(parameter, least, most));
    }

    /// @throws ProblemException if it is neither `true` nor `false`
    boolean flag(String parameter) {
        return switch (text(parameter).orElse("false")) {
            case "true", "" -> true;
            case "false" -> false;
            default -> throw ProblemException.badRequest("The parameter %s is true or false.".formatted(parameter));
        };
    }

    Optional<String> header(String name) {
        return request.getHeader(name).map(HttpHeader::value);
    }

    /// The body, if there is one.
    ///
    /// @param types that it may be of
    /// @return fails with a [ProblemException] if it is too large, too slow, or of another type
    CompletionStage<byte[]> body(List<String> types) {
        if (!request.entity().isKnownEmpty()) {
            String type = request.entity().getContentType().mediaType().toString();
            if (!types.contains(type)) {
                throw ProblemException.mediaType(
                        "The body is %s; send it as %s.".formatted(type, String.join(" or ", types)));
            }
            if (request.entity().getContentLengthOption().orElse(0) > limits.body()) {
                throw tooLarge();
            }
        }
        return request.entity()
                .toStrict(BODY_MILLIS, limits.body(), system)
                .exceptionally(problem -> {
                    throw isTimeout(problem)
                            ? ProblemException.tooSlow(
                                    "Send the body within %d seconds.".formatted(BODY_MILLIS / 1_000))
                            : tooLarge();
                })
                .thenApply(entity -> entity.getData().toArray());
    }

    private ProblemException tooLarge() {
        return ProblemException.tooLarge("A body has at most %,d bytes.".formatted(limits.body()));
    }

    private static boolean isTimeout(Throwable problem) {
        Throwable cause = problem instanceof CompletionException ? problem.getCause() : problem;
        return cause instanceof TimeoutException;
    }
}
