package io.nightshift.system.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.api.BatchControl;
import io.nightshift.client.NightshiftClient;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.PostgresLedger;
import io.nightshift.node.configuration.LocalToken;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FreePort;
import io.nightshift.testing.database.PostgresServer;
import io.nightshift.testing.gate.ScoringGate;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.core.ThrowingRunnable;

/// A cluster whose nodes are of two builds, with a PostgreSQL of its own. A gate holds the partitions: the methods
/// that wait for commits let through what they wait for.
final class MixedVersionCluster implements AutoCloseable {

    static final Duration SOON = Duration.ofMinutes(2);
    static final Duration GRACE = Duration.ofSeconds(5);

    /// More than the grace period, because the node also leaves the cluster.
    private static final Duration LEAVING = GRACE.plusSeconds(90);

    private static final Duration BETWEEN_ADMISSIONS = Duration.ofMillis(500);

    /// How many partitions may be scored while a node leaves: enough for the node to finish its own.
    private static final int ADMITTED_AT_THE_END = 6;

    private final Path folder;
    private final ScoringGate gate;
    private final EmbeddedPostgres postgres;
    private final HttpClient http = HttpClient.newHttpClient();
    private final List<Node> nodes = new ArrayList<>();

    /// The process of a node.
    ///
    /// @param name `host:port`
    record Node(Distribution build, String name, int http, Process process, Path log) {

        String out() {
            try {
                return Files.readString(log);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    /// A commit in the ledger.
    ///
    /// @param coordinator the node of the coordinator that wrote it
    record Commit(PartitionCommit partition, String coordinator) {}

    /// Starts the database. Starts no node.
    MixedVersionCluster(Path folder) throws IOException {
        this.folder = folder;
        this.gate = ScoringGate.closed(folder.resolve("gate"));
        this.postgres = PostgresServer.startEmbedded();
    }

    private String url() {
        return "jdbc:postgresql://localhost:%d/postgres".formatted(postgres.getPort());
    }

    private Ledger ledger() {
        return PostgresLedger.at(new DataSourceSettings("journal", url(), "postgres", null));
    }

    /// Starts a node at an address that no earlier node had, as a pod does.
    ///
    /// @param version the version that it reports to other nodes in place of its build's
    Node start(Distribution build, String version) throws IOException {
        int port = FreePort.any();
        int httpPort = FreePort.any();
        Path log = folder.resolve("node-%d.log".formatted(nodes.size()));
        List<String> arguments = new ArrayList<>(List.of("node"));
        arguments.addAll(configuration(port));
        arguments.addAll(List.of("--port", String.valueOf(port), "--threads", "1"));
        arguments.addAll(List.of("--http-port", String.valueOf(httpPort)));
        String options = "-XX:TieredStopAtLevel=1 %s -Dpekko.cluster.app-version=%s".formatted(gate.option(), version);
        Process process = build.command(options, arguments)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        Node node = new Node(build, "127.0.0.1:" + port, httpPort, process, log);
        nodes.add(node);
        return node;
    }

    /// The options that point a command to the cluster.
    ///
    /// @param port the port of a node
    private List<String> configuration(int port) throws IOException {
        Path file = folder.resolve("node-%d.conf".formatted(port));
        Files.writeString(file, """
                nightshift {
                  node.contact-points = ["127.0.0.1:%d"]
                  journal { url = "%s", user = postgres }
                  files { read = ["/"], write = ["/"] }
                  batch { lease = 15s, retry.attempts = 20 }
                  worker { count = 16, grace = %ds }
                }
                """.formatted(port, url(), GRACE.toSeconds()));
        return List.of(
                "--config", file.toString(), "--home", folder.resolve("home").toString());
    }

    void awaitReady(Node node) {
        await().atMost(SOON).ignoreExceptions().untilAsserted(() -> {
            assertThat(node.process().isAlive()).as(node.out()).isTrue();
            assertThat(ready(node)).isEqualTo(200);
        });
    }

    /// The status of the readiness probe, or 0 if the node does not answer.
    private int ready(Node node) throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:%d/health/ready".formatted(node.http()));
        try {
            return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        } catch (ConnectException e) {
            return 0;
        }
    }

    /// Tells a node to leave and waits until it has left.
    void end(Node node) throws IOException, InterruptedException {
        node.process().destroy();
        gate.admit(ADMITTED_AT_THE_END);
        assertThat(node.process().waitFor(LEAVING.toSeconds(), TimeUnit.SECONDS))
                .as("it has left: %s", node.out())
                .isTrue();
        assertThat(node.process().exitValue()).as(node.out()).isZero();
    }

    /// Runs a command of `batch` from a build, against a node.
    CommandResult batch(Distribution build, Node asked, String... arguments) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("batch"));
        all.addAll(List.of(arguments));
        all.addAll(configuration(Integer.parseInt(asked.name().replaceFirst(".*:", ""))));
        CommandResult end = build.run(folder, all);
        assertThat(end.status()).as("%s: %s%n%s", all, end, logs()).isZero();
        return end;
    }

