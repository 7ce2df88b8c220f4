package io.nightshift.coordinator.batch;

import static org.assertj.core.api.Assertions.fail;

import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// That the simulation would notice: each way to break the machine breaks a promise soon.
@Tag("mutants")
class MutantsTest {

    private static final long SEEDS = 10_000;

    @ParameterizedTest
    @EnumSource
    void aBrokenMachineIsCaught(Mutants mutant) {
        for (long seed = 1; seed <= SEEDS; seed++) {
            try {
                Simulation.run(seed, mutant);
            } catch (InvariantViolation caught) {
                System.out.printf(Locale.ROOT, "%s is caught by seed %d: %s%n", mutant, seed, caught.getMessage());
                return;
            }
        }
        fail("%s is not caught by %d runs".formatted(mutant, SEEDS));
    }
}
