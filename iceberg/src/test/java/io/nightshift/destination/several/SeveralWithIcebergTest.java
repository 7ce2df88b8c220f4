package io.nightshift.destination.several;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.destination.ContractBatch;
import io.nightshift.destination.DestinationStore;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.job.IcebergDestination;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.protocol.job.SeveralDestinations;
import io.nightshift.storage.database.DataSources;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Parquet files and an Iceberg table.
class SeveralWithIcebergTest {

    @TempDir
    private Path folder = Path.of("");

    @Test
    void aRefusalOfOneIsTheRefusalOfAll() throws Exception {
        SeveralDestinations both = new SeveralDestinations(
                List.of(new ParquetDestination("/out"), new IcebergDestination("lake", "db.scores")));
        try (ContractBatch batch =
                new ContractBatch(folder, both, ContractBatch.MODEL, new Job.Output(List.of("note")), "ticket")) {
            DestinationStore store = new Destinations(() -> batch.data().duckDb, DataSources.NONE).of(both);

            assertThat(store.reuseRefusal(batch.job()))
                    .hasValueSatisfying(
                            reason -> assertThat(reason).startsWith("each file of an Iceberg table names the batch"));
        }
    }
}
