package io.nightshift.coordinator.http;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.nightshift.protocol.failure.FailureException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.http.javadsl.ConnectionContext;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.ServerBuilder;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Listens, and answers with [Endpoint]s. More of them are only more elements of the list.
///
/// It has an actor system of its own, with one thread: a request that goes from actor to actor then wakes no other, and
/// however many come, they don't get in the way of what the node's own actors have to tell the cluster.
public final class HttpServer {

    private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);

    /// For requests that are being answered when the node leaves; watches are ended then.
    private static final Duration LEAVING = Duration.ofSeconds(3);

    /// A submission waits for the node to look at the source.
    private static final String ANSWERING = "130s";

    private HttpServer() {}

    /// Starts to listen, and stops before the node leaves its cluster.
    ///
    /// @param node whose it is
    /// @param hostname where to listen
    /// @param port where to listen; 0: any that is free
    /// @param tls a new engine for each connection, or null: no TLS
    /// @return the port
    /// @throws FailureException permanent, if it can't listen there
    public static int start(
            ActorSystem<?> node,
            String hostname,
            int port,
            @Nullable Supplier<SSLEngine> tls,
            Access access,
            HttpLimits limits,
            List<Endpoint> endpoints) {
        ActorSystem<Void> system = ActorSystem.create(
                Behaviors.empty(),
                "http",
                ConfigFactory.parseResourcesAnySyntax("nightshift-http")
                        .withFallback(node.settings().config())
                        .resolve());
        node.getWhenTerminated().whenComplete((ended, problem) -> system.terminate());
        Router router = new Router(endpoints, access, limits, system);
        ServerBuilder builder = Http.get(system).newServerAt(hostname, port).withSettings(settings(system, limits));
        if (tls != null) {
            builder = builder.enableHttps(ConnectionContext.httpsServer(tls::get));
        }
        try {
            ServerBinding binding =
                    builder.bind(router::answer).toCompletableFuture().join();
            // Not sooner: a node that leaves says so, and answers while its workers finish.
            CoordinatedShutdown.get(node)
                    .addTask(
                            CoordinatedShutdown.PhaseBeforeClusterShutdown(),
                            "http-ends",
                            () -> binding.terminate(LEAVING).thenApply(ended -> Done.getInstance()));
            int bound = binding.localAddress().getPort();
            LOG.info("HTTP is answered at {}://{}:{}", tls == null ? "http" : "https", hostname, bound);
            return bound;
        } catch (CompletionException e) {
            system.terminate();
            throw FailureException.permanent(
                    "the node can't listen for HTTP at %s:%d: %s".formatted(hostname, port, root(e).getMessage()));
        }
    }

    private static Throwable root(Throwable problem) {
        Throwable root = problem;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    private static ServerSettings settings(ActorSystem<?> system, HttpLimits limits) {
        Config own = ConfigFactory.parseMap(Map.ofEntries(
                Map.entry("pekko.http.server.server-header", ""),
                Map.entry("pekko.http.server.request-timeout", ANSWERING),
                Map.entry("pekko.http.server.idle-timeout", "180s"),
                Map.entry("pekko.http.server.bind-timeout", "5s"),
                Map.entry("pekko.http.server.transparent-head-requests", "on"),
                Map.entry("pekko.http.server.remote-address-attribute", "on"),
                Map.entry("pekko.http.server.max-connections", limits.connections()),
                Map.entry("pekko.http.server.parsing.max-content-length", limits.body()),
                // What can't be understood of a header may be a part of a token.
                Map.entry("pekko.http.server.parsing.illegal-header-warnings", "off"),
                Map.entry("pekko.http.server.parsing.error-logging-verbosity", "off")));
        return ServerSettings.create(own.withFallback(system.settings().config()));
    }
}
