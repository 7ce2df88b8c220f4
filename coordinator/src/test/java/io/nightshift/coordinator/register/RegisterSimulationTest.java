package io.nightshift.coordinator.register;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.protocol.register.SubmissionTicket;
import java.time.Instant;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RegisterSimulationTest {

    private static final long RUNS = Long.getLong("nightshift.simulation.runs", 100);
    private static final long FIRST_SEED = Long.getLong("nightshift.simulation.seed", 1);

    /// The decision logic with one mistake each.
    enum Mutant implements RegisterSimulation.DecisionsFactory {
        A_BATCH_IS_OPENED_BEFORE_THE_OLD_ONE_IS_CANCELLED {
            @Override
            public RegisterDecisions create(RandomGenerator random) {
                return new RegisterDecisions(random) {
                    @Override
                    RegisterAction.Decision replace(
                            BatchRegisterState state,
                            BatchRegisterState.Entry open,
                            BatchRegisterCommand.Submit submit,
                            Instant now) {
                        return decided(open.run(), openBatch(state, submit, now))
                                .plus(List.of(new RegisterAction.CancelBatch(open.batch(), false)));
                    }
                };
            }
        },
        A_TICKET_IS_VALID_FOREVER {
            @Override
            public RegisterDecisions create(RandomGenerator random) {
                return new RegisterDecisions(random) {
                    @Override
                    boolean isValid(SubmissionTicket ticket, long nanos) {
                        return true;
                    }

                    @Override
                    long deadline(@Nullable SubmissionTicket ticket, long nanos) {
                        return nanos + LIFETIME.toNanos();
                    }
                };
            }
        },
        A_SUBMISSION_WAITS_FOREVER {
            @Override
            public RegisterDecisions create(RandomGenerator random) {
                return new RegisterDecisions(random) {
                    @Override
                    long deadline(@Nullable SubmissionTicket ticket, long nanos) {
                        return nanos + LIFETIME.toNanos();
                    }
                };
            }
        }
    }

    @Test
    void aBatchIsOpenedOnceAndNeverBesideAnotherThatCanBePublished() {
        long accepted = 0;
        for (long seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
            try {
                accepted += RegisterSimulation.run(seed, RegisterDecisions::new);
            } catch (RegisterSimulation.Violation violation) {
                fail("-Dnightshift.simulation.seed=%d: %s".formatted(seed, violation.getMessage()), violation);
            }
        }
        assertThat(accepted).isGreaterThan(RUNS);
    }

    @ParameterizedTest
    @EnumSource
    void aBrokenRegisterIsCaught(Mutant mutant) {
        for (long seed = 1; seed <= RUNS; seed++) {
            try {
                RegisterSimulation.run(seed, mutant);
            } catch (RegisterSimulation.Violation caught) {
                return;
            }
        }
        fail("%s is not caught".formatted(mutant));
    }
}
