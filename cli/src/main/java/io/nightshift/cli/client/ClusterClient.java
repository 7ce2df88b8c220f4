package io.nightshift.cli.client;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.nightshift.cli.configuration.Configuration;
import io.nightshift.protocol.api.BatchControl;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.gateway.GatewayCommand;
import io.nightshift.protocol.gateway.GatewayCommand.DescribeReply;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.jobs.JobsCommand.SubmitReply;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/// Asks a cluster without being a member of it: any node will do, and the next where one doesn't
/// answer. A question may therefore arrive twice.
public final class ClusterClient implements ClusterAccess {

    private static final Duration CONNECTING = Duration.ofSeconds(2);
    private static final Duration RESOLVING = Duration.ofSeconds(4);

    /// How long a node may take to find out.
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /// The node looks at the source and may register a model first.
    private static final Duration SUBMITTING = Duration.ofMinutes(2);

    private final ActorSystem<Void> system;
    private final List<String> nodes;
    private int current;

    private ClusterClient(ActorSystem<Void> system, List<String> nodes, int current) {
        this.system = system;
        this.nodes = nodes;
        this.current = current;
    }

    /// Finds a node that listens.
    ///
    /// @param configuration whose contact points are asked
    /// @throws FailureException if none of them listens
    public static ClusterClient connect(Configuration configuration) {
        // Before the system's threads, which would each log while logging is being set up.
        LoggerFactory.getILoggerFactory();
        List<String> nodes = configuration.node().contactPoints();
        List<String> silent = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            try {
                String own = ownAddress(nodes.get(i));
                return new ClusterClient(
                        ActorSystem.create(Behaviors.empty(), "client", configuration(own, configuration)), nodes, i);
            } catch (IOException e) {
                silent.add("%s (%s)".formatted(nodes.get(i), e.getMessage()));
            }
        }
        throw FailureException.permanent("no node of the cluster can be reached: " + String.join(", ", silent)
                + ". The nodes to ask are nightshift.node.contact-points of the configuration");
    }

    /// The address of this machine that a node sees; the node connects to it to answer.
    private static String ownAddress(String node) throws IOException {
        try (Socket socket = new Socket()) {
            int colon = node.lastIndexOf(':');
            InetSocketAddress address =
                    new InetSocketAddress(node.substring(0, colon), Integer.parseInt(node.substring(colon + 1)));
            if (address.isUnresolved()) {
                throw new IOException("unknown host");
            }
            socket.connect(address, (int) CONNECTING.toMillis());
            InetAddress local = socket.getLocalAddress();
            return local.getHostAddress();
        }
    }

    private static Config configuration(String own, Configuration configuration) {
        return ConfigFactory.defaultOverrides()
                .withFallback(ConfigFactory.parseMap(
                        Map.of("pekko.remote.artery.canonical.hostname", own, "pekko.remote.artery.canonical.port", 0)))
                .withFallback(configuration.transport())
                .withFallback(configuration.tuning())
                .withFallback(ConfigFactory.parseResourcesAnySyntax("client"))
                .withFallback(ConfigFactory.defaultReferenceUnresolved())
                .resolve();
    }

    @Override
    public SubmitReply submit(Job job, boolean fresh, @Nullable String key) {
        return ask(replyTo -> new GatewayCommand.Submit(job, fresh, replyTo, key), SUBMITTING);
    }

    @Override
    public DescribeReply describe(String batch) {
        return ask(replyTo -> new GatewayCommand.Describe(batch, replyTo), PATIENCE);
    }

    @Override
    public ControlReply control(String name, BatchControl control) {
        BatchId batch = switch (describe(name)) {
            case GatewayCommand.Described(BatchStatus status, String waitsFor) -> status.batch();
            case GatewayCommand.NotFound(String reason) -> throw FailureException.permanent(reason);
            case GatewayCommand.Unavailable(String reason) -> throw FailureException.permanent(reason);
        };
        return ask(replyTo -> new GatewayCommand.Control(batch, control.command(replyTo)), PATIENCE);
    }

    /// Asks, and asks the next node where one doesn't answer.
    ///
    /// @param patience with each node
    /// @throws FailureException if no node answers
    private <R> R ask(Function<ActorRef<R>, GatewayCommand> question, Duration patience) {
        for (int tries = 0; tries < nodes.size(); tries++) {
            try {
                return askNode(nodes.get(current), question, patience)
                        .toCompletableFuture()
                        .join();
            } catch (CompletionException e) {
                if (e.getCause() instanceof FailureException known) {
                    throw known;
                }
                if (!(e.getCause() instanceof TimeoutException)
                        && !(e.getCause() instanceof org.apache.pekko.actor.ActorNotFound)) {
                    throw e;
                }
                current = (current + 1) % nodes.size();
            }
        }
        throw FailureException.permanent("no node of the cluster answers: " + String.join(", ", nodes));
    }

    private <R> CompletionStage<R> askNode(
            String node, Function<ActorRef<R>, GatewayCommand> question, Duration patience) {
        return Adapter.toClassic(system)
                .actorSelection("pekko://nightshift@%s/system/%s".formatted(node, GatewayCommand.ACTOR))
                .resolveOne(RESOLVING)
                .thenCompose(gateway -> {
                    ActorRef<GatewayCommand> typed = Adapter.toTyped(gateway);
                    return AskPattern.ask(typed, question::apply, patience, system.scheduler());
                });
    }

    @Override
    public void close() {
        system.terminate();
    }
}
