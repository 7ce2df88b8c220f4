package io.nightshift.system.schedule;

import io.nightshift.client.NightshiftClient;
import io.nightshift.client.messages.MessageClient;
import io.nightshift.system.cluster.TestCluster;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.Nightly;
import io.nightshift.testing.gate.ScoringGate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/// Applied jobs of a cluster of three nodes, on a journal in PostgreSQL.
@Nightly(shortForm = {"ServedJobsIT", "NoSharedDiskIT.eachTickHasOneRunWhateverIsKilledAroundIt"})
final class ClusterJobsIT extends UnattendedJobsContract {

    private static final int NODES = 3;

    @Override
    SchedulingSystem start(Path empty, String configuration, ScoringGate scoring) throws IOException {
        TestCluster cluster = new TestCluster(empty, NODES).heldBy(scoring);
        Files.writeString(cluster.configuration(), configuration, StandardOpenOption.APPEND);
        startNodes(cluster);
        return new SchedulingSystem() {
            @Override
            public CommandResult command(String... words) {
                return cluster.runOverHttp(words);
            }

            @Override
            public CommandResult commandOverHttp(String... words) {
                return cluster.runOverHttp(words);
            }

            @Override
            public NightshiftClient http() {
                return NightshiftClient.overHttp(cluster.http(0), cluster.http(1), cluster.http(2))
                        .token(cluster.token())
                        .attempts(12)
                        .build();
            }

            @Override
            public NightshiftClient messages() {
                return MessageClient.builder(cluster.name(0), cluster.name(1), cluster.name(2))
                        .token(cluster.token())
                        .attempts(12)
                        .timeout(Duration.ofSeconds(5))
                        .build();
            }

            @Override
            public void kill() throws IOException, InterruptedException {
                for (int node = 0; node < NODES; node++) {
                    cluster.node(node).kill();
                    cluster.node(node).end();
                }
            }

            @Override
            public void restart() throws IOException {
                startNodes(cluster);
            }

            @Override
            public void close() throws IOException {
                cluster.close();
            }
        };
    }

    private static void startNodes(TestCluster cluster) throws IOException {
        for (int node = 0; node < NODES; node++) {
            cluster.start(node);
        }
        for (int node = 0; node < NODES; node++) {
            cluster.awaitUp(node);
        }
    }
}
