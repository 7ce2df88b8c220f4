package io.nightshift.destination.objects;

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
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.DeltaDestination;
import io.nightshift.protocol.job.Job;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.source.files.TestCopies;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.database.ConnectionPool;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.TestStore;
import io.nightshift.testing.objectstore.FaultProxy.Fault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A Delta table in a real store. [DeltaObjectsIT] is its contract.
class DeltaTableIT {

    private static final String TABLE = "lake/scores";

    private static final String SHOWN = "nightshift.batch=" + ContractBatch.ID + ":1";

    @TempDir
    private Path folder = Path.of("");

    private TestStore lake;
    private ObjectCopies copies;
    private ContractBatch batch;
    private Destinations destinations;

    @BeforeEach
    void open() throws IOException {
        lake = new TestStore();
        copies = TestCopies.of(lake, folder.resolve("copies"));
        batch = new ContractBatch(
                folder,
                new DeltaDestination(lake.address(TABLE)),
                ContractBatch.MODEL,
                new Job.Output(List.of("note")),
                "ticket");
        destinations = new Destinations(
                () -> batch.data().duckDb,
                new Sources(() -> batch.data().duckDb, FileRoots.UNRESTRICTED, copies),
                DataSources.NONE,
                new ConnectionPool(1));
    }

    @AfterEach
    void close() {
        destinations.close();
        batch.close();
        copies.close();
        lake.close();
    }

    /// The log of a table, as a reader without any library sees it.
    static DeltaLog log(TestStore lake, String table) throws IOException {
        List<String> versions = new ArrayList<>();
        for (String key : lake.server.list(lake.bucket, table + "/_delta_log/")) {
            if (key.endsWith(".json")) {
                versions.add(lake.server.get(lake.bucket, key));
            }
        }
        return DeltaLog.parse(versions);
    }

    private DeltaLog log() throws IOException {
        return log(lake, TABLE);
    }

    private CommittedBatch committed(DestinationStore store, BatchId id) throws Exception {
        store.prepare(id, batch.job(), ContractBatch.MODEL);
        return batch.committedAs(store, id, 1);
    }

    @Test
    void aBatchIsPublishedVerifiedAndRemoved() throws Exception {
        DestinationStore store = destinations.of(batch.job());
        CommittedBatch committed = committed(store, ContractBatch.ID);
        assertThat(log().files()).isEmpty();

        Publication publication = store.publish(committed);

        assertThat(log().files().keySet())
                .hasSize(ContractBatch.PARTITIONS)
                .allSatisfy(path -> assertThat(path).startsWith("nightshift/batch=" + ContractBatch.ID + "/part-"));
        assertThat(lake.server.list(lake.bucket, TABLE + "/nightshift/batch="))
                .containsAll(log().files().keySet().stream()
                        .map(path -> TABLE + "/" + path)
                        .toList());
        assertThat(log().statistics().values()).allSatisfy(statistics -> {
            assertThat(statistics.get("minValues").get("record_id").asText()).isIn("r0", "r10", "r20");
            assertThat(statistics.get("maxValues").get("record_id").asText()).isIn("r9", "r19", "r29");
            assertThat(statistics.get("nullCount").get("prediction").asLong()).isZero();
            assertThat(statistics.get("minValues").has("prediction")).isTrue();
        });
        List<Finding> findings = new ArrayList<>();
        try (OutputProof proof = store.verify(committed, Phase.PUBLISHED, publication)) {
            proof.checkPlace(new Check("place", findings::add));
            proof.checkRows(new Check("checksums", findings::add), new Check("rows", findings::add));
        }
        assertThat(findings).hasSize(3).extracting(Finding::outcome).containsOnly(Finding.Outcome.PROVED);

        store.removal().unpublish(ContractBatch.ID);
        assertThat(log().files()).isEmpty();
        store.removal().delete(ContractBatch.ID);
        assertThat(store.manifest(ContractBatch.ID)).isEmpty();
    }

    private static boolean isCommit(String method, String path) {
        return method.equals("PUT") && path.endsWith("/00000000000000000001.json");
    }

    /// The store repeats the request and refuses it, since the first one has created the object.
    @Test
    void aCommitWhoseAnswerIsLostIsMadeOnce() throws Exception {
        DestinationStore store = destinations.of(batch.job());
        CommittedBatch committed = committed(store, ContractBatch.ID);
        lake.proxy.only(DeltaTableIT::isCommit).next(new Fault.LoseAnswer());

        Publication publication = store.publish(committed);

        assertThat(log().transactions()).containsExactly(SHOWN);
        assertThat(log().versions()).hasSize(2);
        assertThat(store.publish(committed)).isEqualTo(publication);
    }

