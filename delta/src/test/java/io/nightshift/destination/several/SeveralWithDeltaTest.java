package io.nightshift.destination.several;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.delta.destination.DeltaLog;
import io.nightshift.destination.Check;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.ContractBatch;
import io.nightshift.destination.DestinationStore;
import io.nightshift.destination.Finding;
import io.nightshift.destination.OutputProof;
import io.nightshift.destination.Publication;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.DeltaDestination;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.protocol.job.SeveralDestinations;
import io.nightshift.storage.database.DataSources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Parquet files and a Delta table.
class SeveralWithDeltaTest {

    @TempDir
    private Path folder = Path.of("");

    private ContractBatch batch;

    @BeforeEach
    void open() {
        batch = new ContractBatch(
                folder,
                new SeveralDestinations(List.of(
                        new ParquetDestination(folder.resolve("files").toString()),
                        new DeltaDestination(table().toString()))),
                ContractBatch.MODEL,
                new Job.Output(List.of("note")),
                "ticket");
    }

    @AfterEach
    void close() {
        batch.close();
    }

    private Path table() {
        return folder.resolve("table");
    }

    private DestinationStore store() {
        return new Destinations(() -> batch.data().duckDb, DataSources.NONE).of(batch.job());
    }

    private Path files() {
        return folder.resolve("files/batch=" + ContractBatch.ID);
    }

    private int tableFiles() throws IOException {
        return DeltaLog.of(table()).files().size();
    }

    private CommittedBatch committed() throws Exception {
        store().prepare(ContractBatch.ID, batch.job(), ContractBatch.MODEL);
        return batch.committedAs(store(), ContractBatch.ID, 1);
    }

    @Test
    void showBothTheBatchAndAreVerifiedAndRemoved() throws Exception {
        CommittedBatch committed = committed();

        Publication publication = store().publish(committed);

        assertThat(files()).exists();
        assertThat(tableFiles()).isEqualTo(ContractBatch.PARTITIONS);
        List<Finding> findings = new ArrayList<>();
        try (OutputProof proof = store().verify(committed, Phase.PUBLISHED, publication)) {
            proof.checkPlace(new Check("place", findings::add));
            proof.checkRows(new Check("checksums", findings::add), new Check("rows", findings::add));
        }
        assertThat(findings).isNotEmpty().extracting(Finding::outcome).containsOnly(Finding.Outcome.PROVED);
        store().removal().unpublish(ContractBatch.ID);
        assertThat(tableFiles()).isZero();
        store().removal().delete(ContractBatch.ID);
        assertThat(files()).doesNotExist();
    }

    @Test
    void bothTakeASupplement() throws Exception {
        CommittedBatch committed = committed();
        store().publish(committed);
        CommittedBatch supplement = batch.supplement(store(), committed, 2, "nightshift_row = 17");

        store().supplements().publishSupplement(supplement);
        store().supplements().publishSupplement(batch.by(3, supplement));

        assertThat(files().resolve("part-000003.parquet")).exists();
        assertThat(tableFiles()).isEqualTo(ContractBatch.PARTITIONS + 1);
    }

    @Test
    void showNothingIfTheTableCantTakeTheBatch() throws Exception {
        CommittedBatch committed = committed();
        Path version = table().resolve("_delta_log/00000000000000000000.json");
        String whole = Files.readString(version);
        Files.writeString(version, "{ half");

        assertThatThrownBy(() -> store().publish(committed)).isInstanceOf(FailureException.class);
        assertThat(files()).doesNotExist();

        Files.writeString(version, whole);
        store().publish(committed);
        assertThat(files()).exists();
        assertThat(tableFiles()).isEqualTo(ContractBatch.PARTITIONS);
    }

    @Test
    void aDeltaTableInAFolderOfAnotherIsRefused() {
        DestinationStore store = new Destinations(() -> batch.data().duckDb, DataSources.NONE)
                .of(new SeveralDestinations(
                        List.of(new ParquetDestination("/lake"), new DeltaDestination("/lake/scores"))));

        assertThat(store.checkPlace())
                .containsExactly(
                        "destination.several: /lake and Delta table /lake/scores are a folder inside the other one");
    }
}