    /// Controls a running batch over HTTP.
    void control(BatchId batch, Node asked, BatchControl control) {
        URI uri = URI.create("http://127.0.0.1:" + asked.http());
        try (NightshiftClient client = NightshiftClient.overHttp(uri)
                .token(LocalToken.find(folder.resolve("home")))
                .build()) {
            client.control(batch.value(), control).toCompletableFuture().join();
        }
    }

    /// The batch's events so far.
    List<BatchEvent> events(BatchId batch) {
        List<BatchEvent> events = new ArrayList<>();
        ledger().forEach(batch, (number, entry) -> events.add(entry.event()));
        return events;
    }

    /// The batch's commits so far.
    List<Commit> commits(BatchId batch) {
        List<Commit> commits = new ArrayList<>();
        String coordinator = "";
        for (BatchEvent event : events(batch)) {
            if (event instanceof BatchEvent.TookOver tookOver) {
                coordinator = tookOver.node();
            } else if (event instanceof BatchEvent.Committed committed) {
                for (PartitionCommit commit : committed.commits()) {
                    commits.add(new Commit(commit, coordinator));
                }
            }
        }
        return commits;
    }

    /// The node of the batch's coordinator.
    Node coordinator(BatchId batch) {
        String name = events(batch).stream()
                .filter(BatchEvent.TookOver.class::isInstance)
                .map(event -> ((BatchEvent.TookOver) event).node())
                .reduce((first, second) -> second)
                .orElseThrow();
        return nodes.stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /// Lets partitions through until a worker of one node has committed one under a coordinator of another.
    ///
    /// @param workers, coordinators any of these nodes
    void awaitCommit(BatchId batch, List<Node> workers, List<Node> coordinators) {
        admitUntil(() -> assertThat(commits(batch))
                .as(() -> logs())
                .anyMatch(commit ->
                        named(workers, commit.partition().node()) && named(coordinators, commit.coordinator())));
    }

    /// Lets partitions through until so many are committed.
    void awaitCommits(BatchId batch, int commits) {
        admitUntil(() -> assertThat(commits(batch)).as(() -> logs()).hasSizeGreaterThanOrEqualTo(commits));
    }

    /// Lets one partition after the other through, slowly: not all of them may pass before the condition holds. A
    /// node of another version gets no work before an old node has left.
    private void admitUntil(ThrowingRunnable condition) {
        await().atMost(SOON).pollInterval(BETWEEN_ADMISSIONS).untilAsserted(() -> {
            if (gate.waiting() > 0) {
                gate.admit(1);
            }
            condition.run();
        });
    }

    /// Lets all partitions through from now on.
    void openTheGate() throws IOException {
        gate.open();
    }

    private static boolean named(List<Node> nodes, String name) {
        return nodes.stream().anyMatch(node -> node.name().equals(name));
    }

    Stream<String> logLines() {
        return nodes.stream().flatMap(node -> node.out().lines());
    }

    String logs() {
        return nodes.stream()
                .map(node ->
                        "---- %s of %s%n%s".formatted(node.name(), node.build().root(), node.out()))
                .collect(Collectors.joining("\n"));
    }

    @Override
    public void close() throws IOException {
        nodes.forEach(node -> node.process().destroyForcibly());
        http.shutdownNow();
        postgres.close();
    }
}
