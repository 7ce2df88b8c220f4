package io.nightshift.node;

import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.node.configuration.TokensFile;
import io.nightshift.node.http.Access;
import io.nightshift.node.http.Endpoint;
import io.nightshift.node.http.HttpServer;
import io.nightshift.node.http.ServerCertificates;
import io.nightshift.node.http.Tokens;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.jspecify.annotations.Nullable;

/// Starts a node's HTTP server as it is configured, and stops it with the node.
final class HttpServerStarter {

    /// How soon a change of the tokens file takes effect.
    private static final Duration TOKENS_INTERVAL = Duration.ofSeconds(1);

    private static final Duration LONGEST_SHUTDOWN = Duration.ofSeconds(4);

    private HttpServerStarter() {}

    /// @return the port
    /// @throws io.nightshift.protocol.failure.FailureException permanent, if a file can't be used or the
    ///     server can't listen
    static int start(ActorSystem<?> system, HttpSettings settings, List<Endpoint> endpoints) {
        Supplier<Tokens> tokens = tokens(system, settings);
        HttpServer server = HttpServer.start(
                settings.hostname(),
                settings.port(),
                settings.tls() == null ? null : new ServerCertificates(settings.tls()),
                tokens == null ? Access.ofThisMachine() : Access.by(tokens),
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

    private static @Nullable Supplier<Tokens> tokens(ActorSystem<?> system, HttpSettings settings) {
        Tokens fixed = settings.tokens();
        if (fixed != null) {
            return () -> fixed;
        }
        return settings.tokensFile() == null ? null : watched(system, new TokensFile(settings.tokensFile()));
    }

    private static TokensFile watched(ActorSystem<?> system, TokensFile file) {
        system.scheduler()
                .scheduleWithFixedDelay(
                        TOKENS_INTERVAL,
                        TOKENS_INTERVAL,
                        file::refresh,
                        system.dispatchers().lookup(DispatcherSelector.blocking()));
        return file;
    }
}
