package io.nightshift.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.filesystem.Digests;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The promises of every [DestinationStore]: publication, the right of one coordinator at a time, discarding, and
/// verification. Those about other topics are in its superclasses.
///
/// A kind of destination has one subclass, which says how its readers see a batch, how it is tampered with,
/// and what can stand in the way of a publication.
public abstract class DestinationContract extends PlaceContract {

    @Test
    void aCheckTouchesNothing() {
        assertThat(store().checkPlace()).isEmpty();
        assertThat(store().check(batch.job(), ContractBatch.MODEL)).isEmpty();
        assertNothingIsStaged(batch.committed(1, List.of(), Set.of()), Phase.CANCELLED);
    }

    @Nested
    class Publishing {

        @Test
        void showsEveryRowOnceAndTheBadRowsApart() throws Exception {
            CommittedBatch committed = committed();
            assertThat(seen()).isEqualTo(NOTHING);

            Publication publication = store().publish(committed);

            assertPublished(committed, publication);
        }

        @Test
        void makesItTheNewestBatchOfItsJob() throws Exception {
            CommittedBatch committed = committed();
            assertThat(store().newest("flights")).isEmpty();

            store().publish(committed);

            assertThat(store().newest("flights")).contains(ContractBatch.ID);
            assertThat(store().newest("flight")).isEmpty();
        }

        @Test
        void mayBeRepeatedAndGivesTheSame() throws Exception {
            CommittedBatch committed = committed();
            Publication publication = store().publish(committed);

            assertThat(store().publish(committed)).isEqualTo(publication);

            assertPublished(committed, publication);
        }

        @Test
        void isNothingOrAllForAReader() throws Exception {
            CommittedBatch committed = committed();
            List<Publication> publication = new ArrayList<>();

            List<Object> looks = looksDuring(() -> publication.add(store().publish(committed)));

            assertThat(looks).allSatisfy(look -> assertThat(look).isIn(NOTHING, ALL));
            assertPublished(committed, publication.getFirst());
        }

        @Test
        void thatFailsAtAnyStepShowsNothingAndCanBeRepeated() throws Exception {
            CommittedBatch committed = committed();
            for (Obstacle obstacle : obstacles()) {
                obstacle.put().run();
                assertThatThrownBy(() -> store().publish(committed))
                        .as(obstacle.name())
                        .isInstanceOf(FailureException.class);
                assertThat(seen()).as(obstacle.name()).isEqualTo(NOTHING);
                obstacle.remove().run();
            }

            assertPublished(committed, store().publish(committed));
        }

        @Test
        void usesOnlyTheNewOutputOfARescoredPartition() throws Exception {
            CommittedBatch first = committed();
            Obstacle late = obstacles().getLast();
            late.put().run();
            assertThatThrownBy(() -> store().publish(first)).isInstanceOf(FailureException.class);
            late.remove().run();
            List<PartitionCommit> commits = new ArrayList<>(first.commits());
            commits.set(1, batch.write(store(), 1, new Epoch(2, 1)));
            CommittedBatch rescored = batch.committed(2, commits, Set.of(1));

            assertPublished(rescored, store().publish(rescored));
        }

        @Test
        void refusesOutputThatIsNotWhatWasCommitted() throws Exception {
            CommittedBatch committed = committed();
            List<PartitionCommit> commits = new ArrayList<>(committed.commits());
            PartitionCommit uncommitted = batch.write(store(), 2, new Epoch(1, 9));
            commits.set(2, ContractBatch.withEpoch(uncommitted, new Epoch(1, 8)));

            assertThatThrownBy(() -> store().publish(batch.committed(1, commits, Set.of())))
                    .isInstanceOfSatisfying(
                            FailureException.class,
                            e -> assertThat(e.failure().isPermanent()).isTrue());
            assertThat(seen()).isEqualTo(NOTHING);
        }
    }

    @Nested
    class TwoCoordinators {

