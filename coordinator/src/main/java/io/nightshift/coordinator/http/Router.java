package io.nightshift.coordinator.http;

import io.nightshift.coordinator.gateway.Audit;
import io.nightshift.coordinator.gateway.Caller;
import io.nightshift.coordinator.gateway.ProblemException;
import io.nightshift.coordinator.gateway.Role;
import io.nightshift.protocol.failure.NameSuggestion;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// Finds the endpoint of a request, sees to it that who asks may, and turns what goes wrong into problems.
final class Router {

    private final List<Route> routes;
    private final Access access;
    private final HttpLimits limits;
    private final RateLimit rate;

    Router(List<Endpoint> endpoints, Access access, HttpLimits limits) {
        this.routes = endpoints.stream().map(Route::of).toList();
        this.access = access;
        this.limits = limits;
        this.rate = new RateLimit(limits.requestsPerSecond(), System::nanoTime);
    }

    /// @param pattern the segments of the endpoint's path
    private record Route(Endpoint endpoint, List<String> pattern) {

        static Route of(Endpoint endpoint) {
            return new Route(endpoint, List.of(endpoint.path().substring(1).split("/", -1)));
        }

        /// What stands for the segments in braces, or null: the path is of another.
        @Nullable
        Map<String, String> match(List<String> segments) {
            if (pattern.size() != segments.size()) {
                return null;
            }
            Map<String, String> values = new HashMap<>();
            for (int i = 0; i < pattern.size(); i++) {
                String expected = pattern.get(i);
                String segment = segments.get(i);
                if (expected.startsWith("{")) {
                    values.put(expected.substring(1, expected.length() - 1), segment);
                } else if (!expected.equals(segment)) {
                    return null;
                }
            }
            return values;
        }
    }

    private record Match(Endpoint endpoint, Map<String, String> segments) {}

    /// @return never fails: what goes wrong is an answer, too
    CompletionStage<Answer> answer(Request request) {
        try {
            return route(request).exceptionally(Router::failed);
        } catch (RuntimeException e) {
            return CompletableFuture.completedFuture(failed(e));
        }
    }

    private static Answer failed(Throwable problem) {
        return Answer.of(ProblemException.of(problem));
    }

    private CompletionStage<Answer> route(Request request) {
        Match match = match(request);
        Endpoint endpoint = match.endpoint();
        Caller caller = admit(request, endpoint);
        if (!rate.allows(caller.name() + " " + (endpoint.role() == null ? caller.address() : ""))) {
            throw tooOften();
        }
        for (String parameter : request.query().keySet()) {
            if (!endpoint.parameters().contains(parameter)) {
                throw ProblemException.badRequest(unknownParameter(parameter, endpoint));
            }
        }
        return endpoint.handler().answer(new Call(request, match.segments(), caller, limits));
    }

    /// Who isn't admitted may not try without end.
    private Caller admit(Request request, Endpoint endpoint) {
        try {
            return access.admit(request, endpoint);
        } catch (ProblemException e) {
            if (!rate.allows(" " + request.address())) {
                throw tooOften();
            }
            if (endpoint.changes()) {
                Caller nobody = new Caller("unknown", Role.READ, request.address());
                Audit.tell(
                        nobody,
                        endpoint.method() + " " + request.path(),
                        null,
                        "denied",
                        e.problem().detail());
            }
            throw e;
        }
    }

    private ProblemException tooOften() {
        return ProblemException.tooMany("At most %,d requests a second.".formatted(limits.requestsPerSecond()), 1);
    }

    private Match match(Request request) {
        String method = request.method().equals("HEAD") ? "GET" : request.method();
        TreeSet<String> allowed = new TreeSet<>();
        for (Route route : routes) {
            Map<String, String> values = route.match(request.segments());
            if (values != null && route.endpoint().method().equals(method)) {
                return new Match(route.endpoint(), values);
            }
            if (values != null) {
                allowed.add(route.endpoint().method());
            }
        }
        if (allowed.isEmpty()) {
            throw ProblemException.noRoute("/v1/openapi.json says what there is.");
        }
        throw ProblemException.methodNotAllowed(
                "Use %s.".formatted(String.join(" or ", allowed)), String.join(", ", allowed));
    }

    private static String unknownParameter(String parameter, Endpoint endpoint) {
        String near = NameSuggestion.closest(parameter, endpoint.parameters());
        String hint = endpoint.parameters().isEmpty()
                ? "there are none here"
                : near == null
                        ? "there are " + String.join(", ", new TreeSet<>(endpoint.parameters()))
                        : "did you mean " + near + "?";
        return "There is no parameter %s; %s".formatted(parameter, hint);
    }
}
