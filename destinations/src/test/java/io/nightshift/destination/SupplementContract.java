package io.nightshift.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.filesystem.Digests;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// The contract about supplements: rows of the quarantine that are healed and added to the published batch.
abstract class SupplementContract extends RemovalContract {

    @Nested
    class Supplements {

        /// The first one heals a row, and the second one the other row.
        private static final Seen FIRST = new Seen(29, 29, 1);

        private static final Seen SECOND = new Seen(30, 30, 0);

        private CommittedBatch published;

        @BeforeEach
        void theBatchIsPublished() throws Exception {
            published = committed();
            store().publish(published);
        }

        private CommittedBatch first() throws Exception {
            return batch.supplement(store(), published, 2, "nightshift_row = 17");
        }

        private void assertSupplemented(Seen expected, CommittedBatch committed, Publication publication)
                throws Exception {
            assertThat(seen()).isEqualTo(expected);
            List<Finding> findings = proof(committed, Phase.PUBLISHED, publication);
            assertThat(findings).extracting(Finding::outcome).containsOnly(Finding.Outcome.PROVED);
            assertThat(findings).hasSize(5);
            try (OutputProof proof = store().verify(committed, Phase.PUBLISHED, publication)) {
                assertThat(Digests.sha256(proof.manifest())).isEqualTo(publication.manifestSha256());
            }
            assertThat(Manifest.supplements(store().manifest(ContractBatch.ID).orElseThrow()))
                    .isEqualTo(committed.supplements().size());
        }

        @Test
        void showReadersTheHealedRowsAndWhatIsStillQuarantined() throws Exception {
            CommittedBatch first = first();
            assertThat(seen()).isEqualTo(ALL);

            assertSupplemented(FIRST, first, store().supplements().publishSupplement(first));

            List<String> quarantined = new ArrayList<>();
            store().quarantined(first).forEach(row -> quarantined.add(row.id()));
            assertThat(quarantined).containsExactly("r17");
        }

        @Test
        void followEachOtherUntilNoRowIsQuarantined() throws Exception {
            CommittedBatch first = first();
            store().supplements().publishSupplement(first);
            CommittedBatch second = batch.supplement(store(), first, 3, "FALSE");

            assertSupplemented(SECOND, second, store().supplements().publishSupplement(second));
        }

        @Test
        void mayBePublishedAgainAndGiveTheSame() throws Exception {
            CommittedBatch first = first();
            Publication publication = store().supplements().publishSupplement(first);

            assertThat(store().supplements().publishSupplement(first)).isEqualTo(publication);

            assertSupplemented(FIRST, first, publication);
        }

        @Test
        void ofAnAttemptThatWasLostLeaveNothing() throws Exception {
            first();
            CommittedBatch again = batch.supplement(store(), published, 3, "nightshift_row = 13");

            assertSupplemented(FIRST, again, store().supplements().publishSupplement(again));
            List<String> quarantined = new ArrayList<>();
            store().quarantined(again).forEach(row -> quarantined.add(row.id()));
            assertThat(quarantined).containsExactly("r13");
        }

        @Test
        void thatFailedAreTakenBack() throws Exception {
            first();

            store().supplements().discardSupplement(ContractBatch.ID, 2);

            assertPublished(published, store().publish(published));
        }

        @Test
        void thatCantBeTakenBackNowAreTakenBackByARepetition() throws Exception {
            first();
            for (Obstacle obstacle : discardObstacles()) {
                obstacle.put().run();
                assertThatThrownBy(() -> store().supplements().discardSupplement(ContractBatch.ID, 2))
                        .as(obstacle.name())
                        .isInstanceOf(FailureException.class);
                obstacle.remove().run();
            }

            store().supplements().discardSupplement(ContractBatch.ID, 2);
            store().supplements().discardSupplement(ContractBatch.ID, 2);

            assertPublished(published, store().publish(published));
        }

        /// Its clean-up has always failed until then.
        @Test
        void thatFailedGoWithTheirBatch() throws Exception {
            assumeThat(left()).isPresent();
            first();

            store().removal().delete(ContractBatch.ID);

            assertThat(left()).contains(false);
        }

