package io.nightshift.coordinator.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.nightshift.coordinator.schedule.ScheduledJobState.Run;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.schedule.ScheduledJobEvent;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Months of schedules in which everything goes wrong. A seed that breaks a promise is printed, and runs
/// again by itself: `-Dnightshift.simulation.seed=SEED -Dnightshift.schedule.runs=1`. The long form is
/// `-Dnightshift.schedule.runs=1000`.
class ScheduleSimulationTest {

    private static final long RUNS = Long.getLong("nightshift.schedule.runs", 15);
    private static final long FIRST_SEED = Long.getLong("nightshift.simulation.seed", 1);
    private static final long MUTANT_SEEDS = 60;

    @Test
    void noTickIsLostAndNoneComesTwice() {
        AtomicLong ticks = new AtomicLong();
        AtomicLong batches = new AtomicLong();
        AtomicLong kills = new AtomicLong();
        Map<Long, RuntimeException> broken = new TreeMap<>();
        long begin = System.nanoTime();
        LongStream.range(FIRST_SEED, FIRST_SEED + RUNS).parallel().forEach(seed -> {
            try {
                ScheduleSimulation.Outcome outcome = ScheduleSimulation.run(seed, ScheduleDecisions::new);
                ticks.addAndGet(outcome.ticks());
                batches.addAndGet(outcome.batches());
                kills.addAndGet(outcome.kills());
            } catch (RuntimeException violation) {
                synchronized (broken) {
                    broken.put(seed, violation);
                }
            }
        });
        System.out.printf(
                Locale.ROOT,
                "%,d rounds from seed %d: %,d ticks, %,d batches, %,d kills, in %.1f s%n",
                RUNS,
                FIRST_SEED,
                ticks.get(),
                batches.get(),
                kills.get(),
                (System.nanoTime() - begin) / 1e9);
        if (!broken.isEmpty()) {
            long seed = broken.keySet().iterator().next();
            fail(
                    "%d of %d rounds broke a promise; the first is -Dnightshift.simulation.seed=%d: %s"
                            .formatted(broken.size(), RUNS, seed, broken.get(seed)),
                    broken.get(seed));
        }
        assertThat(kills.get()).isGreaterThan(RUNS);
        assertThat(batches.get()).isGreaterThan(10 * RUNS);
    }

    /// The decision logic with one mistake each.
    enum Mutant implements ScheduleSimulation.DecisionsFactory {
        THE_NEXT_TICK_FOLLOWS_FROM_THE_CLOCK {
            @Override
            public ScheduleDecisions create(String job) {
                return new ScheduleDecisions(job) {
                    @Override
                    Optional<Instant> nextTick(ScheduledJobState state, Ticks ticks, Instant now) {
                        return ticks.next(
                                now.minus(GRACE).isAfter(state.decided()) ? now.minus(GRACE) : state.decided());
                    }
                };
            }
        },
        A_CLOCK_THAT_GOES_BACK_BRINGS_TICKS_AGAIN(14) {
            @Override
            public ScheduleDecisions create(String job) {
                return new ScheduleDecisions(job) {
                    @Override
                    Optional<Instant> nextTick(ScheduledJobState state, Ticks ticks, Instant now) {
                        return ticks.next(now.isBefore(state.decided()) ? now.minus(GRACE) : state.decided());
                    }
                };
            }
        },
        EACH_SUBMISSION_HAS_ITS_OWN_KEY {
            @Override
            public ScheduleDecisions create(String job) {
                return new ScheduleDecisions(job) {
                    @Override
                    String key(Run run, long nanos) {
                        return run.key() + nanos;
                    }
                };
            }
        },
        A_LOST_ANSWER_IS_TAKEN_FOR_A_REFUSAL {
            @Override
            public ScheduleDecisions create(String job) {
                return new ScheduleDecisions(job) {
                    @Override
                    void notNow(ScheduleDraft draft, String key, String reason) {
                        draft.persist(new ScheduledJobEvent.RunRefused(draft.now, key, reason));
                    }
                };
            }
        },
        A_RUN_THAT_WAS_DUE_BEFORE_A_RESTART_IS_FORGOTTEN {
            @Override
            public ScheduleDecisions create(String job) {
                return new ScheduleDecisions(job) {
                    private @Nullable Instant begin;

                    @Override
                    boolean start(ScheduleDraft draft, Run run) {
                        if (begin == null) {
                            begin = draft.now;
                        }
                        return !run.dueAt().isBefore(begin) && super.start(draft, run);
                    }
                };
            }
        },
        A_QUEUED_RUN_DOES_NOT_WAIT {
            @Override
            public ScheduleDecisions create(String job) {
                return new ScheduleDecisions(job) {
                    @Override
                    boolean blocksNext(Run run) {
                        return false;
                    }
                };
            }
        },
        A_RUNNING_BATCH_COUNTS_AS_ENDED {
            @Override
            public ScheduleDecisions create(String job) {
                return new ScheduleDecisions(job) {
                    @Override
                    @Nullable
                    Phase end(BatchStatus status) {
                        return Phase.PUBLISHED;
                    }
                };
            }
        },
        SKIPPING_GOES_TOO_FAR {
            @Override
            public ScheduleDecisions create(String job) {
                return new ScheduleDecisions(job) {
                    @Override
                    void skip(ScheduleDraft draft, Ticks ticks, Instant last, boolean missed, String reason) {
                        super.skip(draft, ticks, ticks.next(last).orElse(last), missed, reason);
                    }
                };
            }
        };

        /// The first seed to try: few seeds catch some mistakes.
        private final long seed;

        Mutant() {
            this(1);
        }

        Mutant(long seed) {
            this.seed = seed;
        }
    }

    @ParameterizedTest
    @EnumSource
    void aBrokenDecisionIsCaught(Mutant mutant) {
        for (long seed = mutant.seed; seed < mutant.seed + MUTANT_SEEDS; seed++) {
            try {
                ScheduleSimulation.run(seed, mutant);
            } catch (ScheduleSimulation.Violation caught) {
                System.out.printf(Locale.ROOT, "%s is caught by seed %d: %s%n", mutant, seed, caught.getMessage());
                return;
            }
        }
        fail("%s is not caught by %d rounds".formatted(mutant, MUTANT_SEEDS));
    }
}
