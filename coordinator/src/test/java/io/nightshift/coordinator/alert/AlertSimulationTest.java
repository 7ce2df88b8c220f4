package io.nightshift.coordinator.alert;

import static org.assertj.core.api.Assertions.fail;

import io.nightshift.protocol.alert.AlertReply;
import java.util.Locale;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Exactly one incident for each failed batch, delivered at least once, and its end after its beginning,
/// whatever fails when.
class AlertSimulationTest {

    private static final long SEEDS = Long.getLong("nightshift.seeds", 300);
    private static final long MUTANT_SEEDS = 2_000;

    private final ActorRef<AlertReply> nobody = TestInbox.<AlertReply>create().getRef();

    @Test
    void thePromisesHoldWhateverFails() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            AlertSimulation.run(seed, AlertDecisions::new, nobody);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aBrokenOutboxIsCaught(AlertMutants mutant) {
        for (long seed = 1; seed <= MUTANT_SEEDS; seed++) {
            try {
                AlertSimulation.run(seed, mutant, nobody);
            } catch (AlertSimulation.Violation caught) {
                System.out.printf(Locale.ROOT, "%s is caught by %s%n", mutant, caught.getMessage());
                return;
            }
        }
        fail("%s is not caught by %d runs".formatted(mutant, MUTANT_SEEDS));
    }
}
