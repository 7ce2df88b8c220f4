package io.nightshift.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.PostgresLedger;
import io.nightshift.coordinator.membership.Membership;
import io.nightshift.coordinator.membership.Membership.JoinDecision;
import io.nightshift.coordinator.membership.Membership.NodeProcess;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.testing.database.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.sharding.ClusterSharding;
import org.apache.pekko.cluster.sharding.ShardRegion;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.cluster.singleton.ClusterSingletonManager;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import org.apache.pekko.pattern.Patterns;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// How nodes find their cluster, and when they give it up: the actor systems of nodes in one process, with a
/// database for each test.
@Execution(ExecutionMode.CONCURRENT)
final class ClusterJoinerIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int NEVER = 1_000;

    private static final EntityTypeKey<String> ENTITIES = EntityTypeKey.create(String.class, "any");

    private static PostgresServer postgres;
    /// A database with the ledger's tables.
    private static String migrated;

    @TempDir
    Path folder;

    private Ledger ledger;

    private final List<TestNode> nodes = new ArrayList<>();

    @BeforeAll
    static void start() throws IOException, SQLException {
        postgres = PostgresServer.start();
        migrated = postgres.create();
        PostgresLedger.migrate(ledger(migrated));
    }

    @AfterAll
    static void stop() throws IOException {
        postgres.close();
    }

    private static Ledger ledger(String database) {
        return PostgresLedger.at(new DataSourceSettings("journal", postgres.url(database), PostgresServer.OWNER, null));
    }

    @BeforeEach
    void nobody() throws SQLException {
        ledger = ledger(postgres.create(migrated));
    }

    @AfterEach
    void stopNodes() {
        nodes.forEach(node -> node.system.terminate());
        nodes.forEach(
                node -> node.system.getWhenTerminated().toCompletableFuture().join());
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = ledger.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /// The actor system of a node, with one type of sharded entities.
    private final class TestNode {

        final ActorSystem<Void> system;
        final Membership membership;

        /// Whether it has begun to leave step by step.
        volatile boolean isLeaving;

        /// @param port to listen on, or 0 for any free one
        TestNode(int port) throws IOException {
            Path file = Files.writeString(
                    folder.resolve(UUID.randomUUID() + ".conf"), """
                    nightshift.node.hostname = "127.0.0.1"
                    pekko.remote.artery { canonical.port = PORT, bind.port = PORT }
                    pekko {
                      loglevel = WARNING
                      coordinated-shutdown { exit-jvm = off, run-by-jvm-shutdown-hook = off, run-by-actor-system-terminate = off }
                      cluster {
                        gossip-interval = 200ms, leader-actions-interval = 200ms
                        periodic-tasks-initial-delay = 100ms
                        down-removal-margin = 1s
                        sharding { retry-interval = 200ms, coordinator-singleton.hand-over-retry-interval = 200ms }
                        split-brain-resolver.stable-after = 3s
                      }
                    }
                    """.replace("PORT", String.valueOf(port)));
            Configuration configuration = Configuration.load(file, folder);
            system = ActorSystem.create(
                    Behaviors.empty(),
                    "nightshift",
                    configuration
                            .tuning()
                            .withFallback(ClusterNode.config("cluster", ledger, configuration.node(), configuration))
                            .resolve());
            membership = new Membership(ledger, process());
            CoordinatedShutdown.get(system).addTask(CoordinatedShutdown.PhaseBeforeServiceUnbind(), "test", () -> {
                isLeaving = true;
                return CompletableFuture.completedFuture(Done.getInstance());
            });
            org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding.get(system)
                    .init(Entity.of(ENTITIES, entity -> Behaviors.<String>ignore())
                            .withRole("coordinator"));
        }

        NodeProcess process() {
            return ClusterNode.process(Cluster.get(system).selfMember());
        }

        void begin(int patience) {
            ClusterJoiner.begin(system, membership, null, new ShardingWatch(system, patience));
        }

        /// Starts at the same address when this one has ended.
        TestNode again() throws IOException {
            system.getWhenTerminated().toCompletableFuture().join();
            TestNode next = new TestNode(
                    Cluster.get(system).selfMember().address().getPort().orElseThrow());
            next.begin(NEVER);
            return next;
        }

        boolean isUp() {
            return Cluster.get(system).selfMember().status().equals(MemberStatus.up());
        }

        boolean hasEnded() {
            return system.getWhenTerminated().toCompletableFuture().isDone();
        }

        Set<String> members() {
            Set<String> addresses = new HashSet<>();
            StreamSupport.stream(Cluster.get(system).state().getMembers().spliterator(), false)
                    .filter(member -> member.status().equals(MemberStatus.up()))
                    .forEach(member -> addresses.add(ClusterNode.hostPort(member.address())));
            return addresses;
        }

        /// Whether its shard coordinator answers.
        boolean isAnswered() {
            ActorRef region = ClusterSharding.get(Adapter.toClassic(system)).shardRegion(ENTITIES.name());
            try {
                return Patterns.ask(region, ShardRegion.getCurrentRegionsInstance(), Duration.ofSeconds(1))
                                        .toCompletableFuture()
                                        .join()
                                instanceof ShardRegion.CurrentRegions regions
                        && !regions.getRegions().isEmpty();
            } catch (CompletionException e) {
                return false;
            }
        }
    }

    /// The members whose rows name the cluster that works on the journal.
    private Set<String> recorded() throws SQLException {
        try (Connection connection = ledger.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT address FROM member JOIN cluster ON member.cluster = cluster.id")) {
            Set<String> addresses = new HashSet<>();
            while (rows.next()) {
                addresses.add(rows.getString(1));
            }
            return addresses;
        }
    }

    private TestNode newNode() throws IOException {
        TestNode node = new TestNode(0);
        nodes.add(node);
        return node;
    }

    /// Nodes that form one cluster, the oldest first.
    ///
    /// @param patience of each node
    private List<TestNode> cluster(int... patience) throws Exception {
        List<TestNode> formed = new ArrayList<>();
        Set<String> addresses = new HashSet<>();
        for (int questions : patience) {
            TestNode node = newNode();
            node.begin(questions);
            formed.add(node);
            addresses.add(node.process().address());
            await().atMost(PATIENCE).until(() -> recorded().equals(addresses));
        }
        return formed;
    }

    @Test
    void aNodeThatMeantToJoinAKilledClusterJoinsTheNewOne() throws Exception {
        TestNode first = newNode();
        TestNode second = newNode();
        UUID killed = new Membership(ledger, new NodeProcess(first.process().address(), 1))
                .findOrForm()
                .cluster();

        JoinDecision decision = second.membership.findOrForm();
        assertThat(decision)
                .isEqualTo(new JoinDecision.Join(killed, List.of(first.process().address())));
        first.begin(NEVER);
        await().atMost(PATIENCE).until(first::isUp);
        Cluster.get(second.system)
                .manager()
                .tell(new JoinSeedNodes(
                        decision instanceof JoinDecision.Join join
                                ? join.members().stream()
                                        .map(ClusterNode::address)
                                        .toList()
                                : List.of()));
        await().atMost(PATIENCE).until(second::isUp);

        second.begin(NEVER);
        Set<String> both = Set.of(first.process().address(), second.process().address());
        await().atMost(PATIENCE).until(() -> recorded().equals(both) || second.hasEnded());
        assertThat(second.hasEnded()).isFalse();
        assertThat(first.members()).isEqualTo(both);
    }

    @Test
    void aNodeStaysIfItsOnlyPeerLeavesAsSoonAsItIsUp() throws Exception {
        TestNode first = cluster(NEVER).getFirst();
        TestNode second = newNode();
        second.begin(NEVER);
        await().pollInterval(Duration.ofMillis(10)).atMost(PATIENCE).until(second::isUp);

        CoordinatedShutdown.get(first.system).runAll(CoordinatedShutdown.unknownReason());
        await().atMost(PATIENCE).until(first::hasEnded);
        Set<String> alone = Set.of(second.process().address());
        await().atMost(PATIENCE).until(() -> recorded().equals(alone) || second.hasEnded());
        assertThat(second.hasEnded()).isFalse();
        assertThat(second.members()).isEqualTo(alone);
    }

    @Test
    void theNodesOfASupersededClusterEndAtOnce() throws Exception {
        List<TestNode> old = cluster(NEVER, NEVER);

        execute("UPDATE member SET seen = seen - INTERVAL '1 hour'");
        execute("UPDATE cluster SET id = gen_random_uuid()");
        await().atMost(PATIENCE).until(() -> old.stream().allMatch(TestNode::hasEnded));
        assertThat(old).as("so that none takes over what the new cluster has").noneMatch(node -> node.isLeaving);
        assertThat(recorded()).isEmpty();
    }

    /// The nodes die as with `kill -9`, and start again at their addresses.
    @Test
    void nodesThatAllDieAndStartAtTheSameTimeFormOneCluster() throws Exception {
        long seed = Long.getLong("nightshift.restarts.seed", System.nanoTime());
        Random random = new Random(seed);
        List<TestNode> all = cluster(NEVER, NEVER, NEVER);
        for (int round = 0; round < Integer.getInteger("nightshift.restarts", 2); round++) {
            all.forEach(node -> node.system.terminate());
            all = again(all, random);
            nodes.addAll(all);
            List<TestNode> started = all;
            Set<String> addresses =
                    started.stream().map(node -> node.process().address()).collect(Collectors.toSet());
            await("round %d of seed %d".formatted(round, seed))
                    .atMost(PATIENCE)
                    .until(() -> started.stream().anyMatch(TestNode::hasEnded)
                            || (recorded().equals(addresses)
                                    && started.stream()
                                            .allMatch(node -> node.members().equals(addresses) && node.isAnswered())));
            assertThat(started).as("round %d of seed %d", round, seed).noneMatch(TestNode::hasEnded);
        }
    }

    /// Restarts each node at its address, within a second.
    private static List<TestNode> again(List<TestNode> dead, Random random) throws Exception {
        List<Future<TestNode>> starting = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(dead.size())) {
            for (TestNode node : dead) {
                int pause = random.nextInt(1_000);
                starting.add(threads.submit(() -> {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(pause));
                    return node.again();
                }));
            }
        }
        List<TestNode> started = new ArrayList<>();
        for (Future<TestNode> node : starting) {
            started.add(node.get());
        }
        return started;
    }

    /// A node of a superseded cluster can ask for the coordinator, and Pekko gives it away.
    @Test
    void aNodeWhoseShardCoordinatorWasHandedToNobodyEnds() throws Exception {
        // Three, since of two nodes the one with the higher address ends when it loses the other.
        List<TestNode> all = cluster(3, NEVER, NEVER);
        TestNode oldest = all.getFirst();
        List<TestNode> younger = all.subList(1, 3);
        await().atMost(PATIENCE).until(() -> all.stream().allMatch(TestNode::isAnswered));

        Object request = Class.forName(ClusterSingletonManager.class.getName() + "$Internal$HandOverToMe$")
                .getField("MODULE$")
                .get(null);
        Adapter.toClassic(oldest.system)
                .actorSelection("/system/sharding/anyCoordinator")
                .tell(request, Adapter.toClassic(oldest.system).deadLetters());
        await().atMost(PATIENCE).until(oldest::hasEnded);
        // On a busy machine, Pekko may try to take over from the oldest one several times, with pauses between.
        await().atMost(PATIENCE.multipliedBy(3))
                .until(() -> younger.stream().anyMatch(TestNode::hasEnded)
                        || younger.stream().allMatch(TestNode::isAnswered));
        assertThat(younger).noneMatch(TestNode::hasEnded);
    }
}
