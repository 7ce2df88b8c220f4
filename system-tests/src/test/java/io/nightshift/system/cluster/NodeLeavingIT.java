package io.nightshift.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.testing.CommandResult;
import io.nightshift.testing.ExpensiveFilter;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A node that is told to end during a partition that takes longer than its grace period. [ClusterIT] tests a
/// shorter partition.
@Timeout(600)
final class NodeLeavingIT {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Duration GRACE = Duration.ofSeconds(8);

    @TempDir
    Path folder = Path.of("");

    private TestCluster cluster;

    @BeforeEach
    void form() throws IOException {
        cluster = new TestCluster(folder, 2);
        Files.writeString(
                cluster.configuration(),
                "nightshift.worker.grace = %ds%nnightshift.batch.lease = 60s%n".formatted(GRACE.toSeconds()),
                StandardOpenOption.APPEND);
        cluster.start(0, "--roles", "coordinator");
        cluster.start(1, "--roles", "worker");
        cluster.awaitUp(0);
        cluster.awaitUp(1);
    }

    @AfterEach
    void end() throws IOException {
        cluster.close();
    }

    /// Submits the example in one partition, which takes much longer than the grace.
    private String submitted() throws Exception {
        FlightsJob job = FlightsJob.in(folder.resolve("job"));
        job.edit("source:", "source:\n  where: " + ExpensiveFilter.taking(Duration.ofSeconds(40), FlightsJob.ROWS));
        CommandResult submitted = cluster.batch(
                "submit", job.file().toString(), "--set", "partitions.rows=" + FlightsJob.ROWS, "-o", "json");
        assertThat(submitted.status()).as(submitted.toString()).isZero();
        return submitted.json().get("batch").asText();
    }

    private long leases(String batch) {
        return cluster.node(0)
                .out()
                .lines()
                .filter(line -> line.matches(".*" + batch + "\\.0\\.\\S+ leased to " + cluster.name(1)))
                .count();
    }

    @Test
    void aPartitionThatExceedsTheGraceIsReleased() throws Exception {
        String batch = submitted();
        await().atMost(SOON).until(() -> leases(batch) == 1);
        assertThat(cluster.health(1, "ready").statusCode()).isEqualTo(200);

        ProgramProcess leaving = cluster.node(1);
        leaving.signal("TERM");
        long told = System.nanoTime();
        await().atMost(GRACE)
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(() -> assertThat(cluster.health(1, "ready"))
                        .returns(503, HttpResponse::statusCode)
                        .returns(true, ready -> ready.body().contains("the node is leaving")));
        assertThat(cluster.health(1, "live").statusCode())
                .as("it isn't to be killed")
                .isEqualTo(200);

        CommandResult end = leaving.end();
        assertThat(end.status()).as(end.out()).isZero();
        assertThat(Duration.ofNanos(System.nanoTime() - told)).isGreaterThanOrEqualTo(GRACE);
        assertThat(end.out()).containsPattern(batch + "\\.0\\.\\S+: lease released, since this worker stops");

        // Long before the lease expires.
        cluster.start(1, "--roles", "worker");
        await().atMost(SOON.toSeconds(), TimeUnit.SECONDS).until(() -> leases(batch) == 2);
        assertThat(cluster.batch("events", batch, "-o", "json").out()).doesNotContain("attempt-failed");
        assertThat(cluster.batch("cancel", batch).status()).isZero();
    }
}
