package io.nightshift.coordinator.register;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.NewTimes;
import io.nightshift.protocol.job.RunKey;
import io.nightshift.protocol.job.TimeRanges;
import java.time.Instant;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class IncrementalSimulationTest {

    private static final long HISTORIES = Long.getLong("nightshift.incremental.histories", 2_500);
    private static final long FIRST_SEED = Long.getLong("nightshift.simulation.seed", 1);

    /// The decision logic with one mistake each.
    enum Mutant implements IncrementalSimulation.DecisionsFactory {
        OPEN_BATCHES_ARE_READ_AGAIN {
            @Override
            TimeRanges toRead(BatchRegisterState state, Job job, TimeRanges due, TimeRanges right) {
                return due.minus(state.read().getOrDefault(job.incrementalSource(), TimeRanges.NONE));
            }
        },
        A_CANCELLED_BATCH_COUNTS_AS_READ {
            @Override
            public IncrementalSimulation.Decisions create(RandomGenerator random) {
                return new IncrementalSimulation.Decisions(random) {
                    private TimeRanges opened = TimeRanges.NONE;

                    @Override
                    TimeRanges toRead(
                            BatchRegisterState state,
                            Job job,
                            NewTimes incremental,
                            @Nullable BatchId replaced,
                            Instant now) {
                        TimeRanges left = super.toRead(state, job, incremental, replaced, now)
                                .minus(opened);
                        opened = opened.plus(left.ranges());
                        return left;
                    }
                };
            }
        },
        ONLY_THE_HIGHEST_TIME_COUNTS {
            @Override
            TimeRanges toRead(BatchRegisterState state, Job job, TimeRanges due, TimeRanges right) {
                TimeRanges taken = state.taken(job.incrementalSource(), null);
                return taken.isEmpty()
                        ? due
                        : due.minus(TimeRanges.upTo(taken.ranges().getLast().upTo()));
            }
        },
        NEW_ROWS_ARE_READ_BEFORE_THE_LATE_ONES_ARE_SEEN {
            @Override
            TimeRanges toRead(BatchRegisterState state, Job job, TimeRanges due, TimeRanges right) {
                Instant last = due.ranges().getLast().upTo();
                return TimeRanges.upTo(last.plus(IncrementalSimulation.LATENESS))
                        .minus(state.taken(
                                job.incrementalSource(),
                                state.open(RunKey.of(job))
                                        .map(BatchRegisterState.Entry::batch)
                                        .orElse(null)));
            }
        };

        TimeRanges toRead(BatchRegisterState state, Job job, TimeRanges due, TimeRanges right) {
            return right;
        }

        @Override
        public IncrementalSimulation.Decisions create(RandomGenerator random) {
            return new IncrementalSimulation.Decisions(random) {
                @Override
                TimeRanges toRead(
                        BatchRegisterState state,
                        Job job,
                        NewTimes incremental,
                        @Nullable BatchId replaced,
                        Instant now) {
                    TimeRanges right = super.toRead(state, job, incremental, replaced, now);
                    return incremental.full()
                            ? right
                            : Mutant.this.toRead(state, job, TimeRanges.upTo(now.minus(incremental.lateness())), right);
                }
            };
        }
    }

    @Test
    void everyRowIsScoredOnceWhateverHappens() {
        int published = 0;
        int scored = 0;
        for (long seed = FIRST_SEED; seed < FIRST_SEED + HISTORIES; seed++) {
            try {
                IncrementalSimulation.Outcome outcome =
                        IncrementalSimulation.run(seed, IncrementalSimulation.Decisions::new);
                published += outcome.published();
                scored += outcome.scored();
            } catch (RuntimeException | AssertionError e) {
                fail("seed %d: %s".formatted(seed, e), e);
            }
        }
        assertThat(published).isGreaterThan((int) (3 * HISTORIES));
        assertThat(scored).isGreaterThan((int) (3 * HISTORIES));
    }

    @Tag("mutants")
    @ParameterizedTest
    @EnumSource
    void aMistakeIsFound(Mutant mutant) {
        for (long seed = 1; seed <= 300; seed++) {
            try {
                IncrementalSimulation.run(seed, mutant);
            } catch (IncrementalSimulation.Violation found) {
                return;
            }
        }
        fail("300 histories do not find " + mutant);
    }
}
