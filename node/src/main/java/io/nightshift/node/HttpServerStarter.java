package io.nightshift.node;

import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.node.gateway.GatewayAccess;
import io.nightshift.node.http.Access;
import io.nightshift.node.http.Endpoint;
import io.nightshift.node.http.HttpServer;
import io.nightshift.node.http.ServerCertificates;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;

/// Starts a node's HTTP server as it is configured, and stops it with the node.
final class HttpServerStarter {

    private static final Duration LONGEST_SHUTDOWN = Duration.ofSeconds(4);

    private HttpServerStarter() {}

    /// @return the port
    /// @throws io.nightshift.protocol.failure.FailureException permanent, if a file can't be used or the
    ///     server can't listen
    static int start(ActorSystem<?> system, HttpSettings settings, GatewayAccess access, List<Endpoint> endpoints) {
        HttpServer server = HttpServer.start(
                settings.hostname(),
                settings.port(),
                settings.tls() == null ? null : new ServerCertificates(settings.tls()),
                new Access(access, !settings.tokens().areGiven()),
                settings.limits(),
                endpoints);
        // Not earlier, so that a node that leaves reports this while its workers finish.
        CoordinatedShutdown.get(system)
                .addTask(
                        CoordinatedShutdown.PhaseBeforeClusterShutdown(),
                        "stop-http",
                        () -> server.leave()
                                .<Done>thenApply(left -> Done.getInstance())
                                .toCompletableFuture()
                                .completeOnTimeout(
                                        Done.getInstance(), LONGEST_SHUTDOWN.toMillis(), TimeUnit.MILLISECONDS));
        system.getWhenTerminated().whenComplete((ended, problem) -> server.close());
        return server.port();
    }
}
