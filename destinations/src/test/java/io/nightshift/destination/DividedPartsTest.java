package io.nightshift.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.filesystem.Digests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Partitions that are divided into several files by `file-size`.
final class DividedPartsTest {

    private static final int ROWS = 10_000;
    private static final long SIZE = 60_000;

    @TempDir
    private Path folder;

    private ContractBatch batch;

    @BeforeEach
    void begin() {
        batch = new ContractBatch(folder, destination(SIZE), ROWS);
        store().prepare(ContractBatch.ID, batch.job(), batch.model());
    }

    @AfterEach
    void close() {
        batch.close();
    }

    private ParquetDestination destination(long size) {
        return new ParquetDestination(
                        folder.resolve("out").toString(),
                        ParquetDestination.Codec.UNCOMPRESSED,
                        null,
                        2_048,
                        List.of(),
                        List.of())
                .withFileBytes(size);
    }

    private DestinationStore store() {
        return new Destinations(() -> batch.data().duckDb, DataSources.NONE).of(batch.job());
    }

    private CommittedBatch committed() throws Exception {
        List<PartitionCommit> commits = new ArrayList<>();
        for (int partition = 0; partition < ContractBatch.PARTITIONS; partition++) {
            commits.add(batch.write(store(), partition, new Epoch(1, partition + 1)));
        }
        return batch.committed(1, commits, Set.of());
    }

