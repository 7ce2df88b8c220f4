package io.nightshift.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Retention;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// The contract about the removal of a published batch. A destination that removes none refuses a retention.
abstract class RemovalContract extends QuarantineContract {

    @Test
    void aRetentionIsRefusedWhereBatchesCantBeRemoved() throws Exception {
        List<String> reasons = store().check(batch.job(new Retention(3, null)), ContractBatch.MODEL);

        if (left().isPresent()) {
            assertThat(reasons).isEmpty();
        } else {
            assertThat(reasons)
                    .singleElement()
                    .asString()
                    .startsWith("destination.retention: Nightshift can't remove published batches");
        }
    }

    @Nested
    class RemovingAPublishedBatch {

        @BeforeEach
        void theDestinationCanRemoveBatches() throws Exception {
            assumeThat(left()).isPresent();
        }

        @Test
        void takesItOutOfSightAndThenDeletesIt() throws Exception {
            publish();

            store().removal().unpublish(ContractBatch.ID);

            assertThat(seen()).isEqualTo(NOTHING);
            assertThat(store().newest("flights")).isEmpty();
            assertThat(left()).contains(true);

            store().removal().delete(ContractBatch.ID);

            assertThat(seen()).isEqualTo(NOTHING);
            assertThat(left()).contains(false);
        }

        @Test
        void mayBeRepeatedAtEveryStep() throws Exception {
            publish();
            for (int repeated = 0; repeated < 2; repeated++) {
                store().removal().unpublish(ContractBatch.ID);
                assertThat(seen()).isEqualTo(NOTHING);
            }
            for (int repeated = 0; repeated < 2; repeated++) {
                store().removal().delete(ContractBatch.ID);
                store().removal().unpublish(ContractBatch.ID);
                assertThat(left()).contains(false);
            }
        }

        @Test
        void deletesAlsoWhatReadersStillSee() throws Exception {
            publish();

            store().removal().delete(ContractBatch.ID);

            assertThat(seen()).isEqualTo(NOTHING);
            assertThat(left()).contains(false);
        }

        @Test
        void isAllOrNothingForAReader() throws Exception {
            publish();

            List<Object> looks = looksDuring(() -> store().removal().unpublish(ContractBatch.ID));

            // A reader that has listed files, and opens them afterwards, may fail.
            assertThat(looks).contains(ALL);
            assertThat(looks)
                    .filteredOn(Seen.class::isInstance)
                    .allSatisfy(look -> assertThat(look).isIn(NOTHING, ALL));
            assertThat(seen()).isEqualTo(NOTHING);
        }

        @Test
        void keepsAnEarlierCoordinatorFromShowingItAgain() throws Exception {
            CommittedBatch earlier = committed();
            store().publish(batch.committed(2, earlier.commits(), Set.of()));
            store().removal().unpublish(ContractBatch.ID);

            assertThatThrownBy(() -> store().publish(earlier)).isInstanceOf(FailureException.class);
            assertThat(store().fence(ContractBatch.ID, 3)).isEmpty();
            store().removal().delete(ContractBatch.ID);
            assertThatThrownBy(() -> store().publish(earlier)).isInstanceOf(FailureException.class);

            assertThat(seen()).isEqualTo(NOTHING);
        }

        @Test
        void doesNothingToABatchThatIsNotPublished() throws Exception {
            CommittedBatch committed = committed();

            store().removal().unpublish(ContractBatch.ID);

            assertPublished(committed, store().publish(committed));
        }
    }
}
