package io.nightshift.coordinator.incremental;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.nightshift.coordinator.incremental.FileMarks.Planned;
import io.nightshift.coordinator.incremental.ReadFiles.Reading;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import java.util.Collection;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NewFilesSimulationTest {

    private static final long HISTORIES = Long.getLong("nightshift.incremental.histories", 2_500);
    private static final long FIRST_SEED = Long.getLong("nightshift.simulation.seed", 1);

    /// The decision logic with one mistake each.
    enum Mutant implements NewFilesSimulation.MarksFactory {
        OPEN_BATCHES_DO_NOT_COUNT {
            @Override
            public FileMarks create(ReadFiles files, Function<BatchId, Planned> ledger) {
                return NewFilesSimulation.counting(
                        files, ledger, planned -> planned.phase() == Phase.PUBLISHED ? null : Boolean.FALSE);
            }
        },
        CANCELLED_BATCHES_COUNT {
            @Override
            public FileMarks create(ReadFiles files, Function<BatchId, Planned> ledger) {
                return NewFilesSimulation.counting(
                        files, ledger, planned -> planned.phase() == Phase.CANCELLED ? Boolean.TRUE : null);
            }
        },
        CLAIMS_THAT_THE_LEDGER_DOES_NOT_HAVE_COUNT {
            @Override
            public FileMarks create(ReadFiles files, Function<BatchId, Planned> ledger) {
                return NewFilesSimulation.counting(
                        files,
                        ledger,
                        planned ->
                                (planned.plan() != null && planned.phase() != Phase.CANCELLED) ? Boolean.TRUE : null);
            }
        },
        CLAIMS_ARE_NOT_CHECKED {
            @Override
            public FileMarks create(ReadFiles files, Function<BatchId, Planned> ledger) {
                return new FileMarks(files, ledger) {
                    @Override
                    public boolean claim(
                            String source, BatchId batch, String plan, Collection<FileKey> claimed, boolean again) {
                        return super.claim(source, batch, plan, claimed, true);
                    }
                };
            }
        },
        CLAIMS_OF_UNPLANNED_BATCHES_ARE_REMOVED {
            @Override
            public FileMarks create(ReadFiles files, Function<BatchId, Planned> ledger) {
                return new FileMarks(files, ledger) {
                    @Override
                    boolean counts(Reading reading, Map<BatchId, Planned> known) {
                        if (ledger.apply(reading.batch()).plan() == null) {
                            files.remove(reading);
                            return false;
                        }
                        return super.counts(reading, known);
                    }
                };
            }
        }
    }

    @Test
    void everyFileIsReadOnceWhateverHappens() {
        int published = 0;
        for (long seed = FIRST_SEED; seed < FIRST_SEED + HISTORIES; seed++) {
            try {
                published += NewFilesSimulation.run(seed, FileMarks::new);
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
                NewFilesSimulation.run(seed, mutant);
            } catch (NewFilesSimulation.Violation found) {
                return;
            }
        }
        fail("1,000 histories do not find " + mutant);
    }
}
