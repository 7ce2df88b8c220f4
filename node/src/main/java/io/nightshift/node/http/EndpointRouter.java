package io.nightshift.node.http;

import io.netty.handler.codec.DateFormatter;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.nightshift.node.gateway.Caller;
import io.nightshift.node.gateway.ProblemException;
import io.nightshift.protocol.failure.NameSuggestion;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.util.Collections;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes routes of endpoints: finds the endpoint of a request, checks that the caller may call it, receives
/// the body, and sends the answer. Every failure becomes a problem document. Used on the event loop only.
final class EndpointRouter {

    private static final Logger LOG = LoggerFactory.getLogger(EndpointRouter.class);

    private static final String EXCHANGE = "nightshift.exchange";
    private static final String CALLER = "nightshift.caller";
    private static final String VALIDITY = "nightshift.validity";

    /// How long a caller with too many watches should wait before it opens another one.
    private static final int RETRY_SECONDS = 10;

    private final Vertx vertx;
    private final Access access;
    private final HttpLimits limits;
    private final HttpConnections connections;

    /// The open event streams, with the names of their callers.
    private final Map<EventWriter, String> streams = new HashMap<>();

    private final Router router;
    private boolean isLeaving;

    EndpointRouter(
            Vertx vertx, List<Endpoint> endpoints, Access access, HttpLimits limits, HttpConnections connections) {
        this.vertx = vertx;
        this.access = access;
        this.limits = limits;
        this.connections = connections;
        this.router = router(endpoints);
    }

    private Router router(List<Endpoint> endpoints) {
        Router all = Router.router(vertx);
        all.route().handler(this::begin);
        endpoints.forEach(endpoint -> add(all, endpoint));
        addOtherMethods(all, endpoints);
        all.errorHandler(400, context -> send(context, badRequest(context)));
        all.errorHandler(404, context -> send(context, ProblemException.noRoute("/v1/openapi.json lists the routes.")));
        all.errorHandler(413, context -> send(context, tooLarge()));
        all.errorHandler(417, context -> send(context, ProblemException.expectationFailed()));
        all.errorHandler(500, context -> send(context, ProblemException.of(Objects.requireNonNull(context.failure()))));
        // The status with which Vert.x reports that a body can't be read, or that the client has left.
        all.errorHandler(200, context -> {
            LOG.debug("a request's body can't be read", context.failure());
            if (!context.response().closed()) {
                send(context, ProblemException.badRequest("The body can't be read."));
            }
        });
        return all;
    }

    Handler<HttpServerRequest> handler() {
        return router;
    }

    private void add(Router all, Endpoint endpoint) {
        Route route = all.route(pattern(endpoint))
                .method(HttpMethod.valueOf(endpoint.operation().method()));
        if (!endpoint.operation().changes()) {
            route.method(HttpMethod.HEAD);
        }
        route.handler(context -> admit(context, endpoint));
        if (endpoint.operation().body() != null) {
            // Called from a handler of ours, since Vert.x insists that a route's own body handler comes
            // before access checks.
            BodyHandler body = BodyHandler.create(false).setBodyLimit(limits.body());
            route.handler(context -> receive(context, endpoint, body)).handler(context -> {
                exchange(context).received();
                context.next();
            });
        }
        route.handler(context -> answer(context, endpoint));
    }

    private static String pattern(Endpoint endpoint) {
        return endpoint.operation().path().replaceAll("\\{([a-z]+)}", ":$1");
    }

    /// Vert.x would answer 405 without saying in a problem document which methods there are.
    private void addOtherMethods(Router all, List<Endpoint> endpoints) {
        Map<String, Set<String>> methods = new TreeMap<>();
        endpoints.forEach(endpoint -> methods.computeIfAbsent(pattern(endpoint), path -> new TreeSet<>())
                .add(endpoint.operation().method()));
        methods.forEach((path, allowed) -> all.route(path)
                .handler(context -> send(
                        context,
                        ProblemException.methodNotAllowed(
                                "Use %s.".formatted(String.join(" or ", allowed)), String.join(", ", allowed)))));
    }

