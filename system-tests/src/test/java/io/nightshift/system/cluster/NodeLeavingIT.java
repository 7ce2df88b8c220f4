package io.nightshift.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.gate.ScoringGate;
import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A node that is told to end during a partition that takes longer than its grace period: a gate holds the
/// partition. [ClusterIT] tests one that ends before.
@Timeout(600)
final class NodeLeavingIT {

    private static final Duration SOON = Duration.ofMinutes(2);
    private static final Duration GRACE = Duration.ofSeconds(2);

    /// A lease that expires could not be told from one that was released.
    private static final Duration LEASE = SOON.multipliedBy(10);

    @TempDir
    Path folder = Path.of("");

    private TestCluster cluster;

    @BeforeEach
    void form() throws IOException {
        cluster = new TestCluster(folder, 2).heldBy(ScoringGate.closed(folder.resolve("gate")));
        Files.writeString(
                cluster.configuration(),
                "nightshift.worker.grace = %ds%nnightshift.batch.lease = %ds%n"
                        .formatted(GRACE.toSeconds(), LEASE.toSeconds()),
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

    /// Submits the example in one partition.
    private String submitted() throws Exception {
        FlightsJob job = FlightsJob.in(folder.resolve("job"));
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

        ProgramProcess leaving = cluster.node(1);
        long told = System.nanoTime();
        leaving.signal("TERM");
        CommandResult end = leaving.end();
        assertThat(end.status()).as(end.out()).isZero();
        assertThat(Duration.ofNanos(System.nanoTime() - told)).isGreaterThanOrEqualTo(GRACE);
        assertThat(end.out()).containsPattern(batch + "\\.0\\.\\S+: lease released, since this worker stops");

        cluster.start(1, "--roles", "worker");
        await().atMost(SOON).until(() -> leases(batch) == 2);
        assertThat(cluster.batch("events", batch, "-o", "json").out()).doesNotContain("attempt-failed");
        assertThat(cluster.batch("cancel", batch).status()).isZero();
    }
}
