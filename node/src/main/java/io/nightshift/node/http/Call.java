package io.nightshift.node.http;

import io.nightshift.api.operation.Operation;
import io.nightshift.api.operation.Parameter;
import io.nightshift.node.gateway.Caller;
import io.nightshift.node.gateway.ProblemException;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// An admitted request whose body is complete.
///
/// @param operation that is called
public record Call(Operation<?> operation, RoutingContext context, Caller caller, HttpLimits limits) {

    /// The segment of the path that stands for a name in braces.
    public String segment(String name) {
        return Objects.requireNonNull(context.pathParam(name), name);
    }

    /// Whether the client has closed its connection, so that it gets no answer. Called on any thread.
    boolean isAbandoned() {
        return context.response().closed();
    }

    /// @param name in any case
    Optional<String> header(String name) {
        return Optional.ofNullable(context.request().getHeader(name));
    }

    public Optional<String> text(String parameter) {
        return Optional.ofNullable(context.queryParams().get(parameter));
    }

    /// All values of a parameter that may be repeated.
    List<String> texts(String parameter) {
        return context.queryParams().getAll(parameter);
    }

    /// The caller's idempotency key, or null.
    @Nullable
    String key() {
        return header(Operation.IDEMPOTENCY_KEY).map(String::strip).orElse(null);
    }

    /// The most elements of a page.
    ///
    /// @throws ProblemException if it isn't a number within the parameter's range
    int limit() {
        return Math.toIntExact(number("limit"));
    }

    /// A parameter that is a number.
    ///
    /// @throws ProblemException if it isn't a number within the parameter's range
    long number(String parameter) {
        if (operation.parameter(parameter).type() instanceof Parameter.Number(long least, long most, Long absent)) {
            return number(parameter, Objects.requireNonNull(absent, parameter), least, most);
        }
        throw new IllegalArgumentException(parameter + " is no number");
    }

    /// A parameter that is one of a few texts.
    ///
    /// @throws ProblemException if it is another one
    String choice(String parameter) {
        if (operation.parameter(parameter).type() instanceof Parameter.Choice(List<String> values, String absent)) {
            String text = text(parameter).orElse(Objects.requireNonNull(absent, parameter));
            if (!values.contains(text)) {
                throw ProblemException.badRequest(
                        "The parameter %s is invalid. Send %s.".formatted(parameter, String.join(" or ", values)));
            }
            return text;
        }
        throw new IllegalArgumentException(parameter + " is no choice");
    }

    /// @throws ProblemException if it isn't a number within the range
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
                "The parameter %s is invalid. Send a number from %d to %d.".formatted(parameter, least, most));
    }

    /// @throws ProblemException if it is neither `true` nor `false`
    boolean flag(String parameter) {
        return switch (text(parameter).orElse("false")) {
            case "true", "" -> true;
            case "false" -> false;
            default ->
                throw ProblemException.badRequest(
                        "The parameter %s is invalid. Send true or false.".formatted(parameter));
        };
    }

    /// The values of a job's parameters: `param` with `NAME=VALUE`, once for each parameter of the job.
    ///
    /// @throws ProblemException if one is written otherwise, or given twice
    Map<String, String> parameters() {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String pair : texts("param")) {
            int sign = pair.indexOf('=');
            if (sign <= 0 || parameters.put(pair.substring(0, sign), pair.substring(sign + 1)) != null) {
                throw ProblemException.badRequest(
                        "The parameter param is invalid. Send NAME=VALUE, each name once, such as param=day=2026-11-25.");
            }
        }
        return parameters;
    }

    /// @throws ProblemException if it isn't a time
    @Nullable
    Instant time(String parameter) {
        Optional<String> text = text(parameter);
        if (text.isEmpty()) {
            return null;
        }
        try {
            return OffsetDateTime.parse(text.get()).toInstant();
        } catch (DateTimeParseException e) {
            throw ProblemException.badRequest(
                    "The parameter %s is invalid. Send a time such as 2026-11-25T01:00:00Z.".formatted(parameter));
        }
    }

    /// The body, or nothing if there is none.
    byte[] body() {
        Buffer body = context.body().buffer();
        return body == null ? new byte[0] : body.getBytes();
    }
}