    private List<String> staged() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(store().staging(ContractBatch.ID)))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private List<Finding> findings(CommittedBatch committed, Publication publication) {
        List<Finding> findings = new ArrayList<>();
        try (OutputProof proof = store().verify(committed, Phase.PUBLISHED, publication)) {
            proof.checkPlace(new Check("place", findings::add));
            proof.checkRows(new Check("checksums", findings::add), new Check("rows", findings::add));
        }
        return findings;
    }

    @Test
    void aPartHasSeveralFilesInTheOrderOfTheRows() throws Exception {
        CommittedBatch committed = committed();
        Publication publication = store().publish(committed);

        OutputFile part = committed.commits().getFirst().part();
        assertThat(part.rows()).isEqualTo(ROWS - 2);
        assertThat(part.files()).hasSizeGreaterThan(1);
        assertThat(part.files().stream().mapToLong(OutputFile::rows).sum()).isEqualTo(part.rows());
        assertThat(part.files().stream().mapToLong(OutputFile::bytes).sum()).isEqualTo(part.bytes());
        Path published = Path.of(publication.destination());
        for (int i = 0; i < part.files().size(); i++) {
            Path file = published.resolve("part-000000-%04d.parquet".formatted(i));
            assertThat(Digests.sha256(file)).isEqualTo(part.files().get(i).sha256());
            if (i < part.files().size() - 1) {
                assertThat(Files.size(file)).isBetween(SIZE, 2 * SIZE);
            }
        }
        assertThat(batch.data().rows("SELECT record_id FROM read_parquet('%s/part-*.parquet')".formatted(published)))
                .containsExactlyElementsOf(IntStream.range(0, ContractBatch.PARTITIONS * ROWS)
                        .filter(row -> row != 13 && row != 17)
                        .mapToObj(row -> "r" + row)
                        .toList());
        assertThat(Files.readString(published.resolve("_manifest.json")))
                .contains(
                        "\"file\" : \"part-000002-0001.parquet\"",
                        part.files().get(1).sha256());
    }

    @Test
    void eachFileIsVerified() throws Exception {
        CommittedBatch committed = committed();
        Publication publication = store().publish(committed);
        assertThat(findings(committed, publication))
                .extracting(Finding::outcome)
                .containsOnly(Finding.Outcome.PROVED);

        Path second = Path.of(publication.destination()).resolve("part-000001-0001.parquet");
        byte[] bytes = Files.readAllBytes(second);
        bytes[bytes.length / 2] ^= 0x40;
        Files.write(second, bytes);
        Files.copy(second, second.resolveSibling("part-000001-0099.parquet"));

        assertThat(findings(committed, publication))
                .extracting(Finding::toString)
                .anyMatch(text -> text.contains("part-000001-0001.parquet was changed"))
                .anyMatch(text -> text.contains("part-000001-0099.parquet doesn't belong to the batch"));
    }

    @Test
    void aSecondTryLeavesNothingOfTheFirst() throws Exception {
        try (ContractBatch.Attempt attempt = batch.begin(store(), 0, new Epoch(1, 1))) {
            attempt.predictions();
            // As the files of a try that wrote more rows.
            Files.copy(
                    Path.of(store().staging(ContractBatch.ID)).resolve("part-000000.parquet.1-1.1.staged"),
                    Path.of(store().staging(ContractBatch.ID))
                            .resolve("part-000000.parquet.1-1.%d.staged".formatted(staged().size())));
            attempt.predictions();
            attempt.quarantine();
            assertThat(attempt.keep().part().rows()).isEqualTo(ROWS - 2);
        }
    }

    @Test
    void anAttemptThatLosesLeavesNoFile() throws Exception {
        Lease lease = batch.lease(store(), 1, new Epoch(1, 1));
        batch.abandon(store(), 1, new Epoch(1, 1), 4);
        assertThat(staged()).hasSizeGreaterThan(1);

        store().remove(lease);

        assertThat(staged()).isEmpty();
        try (ContractBatch.Attempt attempt = batch.begin(store(), 1, new Epoch(1, 2))) {
            attempt.predictions();
        }
        assertThat(staged()).as("closed without being kept").isEmpty();
    }

    @Test
    void aLateWorkerFindsNoFolderToWriteTo() throws Exception {
        ContractBatch.Attempt late = batch.begin(store(), 1, new Epoch(1, 1));
        store().discard(ContractBatch.ID);

        assertThatThrownBy(late::predictions).hasMessageContaining("there is no folder");

        assertThat(folder.resolve("out/.staging")).doesNotExist();
        late.crash();
    }

    @Test
    void theNextCoordinatorGoesOnWithWhatAnEarlierOneHasGathered() throws Exception {
        CommittedBatch committed = committed();
        Path staging = Objects.requireNonNull(
                Path.of(store().staging(ContractBatch.ID)).getParent());
        Path gathered = Files.createDirectories(staging.resolve("output-1"));
        Files.move(
                staging.resolve("attempts/part-000001.parquet.1-2.1.staged"),
                gathered.resolve("part-000001-0001.parquet"));

        CommittedBatch later = batch.committed(2, committed.commits(), Set.of());
        assertThat(findings(later, store().publish(later)))
                .extracting(Finding::outcome)
                .containsOnly(Finding.Outcome.PROVED);
    }

    @Test
    void filesOfADividedPartAreReusedByAnotherBatch() throws Exception {
        CommittedBatch committed = committed();
        store().publish(committed);
        store().prepare(ContractBatch.NEXT, batch.job(), batch.model());
        List<PartitionCommit> reused =
                committed.commits().stream().map(commit -> commit.reused(1)).toList();
        store().reusableParts().reuse(ContractBatch.ID, ContractBatch.NEXT, reused);

        CommittedBatch next = batch.reusing(1, reused);
        assertThat(findings(next, store().publish(next)))
                .extracting(Finding::outcome)
                .containsOnly(Finding.Outcome.PROVED);
    }

    @Test
    void tooManyFilesAreRefused() throws Exception {
        batch.close();
        batch = new ContractBatch(folder.resolve("more"), destination(1), 260 * 2_048);
        store().prepare(ContractBatch.ID, batch.job(), batch.model());
        try (ContractBatch.Attempt attempt = batch.begin(store(), 0, new Epoch(1, 1))) {
            attempt.predictions();
            assertThatThrownBy(attempt::seal)
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("a partition may have 250")
                    .hasMessageContaining("Increase destination.parquet.file-size");
        }
    }
}
