package io.nightshift.destination.several;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.destination.Check;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.ContractBatch;
import io.nightshift.destination.DestinationContract;
import io.nightshift.destination.DestinationStore;
import io.nightshift.destination.Finding;
import io.nightshift.destination.OutputProof;
import io.nightshift.destination.Publication;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.Destination;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The contract for two destinations, the first of which is a folder of Parquet files. A reader waits for the batch
/// at the last destination, and then finds the same at the first one.
abstract class SeveralContract extends DestinationContract {

    /// The last destination as its readers see it.
    protected abstract Seen seenAtTheLast() throws Exception;

    protected abstract void tamperAtTheLast(Tampering tampering) throws Exception;

    /// What makes a publication at the last destination fail before anything is visible.
    protected abstract List<Obstacle> obstaclesAtTheLast();

    protected abstract boolean isLeftAtTheLast() throws Exception;

    protected final BatchFolder first() {
        return BatchFolder.of(folder.resolve("first"), batch, false);
    }

    protected final Destination firstDestination() throws Exception {
        Files.createDirectories(folder.resolve("first"));
        return BatchFolder.parquet(folder.resolve("first"));
    }

    private DestinationStore alone(int destination) {
        return new Destinations(() -> batch.data().duckDb, dataSources())
                .of(batch.job().destination().members().get(destination));
    }

    /// Both are looked at again if they differ, since they don't change in one step. The first one may have a
    /// supplement that the last one lacks.
    @Override
    protected final Seen seen() throws Exception {
        while (true) {
            Seen last = seenAtTheLast();
            if (last.equals(NOTHING)) {
                return NOTHING;
            }
            Seen first = first().asSeen();
            if (first.equals(last)) {
                return last;
            }
            if (last.equals(seenAtTheLast())) {
                if (first.predictions() < last.predictions()) {
                    throw new AssertionError(
                            "readers of the last one see %s, and of the first one %s".formatted(last, first));
                }
                if (first.equals(first().asSeen())) {
                    return last;
                }
            }
        }
    }

    /// The first one's manifest: [OutputProof#manifest()] is that of the first.
    @Override
    protected final void tamper(Tampering tampering) throws Exception {
        if (tampering == Tampering.THE_MANIFEST_IS_CHANGED) {
            first().damage(tampering);
        } else {
            tamperAtTheLast(tampering);
        }
    }

    @Override
    protected final List<Obstacle> obstacles() {
        List<Obstacle> all = new ArrayList<>(obstaclesAtTheLast());
        all.addAll(first().all());
        return all;
    }

    /// At the first one, readers may see the supplement before they see it at the last one.
    @Override
    protected final List<Obstacle> supplementObstacles() {
        List<Obstacle> all = new ArrayList<>(first().forSupplements());
        all.addAll(supplementObstaclesAtTheLast());
        return all;
    }

    /// What makes the publication of a supplement at the last destination fail.
    protected abstract List<Obstacle> supplementObstaclesAtTheLast();

    @Override
    protected final Optional<Boolean> left() throws Exception {
        return Optional.of(first().hasLeft() || isLeftAtTheLast());
    }

    @Test
    void aSupplementThatWasCutShortBetweenTwoIsFinished() throws Exception {
        CommittedBatch committed = committed();
        store().publish(committed);
        CommittedBatch supplement = batch.supplement(store(), committed, 2, "nightshift_row = 17");
        Publication first = alone(0).supplements().publishSupplement(supplement.at(0));
        assertThat(first().asSeen()).isEqualTo(new Seen(29, 29, 1));
        assertThat(seenAtTheLast()).isEqualTo(ALL);

        CommittedBatch later = batch.by(3, supplement);
        Publication publication = store().supplements().publishSupplement(later);

        assertThat(publication.each()).hasSize(2).startsWith(first);
        assertThat(first().asSeen()).isEqualTo(new Seen(29, 29, 1));
        assertThat(seenAtTheLast()).isEqualTo(new Seen(29, 29, 1));
        assertThat(store().supplements().publishSupplement(supplement)).isEqualTo(publication);
    }

    private Publication publishAtTheFirst(CommittedBatch committed) {
        return alone(0).publish(committed.at(0));
    }

