package io.nightshift.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.membership.Membership;
import io.nightshift.coordinator.membership.Membership.NodeProcess;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.node.configuration.NodeSettings;
import io.nightshift.node.gateway.GatewayAccess;
import io.nightshift.node.http.Endpoint;
import io.nightshift.node.log.ProgramLog;
import io.nightshift.node.submission.SubmissionResolver;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.remote.RemoteTransportException;

/// A node that runs until it is asked to leave: one that joins others, on a journal in PostgreSQL, or one
/// alone, on the ledger of a home folder.
public final class ClusterNode {

    private static final String NAME = "nightshift";

    /// Times two seconds: longer than it takes to remove a lost node.
    private static final int SHARDING_PATIENCE = 30;

    private final ActorSystem<Void> system;

    /// The port of its HTTP server, or 0 if it has none.
    private final int httpPort;

    /// Done when the actor system ought to have terminated, whether or not it has.
    private final CompletableFuture<Done> overdue = new CompletableFuture<>();

    ClusterNode(ActorSystem<Void> system, int httpPort) {
        this.system = system;
        this.httpPort = httpPort;
        String phase = CoordinatedShutdown.PhaseActorSystemTerminate();
        CoordinatedShutdown shutdown = CoordinatedShutdown.get(system);
        shutdown.addTask(phase, "begin-last-phase", () -> {
            ProgramLog.connectionsEnd();
            overdue.completeOnTimeout(
                    Done.getInstance(), shutdown.timeout(phase).toMillis(), TimeUnit.MILLISECONDS);
            return CompletableFuture.completedFuture(Done.getInstance());
        });
    }

    /// Starts the node, and has it join the others, or form the cluster if there are none.
    ///
    /// @param settings instead of those in the configuration
    /// @param submissions resolves what programs outside the cluster submit by this node
    /// @param http how to answer HTTP, and the tokens of callers
    /// @param home where the node's own token is, if none are configured
    /// @param registry of the models that are shown by HTTP
    public static ClusterNode start(
            Node.Dependencies dependencies,
            NodeSettings settings,
            Configuration configuration,
            SubmissionResolver submissions,
            HttpSettings http,
            Path home,
            ModelRegistry registry) {
        ActorSystem<Void> system = system(config("cluster", dependencies.ledger(), settings, configuration), settings);
        ClusterNode started = start(system, dependencies, settings, configuration, submissions, http, home, registry);
        ClusterJoiner.begin(
                system,
                new Membership(
                        dependencies.ledger(), process(Cluster.get(system).selfMember())),
                settings.kubernetes() == null ? null : new ContactPoints(settings.kubernetes(), System.getenv()),
                new ShardingWatch(system, SHARDING_PATIENCE));
        return started;
    }

    /// Starts a node that is a cluster of its own, coordinator and worker at once, on the ledger of a home
    /// folder.
    ///
    /// @param settings on loopback, with all roles; the port 0 stands for any free one
    /// @param submissions resolves what programs outside the node submit
    /// @param http how to answer HTTP, and the tokens of callers
    /// @param home where the node's own token is, if none are configured
    /// @param registry of the models that are shown by HTTP
    public static ClusterNode startAlone(
            Node.Dependencies dependencies,
            NodeSettings settings,
            Configuration configuration,
            SubmissionResolver submissions,
            HttpSettings http,
            Path home,
            ModelRegistry registry) {
        ActorSystem<Void> system =
                system(config("standalone", dependencies.ledger(), settings, configuration), settings);
        Cluster cluster = Cluster.get(system);
        cluster.manager().tell(Join.create(cluster.selfMember().address()));
        return start(system, dependencies, settings, configuration, submissions, http, home, registry);
    }

    private static ClusterNode start(
            ActorSystem<Void> system,
            Node.Dependencies dependencies,
            NodeSettings settings,
            Configuration configuration,
            SubmissionResolver submissions,
            HttpSettings http,
            Path home,
            ModelRegistry registry) {
        system.systemActorOf(MembershipLog.create(), "member-log", Props.empty());
        Node node = Node.start(system, dependencies);
        GatewayAccess access = node.access(http, home);
        List<Endpoint> endpoints = node.open(
                access, submissions, configuration.admission().submissions(), registry, configuration.prices());
        int httpPort = http.isEnabled() ? node.answer(http, access, endpoints) : 0;
        if (settings.roles().contains("coordinator")) {
            node.tend();
        }
        return new ClusterNode(system, httpPort);
    }