        /// Another one may follow, whose partition has the same number.
        @Test
        void mayFollowOneThatFailed() throws Exception {
            first();
            store().supplements().discardSupplement(ContractBatch.ID, 2);
            CommittedBatch again = batch.supplement(store(), published, 3, "nightshift_row = 13");

            assertSupplemented(FIRST, again, store().supplements().publishSupplement(again));
        }

        @Test
        void ofALaterCoordinatorAreLeftAloneByAnEarlierOne() throws Exception {
            first();
            CommittedBatch again = batch.supplement(store(), published, 3, "nightshift_row = 13");

            store().supplements().discardSupplement(ContractBatch.ID, 2);
            assertThatThrownBy(() -> batch.prepareSupplement(store(), published, 2))
                    .isInstanceOf(FailureException.class);
            store().publish(published);
            store().discard(ContractBatch.ID);
            assertThat(seen()).isEqualTo(ALL);

            assertSupplemented(FIRST, again, store().supplements().publishSupplement(again));
        }

        @Test
        void areNotOpenToAttemptsOfThePlanNorOfEarlierCoordinators() throws Exception {
            batch.prepareSupplement(store(), published, 2);
            for (int partition : List.of(1, ContractBatch.PARTITIONS)) {
                try {
                    batch.writeLate(store(), partition, new Epoch(1, 9));
                } catch (FailureException e) {
                    // It has nowhere to write. In a folder it may write a file that nobody reads.
                }
            }
            assertThat(seen()).isEqualTo(ALL);
            CommittedBatch first = first();

            assertSupplemented(FIRST, first, store().supplements().publishSupplement(first));
        }

        @Test
        void thatCantBePublishedAreFinishedByARepetition() throws Exception {
            CommittedBatch first = first();
            for (Obstacle obstacle : supplementObstacles()) {
                fail(first, obstacle);
            }

            assertSupplemented(FIRST, first, store().supplements().publishSupplement(first));
        }

        @Test
        void areFinishedByALaterCoordinator() throws Exception {
            CommittedBatch first = first();
            for (Obstacle obstacle : supplementObstacles()) {
                fail(first, obstacle);
            }
            CommittedBatch later = batch.by(3, first);
            Publication publication = store().supplements().publishSupplement(later);

            assertSupplemented(FIRST, later, publication);
            assertThat(store().supplements().publishSupplement(first)).isEqualTo(publication);
            assertSupplemented(FIRST, later, publication);
        }

        private void fail(CommittedBatch first, Obstacle obstacle) throws Exception {
            obstacle.put().run();
            assertThatThrownBy(() -> store().supplements().publishSupplement(first))
                    .as(obstacle.name())
                    .isInstanceOf(FailureException.class);
            obstacle.remove().run();
            assertThat(seen().predictions()).as(obstacle.name()).isIn(28L, 29L);
            assertThat(seen().distinct()).as(obstacle.name()).isIn(28L, 29L);
        }

        @Test
        void goWithTheirBatch() throws Exception {
            assumeThat(left()).isPresent();
            CommittedBatch first = first();
            store().supplements().publishSupplement(first);

            store().removal().unpublish(ContractBatch.ID);
            assertThat(seen()).isEqualTo(NOTHING);
            assertThatThrownBy(() -> store().supplements().publishSupplement(first))
                    .isInstanceOf(FailureException.class);
            store().removal().delete(ContractBatch.ID);

            assertThat(left()).contains(false);
        }

        @Test
        void ofAnEarlierCoordinatorChangeNothingAnyMore() throws Exception {
            CommittedBatch first = first();
            store().supplements().publishSupplement(first);
            CommittedBatch second = batch.supplement(store(), first, 3, "FALSE");
            Publication publication = store().supplements().publishSupplement(second);

            try {
                store().supplements().publishSupplement(first);
            } catch (FailureException e) {
                // It may find that it is late, or that its supplement is there.
            }

            assertSupplemented(SECOND, second, publication);
        }

        @Test
        void areAllOrNothingForAReaderOfPredictions() throws Exception {
            CommittedBatch first = first();
            List<Publication> publication = new ArrayList<>();

            List<Object> looks =
                    looksDuring(() -> publication.add(store().supplements().publishSupplement(first)));

            assertThat(looks).filteredOn(Seen.class::isInstance).allSatisfy(look -> {
                Seen seen = (Seen) look;
                assertThat(seen.predictions()).isIn(28L, 29L);
                assertThat(seen.distinct()).isIn(28L, 29L);
            });
            assertSupplemented(FIRST, first, publication.getFirst());
        }

