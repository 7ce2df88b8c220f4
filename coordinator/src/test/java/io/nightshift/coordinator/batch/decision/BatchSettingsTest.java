package io.nightshift.coordinator.batch.decision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.File;
import java.time.Duration;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class BatchSettingsTest {

    private static final Config DEFAULTS = ConfigFactory.parseFile(new File("src/main/resources/reference.conf"));

    @Test
    void theDefaultsAreThese() {
        assertThat(BatchSettings.of(ConfigFactory.load().getConfig("nightshift.batch")))
                .isEqualTo(new BatchSettings(
                        Duration.ofSeconds(30),
                        Duration.ofMillis(250),
                        new RetryPolicy(
                                4,
                                Duration.ofMillis(500),
                                Duration.ofSeconds(30),
                                0.3,
                                Duration.ofMinutes(15),
                                Duration.ofMinutes(15),
                                Duration.ofMinutes(15)),
                        Duration.ofMinutes(5),
                        Duration.ofSeconds(10),
                        Duration.ofHours(1)));
    }

    @Test
    void theKeysAreThese() {
        assertThat(DEFAULTS.entrySet())
                .extracting(Map.Entry::getKey)
                .containsExactlyInAnyOrder(
                        "nightshift.batch.lease",
                        "nightshift.batch.tick",
                        "nightshift.batch.passivate-after",
                        "nightshift.batch.stall-after",
                        "nightshift.batch.retention.every",
                        "nightshift.batch.retention.grace",
                        "nightshift.batch.retry.attempts",
                        "nightshift.batch.retry.storage",
                        "nightshift.batch.retry.database",
                        "nightshift.batch.retry.node",
                        "nightshift.batch.retry.min-backoff",
                        "nightshift.batch.retry.max-backoff",
                        "nightshift.batch.retry.jitter",
                        "nightshift.batch.scoring-at-once",
                        "nightshift.ledger.keep",
                        "pekko.actor.serializers.nightshift-ledger",
                        "pekko.actor.serialization-bindings.\"io.nightshift.protocol.ledger.LedgerEntry\"",
                        "pekko.actor.serialization-bindings.\"io.nightshift.protocol.register.BatchRegisterEvent\"",
                        "pekko.actor.serialization-bindings.\"io.nightshift.protocol.alert.AlertEvent\"",
                        "pekko.actor.serialization-bindings.\"io.nightshift.protocol.schedule.ScheduledJobEvent\"",
                        "pekko.actor.serialization-bindings.\"io.nightshift.protocol.schedule.JobCatalogueEvent\"",
                        "pekko.actor.serialization-bindings.\"io.nightshift.protocol.register.BatchRegisterSnapshot\"",
                        "pekko.actor.serialization-bindings.\"io.nightshift.coordinator.schedule.JobSnapshot\"",
                        "pekko.actor.serialization-bindings.\"io.nightshift.coordinator.alert.AlertState\"");
    }

    @Test
    void nonsenseIsRefusedByItsKey() {
        refused("nightshift.batch.lease = 200ms", "nightshift.batch.lease");
        refused("nightshift.batch.stall-after = 0s", "nightshift.batch.stall-after");
        refused("nightshift.batch.retention.every = 900ms", "nightshift.batch.retention.every");
        refused("nightshift.batch.retention.grace = -1s", "nightshift.batch.retention.grace");
        refused("nightshift.batch.retry.attempts = 0", "nightshift.batch.retry.attempts");
        refused("nightshift.batch.retry.max-backoff = 1ms", "nightshift.batch.retry");
        refused("nightshift.batch.retry.min-backoff = -1ms", "nightshift.batch.retry");
        refused("nightshift.batch.retry.storage = -1s", "nightshift.batch.retry");
        refused("nightshift.batch.retry.jitter = 2", "nightshift.batch.retry.jitter");
    }

    @Test
    void waitsDoubleUpToTheLongestAndAreNeverLongerForTheirJitter() {
        RetryPolicy policy = new RetryPolicy(
                9, Duration.ofMillis(100), Duration.ofMillis(700), 0.5, Duration.ZERO, Duration.ZERO, Duration.ZERO);
        RandomGenerator never = fixed(0);
        RandomGenerator always = fixed(1);

        assertThat(policy.backoff(1, never)).isEqualTo(Duration.ofMillis(100));
        assertThat(policy.backoff(2, never)).isEqualTo(Duration.ofMillis(200));
        assertThat(policy.backoff(3, never)).isEqualTo(Duration.ofMillis(400));
        assertThat(policy.backoff(4, never)).isEqualTo(Duration.ofMillis(700));
        assertThat(policy.backoff(1_000, never)).isEqualTo(Duration.ofMillis(700));
        assertThat(policy.backoff(2, always)).isEqualTo(Duration.ofMillis(100));
    }

    private static RandomGenerator fixed(double value) {
        return new RandomGenerator() {
            @Override
            public long nextLong() {
                return 0;
            }

            @Override
            public double nextDouble() {
                return value;
            }
        };
    }

    private static void refused(String line, String named) {
        Config config = ConfigFactory.parseString(line).withFallback(DEFAULTS).getConfig("nightshift.batch");
        assertThatThrownBy(() -> BatchSettings.of(config))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(named);
    }
}
