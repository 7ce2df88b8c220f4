package io.nightshift.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.system.run.InProcess;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.PublishedParquet;
import io.nightshift.testing.gate.ScoringGate;
import io.nightshift.testing.program.ProgramProcess;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Three node processes with a journal in PostgreSQL; a fourth node joins and leaves. All tests share one
/// cluster, because forming it takes some seconds; after each test three nodes are up, and the gate of the
/// nodes' partitions is open.
@Timeout(600)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class ClusterIT {

    private static final Duration SOON = Duration.ofMinutes(2);
    private static final Duration GRACE = Duration.ofSeconds(2);

    /// Longer than any test waits, so that no lease expires: that would look like a lease that was released.
    private static final Duration LEASE = SOON.multipliedBy(10);

    @TempDir
    static Path folder;

    private static TestCluster cluster;
    private static ScoringGate gate;
    private static FlightsJob job;
    private static String undisturbed;

    @BeforeAll
    static void form() throws Exception {
        job = FlightsJob.on(folder, "FROM flights");
        gate = ScoringGate.opened(folder.resolve("gate"));
        cluster = new TestCluster(folder, 4).heldBy(gate);
        // No node is lost here. A node that the machine stops for a few seconds must not lose its partition.
        // A node that leaves waits for the gate.
        Files.writeString(
                cluster.configuration(),
                "nightshift { batch.lease = %ds, worker.grace = 10m }%n".formatted(LEASE.toSeconds()),
                StandardOpenOption.APPEND);
        for (int node = 0; node < 3; node++) {
            cluster.start(node);
        }
        CommandResult alone = InProcess.run(job, "--set", "destination.parquet=" + folder.resolve("alone"));
        assertThat(alone.status()).as(alone.err()).isZero();
        undisturbed = PublishedParquet.digest(folder.resolve("alone"));
        for (int node = 0; node < 3; node++) {
            cluster.awaitUp(node);
        }
    }

    @AfterEach
    void openTheGate() throws Exception {
        gate.open();
    }

    @AfterAll
    static void end() throws Exception {
        if (cluster != null) {
            cluster.close();
        }
    }

    /// Submits the job with a destination of its own.
    private static String submit(String destination, int rows) throws Exception {
        CommandResult submitted = cluster.batch(
                "submit",
                job.file().toString(),
                "--new",
                "-o",
                "json",
                "--set",
                "partitions.rows=" + rows,
                "--set",
                "destination.parquet=" + folder.resolve(destination));
        assertThat(submitted.status()).as(submitted + cluster.logs()).isZero();
        return submitted.json().get("batch").asText();
    }

    private static void awaitPublished(String batch, String destination) throws Exception {
        CommandResult watched = cluster.batch("watch", batch, "-o", "json");
        assertThat(watched.status()).as(watched + cluster.logs()).isZero();
        assertThat(watched.json().get("state").asText()).isEqualTo("published");
        assertThat(watched.json().get("predictions").asInt()).isEqualTo(FlightsJob.ROWS);
        assertThat(PublishedParquet.digest(folder.resolve(destination))).isEqualTo(undisturbed);
        assertThat(cluster.batch("verify", batch).status()).isZero();
    }

    /// Submits the job, and lets the three nodes commit one partition only. The gate holds the next one of each.
    private static String submitAndHold(String destination) throws Exception {
        gate.close();
        gate.admit(1);
        String batch = submit(destination, 15_000);
        await().atMost(SOON)
                .until(() -> cluster.logs().lines().anyMatch(line -> line.matches(".*" + batch + ".* committed")));
        gate.awaitWaiting(3);
        return batch;
    }

    private static String events(String batch) throws Exception {
        return cluster.batch("events", batch, "-o", "json").out();
    }

    @Test
    @Order(1)
    void threeNodesScoreABatchTogetherAndItIsAsIfOneHad() throws Exception {
        gate.close();
        String batch = submit("together", 10_000);
        gate.awaitWaiting(3);
        gate.open();
        awaitPublished(batch, "together");
        String events = events(batch);
        for (int node = 0; node < 3; node++) {
            assertThat(events).contains("\"node\":\"" + cluster.name(node));
        }
    }

    @Test
    @Order(2)
    void aNodeThatJoinsGetsWorkAndOneThatLeavesFinishesItsOwn() throws Exception {
        String batch = submitAndHold("joined");
        assertThat(cluster.batch("pause", batch).out()).contains("Paused batch");
        cluster.start(3);
        cluster.awaitUp(3);
        assertThat(cluster.batch("resume", batch).out()).contains("Resumed batch " + batch);
        gate.awaitWaiting(4);
        assertThat(cluster.logs()).contains(" leased to " + cluster.name(3));

        assertThat(cluster.health(3, "started").statusCode()).isEqualTo(200);
        assertThat(cluster.health(3, "ready").statusCode()).isEqualTo(200);

        ProgramProcess leaving = cluster.node(3);
        leaving.signal("TERM");
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(cluster.health(3, "ready"))
                        .returns(503, HttpResponse::statusCode)
                        .returns(true, ready -> ready.body().contains("the node is leaving")));
        assertThat(cluster.health(3, "live").statusCode())
                .as("it isn't to be killed")
                .isEqualTo(200);
        gate.open();
        assertThat(leaving.end().status()).as(leaving.out()).isZero();

        awaitPublished(batch, "joined");
        assertThat(events(batch))
                .contains("\"node\":\"" + cluster.name(3))
                .as("nothing was lost with it")
                .doesNotContain("\"event\":\"attempt-failed\"");
    }

    @Test
    @Order(3)
    void aPartitionThatExceedsTheGraceIsReleased() throws Exception {
        cluster.startWith(3, "nightshift.worker.grace = %ds%n".formatted(GRACE.toSeconds()), "--roles", "worker");
        cluster.awaitUp(3);
        gate.close();
        String batch = submit("released", 15_000);
        gate.awaitWaiting(4);

        ProgramProcess leaving = cluster.node(3);
        long told = System.nanoTime();
        leaving.signal("TERM");
        CommandResult end = leaving.end();
        assertThat(end.status()).as(end.out()).isZero();
        assertThat(Duration.ofNanos(System.nanoTime() - told)).isGreaterThanOrEqualTo(GRACE);
        Matcher released = Pattern.compile("(" + batch + "\\.\\d+\\.)\\S+: lease released, since this worker stops")
                .matcher(end.out());
        assertThat(released.find()).as(end.out()).isTrue();

        gate.open();
        awaitPublished(batch, "released");
        assertThat(leases(released.group(1)))
                .satisfiesExactly(
                        first -> assertThat(first).endsWith(cluster.name(3)),
                        second -> assertThat(second).doesNotContain(cluster.name(3)));
        assertThat(events(batch)).doesNotContain("attempt-failed");
    }

    /// The lines in the logs of the nodes that lease a partition.
    ///
    /// @param attempt how the names of the partition's attempts begin
    private static List<String> leases(String attempt) {
        return cluster.logs()
                .lines()
                .filter(line -> line.contains(attempt) && line.contains(" leased to "))
                .toList();
    }

    @Test
    @Order(4)
    void openBatchesShareTheWorkers() throws Exception {
        // Whatever is committed here has been admitted.
        gate.close();
        FlightsJob other = FlightsJob.in(folder.resolve("other"));
        CommandResult submitted = cluster.batch(
                "submit", other.file().toString(), "--set", "job=other", "--set", "partitions.rows=8000", "-o", "json");
        assertThat(submitted.status()).as(submitted.err()).isZero();
        String small = submitted.json().get("batch").asText();
        assertThat(cluster.batch("pause", small).status()).isZero();
        String large = submit("large", 8_000);
        assertThat(cluster.batch("resume", small).status()).isZero();
        await().atMost(SOON).until(() -> isPlanned(small) && isPlanned(large));
        gate.awaitWaiting(3);

        int passed = 0;
        while (committed(small) < 6 || committed(large) < 6) {
            assertThat(passed)
                    .as("partitions of both, while one has fewer than six")
                    .isLessThan(36);
            gate.admit(1);
            int commits = ++passed;
            await().atMost(SOON).until(() -> committed(small) + committed(large) == commits);
            gate.awaitWaiting(3);
        }
        gate.open();

        assertThat(cluster.batch("watch", small).status()).isZero();
        awaitPublished(large, "large");
    }

    private static boolean isPlanned(String batch) {
        return cluster.show(batch).get("partitions").asInt() > 0;
    }

    private static int committed(String batch) {
        return cluster.show(batch).get("committed").asInt();
    }

    @Test
    @Order(5)
    void impossibleControlsAreRefusedWithTheReason() throws Exception {
        String batch = submitAndHold("given-up");
        assertThat(cluster.batch("cancel", batch, "--reason", "a mistake").out())
                .contains("Cancelled batch " + batch);
        assertThat(cluster.batch("cancel", batch).status()).as("twice is once").isZero();
        for (String verb : List.of("pause", "resume", "retry")) {
            CommandResult refused = cluster.batch(verb, batch);
            assertThat(refused.status()).as(verb + refused).isEqualTo(1);
            assertThat(refused.err()).contains(batch, "cancelled");
        }
        assertThat(cluster.batch("watch", batch)
                        .expect(1, "was cancelled: a mistake")
                        .out())
                .isEmpty();
        cluster.batch("rescore", batch, "--partitions", "1,x").expect(2, "neither a number nor a range");
        cluster.batch("pause", "nosuchbatch").expect(2, "there is no batch nosuchbatch");
        try (ProgramProcess another = ProgramProcess.start(folder, cluster.arguments(0))) {
            another.end().expect(2, "the node can't listen at " + cluster.name(0));
        }
    }

    @Test
    @Order(6)
    void withoutItsDatabaseTheClusterWaitsAndContinuesByItself() throws Exception {
        String batch = submitAndHold("waited");
        cluster.database.shut();
        // What is scored now can't be committed.
        gate.open();
        try {
            await().atMost(SOON).untilAsserted(() -> {
                CommandResult shown = cluster.batch("show", batch);
                assertThat(shown.status()).as(shown.toString()).isZero();
                assertThat(shown.out()).contains("waits for", "the journal's database can't be reached");
            });
            assertThat(cluster.health(0, "live").statusCode()).isEqualTo(200);
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(cluster.health(0, "ready"))
                            .returns(503, HttpResponse::statusCode)
                            .returns(true, ready -> ready.body().contains("the journal's database can't be reached")));
        } finally {
            cluster.database.open();
        }
        awaitPublished(batch, "waited");
        List<String> phases =
                new ArrayList<>(cluster.batch("list").out().lines().toList());
        assertThat(phases).anyMatch(line -> line.contains(batch) && line.contains("published"));
    }

    @Test
    @Order(7)
    void aNodeWhoseAddressAnotherProcessHasEndsByItself() throws Exception {
        cluster.start(3);
        cluster.awaitUp(3);
        cluster.execute("UPDATE nightshift.member SET incarnation = gen_random_uuid() WHERE address = '%s'"
                .formatted(cluster.name(3)));
        CommandResult ended = cluster.node(3).end();
        assertThat(ended.status()).as(ended.out()).isEqualTo(1);
        assertThat(ended.out()).contains("another process has this node's address");
    }
}
