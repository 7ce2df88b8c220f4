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

/// A node that misses the mount with the input, as a worker and as the coordinator of batches. Skipped where this
/// process may not mount a file system.
@Timeout(600)
final class NodeFaultIT {

    private static final Duration SOON = Duration.ofMinutes(2);
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
        cluster.startWithOwnMounts(FAULTY);
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

    /// A batch that was published.
    ///
    /// @param coordinator the node that took charge first
    /// @param planningFailedOn the nodes that could not plan it
    /// @param workers the nodes that committed its partitions
    private record Run(String coordinator, Set<String> planningFailedOn, Set<String> workers) {}

    private Run run() throws IOException {
        CommandResult submitted =
                cluster.batch("submit", job.file().toString(), "--set", "partitions.rows=12000", "--new", "-o", "json");
        String batch = submitted.expect(0).json().get("batch").asText();
        await().atMost(SOON)
                .untilAsserted(() ->
                        assertThat(cluster.show(batch).get("state").asText()).isEqualTo("published"));
        String coordinator = "";
        Set<String> failed = new TreeSet<>();
        Set<String> workers = new TreeSet<>();
        for (String line :
                cluster.batch("events", batch, "-o", "json").out().lines().toList()) {
            JsonNode event = new ObjectMapper().readTree(line);
            String type = event.path("event").asText();
            if (type.equals("took-over") && coordinator.isEmpty()) {
                coordinator = event.get("node").asText();
            }
            if (type.equals("step-failed")) {
                failed.add(event.get("node").asText());
            }
            event.path("commits")
                    .forEach(commit -> workers.add(commit.get("node").asText()));
        }
        return new Run(coordinator, failed, workers);
    }

    /// Runs batches until the faulty node has coordinated one. The batches are spread over the nodes.
    private Run runOnTheFaultyNode() throws IOException {
        for (int tries = 0; tries < 20; tries++) {
            Run run = run();
            assertThat(run.workers()).containsExactly(cluster.name(0));
            if (run.coordinator().equals(cluster.name(FAULTY))) {
                return run;
            }
            assertThat(run.planningFailedOn()).isEmpty();
        }
        throw new AssertionError("the node coordinates no batch");
    }

    private JsonNode faultyNode() throws IOException {
        JsonNode nodes = new ObjectMapper()
                .readTree(cluster.runOverHttp("node", "list", "-o", "json")
                        .expect(0)
                        .out());
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

        assertThat(runOnTheFaultyNode().planningFailedOn()).containsExactly(cluster.name(FAULTY));
        assertThat(cluster.node(0).out()).contains("this node plans the batch for the coordinator on another node");

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
        assertThat(run().workers()).contains(cluster.name(FAULTY));
    }
}
