package io.nightshift.node;

import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.node.configuration.LocalToken;
import io.nightshift.node.configuration.TokensFile;
import io.nightshift.node.gateway.BrowserSessions;
import io.nightshift.node.gateway.GatewayAccess;
import io.nightshift.node.gateway.Tokens;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Prepares the access control of a node with its configured tokens, or with the token of its home folder.
final class GatewayAccessStarter {

    private static final Logger LOG = LoggerFactory.getLogger(GatewayAccessStarter.class);

    /// How soon a change of the tokens file takes effect.
    private static final Duration INTERVAL = Duration.ofSeconds(1);

    private GatewayAccessStarter() {}

    /// @throws io.nightshift.protocol.failure.FailureException permanent, if a file of tokens can't be used
    static GatewayAccess start(ActorSystem<?> system, HttpSettings settings, Path home) {
        return new GatewayAccess(
                tokens(system, settings, home), settings.limits().requestsPerSecond(), BrowserSessions.of(home));
    }

    private static Supplier<Tokens> tokens(ActorSystem<?> system, HttpSettings settings, Path home) {
        Path file = settings.tokens().file();
        if (file != null) {
            return watched(system, new TokensFile(file));
        }
        Tokens configured = settings.tokens().list();
        if (configured != null) {
            return () -> configured;
        }
        Tokens local = LocalToken.ensure(home);
        LOG.info("no tokens are configured: programs need the token in {}", LocalToken.file(home));
        return () -> local;
    }

    private static TokensFile watched(ActorSystem<?> system, TokensFile file) {
        system.scheduler()
                .scheduleWithFixedDelay(
                        INTERVAL, INTERVAL, file::refresh, system.dispatchers().lookup(DispatcherSelector.blocking()));
        return file;
    }
}