    @Test
    void aSupplementWhoseAnswerIsLostIsCommittedOnce() throws Exception {
        DestinationStore store = destinations.of(batch.job());
        CommittedBatch committed = committed(store, ContractBatch.ID);
        store.publish(committed);
        CommittedBatch supplement = batch.supplement(store, committed, 2, "nightshift_row = 17");
        lake.proxy
                .only((method, path) -> method.equals("PUT") && path.endsWith("/00000000000000000002.json"))
                .next(new Fault.LoseAnswer());

        Publication publication = store.supplements().publishSupplement(supplement);

        assertThat(log().transactions())
                .containsExactly(SHOWN, "nightshift.batch=%s/supplements:1".formatted(ContractBatch.ID));
        assertThat(log().files()).hasSize(ContractBatch.PARTITIONS + 1);
        assertThat(store.supplements().publishSupplement(batch.by(3, supplement)))
                .isEqualTo(publication);
        List<Finding> findings = new ArrayList<>();
        try (OutputProof proof = store.verify(supplement, Phase.PUBLISHED, publication)) {
            proof.checkPlace(new Check("place", findings::add));
            proof.checkRows(new Check("checksums", findings::add), new Check("rows", findings::add));
        }
        assertThat(findings).hasSize(3).extracting(Finding::outcome).containsOnly(Finding.Outcome.PROVED);
        store.removal().delete(ContractBatch.ID);
        assertThat(log().files()).isEmpty();
        assertThat(lake.server.list(lake.bucket, TABLE + "/nightshift/batch=")).isEmpty();
    }

    @Test
    void aCommitThatIsRefusedShowsNothingAndCanBeRepeated() throws Exception {
        DestinationStore store = destinations.of(batch.job());
        CommittedBatch committed = committed(store, ContractBatch.ID);
        lake.proxy.only(DeltaTableIT::isCommit).next(new Fault.Answer(403, "AccessDenied"));

        assertThatThrownBy(() -> store.publish(committed)).isInstanceOf(FailureException.class);
        assertThat(log().files()).isEmpty();

        store.publish(committed);
        assertThat(log().transactions()).containsExactly(SHOWN);
    }

    @Test
    void aStoreWithoutConditionalWritesIsRefused() throws Exception {
        DestinationStore store = destinations.of(batch.job());
        lake.proxy.only((method, path) -> method.equals("PUT"));
        for (int i = 0; i < 20; i++) {
            lake.proxy.next(new Fault.IgnoreConditions("if-"));
        }

        assertThatThrownBy(() -> store.prepare(ContractBatch.ID, batch.job(), ContractBatch.MODEL))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(e.failure().isPermanent()).isTrue());
        assertThat(log().versions()).isEmpty();
    }

    private static String version(int version) {
        return TABLE + "/_delta_log/%020d.json".formatted(version);
    }

    /// Another program has set the property by which every third version has a checkpoint, in place of every tenth.
    private void setCheckpointInterval() throws IOException {
        String metadata = lake.server
                .get(lake.bucket, version(0))
                .lines()
                .filter(line -> line.contains("\"metaData\""))
                .findFirst()
                .orElseThrow()
                .replace("\"configuration\":{", "\"configuration\":{\"delta.checkpointInterval\":\"3\"");
        lake.server.put(lake.bucket, version(1), metadata.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void checkpointsAreWrittenAndRead() throws Exception {
        DestinationStore store = destinations.of(batch.job());
        store.prepare(ContractBatch.ID, batch.job(), ContractBatch.MODEL);
        setCheckpointInterval();
        for (int day = 18; day < 20; day++) {
            store.publish(committed(store, new BatchId("flights-202610%02dt231425-11aa".formatted(day))));
        }
        assertThat(lake.server.list(lake.bucket, TABLE + "/_delta_log/"))
                .contains(TABLE + "/_delta_log/00000000000000000003.checkpoint.parquet");
        for (int version = 0; version < 3; version++) {
            lake.server.delete(lake.bucket, version(version));
        }

        store.publish(batch.committedAs(store, ContractBatch.ID, 1));

        assertThat(store.newest("flights")).contains(ContractBatch.ID);
        store.removal().unpublish(ContractBatch.ID);
        assertThat(store.newest("flights")).contains(new BatchId("flights-20261019t231425-11aa"));
    }
}
