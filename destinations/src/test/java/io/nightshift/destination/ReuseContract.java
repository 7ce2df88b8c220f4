package io.nightshift.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The contract about parts of a published batch that another batch reuses. A destination that can't do it says
/// so.
abstract class ReuseContract extends SupplementContract {

    @Test
    void aReuseIsRefusedInASentenceWhereItCantBeDone() throws Exception {
        Optional<String> refusal = store().reuseRefusal(batch.job());
        CommittedBatch committed = committed();
        Publication publication = store().publish(committed);
        if (refusal.isPresent()) {
            assertThat(refusal.get()).endsWith("Run the job with the other model and --new");
            assertThatThrownBy(() -> store().reusableParts().reuse(ContractBatch.ID, ContractBatch.NEXT, List.of()))
                    .isInstanceOf(FailureException.class);
        }
        assertPublished(committed, publication);
    }

    @Nested
    class ReusedParts {

        private CommittedBatch published;
        private Publication publication;

        @BeforeEach
        void theBatchIsPublished() throws Exception {
            assumeThat(store().reuseRefusal(batch.job())).isEmpty();
            published = committed();
            publication = store().publish(published);
            store().prepare(ContractBatch.NEXT, batch.job(), batch.model());
        }

        /// Stages the first parts under an incarnation.
        private List<PartitionCommit> reuse(int incarnation, int parts) {
            List<PartitionCommit> reused = published.commits().stream()
                    .limit(parts)
                    .map(commit -> commit.reused(incarnation))
                    .toList();
            store().reusableParts().reuse(ContractBatch.ID, ContractBatch.NEXT, reused);
            return new ArrayList<>(reused);
        }

        private void assertWhole(CommittedBatch next) {
            Publication shown = store().publish(next);
            assertThat(proof(next, Phase.PUBLISHED, shown))
                    .hasSize(5)
                    .extracting(Finding::outcome)
                    .containsOnly(Finding.Outcome.PROVED);
            assertThat(store().manifest(ContractBatch.NEXT).orElseThrow())
                    .contains("\"reused_from\" : \"" + ContractBatch.ID + "\"", "\"reused_models\"");
        }

        @Test
        void areTheBytesOfThePublishedBatchWhichStaysAsItIs() throws Exception {
            List<PartitionCommit> commits = reuse(1, 2);
            commits.add(batch.writeNext(store(), 2, new Epoch(1, 1)));

            assertWhole(batch.reusing(1, commits));

            assertThat(proof(published, Phase.PUBLISHED, publication))
                    .extracting(Finding::outcome)
                    .containsOnly(Finding.Outcome.PROVED);
        }

        @Test
        void ofALaterCoordinatorAreNotReplacedByOneThatWakesUp() throws Exception {
            List<PartitionCommit> commits = reuse(2, 2);
            store().fence(ContractBatch.NEXT, 2);
            commits.add(batch.writeNext(store(), 2, new Epoch(2, 1)));

            try {
                reuse(1, 3);
            } catch (FailureException e) {
                assertThat(e.failure().isPermanent()).isFalse();
            }

            assertWhole(batch.reusing(2, commits));
        }

        /// A later batch of the same rows, which scores all of them.
        @Test
        void areNotStagedInABatchThatIsPublished() throws Exception {
            CommittedBatch whole = batch.committedAs(store(), ContractBatch.NEXT, 1);
            Publication shown = store().publish(whole);

            try {
                reuse(1, 3);
            } catch (FailureException e) {
                assertThat(e).hasMessageNotContaining("Exception");
            }

            assertThat(proof(whole, Phase.PUBLISHED, shown))
                    .filteredOn(finding -> !finding.what().equals("staging"))
                    .extracting(Finding::outcome)
                    .containsOnly(Finding.Outcome.PROVED);
        }

        @Test
        void mayBeStagedAgainAndByALaterCoordinator() throws Exception {
            reuse(1, 2);
            reuse(1, 2);
            List<PartitionCommit> commits = reuse(2, 2);
            store().fence(ContractBatch.NEXT, 2);
            commits.add(batch.writeNext(store(), 2, new Epoch(2, 1)));

            assertWhole(batch.reusing(2, commits));
        }

        @Test
        void stayWhenTheBatchTheyComeFromIsDeleted() throws Exception {
            List<PartitionCommit> commits = reuse(1, 3);
            store().removal().unpublish(ContractBatch.ID);
            store().removal().delete(ContractBatch.ID);

            assertWhole(batch.reusing(1, commits));
        }

        @Test
        void ofACancelledBatchLeaveNothing() throws Exception {
            CommittedBatch next = batch.reusing(1, reuse(1, 3));

            store().discard(ContractBatch.NEXT);

            assertNothingIsStaged(next, Phase.CANCELLED);
            assertPublished(published, publication);
        }

        @ParameterizedTest
        @EnumSource(names = {"A_ROW_IS_MISSING", "A_PARTITION_IS_GONE"})
        void thatWereChangedOrAreGoneAreRefused(Tampering tampering) throws Exception {
            tamper(tampering);

            assertThatThrownBy(() -> reuse(1, 3))
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("can't be reused");
        }

        @Test
        void areNotStagedOnceTheBatchWasDiscarded() {
            store().discard(ContractBatch.NEXT);

            assertThatThrownBy(() -> reuse(1, 3)).isInstanceOf(FailureException.class);

            assertNothingIsStaged(batch.reusing(1, List.of()), Phase.CANCELLED);
        }
    }
}
