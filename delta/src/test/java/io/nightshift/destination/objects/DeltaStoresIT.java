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
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.DeltaDestination;
import io.nightshift.protocol.job.DeltaInput;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.SourceReader;
import io.nightshift.source.SourceReader.BoundSlices;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.source.files.TestCopies;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.database.ConnectionPool;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.TestBucket;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A Delta table in a store of each protocol. [DeltaTableIT] and [DeltaObjectsIT] have the faults.
class DeltaStoresIT {

    @TempDir
    private Path folder = Path.of("");

    @ParameterizedTest
    @EnumSource
    void aTableIsWrittenReadVerifiedAndEmptied(TestBucket.Protocol protocol) throws Exception {
        try (TestBucket lake = protocol.open();
                ObjectCopies copies = TestCopies.of(lake, folder.resolve("copies"));
                ContractBatch batch = new ContractBatch(
                        folder,
                        new DeltaDestination(lake.address("lake/scores")),
                        ContractBatch.MODEL,
                        new Job.Output(List.of("note")),
                        "CAST(ticket AS DOUBLE)");
                Sources sources = new Sources(() -> batch.data().duckDb, FileRoots.UNRESTRICTED, copies);
                Destinations destinations =
                        new Destinations(() -> batch.data().duckDb, sources, DataSources.NONE, new ConnectionPool(1))) {
            Job reading = TestJobBuilder.over(new DeltaInput(lake.address("lake/scores")))
                    .select("f0", "prediction")
                    .id("record_id")
                    .build();
            DestinationStore store = destinations.of(batch.job());
            store.prepare(ContractBatch.ID, batch.job(), ContractBatch.MODEL);
            assertThat(read(batch, sources, reading)).isEmpty();
            CommittedBatch committed = batch.committedAs(store, ContractBatch.ID, 1);

            Publication publication = store.publish(committed);

            assertThat(read(batch, sources, reading))
                    .hasSize(28)
                    .doesNotHaveDuplicates()
                    .contains("r0", "r29");
            List<Finding> findings = new ArrayList<>();
            try (OutputProof proof = store.verify(committed, Phase.PUBLISHED, publication)) {
                proof.checkPlace(new Check("place", findings::add));
                proof.checkRows(new Check("checksums", findings::add), new Check("rows", findings::add));
            }
            assertThat(findings).hasSize(3).extracting(Finding::outcome).containsOnly(Finding.Outcome.PROVED);
            store.removal().unpublish(ContractBatch.ID);
            assertThat(read(batch, sources, reading)).isEmpty();
            store.removal().delete(ContractBatch.ID);
            assertThat(store.manifest(ContractBatch.ID)).isEmpty();
        }
    }

    /// The IDs of the rows that a node reads.
    private static List<String> read(ContractBatch batch, Sources sources, Job job) throws Exception {
        List<Slice> slices = sources.inspect(job, ContractBatch.MODEL).stream()
                .map(file -> new Slice(file.file(), 0, file.file().rows()))
                .toList();
        List<String> rows = new ArrayList<>();
        SourceReader reader = sources.of(job.source());
        try (Connection connection = batch.data().duckDb.connect();
                HeldSlices _ = reader.hold(slices)) {
            for (BoundSlices group : reader.bind(connection, slices, job, ContractBatch.MODEL)) {
                rows.addAll(batch.data()
                        .rows("SELECT record_id FROM %s"
                                .formatted(group.relation().from())));
            }
        }
        return rows;
    }
}
