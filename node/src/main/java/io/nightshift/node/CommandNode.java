package io.nightshift.node;

import io.nightshift.api.operation.Role;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.node.gateway.GatewayAccess;
import io.nightshift.node.gateway.Token;
import io.nightshift.node.gateway.Tokens;
import io.nightshift.node.http.HttpLimits;
import io.nightshift.node.submission.SubmissionResolver;
import io.nightshift.protocol.batch.BatchId;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/// The node of a command that works on the ledger of a home folder without a server. The command asks it by HTTP on
/// loopback, as it would ask a server, with a token that only this process knows.
///
/// The node does what the command asks for. It starts no runs of schedules and triggers, and does not resume other
/// batches: the process would end in the middle of them.
public final class CommandNode {

    private static final String LOOPBACK = "127.0.0.1";

    private final Node node;
    private final int port;
    private final String token;

    private CommandNode(Node node, int port, String token) {
        this.node = node;
        this.port = port;
        this.token = token;
    }

    /// Starts the node.
    ///
    /// @param dependencies with the ledger of the home folder, which this process has opened
    /// @param submissions resolves what the command submits
    /// @param registry of the models
    /// @throws io.nightshift.protocol.failure.FailureException if it can't listen on loopback
    public static CommandNode start(
            Node.Dependencies dependencies,
            Configuration configuration,
            SubmissionResolver submissions,
            ModelRegistry registry) {
        Node node = EmbeddedNode.start(dependencies, configuration);
        String token = Token.random();
        Tokens tokens = new Tokens(List.of(new Token(Node.LOCAL, Role.ADMIN, Token.digest(token))));
        GatewayAccess access = new GatewayAccess(() -> tokens, HttpLimits.DEFAULT.requestsPerSecond());
        int port = node.answer(
                HttpSettings.onLoopback(0),
                access,
                node.open(
                        access,
                        submissions,
                        configuration.admission().submissions(),
                        registry,
                        configuration.prices(),
                        false));
        return new CommandNode(node, port, token);
    }

    /// The URL of the node.
    public URI address() {
        return URI.create("http://%s:%d".formatted(LOOPBACK, port));
    }

    /// The token that the node accepts.
    public String token() {
        return token;
    }

    /// As [Node#awaitAlerts].
    public List<String> awaitAlerts(BatchId batch, boolean isFailed, Duration limit) {
        return node.awaitAlerts(batch, isFailed, limit);
    }

    /// As [Node#finishLineage].
    public boolean finishLineage(Duration limit) {
        return node.finishLineage(limit);
    }

    /// Stops the node and waits for it.
    public void stop() {
        node.stop();
    }
}
