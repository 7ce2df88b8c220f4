package io.nightshift.system.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.api.BatchControl;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.testing.Nightly;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/// A batch runs on while the nodes of one build are replaced by nodes of another build, as Kubernetes does
/// it: a new node starts at a new address, and when it is ready, an old node is told to end.
///
/// By itself, the test derives the earlier build from this one: its messages [lack components][EarlierBuild]. One
/// new node starts, and two of the three old nodes end.
///
/// With `bench/upgrade.sh`, all three nodes are replaced, there and back again. A
/// property [Distribution#PREVIOUS] names the real earlier build.
final class RollingUpdateIT {

    private static final int PARTITION_ROWS = 1_000;

    private static final boolean IS_LONG = System.getProperty(Distribution.PREVIOUS) != null;

    private static final String OLDER = EarlierBuild.VERSION;

    @TempDir
    Path folder;

    private final Distribution now = Distribution.ofThisBuild();

    private Distribution before() throws IOException {
        String previous = System.getProperty(Distribution.PREVIOUS);
        return previous == null ? EarlierBuild.of(now, folder.resolve("earlier")) : new Distribution(Path.of(previous));
    }

    @Test
    @Nightly(shortForm = {"ClusterIT.aNodeThatJoinsGetsWorkAndOneThatLeavesFinishesItsOwn", "RecordEvolutionTest"})
    void aBatchInFlightOutlivesAnUpdate() throws Exception {
        replace(before(), OLDER, now, now.version());
    }

    @Test
    @EnabledIfSystemProperty(named = Distribution.PREVIOUS, matches = ".+")
    void aBatchInFlightOutlivesTheWayBack() throws Exception {
        replace(now, now.version(), before(), OLDER);
    }

    private void replace(Distribution from, String fromVersion, Distribution to, String toVersion) throws Exception {
        boolean isUpdate = to.equals(now);
        try (MixedVersionCluster cluster = new MixedVersionCluster(folder)) {
            List<MixedVersionCluster.Node> old = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                old.add(cluster.start(from, fromVersion));
            }
            Path job = job();
            old.forEach(cluster::awaitReady);
            BatchId batch = submit(cluster, from, old.getFirst(), job);
            cluster.awaitCommit(batch, old, old);

            // The node of the batch's coordinator is the second to leave, so that workers of each build work
            // for a coordinator of the other.
            MixedVersionCluster.Node coordinator = cluster.coordinator(batch);
            old.remove(coordinator);
            old.add(1, coordinator);
            List<MixedVersionCluster.Node> replaced = List.copyOf(old);
            List<MixedVersionCluster.Node> fresh = new ArrayList<>();
            for (MixedVersionCluster.Node node : IS_LONG ? replaced : replaced.subList(0, 2)) {
                if (IS_LONG || fresh.isEmpty()) {
                    cluster.control(batch, old.getLast(), new BatchControl.Pause("a node starts"));
                    fresh.add(cluster.start(to, toVersion));
                    cluster.awaitReady(fresh.getLast());
                    int commits = cluster.commits(batch).size();
                    cluster.control(batch, fresh.getLast(), new BatchControl.Resume());
                    cluster.awaitCommits(batch, commits + 2);
                }

                cluster.end(node);
                old.remove(node);
                if (isUpdate && node.equals(replaced.getFirst())) {
                    cluster.awaitCommit(batch, fresh, List.of(coordinator));
                } else if (isUpdate && node.equals(coordinator)) {
                    cluster.awaitCommit(batch, old, fresh);
                }
            }
            cluster.openTheGate();
            cluster.batch(to, fresh.getFirst(), "watch", batch.value());

            cluster.batch(now, fresh.getFirst(), "verify", batch.value());
            assertThat(cluster.logLines())
                    .anyMatch(line -> line.contains(" is up, with coordinator and worker, version " + toVersion));
            nothingIsDoneTwice(cluster, batch);
        }
    }

    private BatchId submit(MixedVersionCluster cluster, Distribution build, MixedVersionCluster.Node asked, Path job)
            throws Exception {
        String out = cluster.batch(build, asked, "submit", job.toString(), "-o", "json")
                .out();
        return new BatchId(new ObjectMapper()
                .readTree(out.strip().lines().toList().getLast())
                .get("batch")
                .asText());
    }

    private void nothingIsDoneTwice(MixedVersionCluster cluster, BatchId batch) {
        Map<Integer, Epoch> committed = new HashMap<>();
        for (MixedVersionCluster.Commit commit : cluster.commits(batch)) {
            assertThat(committed.put(
                            commit.partition().partition(), commit.partition().epoch()))
                    .as("another commit of partition %d", commit.partition().partition())
                    .isNull();
        }
        assertThat(committed).hasSize(partitions(cluster, batch));
        assertThat(cluster.events(batch))
                .filteredOn(BatchEvent.AttemptFailed.class::isInstance)
                .isEmpty();

        Pattern leased = Pattern.compile("%s\\.(\\d+)\\.(\\d+)-(\\d+) leased to ".formatted(batch));
        Map<Integer, Epoch> last = new HashMap<>();
        int leases = 0;
        for (String line : cluster.logLines().toList()) {
            Matcher lease = leased.matcher(line);
            if (lease.find()) {
                leases++;
                Epoch epoch = new Epoch(Integer.parseInt(lease.group(2)), Integer.parseInt(lease.group(3)));
                last.merge(
                        Integer.parseInt(lease.group(1)),
                        epoch,
                        (one, other) -> one.compareTo(other) > 0 ? one : other);
            }
        }
        assertThat(last).as("no partition was leased after its commit").isEqualTo(committed);
        assertThat(leases - committed.size())
                .as("attempts that were given back, or that their coordinator's end made void")
                .isBetween(0, 12);
    }

    private static int partitions(MixedVersionCluster cluster, BatchId batch) {
        return cluster.events(batch).stream()
                .filter(BatchEvent.Planned.class::isInstance)
                .mapToInt(event -> ((BatchEvent.Planned) event).partitions().partitions())
                .sum();
    }

    /// The example job with many partitions.
    private Path job() throws IOException {
        Path example = now.root().resolve("examples/flights");
        String text = Files.readString(example.resolve("job.yaml"))
                .replace("model: flights.ubj", "model: " + example.resolve("flights.ubj"))
                .replace("parquet: flights.parquet", "parquet: " + example.resolve("flights.parquet"))
                .replace("parquet: predictions", "parquet: " + folder.resolve("predictions"))
                .replace("rows: 25000", "rows: " + PARTITION_ROWS);
        return Files.writeString(folder.resolve("job.yaml"), text);
    }
}
