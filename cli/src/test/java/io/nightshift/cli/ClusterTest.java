package io.nightshift.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A cluster of processes on one machine.
class ClusterTest {

    @Test
    void threeNodesScoreABatchTogether(@TempDir Path folder) throws Exception {
        FlightsJob job = FlightsJob.in(folder);
        try (TestCluster cluster = new TestCluster(folder, 3)) {
            for (int node = 0; node < 3; node++) {
                cluster.start(node);
            }
            for (int node = 0; node < 3; node++) {
                cluster.awaitUp(node);
            }
            Program.End submitted =
                    cluster.batch("submit", job.file().toString(), "--set", "partitions.rows=5000", "-o", "json");
            assertThat(submitted.status()).as(submitted + cluster.logs()).isZero();
            String batch = submitted.json().get("batch").asText();
            Program.End watched = cluster.batch("watch", batch, "-o", "json");
            assertThat(watched.status()).as(watched + cluster.logs()).isZero();
            assertThat(watched.json().get("predictions").asInt()).isEqualTo(FlightsJob.ROWS);
            String events = cluster.batch("events", batch, "-o", "json").out();
            for (int node = 0; node < 3; node++) {
                assertThat(events).contains(cluster.name(node));
            }
            assertThat(cluster.batch("verify", batch).status()).isZero();
        }
    }
}
