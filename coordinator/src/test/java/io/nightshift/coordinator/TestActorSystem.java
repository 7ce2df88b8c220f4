package io.nightshift.coordinator;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.nightshift.coordinator.ledger.EmbeddedLedger;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.metrics.BatchMetrics;
import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;

/// A node without a cluster: the real journal on disk and an actor system, configured as the
/// program configures them.
public final class TestActorSystem implements AutoCloseable {

    private final EmbeddedLedger ledger;
    private final ActorTestKit kit;
    private final ExecutorService blocking = Executors.newCachedThreadPool();
    private final MeterRegistry registry = new SimpleMeterRegistry();
    private final BatchMetrics metrics = new BatchMetrics(registry);

    public TestActorSystem(Path home) {
        this(EmbeddedLedger.open(home));
    }

    /// @param ledger closed with the system
    public TestActorSystem(EmbeddedLedger ledger) {
        this.ledger = ledger;
        kit = ActorTestKit.create("node", config(ledger.ledger()));
    }

    private static Config config(Ledger ledger) {
        Config embedded = programs("embedded-journal.conf");
        Config dispatchers = programs("dispatchers.conf");
        return ConfigFactory.parseMap(Map.of(
                        "pekko-persistence-jdbc.shared-databases.slick.db.url", ledger.url(),
                        // As between nodes: what other actors are told is written and read.
                        "pekko.actor.serialize-messages", "on",
                        "pekko.actor.no-serialization-verification-needed-class-prefix",
                                List.of("org.apache.pekko.", "io.nightshift.coordinator."),
                        "pekko.loglevel", "OFF",
                        "pekko.stdout-loglevel", "OFF"))
                .withFallback(embedded)
                .withFallback(dispatchers)
                .withFallback(ConfigFactory.load())
                .resolve();
    }

    /// A configuration file of the program. A missing file is an error, since the actors would wait silently.
    private static Config programs(String file) {
        return ConfigFactory.parseFile(
                new File("../node/src/main/resources/" + file),
                ConfigParseOptions.defaults().setAllowMissing(false));
    }

    public ActorTestKit kit() {
        return kit;
    }

    public Ledger ledger() {
        return ledger.ledger();
    }

    public ExecutorService blocking() {
        return blocking;
    }

    public MeterRegistry registry() {
        return registry;
    }

    public BatchMetrics metrics() {
        return metrics;
    }

    @Override
    public void close() {
        kit.shutdownTestKit();
        blocking.shutdownNow();
        ledger.close();
    }
}
