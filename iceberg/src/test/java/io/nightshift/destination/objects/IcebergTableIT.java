package io.nightshift.destination.objects;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.destination.Check;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.ContractBatch;
import io.nightshift.destination.DestinationStore;
import io.nightshift.destination.Finding;
import io.nightshift.destination.OutputProof;
import io.nightshift.destination.Publication;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.iceberg.IcebergCatalogs;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.IcebergDestination;
import io.nightshift.protocol.job.Job;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.source.files.TestCopies;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.database.CatalogSettings;
import io.nightshift.storage.database.ConnectionPool;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.TestBucket;
import io.nightshift.testing.database.IcebergServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.io.CloseableIterable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// An Iceberg table in a real store. [IcebergObjectsIT] is its contract.
class IcebergTableIT {

    private static final String TABLE = "db.scores";

    @TempDir
    private Path folder = Path.of("");

    private static List<String> files(DataSources dataSources, ObjectCopies copies) throws Exception {
        try (IcebergCatalogs catalogs = new IcebergCatalogs(dataSources, FileRoots.UNRESTRICTED, copies.stores())) {
            TableOperations table =
                    catalogs.get("lake").find(TableIdentifier.parse(TABLE)).orElseThrow();
            List<String> files = new ArrayList<>();
            try (CloseableIterable<FileScanTask> tasks =
                    new BaseTable(table, TABLE).newScan().planFiles()) {
                tasks.forEach(task -> files.add(task.file().location()));
            }
            return files;
        }
    }

    @ParameterizedTest
    @EnumSource
    void aBatchIsPublishedVerifiedAndRemoved(TestBucket.Protocol protocol) throws Exception {
        try (TestBucket lake = protocol.open();
                ObjectCopies copies = TestCopies.of(lake, folder.resolve("copies"));
                IcebergServer server = new IcebergServer(lake.address("warehouse"));
                ContractBatch batch = new ContractBatch(
                        folder,
                        new IcebergDestination("lake", TABLE),
                        ContractBatch.MODEL,
                        new Job.Output(List.of("note")),
                        "ticket")) {
            CatalogSettings catalog =
                    new CatalogSettings.Rest("lake", server.uri(), null, IcebergServer.TOKEN, null, null, null);
            DataSources dataSources = new DataSources(Map.of(), Map.of("lake", catalog));
            try (Destinations destinations = new Destinations(
                    () -> batch.data().duckDb,
                    new Sources(() -> batch.data().duckDb, FileRoots.UNRESTRICTED, copies),
                    dataSources,
                    new ConnectionPool(1))) {
                DestinationStore store = destinations.of(batch.job());
                store.prepare(ContractBatch.ID, batch.job(), ContractBatch.MODEL);
                CommittedBatch committed = batch.committedAs(store, ContractBatch.ID, 1);

                Publication publication = store.publish(committed);

                String place = lake.address("warehouse/db/scores/nightshift/batch=") + ContractBatch.ID;
                assertThat(files(dataSources, copies))
                        .hasSize(ContractBatch.PARTITIONS)
                        .allSatisfy(file -> assertThat(file).startsWith(place + "/part-"));
                assertThat(Objects.requireNonNull(copies.stores()
                                        .of(BatchKeys.prefix(place))
                                        .find(BatchKeys.prefix(place)
                                                .with(BatchKeys.prefix(place).key() + "_SUCCESS")))
                                .bytes())
                        .isZero();
                List<Finding> findings = new ArrayList<>();
                try (OutputProof proof = store.verify(committed, Phase.PUBLISHED, publication)) {
                    proof.checkPlace(new Check("place", findings::add));
                    proof.checkRows(new Check("checksums", findings::add), new Check("rows", findings::add));
                }
                assertThat(findings).hasSize(3).extracting(Finding::outcome).containsOnly(Finding.Outcome.PROVED);

                store.removal().unpublish(ContractBatch.ID);
                assertThat(files(dataSources, copies)).isEmpty();
                store.removal().delete(ContractBatch.ID);
                assertThat(store.manifest(ContractBatch.ID)).isEmpty();
            }
        }
    }
}