        /// The coordinator withdraws under a new incarnation. The one that has begun to publish wakes up later.
        @Test
        void thatAreWithdrawnLeaveTheBatchAsItWas() throws Exception {
            CommittedBatch first = first();

            assertThat(store().supplements().withdrawSupplement(batch.by(3, first)))
                    .isEmpty();

            assertWithdrawn(first);
            assertThat(store().supplements().withdrawSupplement(batch.by(4, first)))
                    .isEmpty();
            assertWithdrawn(first);
        }

        private void assertWithdrawn(CommittedBatch first) throws Exception {
            assertThatThrownBy(() -> store().supplements().publishSupplement(first))
                    .isInstanceOf(FailureException.class);
            assertPublished(published, store().publish(published));
            List<String> quarantined = new ArrayList<>();
            store().quarantined(published).forEach(row -> quarantined.add(row.id()));
            assertThat(quarantined).containsExactlyInAnyOrder("r13", "r17");
        }

        @Test
        void mayFollowOneThatWasWithdrawn() throws Exception {
            CommittedBatch first = first();
            store().supplements().withdrawSupplement(batch.by(3, first));
            CommittedBatch again = batch.supplement(store(), published, 4, "nightshift_row = 13");

            assertThatThrownBy(() -> store().supplements().publishSupplement(first))
                    .isInstanceOf(FailureException.class);
            assertThatThrownBy(() -> store().supplements().withdrawSupplement(batch.by(3, first)))
                    .isInstanceOf(FailureException.class);

            assertSupplemented(FIRST, again, store().supplements().publishSupplement(again));
            try {
                assertThat(store().supplements().withdrawSupplement(batch.by(3, first)))
                        .isPresent();
            } catch (FailureException e) {
                // It finds that it is late.
            }
            assertSupplemented(FIRST, again, store().supplements().publishSupplement(again));
        }

        @Test
        void thatReadersSeeAreNotWithdrawn() throws Exception {
            CommittedBatch first = first();
            Publication publication = store().supplements().publishSupplement(first);

            assertThat(store().supplements().withdrawSupplement(batch.by(3, first)))
                    .contains(publication);

            assertSupplemented(FIRST, first, publication);
        }

        /// Its publication has failed at each of its steps.
        @Test
        void areWithdrawnOrPublishedAsAWhole() throws Exception {
            CommittedBatch first = first();
            for (Obstacle obstacle : supplementObstacles()) {
                fail(first, obstacle);
            }

            Optional<Publication> visible = store().supplements().withdrawSupplement(batch.by(3, first));

            if (visible.isPresent()) {
                assertSupplemented(FIRST, first, visible.get());
            } else {
                assertWithdrawn(first);
            }
        }

        @Test
        void ofABatchThatIsGoneAreWithdrawn() throws Exception {
            assumeThat(left()).isPresent();
            CommittedBatch first = first();
            store().removal().unpublish(ContractBatch.ID);
            assertThatThrownBy(() -> store().supplements().publishSupplement(first))
                    .isInstanceOfSatisfying(
                            FailureException.class,
                            e -> assertThat(e.failure().isPermanent()).isTrue());

            assertThat(store().supplements().withdrawSupplement(batch.by(3, first)))
                    .isEmpty();

            assertThat(seen()).isEqualTo(NOTHING);
            assertThatThrownBy(() -> store().supplements().publishSupplement(first))
                    .isInstanceOf(FailureException.class);
            store().removal().delete(ContractBatch.ID);
            assertThat(left()).contains(false);
        }

        @Test
        void whoseOutputIsGoneAreRefused() throws Exception {
            CommittedBatch first = first();
            store().supplements().discardSupplement(ContractBatch.ID, 2);

            assertThatThrownBy(() -> store().supplements().publishSupplement(first))
                    .isInstanceOf(FailureException.class);

            assertThat(seen()).isEqualTo(ALL);
        }
    }
}
