package io.nightshift.coordinator.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// That the simulation would notice: each way to break the machine breaks a promise soon.
@Tag("mutants")
class MutantsTest {

    private static final long SEEDS = 10_000;

    /// Seeds that have caught the mutants that few seeds catch. They are tried first. If a change of the simulation
    /// makes one useless, the test takes longer.
    private static final Map<Mutants, Long> RARE = Map.of(
            Mutants.A_SUPERSEDED_COORDINATOR_DOES_NOT_NOTICE, 4_340L,
            Mutants.A_PLAN_LOSES_PARTITIONS_WITHOUT_A_TAKEOVER, 1_422L,
            Mutants.IT_IS_PUBLISHED_BEFORE_ITS_PLAN_IS_EXTENDED, 898L);

    @ParameterizedTest
    @EnumSource
    void aBrokenMachineIsCaught(Mutants mutant) {
        boolean isCaught = LongStream.concat(
                        LongStream.of(RARE.getOrDefault(mutant, 1L)), LongStream.rangeClosed(1, SEEDS))
                .anyMatch(seed -> isCaught(mutant, seed));

        assertThat(isCaught).as("%s is caught by one of %d runs", mutant, SEEDS).isTrue();
    }

    private static boolean isCaught(Mutants mutant, long seed) {
        try {
            Simulation.run(seed, mutant);
            return false;
        } catch (InvariantViolation caught) {
            System.out.printf(Locale.ROOT, "%s is caught by seed %d: %s%n", mutant, seed, caught.getMessage());
            return true;
        }
    }
}
