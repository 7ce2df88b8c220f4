package io.nightshift.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.nightshift.api.BatchControl;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.BatchPage;
import io.nightshift.api.DriftReport;
import io.nightshift.api.EventPage;
import io.nightshift.api.PartitionPage;
import io.nightshift.api.RescoreRequest;
import io.nightshift.api.SchemaReport;
import io.nightshift.api.SubmitResult;
import io.nightshift.client.BatchFilter;
import io.nightshift.client.NightshiftClient;
import io.nightshift.client.NightshiftException;
import io.nightshift.client.PartitionFilter;
import io.nightshift.client.SubmitOptions;
import io.nightshift.client.messages.MessageClient;
import io.nightshift.system.http.HttpNode;
import io.nightshift.testing.Checkout;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.PublishedParquet;
import io.nightshift.testing.gate.ScoringGate;
import io.nightshift.testing.program.ProgramProcess;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The clients over HTTP and over messages against two node processes with a journal in PostgreSQL. In the last
/// test, the nodes leave.
@Timeout(600)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class ClientIT {

    /// Warnings that a node logs when the machine is too busy.
    private static final Pattern HELD_UP = Pattern.compile("heartbeat|starvation");

    private static final Pattern PROGRAM = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL);

    @TempDir
    private static Path folder;

    private static ScoringGate gate;
    private static TestCluster cluster;

    /// The clients by name.
    private static final Map<String, NightshiftClient> CLIENTS = new LinkedHashMap<>();

    private static String job;

    @BeforeAll
    static void form() throws IOException {
        gate = ScoringGate.opened(folder.resolve("gate"));
        cluster = new TestCluster(folder, 2).heldBy(gate);
        // A node that is killed is started again at once. The other one must not give up before it is there.
        Files.writeString(
                cluster.configuration(),
                "pekko.cluster.split-brain-resolver.stable-after = 60s\n",
                StandardOpenOption.APPEND);
        for (int i = 0; i < 2; i++) {
            cluster.start(i);
        }
        cluster.awaitUp(0);
        cluster.awaitUp(1);
        String token = cluster.token();
        CLIENTS.put(
                "http",
                NightshiftClient.overHttp(cluster.http(0), cluster.http(1))
                        .token(token)
                        .attempts(12)
                        .build());
        CLIENTS.put(
                "messages",
                MessageClient.builder(cluster.name(0), cluster.name(1))
                        .token(token)
                        .attempts(12)
                        .timeout(Duration.ofSeconds(5))
                        .build());
        CLIENTS.put(
                "member",
                MessageClient.builder(cluster.name(1))
                        .token(token)
                        .asMember()
                        .attempts(12)
                        .timeout(Duration.ofSeconds(5))
                        .build());
        FlightsJob flights = FlightsJob.in(folder.resolve("job"));
        job = HttpNode.jobText(flights, "partitions.rows=10000");
    }

    @AfterAll
    static void end() throws IOException {
        CLIENTS.values().forEach(NightshiftClient::close);
        cluster.close();
    }

    private static NightshiftClient client(String name) {
        return Objects.requireNonNull(CLIENTS.get(name));
    }

    private static <T> T now(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }

    /// The node with the batch register: it logs that it opened the batch.
    private static int registerOf(String batch) {
        return cluster.node(0).out().contains(batch + " is opened") ? 0 : 1;
    }

    @Test
    @Order(1)
    void aKeyAndAWatchOutliveAKilledCoordinator() throws Exception {
        SubmitOptions today = SubmitOptions.DEFAULT.withKey("2026-11-25");
        gate.close();
        String batch = now(client("member").submit(job, today)).batch();
        List<CompletableFuture<BatchDescription>> watches = new ArrayList<>();
        List<String> states = new CopyOnWriteArrayList<>();
        CLIENTS.forEach((name, client) -> {
            assertThat(now(client.control(batch, new BatchControl.Pause("to be killed")))
                            .state())
                    .as(name)
                    .isEqualTo("paused");
            assertThat(now(client.describe(batch)).job()).as(name).isEqualTo("flights");
            watches.add(client.watch(batch, seen -> states.add(name + " " + seen.state()))
                    .toCompletableFuture());
        });
        await().atMost(Duration.ofMinutes(2))
                .until(() -> states.containsAll(List.of("http paused", "messages paused", "member paused")));
        gate.open();

        int killed = registerOf(batch);
        cluster.node(killed).kill();
        cluster.node(killed).end();
        cluster.start(killed);

        CLIENTS.forEach((name, client) -> {
            SubmitResult again = now(client.submit(job, today));
            assertThat(again.batch()).as("%s: %s", name, cluster.logs()).isEqualTo(batch);
            assertThat(again.repeated()).as(name).isTrue();
        });
        now(client("messages").control(batch, new BatchControl.Resume()));
        watches.forEach(watch -> assertThat(watch.join().predictions()).isEqualTo(FlightsJob.ROWS));
        assertThat(states).contains("http published", "messages published", "member published");
    }

    @Test
    @Order(2)
    void theAnswersAreTheSameByAnyDoor() {
        String batch = now(client("http").describe("latest")).batch();
        Instant planned = now(client("http").events(batch, 0)).events().stream()
                .filter(event -> event.get("event").asText().equals("planned"))
                .map(event -> Instant.parse(event.get("at").asText()))
                .findFirst()
                .orElseThrow();
        CLIENTS.forEach((name, client) -> {
            assertThat(now(client.describe("latest")))
                    .as(name)
                    .isEqualTo(now(client("http").describe(batch)));
            BatchDescription begun = now(client.describe(batch, planned));
            // The first test pauses the batch, maybe in the same millisecond.
            assertThat(begun.state()).as(name).isIn("running", "paused");
            assertThat(begun.committed()).as(name).isZero();
            assertThat(begun.rows()).as(name).isEqualTo(FlightsJob.ROWS);
            assertThat(now(client.jobs())).as(name).isEqualTo(now(client("http").jobs()));
            BatchPage page = now(client.list(BatchFilter.ALL.ofJob("flights").inState("published")));
            assertThat(page.batches())
                    .as(name)
                    .extracting(BatchDescription::batch)
                    .containsExactly(batch);
            assertThat(allEvents(client, batch)).as(name).isEqualTo(allEvents(client("http"), batch));
            PartitionFilter first = PartitionFilter.ALL.committed().atMost(1);
            PartitionPage partitions = now(client.partitions(batch, first));
            assertThat(partitions).as(name).isEqualTo(now(client("http").partitions(batch, first)));
            assertThat(partitions.partitions())
                    .as(name)
                    .singleElement()
                    .satisfies(partition -> assertThat(partition.predictions()).isPositive());
            assertThat(now(client.partitions(batch, first.from(Objects.requireNonNull(partitions.next()))))
                            .partitions())
                    .as(name)
                    .singleElement()
                    .satisfies(partition -> assertThat(partition.partition()).isEqualTo(1));
            assertThat(now(client.partitions(batch, PartitionFilter.ALL.waiting()))
                            .partitions())
                    .as(name)
                    .isEmpty();
            assertThat(now(client.submit(job, SubmitOptions.DEFAULT)).alreadyPublished())
                    .as(name)
                    .isTrue();
            SchemaReport schema = now(client.compareSchema(job, Map.of()));
            assertThat(schema.published()).as(name).isEqualTo(new SchemaReport.Published(batch, 1));
            assertThat(schema.changes()).as(name).isEmpty();
            assertThat(schema).as(name).isEqualTo(now(client("http").compareSchema(job, Map.of())));
        });
    }

    private static List<String> allEvents(NightshiftClient client, String batch) {
        List<String> events = new ArrayList<>();
        Long after = 0L;
        while (after != null) {
            EventPage page = now(client.events(batch, after));
            page.events().forEach(event -> events.add(event.toString()));
            after = page.next();
        }
        return events;
    }

    @Test
    @Order(3)
    void theRefusalsAreTheSameByAnyDoor() {
        CLIENTS.forEach((name, client) -> {
            assertRefused(
                    name,
                    client.partitions("latest", new PartitionFilter("done", 1, null)),
                    NightshiftException.Kind.UNEXPECTED,
                    "Send committed or waiting");
            assertRefused(
                    name,
                    client.partitions("latest", PartitionFilter.ALL.from("x")),
                    NightshiftException.Kind.UNEXPECTED,
                    "cursor");
            assertRefused(name, client.describe("nothing"), NightshiftException.Kind.NOT_FOUND, "nothing");
            assertRefused(
                    name,
                    client.describe("latest", Instant.EPOCH),
                    NightshiftException.Kind.NOT_FOUND,
                    "was opened at");
            assertRefused(
                    name,
                    client.control("latest", new BatchControl.Pause("")),
                    NightshiftException.Kind.REFUSED,
                    "published");
            assertRefused(
                    name,
                    client.control("latest", new BatchControl.Rescore(List.of())),
                    NightshiftException.Kind.UNEXPECTED,
                    "1 to 10,000 partitions");
            RescoreRequest both = new RescoreRequest("flights", List.of(1), "flights");
            assertRefused(
                    name,
                    client.rescore("latest", both, null),
                    NightshiftException.Kind.UNEXPECTED,
                    "both partitions and where_model");
            assertRefused(
                    name,
                    client.rescore("nothing", new RescoreRequest("flights", List.of(), null), null),
                    NightshiftException.Kind.NOT_FOUND,
                    "nothing");
            assertRefused(
                    name,
                    client.submit(job, SubmitOptions.DEFAULT.withKey("two words")),
                    NightshiftException.Kind.UNEXPECTED,
                    "Idempotency-Key");
            assertRefused(
                    name,
                    client.list(BatchFilter.ALL.inState("finished")),
                    NightshiftException.Kind.UNEXPECTED,
                    "Send one of");
            String other = """
                    job: flights
                    model: flights
                    source: { parquet: /nothing/flights.parquet }
                    destination: { parquet: /nothing/predictions }
                    """;
            assertRefused(
                    name,
                    client.submit(other, SubmitOptions.DEFAULT),
                    NightshiftException.Kind.REJECTED,
                    "/nothing/predictions is outside the folders that jobs may write");
            assertRefused(
                    name,
                    client.compareSchema(other, Map.of()),
                    NightshiftException.Kind.REJECTED,
                    "/nothing/predictions is outside the folders that jobs may write");
        });
    }

    private static void assertRefused(
            String client, CompletionStage<?> answer, NightshiftException.Kind kind, String sentence) {
        assertThatThrownBy(() -> now(answer))
                .as(client)
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(NightshiftException.class, failure -> {
                    assertThat(failure.kind()).as("%s: %s", client, failure).isEqualTo(kind);
                    assertThat(failure).hasMessageContaining(sentence);
                });
    }

    /// The checks of a job reach the cluster, and a batch that they hold is approved there. A later batch is
    /// compared with it.
    @Test
    @Order(4)
    void aHeldBatchIsApprovedByAnyDoor() throws Exception {
        FlightsJob flights = FlightsJob.on(folder.resolve("held"), "FROM flights LIMIT 20000");
        flights.edit("job: flights", "job: held-flights");
        Files.writeString(flights.file(), """

                checks:
                  on-fail: hold
                  rows: {max: 1, max-change: 1%}
                  prediction: {psi: 0.1, on-fail: fail}
                """, StandardOpenOption.APPEND);
        String earlier = null;
        for (String door : List.of("http", "messages", "member")) {
            String batch = now(client(door).submit(HttpNode.jobText(flights), new SubmitOptions(true, "held-" + door)))
                    .batch();
            BatchDescription held = await().atMost(Duration.ofMinutes(2))
                    .until(
                            () -> now(client("http").describe(batch)),
                            shown -> shown.state().equals("held"));
            assertThat(held.checks())
                    .extracting(BatchDescription.Check::name, BatchDescription.Check::passed)
                    .containsExactly(
                            tuple("rows.max", false), tuple("rows.max-change", true), tuple("prediction.psi", true));
            assertThat(held.checks().getLast().baseline()).isEqualTo(earlier);
            now(client(door).control(batch, new BatchControl.Approve("seen by " + door)));
            BatchDescription published = now(client(door).watch(batch, progress -> {}));
            assertThat(published.state()).isEqualTo("published");
            assertThat(Objects.requireNonNull(published.approval()).reason()).isEqualTo("seen by " + door);
            DriftReport drift = now(client(door).drift(batch));
            assertThat(drift.baseline()).isEqualTo(earlier);
            assertThat(drift.columns().getFirst().psi()).isEqualTo(earlier == null ? null : 0.0);
            assertThat(now(client(door).drift(batch, batch)).baseline()).isEqualTo(batch);
            earlier = batch;
        }
    }

    @Test
    @Order(5)
    void changesByProgramsAreAudited() {
        assertThat(cluster.logs())
                .containsPattern("audit - action=submit subject=flights-\\S+ outcome=done who=\\S+ role=admin from=")
                .containsPattern("action=pause .*who=local .*from=127.0.0.1:\\d+");
    }

    @Test
    @Order(4)
    void aTokenIsNeededByAnyDoorAndIsInNoLog() {
        for (String token : new String[] {null, "nst_unknown"}) {
            String sentence = token == null ? "No token was sent." : "The node does not know the token.";
            try (NightshiftClient http = NightshiftClient.overHttp(cluster.http(0))
                            .token(token)
                            .build();
                    NightshiftClient messages =
                            MessageClient.builder(cluster.name(0)).token(token).build()) {
                for (NightshiftClient client : List.of(http, messages)) {
                    String name = client.getClass().getSimpleName();
                    assertRefused(name, client.jobs(), NightshiftException.Kind.NOT_ALLOWED, sentence);
                    assertRefused(
                            name,
                            client.submit(job, SubmitOptions.DEFAULT),
                            NightshiftException.Kind.NOT_ALLOWED,
                            sentence);
                    assertRefused(
                            name,
                            client.control("latest", new BatchControl.Cancel("not mine")),
                            NightshiftException.Kind.NOT_ALLOWED,
                            sentence);
                }
            }
        }
        assertThat(cluster.logs())
                .containsPattern("action=cancel .*outcome=denied who=unknown .*from=127.0.0.1:\\d+")
                .doesNotContain(cluster.token(), "nst_unknown");
    }

    @Test
    @Order(5)
    void anIncrementalJobStartsOverByAnyDoor() throws Exception {
        FlightsJob flights = FlightsJob.on(folder.resolve("increments"), "FROM flights LIMIT 2000");
        String files = HttpNode.jobText(flights, "job=increments", "incremental.files=new");

        assertThat(predictions(client("http"), files, SubmitOptions.DEFAULT)).isEqualTo(2_000);
        CLIENTS.forEach((name, client) -> {
            assertThat(predictions(client, files, SubmitOptions.DEFAULT))
                    .as("%s: no file is new", name)
                    .isZero();
            assertThat(predictions(client, files, SubmitOptions.DEFAULT.withFull()))
                    .as(name)
                    .isEqualTo(2_000);
            assertRefused(
                    name,
                    client.submit(job, SubmitOptions.DEFAULT.withFull()),
                    NightshiftException.Kind.REJECTED,
                    "leave out full");
        });
    }

    @Test
    @Order(5)
    void lookupsAndPartitionKeysWorkOnSeveralNodes() throws Exception {
        FlightsJob flights = FlightsJob.on(folder.resolve("joined"), "FROM flights LIMIT 20000");
        FlightsJob airports = FlightsJob.on(
                folder.resolve("airports"), "SELECT DISTINCT origin, 'r' || origin AS region FROM flights");
        String joined = HttpNode.jobText(
                flights,
                "job=joined",
                "partitions.rows=5000",
                "source.join=[{parquet: '%s', on: origin, columns: [region]}]".formatted(airports.input()),
                "output.columns=[origin, region]");
        String keyed = HttpNode.jobText(
                flights, "job=keyed", "partitions.by=origin", "partitions.count=8", "output.columns=[origin]");

        assertThat(predictions(client("http"), joined, SubmitOptions.DEFAULT)).isEqualTo(20_000);
        assertThat(PublishedParquet.query(
                        "SELECT count(*) FROM read_parquet('%s/batch=joined*/part-*.parquet') WHERE region = 'r' || origin"
                                .formatted(flights.predictions())))
                .isEqualTo("20000");
        assertThat(predictions(client("http"), keyed, SubmitOptions.DEFAULT)).isEqualTo(20_000);
        assertThat(PublishedParquet.query(
                        "SELECT count(*) FROM (SELECT origin FROM read_parquet('%s/batch=keyed*/part-*.parquet', filename = true) GROUP BY origin HAVING count(DISTINCT filename) > 1)"
                                .formatted(flights.predictions())))
                .as("origins in more than one partition")
                .isEqualTo("0");
    }

    private static long predictions(NightshiftClient client, String text, SubmitOptions options) {
        String batch = now(client.submit(text, options)).batch();
        return now(client.watch(batch, seen -> {})).predictions();
    }

    @Test
    @Order(5)
    void theDocumentedProgramsRunAsTheyStand() throws Exception {
        String text = Files.readString(Checkout.path("docs/how-to/client.md"));
        Matcher programs = PROGRAM.matcher(text);
        FlightsJob nightly = FlightsJob.in(folder.resolve("nightly"));
        nightly.edit("job: flights", "job: nightly");
        Files.writeString(nightly.file(), HttpNode.jobText(nightly));

        assertThat(programs.find()).isTrue();
        assertThat(runDocumented("Nightly", programs.group(1), cluster.http(0).toString()))
                .contains(" is published: 300,000 predictions");
        assertThat(programs.find()).isTrue();
        assertThat(runDocumented("Beside", programs.group(1), cluster.name(1)))
                .contains(" is published: 300,000 predictions");
        assertThat(programs.find()).isFalse();
    }

    private static String runDocumented(String name, String source, String server) throws Exception {
        Path classes = Files.createDirectories(folder.resolve(name));
        Path file = Files.writeString(classes.resolve(name + ".java"), source);
        String classPath = System.getProperty("java.class.path");
        assertThat(ToolProvider.getSystemJavaCompiler()
                        .run(null, null, null, "-cp", classPath, "-d", classes.toString(), file.toString()))
                .isZero();
        Path out = classes.resolve("out.txt");
        ProcessBuilder program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        classes + File.pathSeparator + classPath,
                        name,
                        server,
                        folder.resolve("nightly/job.yaml").toString())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile());
        program.environment().put("NIGHTSHIFT_TOKEN", cluster.token());
        assertThat(program.start().waitFor()).as(Files.readString(out)).isZero();
        return Files.readString(out);
    }

    @Test
    @Order(6)
    void aMemberIsSeenAndLeavesWhenItIsClosed() {
        Pattern member = Pattern.compile("node (127\\.0\\.0\\.1:\\d+) is up, with client");
        Matcher up = member.matcher(cluster.logs());
        assertThat(up.find()).as(cluster.logs()).isTrue();

        client("member").close();

        await().atMost(Duration.ofMinutes(2))
                .untilAsserted(() -> assertThat(cluster.logs()).contains("node " + up.group(1) + " has left"));
        assertThatThrownBy(() -> now(client("member").jobs())).hasMessageContaining("closed");
    }

    @Test
    @Order(7)
    void nodesThatCannotBeReachedAreNamed() {
        assertThatThrownBy(() -> MessageClient.builder("127.0.0.1:1", "nowhere.invalid:7355")
                        .build())
                .isInstanceOf(NightshiftException.class)
                .hasMessage(
                        "cannot reach any node of the cluster: 127.0.0.1:1 (Connection refused), nowhere.invalid:7355"
                                + " (unknown host)");
        assertThatThrownBy(() -> MessageClient.builder("http://localhost:7380"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("host:port");
        assertThatThrownBy(() -> MessageClient.builder(cluster.name(0), "192.0.2.1:7355")
                        .token(cluster.token())
                        .build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a token is sent to another machine with TLS only, not to 192.0.2.1:7355");
    }

    /// Nodes leave without a warning about what is normal, and without waiting for a time limit: Pekko warns if the
    /// limit ended a phase of the shutdown.
    @Test
    @Order(8)
    void leavingNodesLogNoWarningAndWaitForNoTimeLimit() throws Exception {
        CLIENTS.values().forEach(NightshiftClient::close);
        for (int node = 0; node < 2; node++) {
            ProgramProcess leaving = cluster.node(node);
            int before = leaving.out().length();
            leaving.signal("TERM");
            CommandResult end = leaving.end();

            assertThat(end.status()).as(end.out()).isZero();
            assertThat(end.out().substring(before).lines())
                    .as("the log of node %d since it was told to leave", node)
                    .filteredOn(line -> !HELD_UP.matcher(line).find())
                    .noneMatch(line -> line.contains(" WARN ") || line.contains(" ERROR "));
        }
    }
}