    /// The port of its HTTP server, or 0 if it has none.
    public int httpPort() {
        return httpPort;
    }

    static NodeProcess process(Member member) {
        return new NodeProcess(
                hostPort(member.address()), member.uniqueAddress().longUid());
    }

    private static ActorSystem<Void> system(Config config, NodeSettings settings) {
        try {
            tryToListen(settings);
            return actorSystem(NAME, config);
        } catch (IOException | RemoteTransportException e) {
            throw FailureException.permanent("the node can't listen at %s:%d: %s"
                    .formatted(settings.bindHostname(), settings.bindPort(), e.getMessage()));
        }
    }

    /// Starts the actors of a node.
    ///
    /// @throws FailureException transient, if the machine is too busy to open a port in time
    static ActorSystem<Void> actorSystem(String name, Config config) {
        try {
            return ActorSystem.create(Behaviors.empty(), name, config);
        } catch (Exception e) {
            // Scala throws checked exceptions that no method declares.
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof TimeoutException) {
                    throw new FailureException(
                            Failure.transientFailure(
                                    "the node could not open its port for other nodes within %d s: the machine is probably overloaded. Start it again when it has less load"
                                            .formatted(config.getDuration("pekko.remote.artery.bind.bind-timeout")
                                                    .toSeconds())),
                            e);
                }
            }
            throw e;
        }
    }

    /// The transport would log a stack trace where it can't.
    private static void tryToListen(NodeSettings settings) throws IOException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(settings.bindHostname(), settings.bindPort()));
        }
    }

    /// @param hostPort `host:port`
    static Address address(String hostPort) {
        int colon = hostPort.lastIndexOf(':');
        return new Address(
                "pekko", NAME, hostPort.substring(0, colon), Integer.parseInt(hostPort.substring(colon + 1)));
    }

    static String hostPort(Address address) {
        return address.getHost().orElse("") + ":" + address.getPort().orElse(0);
    }

    /// The configuration of the actor system.
    ///
    /// @param kind the resource with the defaults, `cluster` or `standalone`
    static Config config(String kind, Ledger ledger, NodeSettings settings, Configuration configuration) {
        Map<String, Object> own = new TreeMap<>();
        String artery = "pekko.remote.artery.";
        own.put(artery + "canonical.hostname", settings.hostname());
        own.put(artery + "canonical.port", settings.port());
        own.put(artery + "bind.hostname", settings.bindHostname());
        own.put(artery + "bind.port", settings.bindPort());
        own.put("pekko.cluster.roles", List.copyOf(settings.roles()));
        String database = "pekko-persistence-jdbc.shared-databases.slick.db.";
        own.put(database + "url", ledger.url());
        own.put(database + "user", ledger.user());
        own.put(database + "password", ledger.password());
        Config given = ConfigFactory.defaultOverrides()
                .withFallback(ConfigFactory.parseMap(own))
                .withFallback(configuration.transport())
                .withFallback(configuration.tuning());
        Config defaults =
                ConfigFactory.parseResourcesAnySyntax(kind).withFallback(ConfigFactory.defaultReferenceUnresolved());
        Duration grace = given.withFallback(defaults).resolve().getDuration("nightshift.worker.grace");
        return given.withFallback(ConfigFactory.parseMap(ofVersion()))
                .withFallback(ConfigFactory.parseMap(ShutdownTimeouts.within(grace)))
                .withFallback(defaults)
                .resolve();
    }

    /// In a cluster of several versions, what has to move goes to nodes of the newest.
    private static Map<String, Object> ofVersion() {
        String version = Version.ofProgram();
        return version == null ? Map.of() : Map.of("pekko.cluster.app-version", version);
    }

    /// Waits until the node has left: asked to by a signal, or thrown out by the others. Where the actor
    /// system has not terminated when its phase of the shutdown is over, as when a connection's stream never
    /// completes (apache/pekko#3247), the node has left all the same.
    ///
    /// @return whether it was asked to
    public boolean awaitEnd() {
        CompletableFuture<?> terminated = system.getWhenTerminated().toCompletableFuture();
        CompletableFuture.anyOf(terminated, overdue).join();
        return !endsByItself();
    }

    /// Whether the node leaves, or has left, without having been asked to.
    public boolean endsByItself() {
        return CoordinatedShutdown.get(system)
                .getShutdownReason()
                .filter(reason -> !reason.equals(CoordinatedShutdown.jvmExitReason()))
                .isPresent();
    }
}
