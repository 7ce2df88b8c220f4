package io.nightshift.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.testing.CommandResult;
import io.nightshift.testing.program.ProgramProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Nodes leave their cluster without a warning about what is normal, and without waiting for a time limit.
@Timeout(600)
final class LeavingNodeLogIT {

    /// Less than the time limit of the phase in which the shard regions stop, which is 20 seconds.
    private static final Duration SOON = Duration.ofSeconds(15);

    /// What a machine that is too busy makes a node say at any time.
    private static final Pattern HELD_UP = Pattern.compile("heartbeat|starvation");

    @TempDir
    Path folder = Path.of("");

    @Test
    void neitherTheFirstNodeThatLeavesNorTheLastLogsAWarningOrWaits() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, 2)) {
            for (int node = 0; node < 2; node++) {
                cluster.start(node);
                cluster.awaitUp(node);
            }
            for (int node = 0; node < 2; node++) {
                ProgramProcess leaving = cluster.node(node);
                int before = leaving.out().length();
                long told = System.nanoTime();
                leaving.signal("TERM");
                CommandResult end = leaving.end();

                assertThat(end.status()).as(end.out()).isZero();
                assertThat(end.out().substring(before).lines())
                        .as("the log of node %d since it was told to leave", node)
                        .filteredOn(line -> !HELD_UP.matcher(line).find())
                        .noneMatch(line -> line.contains(" WARN ") || line.contains(" ERROR "));
                assertThat(Duration.ofNanos(System.nanoTime() - told))
                        .as(end.out().substring(before))
                        .isLessThan(SOON);
            }
        }
    }
}
