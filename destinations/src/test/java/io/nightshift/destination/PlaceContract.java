package io.nightshift.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.failure.FailureException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// The contract about the place of a destination: nothing is called absent or removed where the place itself is
/// missing, and what others keep there is left alone.
abstract class PlaceContract extends ReuseContract {

    /// Ways in which a node may not see the place, although it was written: each is put after a batch was
    /// published.
    protected abstract List<Obstacle> absences() throws Exception;

    /// Puts things of others next to those of the batch, also among what is staged.
    ///
    /// @return looks whether all of them are as they were
    protected abstract Step neighbours() throws Exception;

    private void assertWaits(String absence, String name, Step call) {
        assertThatThrownBy(call::run)
                .as("%s while the place is %s", name, absence)
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(e.failure().isPermanent())
                                .as(e.getMessage())
                                .isFalse());
    }

    /// Moves the place away, so that a later batch makes a new one.
    ///
    /// @return empty for a destination whose place can't be made anew
    protected Optional<Step> moveAway() {
        return Optional.empty();
    }

    @Nested
    class ThePlace {

        @Test
        void ofALaterBatchSaysNothingAboutTheBatchesBefore() throws Exception {
            Optional<Step> moveAway = moveAway();
            if (moveAway.isEmpty()) {
                return;
            }
            CommittedBatch committed = committed();
            store().publish(committed);
            moveAway.get().run();
            store().prepare(ContractBatch.NEXT, batch.job(), batch.model());
            store().publish(batch.committedAs(store(), ContractBatch.NEXT, 1));

            assertWaits("another one", "fence", () -> store().fence(ContractBatch.ID, 3));
            assertWaits("another one", "prepareSupplement", () -> batch.prepareSupplement(store(), committed, 3));
            assertWaits(
                    "another one",
                    "discardSupplement",
                    () -> store().supplements().discardSupplement(ContractBatch.ID, 3));
            assertWaits("another one", "unpublish", () -> store().removal().unpublish(ContractBatch.ID));
            assertWaits("another one", "delete", () -> store().removal().delete(ContractBatch.ID));
            store().removal().unpublish(ContractBatch.NEXT);
            store().removal().delete(ContractBatch.NEXT);
            store().removal().delete(ContractBatch.NEXT);
        }

        @Test
        void isAskedBeforeAPublishedBatchIsCalledAbsentOrRemoved() throws Exception {
            CommittedBatch committed = committed();
            store().publish(committed);
            CommittedBatch supplement = batch.supplement(store(), committed, 2, "nightshift_row = 17");
            Map<String, Step> calls = new LinkedHashMap<>();
            calls.put("fence", () -> store().fence(ContractBatch.ID, 3));
            calls.put("publishSupplement", () -> store().supplements().publishSupplement(supplement));
            calls.put("withdrawSupplement", () -> store().supplements().withdrawSupplement(batch.by(3, supplement)));
            calls.put("discardSupplement", () -> store().supplements().discardSupplement(ContractBatch.ID, 3));
            calls.put("prepareSupplement", () -> batch.prepareSupplement(store(), committed, 3));
            if (left().isPresent()) {
                calls.put("unpublish", () -> store().removal().unpublish(ContractBatch.ID));
                calls.put("delete", () -> store().removal().delete(ContractBatch.ID));
            }
            for (Obstacle absence : absences()) {
                absence.put().run();
                calls.forEach((name, call) -> assertWaits(absence.name(), name, call));
                absence.remove().run();
                assertThat(seen()).isEqualTo(ALL);
            }

            store().supplements().publishSupplement(supplement);

            assertThat(seen()).isEqualTo(new Seen(29, 29, 1));
        }

        @Test
        void isAskedBeforeABatchIsCalledUnpublished() throws Exception {
            CommittedBatch committed = committed();
            for (Obstacle absence : absences()) {
                absence.put().run();
                assertWaits(absence.name(), "fence", () -> store().fence(ContractBatch.ID, 2));
                absence.remove().run();
            }
            assertThat(store().fence(ContractBatch.ID, 2)).isEmpty();

            CommittedBatch later = batch.committed(2, committed.commits(), Set.of());
            assertPublished(later, store().publish(later));
        }

        /// The plan of an input without rows has one partition, whose part is empty.
        @Test
        void ofABatchWithoutRowsIsKnownByItsPart() throws Exception {
            prepare();
            List<PartitionCommit> commits = List.of(batch.writeEmpty(store(), new Epoch(1, 1)));

            assertThat(store().fence(ContractBatch.ID, 2)).isEmpty();

            Publication publication = store().publish(batch.committed(2, commits, Set.of()));
            assertThat(store().fence(ContractBatch.ID, 3)).contains(publication);
        }

        @Test
        void isAskedAlsoForARemovedBatch() throws Exception {
            if (left().isEmpty()) {
                return;
            }
            publish();
            store().removal().unpublish(ContractBatch.ID);
            for (Obstacle absence : absences()) {
                absence.put().run();
                assertWaits(absence.name(), "unpublish", () -> store().removal().unpublish(ContractBatch.ID));
                assertWaits(absence.name(), "delete", () -> store().removal().delete(ContractBatch.ID));
                absence.remove().run();
            }

            store().removal().delete(ContractBatch.ID);

            assertThat(left()).isEqualTo(Optional.of(false));
        }

        @Test
        void keepsWhatOthersHaveInIt() throws Exception {
            prepare();
            Step areUnchanged = neighbours();
            CommittedBatch committed = batch.committed(1, writeAll(1), Set.of());
            Publication publication = store().publish(committed);
            assertPublished(committed, publication);
            store().supplements().publishSupplement(batch.supplement(store(), committed, 2, "nightshift_row = 17"));
            areUnchanged.run();
            store().prepare(ContractBatch.NEXT, batch.job(), batch.model());
            areUnchanged.run();
            store().discard(ContractBatch.NEXT);
            areUnchanged.run();
            if (left().isPresent()) {
                store().removal().unpublish(ContractBatch.ID);
                store().removal().delete(ContractBatch.ID);
                areUnchanged.run();
            }
        }
    }
}
