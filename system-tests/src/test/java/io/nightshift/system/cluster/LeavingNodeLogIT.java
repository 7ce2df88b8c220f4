package io.nightshift.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.testing.CommandResult;
import io.nightshift.testing.program.ProgramProcess;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Nodes leave their cluster without a warning about what is normal, and without waiting for a time limit: Pekko
/// warns if the limit ended a phase of the shutdown.
@Timeout(600)
final class LeavingNodeLogIT {

    /// What a machine that is too busy makes a node say at any time.
    private static final Pattern HELD_UP = Pattern.compile("heartbeat|starvation");

    @TempDir
    Path folder = Path.of("");

    @Test
    void leavingNodesLogNoWarningAndWaitForNoTimeLimit() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, 2)) {
            for (int node = 0; node < 2; node++) {
                cluster.start(node);
                cluster.awaitUp(node);
            }
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
}
