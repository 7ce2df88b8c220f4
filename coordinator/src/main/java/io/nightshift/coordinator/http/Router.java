package io.nightshift.coordinator.http;

import io.nightshift.coordinator.gateway.Audit;
import io.nightshift.coordinator.gateway.Caller;
import io.nightshift.coordinator.gateway.ProblemException;
import io.nightshift.coordinator.gateway.Role;
import io.nightshift.protocol.failure.NearMiss;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/// Finds the endpoint of a request, sees to it that who asks may, and turns what goes wrong into problems.
final class Router {

    private final List<Endpoint> endpoints;
    private final Access access;
    private final HttpLimits limits;
    private final RateLimit rate;
    private final ActorSystem<?> system;

    Router(List<Endpoint> endpoints, Access access, HttpLimits limits, ActorSystem<?> system) {
        this.endpoints = List.copyOf(endpoints);
        this.access = access;
        this.limits = limits;
        this.rate = new RateLimit(limits.requestsPerSecond(), System::nanoTime);
        this.system = system;
    }

    CompletionStage<HttpResponse> answer(HttpRequest request) {
        try {
            return route(request).exceptionally(problem -> failed(request, problem));
        } catch (ProblemException e) {
            return CompletableFuture.completedFuture(failed(request, e));
        }
    }

    private record Match(Endpoint endpoint, Map<String, String> segments) {}

    private CompletionStage<HttpResponse> route(HttpRequest request) {
        Match match = match(request);
        Endpoint endpoint = match.endpoint();
        Caller caller = admit(request, endpoint);
        if (!rate.allows(caller.name() + " " + (endpoint.role() == null ? caller.address() : ""))) {
            throw tooOften();
        }
        for (String parameter : request.getUri().query().toMultiMap().keySet()) {
            if (!endpoint.parameters().contains(parameter)) {
                throw ProblemException.badRequest(unknownParameter(parameter, endpoint));
            }
        }
        return endpoint.handler().answer(new Call(request, match.segments(), caller, limits, system));
    }

    /// Who isn't admitted may not try without end.
    private Caller admit(HttpRequest request, Endpoint endpoint) {
        try {
            return access.admit(request, endpoint);
        } catch (ProblemException e) {
            String address = Access.address(request);
            if (!rate.allows(" " + address)) {
                throw tooOften();
            }
            if (endpoint.changes()) {
                Caller nobody = new Caller("unknown", Role.READ, address);
                Audit.tell(
                        nobody,
                        endpoint.method() + " " + request.getUri().path(),
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

    private Match match(HttpRequest request) {
        List<String> segments = new ArrayList<>();
        request.getUri().pathSegments().forEach(segments::add);
        if (segments.isEmpty()) {
            segments.add("");
        }
        String method = request.method().equals(HttpMethods.HEAD)
                ? "GET"
                : request.method().name();
        TreeSet<String> allowed = new TreeSet<>();
        for (Endpoint endpoint : endpoints) {
            Optional<Map<String, String>> values = endpoint.match(segments);
            if (values.isPresent() && endpoint.method().equals(method)) {
                return new Match(endpoint, values.get());
            }
            values.ifPresent(found -> allowed.add(endpoint.method()));
        }
        if (allowed.isEmpty()) {
            throw ProblemException.noRoute("/v1/openapi.json says what there is.");
        }
        throw ProblemException.methodNotAllowed(
                "Use %s.".formatted(String.join(" or ", allowed)), String.join(", ", allowed));
    }

    private static String unknownParameter(String parameter, Endpoint endpoint) {
        String near = NearMiss.of(parameter, endpoint.parameters());
        String hint = endpoint.parameters().isEmpty()
                ? "there are none here"
                : near == null
                        ? "there are " + String.join(", ", new TreeSet<>(endpoint.parameters()))
                        : "did you mean " + near + "?";
        return "There is no parameter %s; %s".formatted(parameter, hint);
    }

    private HttpResponse failed(HttpRequest request, Throwable problem) {
        // What was sent along is not needed any more.
        request.discardEntityBytes(system);
        return Responses.of(ProblemException.of(problem));
    }
}