    @Test
    void aPublicationThatWasCutShortBetweenTwoIsFinished() throws Exception {
        CommittedBatch committed = committed();
        Publication first = publishAtTheFirst(committed);
        assertThat(first().asSeen()).isEqualTo(ALL);
        assertThat(seenAtTheLast()).isEqualTo(NOTHING);
        CommittedBatch later = batch.committed(2, committed.commits(), Set.of());

        assertThat(store().fence(ContractBatch.ID, 2)).contains(first);
        assertThatThrownBy(() -> store().publish(committed)).isInstanceOf(Exception.class);
        assertThat(seenAtTheLast()).isEqualTo(NOTHING);
        Publication publication = store().publish(later);

        assertThat(publication.each()).hasSize(2).startsWith(first);
        assertPublished(later, publication);
        assertThat(store().fence(ContractBatch.ID, 3)).contains(publication);
    }

    @Test
    void nothingIsVisibleBeforeAllAreChecked() throws Exception {
        CommittedBatch committed = committed();
        for (Obstacle obstacle : obstaclesAtTheLast()) {
            obstacle.put().run();
            assertThatThrownBy(() -> store().publish(committed))
                    .as(obstacle.name())
                    .isInstanceOf(Exception.class);
            assertThat(first().asSeen()).as(obstacle.name()).isEqualTo(NOTHING);
            obstacle.remove().run();
        }
        assertThatThrownBy(() -> store().publish(committed, () -> {
                    throw new IllegalStateException("the process is killed");
                }))
                .hasMessage("the process is killed");
        assertThat(first().asSeen()).isEqualTo(NOTHING);

        assertPublished(committed, store().publish(committed));
    }

    @Test
    void aRemovalThatWasCutShortBetweenTwoIsFinished() throws Exception {
        publish();
        alone(1).removal().unpublish(ContractBatch.ID);
        assertThat(first().asSeen()).isEqualTo(ALL);

        store().removal().unpublish(ContractBatch.ID);

        assertThat(first().asSeen()).isEqualTo(NOTHING);
        alone(1).removal().delete(ContractBatch.ID);
        assertThat(left()).contains(true);
        store().removal().delete(ContractBatch.ID);
        assertThat(left()).contains(false);
    }

    @Test
    void eachHasAProofOfItsOwn() throws Exception {
        CommittedBatch committed = committed();
        Publication publication = store().publish(committed);

        for (PartitionCommit commit : committed.commits()) {
            assertThat(commit.part().copies()).hasSize(1);
            assertThat(commit.at(0).part().sha256())
                    .isNotEqualTo(commit.at(1).part().sha256());
            assertThat(commit.bytes())
                    .isEqualTo(commit.at(0).bytes() + commit.at(1).bytes());
        }
        for (int destination = 0; destination < 2; destination++) {
            try (OutputProof proof = alone(destination)
                    .verify(
                            committed.at(destination),
                            Phase.PUBLISHED,
                            publication.each().get(destination))) {
                List<Finding> findings = new ArrayList<>();
                assertThat(proof.checkRows(new Check("checksums", findings::add), new Check("rows", findings::add)))
                        .isTrue();
                assertThat(findings).extracting(Finding::outcome).containsOnly(Finding.Outcome.PROVED);
            }
        }
    }

    @Test
    void aProblemNamesItsDestination() throws Exception {
        CommittedBatch committed = committed();
        Publication publication = store().publish(committed);
        for (int destination = 0; destination < 2; destination++) {
            if (destination == 0) {
                first().damage(Tampering.A_ROW_IS_MISSING);
            } else {
                tamperAtTheLast(Tampering.A_ROW_IS_MISSING);
            }
            String name = batch.job().destination().members().get(destination).toString();
            List<Finding> findings = new ArrayList<>();
            try (OutputProof proof = store().verify(committed, Phase.PUBLISHED, publication)) {
                proof.checkRows(new Check("checksums", findings::add), new Check("rows", findings::add));
            }
            assertThat(findings)
                    .filteredOn(finding -> finding.outcome() == Finding.Outcome.BROKEN)
                    .anySatisfy(finding -> assertThat(finding.detail()).startsWith(name + ": "));
        }
    }
}
