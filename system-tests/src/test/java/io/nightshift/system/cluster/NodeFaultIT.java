package io.nightshift.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A worker node that misses the mount with the input. Skipped where this process may not mount a file system.
@Timeout(600)
final class NodeFaultIT {

    private static final Duration SOON = Duration.ofSeconds(90);
    private static final int FAULTY = 1;

    @TempDir
    Path folder = Path.of("");

    private TestCluster cluster;
    private FlightsJob job;

    @BeforeEach
    void form() throws Exception {
        assumeThat(status("unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", folder.toString()))
                .as("may mount a file system")
                .isZero();
        cluster = new TestCluster(folder, 2);
        cluster.start(0);
        // A batch is planned by the node that coordinates it, which must see the input.
        cluster.startWithOwnMounts(FAULTY, "--roles", "worker");
        cluster.awaitUp(0);
        cluster.awaitUp(FAULTY);
        job = FlightsJob.on(folder.resolve("job"), "SELECT * FROM flights");
        Files.createDirectory(mount());
        Files.move(job.input(), mount().resolve("in.parquet"));
        job.edit(job.input().toString(), mount().resolve("in.parquet").toString());
    }

    @AfterEach
    void end() throws IOException {
        if (cluster != null) {
            cluster.close();
        }
    }

    private Path mount() {
        return folder.resolve("mount");
    }

    private static int status(String... command) throws IOException, InterruptedException {
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            return -1;
        }
    }

    /// Runs a command that changes what the faulty node sees of the file system.
    private void inFaultyNode(String... command) throws Exception {
        List<String> words = new ArrayList<>(List.of(
                "nsenter", "--target", String.valueOf(cluster.node(FAULTY).id()), "--mount"));
        words.addAll(List.of(command));
        assertThat(status(words.toArray(String[]::new))).isZero();
    }

    /// The nodes that committed the partitions of a new batch.
    private Set<String> run() throws IOException {
        CommandResult submitted =
                cluster.batch("submit", job.file().toString(), "--set", "partitions.rows=5000", "--new", "-o", "json");
        String batch = submitted.expect(0).json().get("batch").asText();
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(cluster.batch("show", batch, "-o", "json")
                                .json()
                                .get("state")
                                .asText())
                        .isEqualTo("published"));
        Set<String> nodes = new TreeSet<>();
        for (String line :
                cluster.batch("events", batch, "-o", "json").out().lines().toList()) {
            new ObjectMapper()
                    .readTree(line)
                    .path("commits")
                    .forEach(commit -> nodes.add(commit.get("node").asText()));
        }
        return nodes;
    }

    private JsonNode faultyNode() throws IOException {
        JsonNode nodes = new ObjectMapper()
                .readTree(
                        cluster.command("node", "list", "-o", "json").expect(0).out());
        assertThat(nodes).hasSize(2).allMatch(node -> node.get("state").asText().equals("up"));
        for (JsonNode node : nodes) {
            if (node.get("node").asText().equals(cluster.name(FAULTY))) {
                return node;
            }
        }
        throw new AssertionError(nodes);
    }

    @Test
    void theBatchCompletesOnTheOtherNodeAndTheNodeReturnsWithItsMount() throws Exception {
        inFaultyNode("mount", "-t", "tmpfs", "tmpfs", mount().toString());

        assertThat(run()).containsExactly(cluster.name(0));

        JsonNode fault = faultyNode().at("/faults/0");
        assertThat(fault.get("resource").asText()).isEqualTo("input");
        assertThat(fault.get("all_work").asBoolean()).isFalse();
        assertThat(fault.get("reason").asText()).contains("in.parquet");
        assertThat(cluster.command("node", "list").expect(0).out())
                .containsPattern(cluster.name(FAULTY) + " .* some batches")
                .containsPattern(cluster.name(FAULTY) + ": since 20.*in\\.parquet.*Next try: ");
        assertThat(cluster.node(FAULTY).out()).contains("this node is excluded from the batches that need it");

        inFaultyNode("umount", mount().toString());

        await().atMost(SOON)
                .untilAsserted(() -> assertThat(faultyNode().get("faults")).isEmpty());
        assertThat(run()).contains(cluster.name(FAULTY));
    }
}
