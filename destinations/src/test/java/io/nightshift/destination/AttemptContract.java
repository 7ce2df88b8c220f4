package io.nightshift.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The contract about attempts that crash, lose their lease, or come late.
abstract class AttemptContract extends OutputContract {

    @Nested
    @OfTheFiles
    class Attempts {

        @ParameterizedTest
        @ValueSource(ints = {0, 1, 2, 3, 4})
        void thatEndAnywhereBeforeTheyAreKeptLeaveNothingThatIsPublished(int steps) throws Exception {
            prepare();
            batch.abandon(store(), 1, new Epoch(1, 1), steps);
            List<PartitionCommit> commits = writeAll(2);

            CommittedBatch committed = batch.committed(1, commits, Set.of());

            assertPublished(committed, store().publish(committed));
        }

        @Test
        void ofWhichSeveralWereKeptAreNotMixed() throws Exception {
            prepare();
            batch.write(store(), 0, new Epoch(1, 1));
            List<PartitionCommit> commits = writeAll(2);

            CommittedBatch committed = batch.committed(1, commits, Set.of());

            assertPublished(committed, store().publish(committed));
        }

        @Test
        void thatLostTheirLeaseAreRemovedWithoutHarmToOthers() throws Exception {
            prepare();
            Epoch lost = new Epoch(1, 1);
            batch.write(store(), 0, lost);
            List<PartitionCommit> commits = writeAll(2);
            store().remove(batch.lease(store(), 0, lost));
            store().remove(batch.lease(store(), 0, lost));

            CommittedBatch committed = batch.committed(1, commits, Set.of());

            assertPublished(committed, store().publish(committed));
        }

        @Test
        void thatWriteWhileTheBatchIsPublishedChangeNothing() throws Exception {
            CommittedBatch committed = committed();
            try (ContractBatch.Attempt late = batch.begin(store(), 0, new Epoch(1, 9))) {
                late.predictions();

                Publication publication = store().publish(batch.committed(1, committed.commits(), Set.of()));

                assertThat(seen()).isEqualTo(ALL);
                assertThatThrownBy(late::keep).isInstanceOf(Exception.class);
                assertPublished(committed, publication);
            }
        }

        @Test
        void thatComeAfterPublicationFindNowhereToWrite() throws Exception {
            CommittedBatch committed = committed();
            Publication publication = store().publish(committed);

            assertThatThrownBy(() -> batch.write(store(), 0, new Epoch(1, 9))).isInstanceOf(Exception.class);

            assertPublished(committed, publication);
        }

        @Test
        void thatComeAfterABatchWasDiscardedFindNowhereToWrite() throws Exception {
            CommittedBatch committed = committed();
            store().discard(ContractBatch.ID);

            assertThatThrownBy(() -> batch.write(store(), 0, new Epoch(1, 9))).isInstanceOf(Exception.class);

            assertNothingIsStaged(committed, Phase.CANCELLED);
            assertThat(seen()).isEqualTo(NOTHING);
        }
    }
}