    private void begin(RoutingContext context) {
        HttpServerRequest request = context.request();
        context.put(EXCHANGE, connections.begin(request.remoteAddress(), hasBody(request)));
        if (request.headers().getAll(HttpHeaders.HOST).size() > 1) {
            context.fail(400);
        } else {
            context.next();
        }
    }

    private static boolean hasBody(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return length == null
                ? request.headers().contains(HttpHeaders.TRANSFER_ENCODING)
                        // HTTP/2 needs no header for the length.
                        || (request.version() == HttpVersion.HTTP_2
                                && request.headers().contains(HttpHeaders.CONTENT_TYPE))
                : !length.equals("0");
    }

    private HttpConnections.Exchange exchange(RoutingContext context) {
        HttpConnections.Exchange begun = context.get(EXCHANGE);
        return begun != null ? begun : connections.begin(context.request().remoteAddress(), false);
    }

    private void admit(RoutingContext context, Endpoint endpoint) {
        Caller caller = access.admit(context.request(), endpoint);
        for (String parameter : context.queryParams().names()) {
            if (!endpoint.operation().query().contains(parameter)) {
                throw ProblemException.badRequest(unknownParameter(parameter, endpoint));
            }
        }
        context.put(CALLER, caller);
        context.put(VALIDITY, access.validity(context.request(), endpoint));
        context.next();
    }

    private static String unknownParameter(String parameter, Endpoint endpoint) {
        String near = NameSuggestion.closest(parameter, endpoint.operation().query());
        String hint = endpoint.operation().query().isEmpty()
                ? "this route has no parameters"
                : near == null
                        ? "this route has "
                                + String.join(
                                        ", ", new TreeSet<>(endpoint.operation().query()))
                        : "did you mean " + near + "?";
        return "There is no parameter %s; %s".formatted(parameter, hint);
    }

    private void receive(RoutingContext context, Endpoint endpoint, BodyHandler body) {
        HttpServerRequest request = context.request();
        String type = type(request);
        List<String> bodyTypes =
                Objects.requireNonNull(endpoint.operation().body()).mediaTypes();
        if (hasBody(request) && !bodyTypes.contains(type)) {
            throw ProblemException.mediaType("The body %s. Send it as %s."
                    .formatted(type.isEmpty() ? "has no media type" : "is " + type, String.join(" or ", bodyTypes)));
        }
        exchange(context).receive(() -> {
            context.put(HttpHeaders.CONNECTION.toString(), "close");
            context.fail(ProblemException.timeout("The body did not arrive within %d seconds. Send it faster."
                    .formatted(limits.timeouts().body())));
        });
        body.handle(context);
    }

    /// The media type of the body, without parameters.
    private static String type(HttpServerRequest request) {
        String type = request.getHeader(HttpHeaders.CONTENT_TYPE);
        return type == null ? "" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    }

    private void answer(RoutingContext context, Endpoint endpoint) {
        Caller caller = Objects.requireNonNull(context.get(CALLER));
        Future.fromCompletionStage(
                        endpoint.handler().answer(new Call(endpoint.operation(), context, caller, limits)),
                        vertx.getOrCreateContext())
                .onSuccess(answer -> send(context, answer))
                .onFailure(context::fail);
    }

    private ProblemException tooLarge() {
        return ProblemException.tooLarge("The body is larger than %,d bytes.".formatted(limits.body()));
    }

    private static ProblemException badRequest(RoutingContext context) {
        HttpServerRequest request = context.request();
        boolean hasHost = request.authority() != null || request.version() == HttpVersion.HTTP_1_0;
        return ProblemException.badRequest(
                !hasHost || request.headers().getAll(HttpHeaders.HOST).size() > 1
                        ? "The header Host is missing or repeated. Send one, with the name of one host."
                        : "The path or query can't be decoded.");
    }

    private void send(RoutingContext context, ProblemException problem) {
        send(context, Answer.of(problem));
    }

