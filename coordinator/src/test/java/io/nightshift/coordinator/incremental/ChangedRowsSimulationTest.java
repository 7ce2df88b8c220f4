package io.nightshift.coordinator.incremental;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.nightshift.coordinator.incremental.FileMarks.Planned;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.source.changed.RowSet;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ChangedRowsSimulationTest {

    private static final long HISTORIES = Long.getLong("nightshift.incremental.histories", 10_000);
    private static final long FIRST_SEED = Long.getLong("nightshift.simulation.seed", 1);

    /// The decision logic with one mistake each.
    enum Mutant implements ChangedRowsSimulation.MarksFactory {
        OPEN_BATCHES_COUNT {
            @Override
            public RowMarks create(PlannedRows rows, Function<BatchId, Planned> ledger) {
                return new RowMarks(rows, ledger) {
                    @Override
                    boolean counts(PlannedRows.Stored stored) {
                        return super.counts(stored)
                                || ledger.apply(stored.set().batch()).phase() == Phase.SUBMITTED;
                    }
                };
            }
        },
        SETS_THAT_THE_LEDGER_DOES_NOT_HAVE_COUNT {
            @Override
            public RowMarks create(PlannedRows rows, Function<BatchId, Planned> ledger) {
                return new RowMarks(rows, ledger) {
                    @Override
                    boolean counts(PlannedRows.Stored stored) {
                        return ledger.apply(stored.set().batch()).phase() == Phase.PUBLISHED;
                    }
                };
            }
        },
        SETS_OF_UNPLANNED_BATCHES_ARE_REMOVED {
            @Override
            public RowMarks create(PlannedRows rows, Function<BatchId, Planned> ledger) {
                return new RowMarks(rows, ledger) {
                    @Override
                    boolean counts(PlannedRows.Stored stored) {
                        if (ledger.apply(stored.set().batch()).plan() == null) {
                            rows.remove(stored.set());
                            return false;
                        }
                        return super.counts(stored);
                    }
                };
            }
        },
        THE_OLDEST_BATCH_COUNTS {
            @Override
            public RowMarks create(PlannedRows rows, Function<BatchId, Planned> ledger) {
                return new RowMarks(rows, ledger) {
                    @Override
                    Comparator<PlannedRows.Stored> order() {
                        return super.order().reversed();
                    }
                };
            }
        },
        BATCHES_COUNT_IN_THE_ORDER_OF_PLANNING {
            @Override
            public RowMarks create(PlannedRows rows, Function<BatchId, Planned> ledger) {
                return new RowMarks(rows, ledger) {
                    @Override
                    Comparator<PlannedRows.Stored> order() {
                        return Comparator.comparingInt(rows.find("source")::indexOf);
                    }
                };
            }
        },
        SETS_THAT_PLANS_NEED_ARE_REMOVED {
            @Override
            public RowMarks create(PlannedRows rows, Function<BatchId, Planned> ledger) {
                return new RowMarks(rows, ledger) {
                    @Override
                    List<PlannedRows.Stored> hidden(List<PlannedRows.Stored> counted) {
                        return counted.subList(0, Math.max(0, counted.size() - 1));
                    }
                };
            }
        },
        SETS_ARE_MERGED_AROUND_AN_OPEN_BATCH {
            @Override
            public RowMarks create(PlannedRows rows, Function<BatchId, Planned> ledger) {
                return new RowMarks(rows, ledger);
            }

            @Override
            public List<RowSet> settled(List<RowSet> scored, Optional<BatchId> oldestOpen) {
                return scored;
            }
        }
    }

    @Test
    void everyChangeIsScoredOnceWhateverHappens() {
        int published = 0;
        for (long seed = FIRST_SEED; seed < FIRST_SEED + HISTORIES; seed++) {
            try {
                published += ChangedRowsSimulation.run(seed, RowMarks::new);
            } catch (RuntimeException | AssertionError e) {
                fail("seed %d: %s".formatted(seed, e), e);
            }
        }
        assertThat(published).isGreaterThan((int) (3 * HISTORIES));
    }

    @ParameterizedTest
    @EnumSource
    void aMistakeIsFound(Mutant mutant) {
        for (long seed = 1; seed <= 1_000; seed++) {
            try {
                ChangedRowsSimulation.run(seed, mutant);
            } catch (ChangedRowsSimulation.Violation found) {
                return;
            }
        }
        fail("1,000 histories do not find " + mutant);
    }
}