        @Test
        void anEarlierOneMayNotPublishOnceALaterOneHasFencedIt() throws Exception {
            CommittedBatch earlier = committed();
            CommittedBatch later = batch.committed(2, earlier.commits(), Set.of());
            assertThat(store().fence(ContractBatch.ID, 2)).isEmpty();

            assertThatThrownBy(() -> store().publish(earlier)).isInstanceOf(FailureException.class);
            assertThat(seen()).isEqualTo(NOTHING);
            Publication publication = store().publish(later);

            assertPublished(later, publication);
            assertThat(store().fence(ContractBatch.ID, 1)).contains(publication);
            assertThat(store().publish(earlier)).isEqualTo(publication);
        }

        @Test
        void theLaterOneFinishesWhatTheEarlierOneBegan() throws Exception {
            CommittedBatch earlier = committed();
            for (Obstacle obstacle : obstacles()) {
                obstacle.put().run();
                assertThatThrownBy(() -> store().publish(earlier)).isInstanceOf(FailureException.class);
                obstacle.remove().run();
            }
            CommittedBatch later = batch.committed(2, earlier.commits(), Set.of());

            assertPublished(later, store().publish(later));
        }
    }

    @Nested
    class Discarding {

        @Test
        void removesWhatIsStagedAndMayBeRepeated() throws Exception {
            CommittedBatch committed = committed();

            store().discard(ContractBatch.ID);
            store().discard(ContractBatch.ID);

            assertNothingIsStaged(committed, Phase.CANCELLED);
            assertThat(seen()).isEqualTo(NOTHING);
        }

        @Test
        void removesWhatAFailedPublicationHasLeft() throws Exception {
            CommittedBatch committed = committed();
            for (Obstacle obstacle : obstacles()) {
                obstacle.put().run();
                assertThatThrownBy(() -> store().publish(committed)).isInstanceOf(FailureException.class);
                obstacle.remove().run();
            }

            store().discard(ContractBatch.ID);

            assertNothingIsStaged(committed, Phase.CANCELLED);
        }

        @Test
        void leavesAPublishedBatchAlone() throws Exception {
            CommittedBatch committed = committed();
            Publication publication = store().publish(committed);

            store().discard(ContractBatch.ID);

            assertPublished(committed, publication);
        }

        @Test
        void ofABatchThatWasNeverPreparedDoesNothing() throws Exception {
            store().discard(ContractBatch.ID);

            assertThat(seen()).isEqualTo(NOTHING);
        }
    }

    @OfTheFiles
    @ParameterizedTest
    @EnumSource
    void verificationFinds(Tampering tampering) throws Exception {
        CommittedBatch committed = committed();
        Publication publication = store().publish(committed);

        tamper(tampering);

        List<Finding> findings = new ArrayList<>(proof(committed, Phase.PUBLISHED, publication));
        try (OutputProof proof = store().verify(committed, Phase.PUBLISHED, publication)) {
            String manifest = Digests.sha256(proof.manifest());
            if (!manifest.equals(publication.manifestSha256())) {
                findings.add(new Finding(Finding.Outcome.BROKEN, "manifest", "it was changed"));
            }
        }
        assertThat(findings).extracting(Finding::outcome).contains(Finding.Outcome.BROKEN);
    }

    @Test
    void verificationProvesWhatIsCommittedBeforeItIsPublished() throws Exception {
        CommittedBatch committed = committed();
        List<Finding> findings = new ArrayList<>();
        try (OutputProof proof = store().verify(committed, Phase.RUNNING, null)) {
            assertThat(proof.checkRows(new Check("checksums", findings::add), new Check("rows", findings::add)))
                    .isTrue();
            assertThat(proof.areSame(committed.commits(), batch.slices(0, 1, 2)))
                    .isTrue();
        }
        assertThat(findings).extracting(Finding::outcome).containsOnly(Finding.Outcome.PROVED);
    }
}