    private void send(RoutingContext context, Answer answer) {
        HttpConnections.Exchange exchange = exchange(context);
        HttpServerRequest request = context.request();
        HttpServerResponse response = context.response();
        if (response.ended()) {
            return;
        }
        boolean isHead = request.method().equals(HttpMethod.HEAD);
        boolean isLast = isLast(context);
        response.headers().clear();
        head(response, answer, isLast || isLeaving);
        switch (answer.content()) {
            case Answer.Whole(byte[] bytes)
            when answer.headers().containsKey(Answer.ETAG) && context.isFresh() -> {
                response.setStatusCode(304);
                finish(request, response.end(), exchange, isLast);
            }
            case Answer.Whole(byte[] bytes) -> {
                if (isHead) {
                    response.putHeader(HttpHeaders.CONTENT_LENGTH, String.valueOf(bytes.length));
                }
                finish(request, response.end(Buffer.buffer(bytes)), exchange, isLast);
            }
            case Answer.Events(EventStream events)
            when isHead || isLeaving -> {
                events.ended();
                finish(request, response.end(), exchange, isLast);
            }
            case Answer.Events(EventStream events) -> {
                String caller =
                        Objects.<Caller>requireNonNull(context.get(CALLER)).name();
                ProblemException refusal = tooManyWatches(caller);
                if (refusal == null) {
                    stream(context, events, exchange, caller);
                } else {
                    events.ended();
                    send(context, refusal);
                }
            }
        }
    }

    @SuppressWarnings("JavaUtilDate") // Netty's formatter takes nothing else, and the JDK's omits a leading zero
    private static void head(HttpServerResponse response, Answer answer, boolean isLast) {
        response.setStatusCode(answer.status());
        answer.headers().forEach(response::putHeader);
        response.putHeader(HttpHeaders.DATE, DateFormatter.format(new Date()));
        if (isLast) {
            response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
    }

    /// Whether the connection can't be used for another request, because the client may or may not send the
    /// body that it announced.
    private static boolean isLast(RoutingContext context) {
        HttpServerRequest request = context.request();
        boolean isUnsent = request.headers().contains(HttpHeaders.EXPECT) && !request.isEnded();
        return isUnsent || context.get(HttpHeaders.CONNECTION.toString()) != null;
    }

    private static void finish(
            HttpServerRequest request, Future<Void> written, HttpConnections.Exchange exchange, boolean isLast) {
        exchange.send();
        written.onComplete(done -> {
            exchange.end(request.isEnded());
            if (isLast) {
                request.connection().close();
            }
        });
    }

    private @Nullable ProblemException tooManyWatches(String caller) {
        if (streams.size() >= limits.watches()) {
            return ProblemException.tooMany(
                    "The node has %,d open watches, which is its limit. Open the watch later, or at another node."
                            .formatted(limits.watches()),
                    RETRY_SECONDS);
        }
        return Collections.frequency(streams.values(), caller) >= limits.watchesPerCaller()
                ? ProblemException.tooMany(
                        "The token %s has %,d open watches at this node, which is its limit. Close one, or open the watch at another node."
                                .formatted(caller, limits.watchesPerCaller()),
                        RETRY_SECONDS)
                : null;
    }

    private void stream(RoutingContext context, EventStream events, HttpConnections.Exchange exchange, String caller) {
        BooleanSupplier validity = Objects.requireNonNull(context.get(VALIDITY));
        EventWriter writer = new EventWriter(
                events, context, exchange, validity, limits.timeouts().keepAlive(), streams::remove);
        streams.put(writer, caller);
        writer.start();
    }

    /// Answers what Vert.x could not read as a request. Vert.x then closes the connection.
    void answerUnreadable(HttpServerRequest request) {
        Throwable cause = request.decoderResult().cause();
        Answer answer = Answer.of(
                switch (cause) {
                    case TooLongHttpLineException line ->
                        ProblemException.tooLong(414, "The path and query are too long.");
                    case TooLongHttpHeaderException header ->
                        ProblemException.tooLong(431, "The headers are too long.");
                    default -> ProblemException.badRequest("This is not an HTTP/1.1 request.");
                });
        head(request.response(), answer, true);
        request.response().end(Buffer.buffer(((Answer.Whole) answer.content()).bytes()));
    }

    /// Ends all event streams. Later answers ask the client to close its connection.
    void leave() {
        isLeaving = true;
        List.copyOf(streams.keySet()).forEach(EventWriter::end);
    }
}
