package io.nightshift.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.testing.CommandResult;
import io.nightshift.testing.program.ProgramProcess;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A node leaves its cluster without a warning about what is normal.
@Timeout(180)
final class LeavingNodeLogIT {

    @TempDir
    Path folder = Path.of("");

    @Test
    void aNodeThatLeavesOthersBehindLogsNoWarning() throws Exception {
        try (TestCluster cluster = new TestCluster(folder, 2)) {
            for (int node = 0; node < 2; node++) {
                cluster.start(node);
                cluster.awaitUp(node);
            }
            ProgramProcess leaving = cluster.node(0);
            int before = leaving.out().length();
            leaving.signal("TERM");
            CommandResult end = leaving.end();

            assertThat(end.status()).as(end.out()).isZero();
            assertThat(end.out().substring(before).lines())
                    .as("its log since it was told to leave")
                    .noneMatch(line -> line.contains(" WARN ") || line.contains(" ERROR "));
        }
    }
}
