package io.nightshift.iceberg.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Lookup;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.database.ReadConnections;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.filesystem.Folders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.SnapshotRef;
import org.junit.jupiter.api.Test;

/// The snapshot of a batch is held by a tag of the table until the batch ends.
class IcebergHoldTest extends TableSource {

    private static final BatchId BATCH = new BatchId("scores-20261202t020000-3f9a");
    private static final BatchId OTHER = new BatchId("scores-20261202t030000-4c1e");
    private static final String TAG = "nightshift-" + BATCH;

    private List<SourceFile> planned(Job job) {
        return pins(plan(job));
    }

    private Map<String, SnapshotRef> refs() {
        return table.table().refs();
    }

    private void expire() {
        table.table()
                .expireSnapshots()
                .expireOlderThan(Long.MAX_VALUE)
                .retainLast(1)
                .commit();
    }

    @Test
    void aHeldSnapshotIsNotExpired() {
        DataFile file = table.append(rows(0, 3));
        table.delete(table.positions(Map.of(file, List.of(1))));
        Job job = job(input()).build();
        List<InspectedFile> planned = plan(job);
        sources.hold(BATCH, job, pins(planned));
        table.table().newDelete().deleteFile(file).commit();
        table.append(rows(5, 6));

        expire();

        sources = sources(table.dataSources());
        assertThat(read(job, planned, "id")).containsExactly("r0", "r2");
        assertThat(ids()).containsExactly("r5");

        sources.letGo(BATCH, job);
        assertThat(refs()).containsOnlyKeys(SnapshotRef.MAIN_BRANCH);
        expire();
        assertThat(path(file)).doesNotExist();
    }

    /// Iceberg counts the age of a tag from the time of the snapshot, which may be old.
    @Test
    void aTagThatNobodyRemovesIsDroppedLater() {
        table.append(rows(0, 3));
        Job job = job(input()).build();
        long before = System.currentTimeMillis();

        sources.hold(BATCH, job, planned(job));

        SnapshotRef tag = refs().get(TAG);
        long end = Objects.requireNonNull(table.table().currentSnapshot()).timestampMillis()
                + Objects.requireNonNull(tag.maxRefAgeMs());
        assertThat(tag.isTag()).isTrue();
        assertThat(end)
                .isBetween(
                        before + Duration.ofDays(7).toMillis(),
                        System.currentTimeMillis() + Duration.ofDays(7).toMillis());
    }

    @Test
    void eachBatchHasATagOfItsOwn() {
        table.append(rows(0, 3));
        Job job = job(input()).build();
        sources.hold(BATCH, job, planned(job));
        sources.hold(OTHER, job, planned(job));
        assertThat(refs()).containsOnlyKeys(SnapshotRef.MAIN_BRANCH, TAG, "nightshift-" + OTHER);

        sources.letGo(BATCH, job);
        sources.letGo(BATCH, job);

        assertThat(refs()).containsOnlyKeys(SnapshotRef.MAIN_BRANCH, "nightshift-" + OTHER);
    }

    /// As if the coordinator had ended before it wrote the plan: the next one may find a newer snapshot.
    @Test
    void anotherPlanOfTheBatchMovesItsTag() {
        table.append(rows(0, 3));
        Job job = job(input()).build();
        sources.hold(BATCH, job, planned(job));
        long version = Objects.requireNonNull(table.table().currentSnapshot()).snapshotId();
        assertThat(refs().get(TAG).snapshotId()).isEqualTo(version);
        table.append(rows(3, 4));

        sources.hold(BATCH, job, planned(job));

        assertThat(refs().get(TAG).snapshotId())
                .isEqualTo(
                        Objects.requireNonNull(table.table().currentSnapshot()).snapshotId())
                .isNotEqualTo(version);
    }

    @Test
    void aHoldThatIsThereIsNotWrittenAgain() throws Exception {
        table.append(rows(0, 3));
        Job job = job(input()).build();
        sources.hold(BATCH, job, planned(job));
        List<String> versions = versions();

        sources.hold(BATCH, job, planned(job));

        assertThat(versions()).isEqualTo(versions);
    }

    private List<String> versions() throws Exception {
        try (var files = Files.list(table.folder().resolve("metadata"))) {
            return files.map(Path::toString).sorted().toList();
        }
    }

    @Test
    void withoutTheRightToWriteTheBatchGoesOn() throws Exception {
        table.append(rows(0, 3));
        Job job = job(input()).build();
        List<SourceFile> planned = planned(job);
        List<String> versions = versions();
        try (Sources reading = new Sources(
                () -> data.duckDb,
                FileRoots.only(List.of(folder), List.of()),
                ObjectCopies.none(),
                table.dataSources(),
                new ReadConnections(1))) {
            reading.hold(BATCH, job, planned);
            reading.letGo(BATCH, job);
        }

        assertThat(versions()).isEqualTo(versions);
    }

    @Test
    void batchesThatBeginAndEndTogetherHoldAndLetGo() {
        table.append(rows(0, 3));
        Job job = job(input()).build();
        List<SourceFile> planned = planned(job);
        List<BatchId> batches = IntStream.range(0, 6)
                .mapToObj(i -> new BatchId("scores-20261202t02000%d-3f9a".formatted(i)))
                .toList();

        together(batches, batch -> sources.hold(batch, job, planned));
        assertThat(refs()).hasSize(1 + batches.size());

        together(batches, batch -> sources.letGo(batch, job));
        assertThat(refs()).containsOnlyKeys(SnapshotRef.MAIN_BRANCH);
    }

    private static void together(List<BatchId> batches, Consumer<BatchId> work) {
        CyclicBarrier start = new CyclicBarrier(batches.size());
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            for (BatchId batch : batches) {
                threads.submit(() -> {
                    start.await();
                    work.accept(batch);
                    return true;
                });
            }
        }
    }

    @Test
    void theTablesOfLookupsAreHeld() {
        table.append(rows(0, 3));
        Path main = data.parquet("main.parquet", "SELECT 'r' || i AS id FROM range(4) t(i)");
        Job job = io.nightshift.source.TestJobBuilder.over(main)
                .id("id")
                .join(new Lookup(input(), Map.of("id", "id"), Map.of("f0", "f0"), false))
                .build();

        sources.hold(BATCH, job, planned(job));
        assertThat(refs()).containsOnlyKeys(SnapshotRef.MAIN_BRANCH, TAG + "-join-0");

        sources.letGo(BATCH, job);
        assertThat(refs()).containsOnlyKeys(SnapshotRef.MAIN_BRANCH);
    }

    @Test
    void aTableThatIsGoneOrAnotherIsNotHeld() throws Exception {
        table.append(rows(0, 3));
        Job job = job(input()).build();
        List<SourceFile> planned = planned(job);
        Folders.deleteTree(table.folder().resolve("metadata"));

        sources.hold(BATCH, job, planned);
        sources.letGo(BATCH, job);

        table.close();
        use(new TestTable(data, NAME, TestTable.schema()));
        sources.hold(BATCH, job, planned);
        assertThat(refs()).isEmpty();
    }
}
