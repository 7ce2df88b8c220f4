package io.nightshift.node;

import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.node.configuration.TokensFile;
import io.nightshift.node.http.Access;
import io.nightshift.node.http.Endpoint;
import io.nightshift.node.http.HttpServer;
import io.nightshift.node.http.Tokens;
import io.nightshift.tls.ReloadingTlsContext;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.jspecify.annotations.Nullable;

/// Lets a node answer HTTP as it is configured.
final class HttpServerStarter {

    /// How soon a token that is added or taken away counts.
    private static final Duration LOOKING = Duration.ofSeconds(1);

    private HttpServerStarter() {}

    /// @throws io.nightshift.protocol.failure.FailureException permanent, if a file can't be used or it
    ///     can't listen
    /// @return the port
    static int open(ActorSystem<?> system, HttpSettings settings, List<Endpoint> endpoints) {
        Supplier<Tokens> tokens = tokens(system, settings);
        Supplier<SSLEngine> tls = settings.tls() == null ? null : new ReloadingTlsContext(settings.tls()).ofServer();
        return HttpServer.start(
                system,
                settings.hostname(),
                settings.port(),
                tls,
                tokens == null ? Access.ofThisMachine() : Access.by(tokens),
                settings.limits(),
                endpoints);
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
                        LOOKING, LOOKING, file::refresh, system.dispatchers().lookup(DispatcherSelector.blocking()));
        return file;
    }
}
