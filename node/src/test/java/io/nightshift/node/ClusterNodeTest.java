package io.nightshift.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.node.configuration.Configuration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The configuration and the end of a node's actor system.
final class ClusterNodeTest {

    private static final String STOPPING = "pekko.coordinated-shutdown.phases.service-stop.timeout";
    private static final String MOVING = "pekko.cluster.sharding.handoff-timeout";

    @TempDir
    Path folder;

    private Config config(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("node.conf"), text);
        Configuration configuration = Configuration.load(file, folder);
        Ledger ledger = new Ledger("jdbc:postgresql://localhost/journal", "nightshift", "");
        return ClusterNode.config("cluster", ledger, configuration.node(), configuration);
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

    @Test
    @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aNodeEndsThoughItsActorSystemDoesNot() {
        Config config = ConfigFactory.parseString("""
                        pekko.coordinated-shutdown.phases.actor-system-terminate.timeout = 1s
                        pekko.coordinated-shutdown.run-by-jvm-shutdown-hook = off
                        pekko.jvm-shutdown-hooks = off
                        """).withFallback(ConfigFactory.load("none"));
        CountDownLatch stopping = new CountDownLatch(1);
        ActorSystem<Void> system = ActorSystem.create(Unstoppable.create(stopping), "stuck", config);
        ClusterNode node = new ClusterNode(system, 0);
        try {
            CoordinatedShutdown.get(system).runAll(CoordinatedShutdown.jvmExitReason());
            assertThat(node.awaitEnd()).isTrue();
            assertThat(system.getWhenTerminated().toCompletableFuture()).isNotDone();
        } finally {
            stopping.countDown();
        }
    }

    /// An actor whose stop takes until the latch is released.
    private static final class Unstoppable extends AbstractBehavior<Void> {

        private final CountDownLatch stopping;

        private Unstoppable(ActorContext<Void> context, CountDownLatch stopping) {
            super(context);
            this.stopping = stopping;
        }

        static Behavior<Void> create(CountDownLatch stopping) {
            return Behaviors.setup(context -> new Unstoppable(context, stopping));
        }

        @Override
        public Receive<Void> createReceive() {
            return newReceiveBuilder()
                    .onSignal(PostStop.class, stopped -> stop())
                    .build();
        }

        private Behavior<Void> stop() {
            try {
                stopping.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return this;
        }
    }
}
