package io.nightshift.cli.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import io.nightshift.cli.configuration.Configuration;
import io.nightshift.coordinator.ledger.Ledger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a node's actor system is told.
final class ClusterNodeTest {

    private static final String STOPPING = "pekko.coordinated-shutdown.phases.service-stop.timeout";
    private static final String MOVING = "pekko.cluster.sharding.handoff-timeout";

    @TempDir
    Path folder;

    private Config config(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("node.conf"), text);
        Configuration configuration = Configuration.load(file, folder);
        Ledger ledger = new Ledger("jdbc:postgresql://localhost/journal", "nightshift", "");
        return ClusterNode.config(ledger, configuration.node(), configuration);
    }

    @Test
    void aNodeThatLeavesOrLosesWorkersLeavesThemTheirGrace() throws IOException {
        for (Duration grace : new Duration[] {Duration.ofSeconds(30), Duration.ofMinutes(10)}) {
            Config config = config("nightshift.worker.grace = %ds".formatted(grace.toSeconds()));
            assertThat(config.getDuration(STOPPING)).isGreaterThan(grace);
            assertThat(config.getDuration(MOVING)).isGreaterThan(config.getDuration(STOPPING));
        }
        assertThat(config("").getDuration(STOPPING)).isEqualTo(Duration.ofSeconds(45));
    }

    @Test
    void theConfigurationFileGoesBeforeWhatTheProgramWouldSay() throws IOException {
        Config config = config("pekko.cluster.app-version = 7.8.9, " + STOPPING + " = 77s");
        assertThat(config.getString("pekko.cluster.app-version")).isEqualTo("7.8.9");
        assertThat(config.getDuration(STOPPING)).isEqualTo(Duration.ofSeconds(77));
    }
}
