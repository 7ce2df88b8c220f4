package io.nightshift.coordinator.register;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.protocol.register.BatchRegisterEvent;
import io.nightshift.protocol.register.SubmissionTicket;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RegisterSimulationTest {

    private static final long RUNS = Long.getLong("nightshift.register.runs", 100);
    private static final long FIRST_SEED = Long.getLong("nightshift.simulation.seed", 1);

    /// The decision logic with one mistake each.
    enum Mutant implements RegisterSimulation.DecisionsFactory {
        A_BATCH_IS_OPENED_BEFORE_THE_OLD_ONE_IS_CANCELLED {
            @Override
            public RegisterDecisions create(RandomGenerator random) {
                return new RegisterDecisions(random, RegisterSimulation.KEEP) {
                    @Override
                    RegisterDecision replace(
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
                return new RegisterDecisions(random, RegisterSimulation.KEEP) {
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
                return new RegisterDecisions(random, RegisterSimulation.KEEP) {
                    @Override
                    long deadline(@Nullable SubmissionTicket ticket, long nanos) {
                        return nanos + LIFETIME.toNanos();
                    }
                };
            }
        },
        THE_ARCHIVE_IS_NOT_ASKED {
            @Override
            public RegisterDecisions create(RandomGenerator random) {
                return new RegisterDecisions(random, RegisterSimulation.KEEP) {
                    @Override
                    @Nullable
                    RegisterDecision ask(BatchRegisterState state, BatchRegisterCommand.Submit submit, Instant now) {
                        return null;
                    }
                };
            }
        },
        AN_ANSWER_OF_THE_ARCHIVE_IS_VALID_FOREVER {
            @Override
            public RegisterDecisions create(RandomGenerator random) {
                return new RegisterDecisions(random, RegisterSimulation.KEEP) {
                    @Override
                    boolean isAnswered(
                            BatchRegisterState state,
                            BatchArchive.@Nullable Answer answer,
                            BatchRegisterCommand.Submit submit) {
                        return answer != null
                                && Objects.equals(answer.question().key(), submit.key());
                    }
                };
            }
        },
        AN_ANSWER_ABOUT_ANOTHER_KEY_IS_USED {
            @Override
            public RegisterDecisions create(RandomGenerator random) {
                return new RegisterDecisions(random, RegisterSimulation.KEEP) {
                    @Override
                    boolean isAnswered(
                            BatchRegisterState state,
                            BatchArchive.@Nullable Answer answer,
                            BatchRegisterCommand.Submit submit) {
                        return answer != null && answer.question().archives() == state.archives();
                    }
                };
            }
        },
        THE_INPUT_OF_THE_OPEN_BATCH_IS_NOT_COMPARED {
            @Override
            public RegisterDecisions create(RandomGenerator random) {
                return new RegisterDecisions(random, RegisterSimulation.KEEP) {
                    @Override
                    InputChange change(
                            BatchRegisterState.Entry open, BatchStatus status, BatchRegisterCommand.Submit submit) {
                        return InputChange.NONE;
                    }
                };
            }
        },
        A_BATCH_IS_RESUMED_INSTEAD_OF_RESTARTED {
            @Override
            public RegisterDecisions create(RandomGenerator random) {
                return new RegisterDecisions(random, RegisterSimulation.KEEP) {
                    @Override
                    InputChange change(
                            BatchRegisterState.Entry open, BatchStatus status, BatchRegisterCommand.Submit submit) {
                        InputChange change = super.change(open, status, submit);
                        return change == InputChange.RESTARTS ? InputChange.NONE : change;
                    }
                };
            }
        },
        AN_EXTENSION_IS_NOT_PERSISTED {
            @Override
            public RegisterDecisions create(RandomGenerator random) {
                return new RegisterDecisions(random, RegisterSimulation.KEEP) {
                    @Override
                    RegisterDecision decide(
                            BatchRegisterState state, RegisterMessage message, long nanos, Instant now) {
                        RegisterDecision decision = super.decide(state, message, nanos, now);
                        return new RegisterDecision(
                                decision.events().stream()
                                        .filter(event -> !(event instanceof BatchRegisterEvent.Resubmitted))
                                        .toList(),
                                decision.actions());
                    }
                };
            }
        },
        THE_INPUT_OF_AN_EXTENDED_BATCH_IS_FORGOTTEN {
            @Override
            public RegisterDecisions create(RandomGenerator random) {
                return new RegisterDecisions(random, RegisterSimulation.KEEP) {
                    @Override
                    RegisterDecision decide(
                            BatchRegisterState state, RegisterMessage message, long nanos, Instant now) {
                        RegisterDecision decision = super.decide(state, message, nanos, now);
                        return new RegisterDecision(
                                decision.events().stream()
                                        .map(event -> event instanceof BatchRegisterEvent.Ended ended
                                                ? new BatchRegisterEvent.Ended(
                                                        ended.at(), ended.batch(), ended.phase(), ended.run())
                                                : event)
                                        .toList(),
                                decision.actions());
                    }
                };
            }
        },
        A_BATCH_LEAVES_ALTHOUGH_THE_ARCHIVE_COULD_NOT_BE_WRITTEN {
            @Override
            public RegisterDecisions create(RandomGenerator random) {
                return new RegisterDecisions(random, RegisterSimulation.KEEP) {
                    private BatchRegisterState.@Nullable Archivable rows;

                    @Override
                    List<RegisterAction> archive(BatchRegisterState state) {
                        List<RegisterAction> actions = super.archive(state);
                        if (!actions.isEmpty() && actions.getFirst() instanceof RegisterAction.WriteArchive write) {
                            rows = write.rows();
                        }
                        return actions;
                    }

                    @Override
                    RegisterDecision decide(
                            BatchRegisterState state, RegisterMessage message, long nanos, Instant now) {
                        return super.decide(
                                state,
                                message instanceof RegisterMessage.ArchiveNotWritten && rows != null
                                        ? new RegisterMessage.ArchiveWritten(rows, 0)
                                        : message,
                                nanos,
                                now);
                    }
                };
            }
        }
    }

    @Test
    void aBatchIsOpenedOnceAndNeverBesideAnotherThatCanBePublished() {
        long accepted = 0;
        long archives = 0;
        long extensions = 0;
        for (long seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
            try {
                RegisterSimulation.Outcome outcome =
                        RegisterSimulation.run(seed, random -> new RegisterDecisions(random, RegisterSimulation.KEEP));
                accepted += outcome.accepted();
                archives += outcome.archives();
                extensions += outcome.extensions();
            } catch (RegisterSimulation.Violation violation) {
                fail("-Dnightshift.simulation.seed=%d: %s".formatted(seed, violation.getMessage()), violation);
            }
        }
        assertThat(accepted).isGreaterThan(RUNS);
        assertThat(archives).isGreaterThan(RUNS);
        assertThat(extensions).isGreaterThan(RUNS / 10);
    }

    @Tag("mutants")
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
