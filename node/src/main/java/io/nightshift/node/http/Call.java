package io.nightshift.node.http;

import io.nightshift.node.gateway.Caller;
import io.nightshift.node.gateway.ProblemException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/// A request, admitted.
///
/// @param segments what stands for the segments in braces
public record Call(Request request, Map<String, String> segments, Caller caller, HttpLimits limits) {

    String segment(String name) {
        return Objects.requireNonNull(segments.get(name), name);
    }

    Optional<String> text(String parameter) {
        return Optional.ofNullable(request.query().get(parameter)).map(List::getFirst);
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

    /// The body, if there is one. To be asked for before the handler returns.
    ///
    /// @param types that it may be of
    /// @return fails with a [ProblemException] if it is too large, or too slow
    /// @throws ProblemException if it is of another type
    CompletionStage<byte[]> body(List<String> types) {
        Body body = request.body();
        if (!body.isEmpty() && !types.contains(body.type())) {
            throw ProblemException.mediaType("The body is %s; send it as %s."
                    .formatted(body.type().isEmpty() ? "of no type" : body.type(), String.join(" or ", types)));
        }
        return body.all(limits.body());
    }
}
