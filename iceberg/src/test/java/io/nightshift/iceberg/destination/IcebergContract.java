package io.nightshift.iceberg.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.iceberg.IcebergCatalogs;
import io.nightshift.iceberg.WarehouseFiles;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.IcebergDestination;
import io.nightshift.protocol.job.Job;
import io.nightshift.storage.Sources;
import io.nightshift.storage.TestJobBuilder;
import io.nightshift.storage.database.CatalogSettings;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.destination.Check;
import io.nightshift.storage.destination.CommittedBatch;
import io.nightshift.storage.destination.ContractBatch;
import io.nightshift.storage.destination.DestinationContract;
import io.nightshift.storage.destination.FileNames;
import io.nightshift.storage.destination.Finding;
import io.nightshift.storage.destination.Manifest;
import io.nightshift.storage.destination.OutputProof;
import io.nightshift.storage.destination.Publication;
import io.nightshift.storage.destination.folder.BatchFolders;
import io.nightshift.storage.destination.folder.FolderStore;
import io.nightshift.storage.destination.parquet.ParquetFormat;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.ObjectStores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.io.CloseableIterable;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.util.SnapshotUtil;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// The contract for tables in a folder. A reader asks Iceberg which files a snapshot has, and has DuckDB read
/// them by the IDs of the table's columns.
abstract class IcebergContract extends DestinationContract {

    static final IcebergDestination TABLE = new IcebergDestination("lake", "db.scores");
    private static final TableIdentifier IDENTIFIER = TableIdentifier.parse(TABLE.table());
    private static final BatchId EARLIER = new BatchId("flights-20261123t231425-11aa");

    private @Nullable IcebergCatalogs reader;

    /// The settings of the catalog `lake`, whose tables are made in the warehouse.
    abstract CatalogSettings settings();

    /// The databases by their names.
    Map<String, DataSourceSettings> databases() {
        return Map.of();
    }

    final Path warehouse() {
        return folder.resolve("warehouse");
    }

    @Override
    protected Destination destination() throws Exception {
        return TABLE;
    }

    @Override
    protected List<Obstacle> absences() {
        return unmounted(warehouse());
    }

    /// A catalog of another kind knows where the table is, so no later batch makes another one.
    @Override
    protected Optional<Step> moveAway() {
        return settings() instanceof CatalogSettings.Folder
                ? Optional.of(() -> Files.move(warehouse(), warehouse().resolveSibling("elsewhere")))
                : Optional.empty();
    }

    @Override
    protected Step neighbours() throws IOException {
        return files(
                warehouse().resolve("db/scores"),
                "mine.txt",
                "nightshift/mine.txt",
                "nightshift/.staging/load-42/x.csv");
    }

    @Override
    protected final DataSources dataSources() {
        return new DataSources(databases(), Map.of("lake", settings()));
    }

    @AfterEach
    void closeReader() {
        if (reader != null) {
            reader.close();
        }
    }

    private synchronized IcebergCatalogs reader() {
        IcebergCatalogs made = reader == null
                ? new IcebergCatalogs(dataSources(), FileRoots.UNRESTRICTED, ObjectStores.none())
                : reader;
        reader = made;
        return made;
    }

    final Optional<TableOperations> table() {
        return reader().get("lake").find(IDENTIFIER);
    }

    final TableOperations requireTable() {
        return table().orElseThrow();
    }

    private BatchFolders folders() {
        return folders(ContractBatch.ID);
    }

    private BatchFolders folders(BatchId id) {
        return new BatchFolders(warehouse().resolve("db/scores/nightshift"), id);
    }

    private Path part(int partition) {
        return folders().published().resolve(new FileNames(".parquet").part(partition));
    }

    @Override
    protected Seen seen() throws Exception {
        return seen(SnapshotRef.MAIN_BRANCH);
    }

    /// What a reader of a branch sees.
    private Seen seen(String branch) throws Exception {
        Optional<TableOperations> found = table();
        if (found.isEmpty() || found.get().current().ref(branch) == null) {
            return NOTHING;
        }
        List<String> files = new ArrayList<>();
        BaseTable read = new BaseTable(found.get(), "scores");
        try (CloseableIterable<FileScanTask> tasks =
                read.newScan().useRef(branch).planFiles()) {
            tasks.forEach(task -> files.add(WarehouseFiles.plain(task.file().location())));
        }
        if (files.isEmpty()) {
            return NOTHING;
        }
        String rows = byFieldId(read.schema(), files);
        return new Seen(
                number("SELECT count(*) FROM " + rows),
                number("SELECT count(DISTINCT record_id) FROM " + rows),
                quarantined());
    }

    private long quarantined() {
        Path published = folders().published();
        String[] names = published.toFile().list();
        return names == null || Stream.of(names).noneMatch(name -> name.startsWith("_quarantine-"))
                ? 0
                : number("SELECT count(*) FROM read_parquet(%s)"
                        .formatted(Sql.text(published + "/_quarantine-*.parquet")));
    }

    /// Files as a reader of the table reads them: the names of their columns do not matter.
    private static String byFieldId(Schema schema, List<String> files) {
        String columns = schema.columns().stream()
                .map(column -> "%d: {'name': %s, 'type': '%s', 'default_value': NULL}"
                        .formatted(column.fieldId(), Sql.text(column.name()), duckDbType(column.type())))
                .collect(Collectors.joining(", ", "MAP {", "}"));
        return "read_parquet(%s, schema = %s)".formatted(Sql.files(files), columns);
    }

    private static String duckDbType(Type type) {
        return switch (type.typeId()) {
            case INTEGER -> "INTEGER";
            case LONG -> "BIGINT";
            case DOUBLE -> "DOUBLE";
            default -> "VARCHAR";
        };
    }

    private long number(String sql) {
        return Long.parseLong(batch.data().rows(sql).getFirst());
    }

    @Override
    protected void tamper(Tampering tampering) throws Exception {
        switch (tampering) {
            case A_ROW_IS_MISSING -> rewrite("FROM rows WHERE record_id <> 'r12'");
            case A_ROW_IS_DOUBLED -> rewrite("FROM rows UNION ALL FROM rows WHERE record_id = 'r12'");
            case A_VALUE_IS_CHANGED -> {
                byte[] bytes = Files.readAllBytes(part(1));
                bytes[bytes.length / 2] ^= 0x40;
                Files.write(part(1), bytes);
            }
            case A_PARTITION_IS_GONE -> Files.delete(part(1));
            case THE_MANIFEST_IS_CHANGED -> {
                Path manifest = folders().published().resolve(BatchFolders.MANIFEST);
                Files.writeString(manifest, Files.readString(manifest).replace("\"read\" : 30", "\"read\" : 31"));
            }
        }
    }

    private void rewrite(String query) throws IOException, SQLException {
        Path other = folder.resolve("other.parquet");
        try (Connection connection = batch.data().duckDb.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("COPY (WITH rows AS (FROM read_parquet(%s)) %s) TO %s (FORMAT parquet)"
                    .formatted(Sql.text(part(1).toString()), query, Sql.text(other.toString())));
        }
        Files.move(other, part(1), StandardCopyOption.ATOMIC_MOVE);
    }

    /// In the order of a publication, up to the rename that decides: what comes after is carried out by
    /// whoever comes next.
    @Override
    protected List<Obstacle> obstacles() {
        return List.of(
                inTheWay("the folder to gather in", ""),
                inTheWay("a gathered part", new FileNames(".parquet").part(2)),
                inTheWay("the manifest", BatchFolders.MANIFEST));
    }

    /// The file of the supplement, and the manifest. A snapshot names the file afterwards.
    @Override
    protected List<Obstacle> supplementObstacles() {
        return List.of(
                folderInTheWay("its part", part(3)),
                folderInTheWay(
                        "its manifest",
                        folders().attempts().resolveSibling("output-2").resolve(BatchFolders.MANIFEST)));
    }

    private static Obstacle folderInTheWay(String name, Path taken) {
        Path inside = taken.resolve("in the way");
        return new Obstacle(name, () -> Files.createDirectories(inside), () -> {
            Files.delete(inside);
            Files.delete(taken);
        });
    }

    private Obstacle inTheWay(String name, String file) {
        Path output = folders().attempts().resolveSibling("output-1");
        Path taken = output.resolve(file).resolve("in the way");
        return file.isEmpty()
                ? new Obstacle(name, () -> Files.writeString(output, "in the way"), () -> Files.delete(output))
                : new Obstacle(name, () -> Files.createDirectories(taken), () -> {
                    Files.delete(taken);
                    Files.delete(taken.getParent());
                });
    }

    @Override
    protected Optional<Boolean> left() throws IOException {
        Path all = folders().published().getParent();
        if (!Files.exists(all)) {
            return Optional.of(false);
        }
        try (Stream<Path> files = Files.walk(all)) {
            return Optional.of(
                    files.anyMatch(file -> file.getFileName().toString().equals("batch=" + ContractBatch.ID)));
        }
    }

    /// The batches of the snapshots of a branch, the newest first, and the removed ones with a minus.
    final List<String> history(String branch) {
        SnapshotRef head = requireTable().current().ref(branch);
        return head == null
                ? List.of()
                : StreamSupport.stream(
                                SnapshotUtil.ancestorsOf(
                                                head.snapshotId(),
                                                requireTable().current()::snapshot)
                                        .spliterator(),
                                false)
                        .map(Snapshot::summary)
                        .map(summary -> summary.containsKey(BatchSnapshots.BATCH)
                                ? summary.get(BatchSnapshots.BATCH)
                                : "-" + summary.get(BatchSnapshots.REMOVED))
                        .toList();
    }

    private CommittedBatch other(BatchId id, int incarnation) throws Exception {
        store().prepare(id, batch.job(), ContractBatch.MODEL);
        return batch.committedAs(store(), id, incarnation);
    }

    @Nested
    class Snapshots {

        @Test
        void areOneForEachBatchHoweverOftenItIsPublished() throws Exception {
            CommittedBatch committed = committed();
            store().publish(committed);
            store().publish(committed);
            store().fence(ContractBatch.ID, 2);
            store().publish(batch.committed(3, committed.commits(), Set.of()));

            assertThat(history(SnapshotRef.MAIN_BRANCH)).containsExactly(ContractBatch.ID.value());
        }

        @Test
        void areOneIfManyCoordinatorsPublishAtOnce() throws Exception {
            CommittedBatch committed = committed();
            List<Callable<Publication>> publications = new ArrayList<>();
            for (int incarnation = 1; incarnation <= 6; incarnation++) {
                CommittedBatch own = batch.committed(incarnation, committed.commits(), Set.of());
                publications.add(() -> store().publish(own));
            }
            List<Throwable> failures = new ArrayList<>();
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (Future<Publication> publication : threads.invokeAll(publications)) {
                    try {
                        publication.get();
                    } catch (ExecutionException e) {
                        failures.add(e.getCause());
                    }
                }
            }
            CommittedBatch last = batch.committed(7, committed.commits(), Set.of());
            Publication publication = store().publish(last);

            assertThat(failures).hasSizeLessThan(publications.size()).hasOnlyElementsOfType(FailureException.class);
            assertThat(history(SnapshotRef.MAIN_BRANCH)).containsExactly(ContractBatch.ID.value());
            assertPublished(last, publication);
        }

        @Test
        void ofBatchesThatArePublishedAtOnceAreAllThere() throws Exception {
            List<CommittedBatch> batches = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                batches.add(other(new BatchId("flights-2026112%dt231425-11aa".formatted(i)), 1));
            }
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Callable<Publication>> publications = new ArrayList<>();
                batches.forEach(one -> publications.add(() -> store().publish(one)));
                for (Future<Publication> publication : threads.invokeAll(publications)) {
                    publication.get();
                }
            }

            assertThat(history(SnapshotRef.MAIN_BRANCH))
                    .containsExactlyInAnyOrderElementsOf(
                            batches.stream().map(one -> one.id().value()).toList());
            assertThat(store().newest("flights")).contains(batches.getLast().id());
        }

        @Test
        void thatHaveExpiredLeaveABatchPublished() throws Exception {
            CommittedBatch committed = committed();
            Publication publication = store().publish(committed);
            store().publish(other(EARLIER, 1));
            new BaseTable(requireTable(), "scores")
                    .expireSnapshots()
                    .expireOlderThan(System.currentTimeMillis() + 1)
                    .retainLast(1)
                    .commit();
            assertThat(history(SnapshotRef.MAIN_BRANCH)).containsExactly(EARLIER.value());

            assertThat(store().publish(committed)).isEqualTo(publication);

            assertThat(history(SnapshotRef.MAIN_BRANCH)).containsExactly(EARLIER.value());
        }
    }

    @Nested
    class SnapshotsOfSupplements {

        private static final String LATEST = "flights_latest";
        private static final Seen FIRST = new Seen(29, 29, 1);

        private CommittedBatch supplement(int incarnation) throws Exception {
            CommittedBatch committed = committed();
            store().publish(committed);
            return batch.supplement(store(), committed, incarnation, "nightshift_row = 17");
        }

        @Test
        void areOneForEachHoweverOftenItIsPublished() throws Exception {
            CommittedBatch supplement = supplement(2);
            store().supplements().publishSupplement(supplement);
            store().supplements().publishSupplement(supplement);
            store().supplements().publishSupplement(batch.by(3, supplement));
            store().publish(batch.by(4, batch.committed(1, supplement.commits(), Set.of())));

            for (String branch : List.of(SnapshotRef.MAIN_BRANCH, LATEST)) {
                assertThat(history(branch)).containsExactly(ContractBatch.ID.value(), ContractBatch.ID.value());
                assertThat(seen(branch)).isEqualTo(FIRST);
            }
            assertThat(store().newest("flights")).contains(ContractBatch.ID);
        }

        @Test
        void areOneIfManyCoordinatorsPublishAtOnce() throws Exception {
            CommittedBatch supplement = supplement(2);
            List<Callable<Publication>> publications = new ArrayList<>();
            for (int incarnation = 2; incarnation <= 7; incarnation++) {
                CommittedBatch own = batch.by(incarnation, supplement);
                publications.add(() -> store().supplements().publishSupplement(own));
            }
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (Future<Publication> publication : threads.invokeAll(publications)) {
                    try {
                        publication.get();
                    } catch (ExecutionException e) {
                        assertThat(e).hasCauseInstanceOf(FailureException.class);
                    }
                }
            }
            store().supplements().publishSupplement(batch.by(8, supplement));

            assertThat(history(SnapshotRef.MAIN_BRANCH))
                    .containsExactly(ContractBatch.ID.value(), ContractBatch.ID.value());
            assertThat(seen()).isEqualTo(FIRST);
        }

        /// A process that is killed between the files and the snapshot.
        @Test
        void followTheFilesAfterACrash() throws Exception {
            CommittedBatch supplement = supplement(2);
            FolderStore files = new FolderStore(
                    warehouse().resolve("db/scores/nightshift").toString(),
                    null,
                    new ParquetFormat(),
                    () -> batch.data().duckDb,
                    new Sources(() -> batch.data().duckDb),
                    FileRoots.UNRESTRICTED);
            files.publishSupplement(supplement);
            assertThat(seen().predictions()).isEqualTo(28);

            store().supplements().publishSupplement(batch.by(3, supplement));

            assertThat(seen()).isEqualTo(FIRST);
            assertThat(seen(LATEST)).isEqualTo(FIRST);
        }

        @Test
        void thatHaveExpiredLeaveTheSupplementThere() throws Exception {
            CommittedBatch supplement = supplement(2);
            store().supplements().publishSupplement(supplement);
            store().publish(other(EARLIER, 1));
            new BaseTable(requireTable(), "scores")
                    .expireSnapshots()
                    .expireOlderThan(System.currentTimeMillis() + 1)
                    .retainLast(1)
                    .commit();

            store().supplements().publishSupplement(supplement);

            assertThat(history(SnapshotRef.MAIN_BRANCH)).containsExactly(EARLIER.value());
            assertThat(seen().predictions()).isEqualTo(28 + 29);
        }

        @Test
        void areRefusedIfAnotherProgramHasRewrittenFiles() throws Exception {
            CommittedBatch supplement = supplement(2);
            Table table = new BaseTable(requireTable(), "scores");
            try (CloseableIterable<FileScanTask> tasks = table.newScan().planFiles()) {
                DataFile old = tasks.iterator().next().file();
                DataFile rewritten = DataFiles.builder(table.spec())
                        .copy(old)
                        .withPath(old.location() + ".rewritten")
                        .build();
                table.newOverwrite().deleteFile(old).addFile(rewritten).commit();
            }

            assertThatThrownBy(() -> store().supplements().publishSupplement(supplement))
                    .as("the rows may be in the other files")
                    .hasMessageContaining("another program has rewritten its files");

            assertThat(store().supplements().withdrawSupplement(batch.by(3, supplement)))
                    .isEmpty();
            assertThat(part(3)).doesNotExist();
            assertThat(folders().staged()).doesNotExist();
            assertThat(Manifest.supplements(store().manifest(ContractBatch.ID).orElseThrow()))
                    .isZero();
        }

        @Test
        void doNotChangeTheBranchOfANewerBatch() throws Exception {
            CommittedBatch supplement = supplement(2);
            BatchId newer = new BatchId("flights-20261129t231425-11aa");
            store().publish(other(newer, 1));

            store().supplements().publishSupplement(supplement);

            assertThat(history(LATEST)).first().isEqualTo(newer.value());
            assertThat(seen(LATEST).predictions()).isEqualTo(28);
            assertThat(seen().predictions()).isEqualTo(28 + 29);
            store().removal().unpublish(newer);
            assertThat(seen(LATEST).predictions()).isEqualTo(29);
        }
    }

    @Nested
    class TheBranchOfTheNewestBatch {

        private static final String LATEST = "flights_latest";

        @Test
        void hasThatBatchAlone() throws Exception {
            store().publish(other(EARLIER, 1));
            assertThat(seen(LATEST).predictions()).isEqualTo(28);

            publish();

            assertThat(seen().predictions()).isEqualTo(56);
            assertThat(seen(LATEST)).isEqualTo(ALL);
            assertThat(history(LATEST)).first().isEqualTo(ContractBatch.ID.value());
        }

        @Test
        void isNotReplacedByAnOlderOne() throws Exception {
            publish();

            store().publish(other(EARLIER, 1));

            assertThat(history(LATEST)).containsExactly(ContractBatch.ID.value());
            assertThat(seen(LATEST)).isEqualTo(ALL);
            assertThat(store().newest("flights")).contains(ContractBatch.ID);
        }

        @Test
        void goesBackWhenTheNewestBatchIsRemoved() throws Exception {
            store().publish(other(EARLIER, 1));
            publish();

            store().removal().unpublish(ContractBatch.ID);

            assertThat(store().newest("flights")).contains(EARLIER);
            assertThat(seen(LATEST).predictions()).isEqualTo(28);
            store().removal().delete(ContractBatch.ID);
            assertThat(seen(LATEST).predictions()).isEqualTo(28);

            store().removal().delete(EARLIER);

            assertThat(seen(LATEST)).isEqualTo(NOTHING);
            assertThat(history(SnapshotRef.MAIN_BRANCH))
                    .containsExactly("-" + EARLIER, "-" + ContractBatch.ID, ContractBatch.ID.value(), EARLIER.value());
        }
    }

    @Test
    void filesThatATagStillHasAreNotDeleted() throws Exception {
        publish();
        BaseTable tagged = new BaseTable(requireTable(), "scores");
        tagged.manageSnapshots()
                .createTag("audit", tagged.currentSnapshot().snapshotId())
                .commit();

        assertThatThrownBy(() -> store().removal().delete(ContractBatch.ID))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("the branch or tag audit of db.scores still has them");
        assertThat(seen()).isEqualTo(NOTHING);
        assertThat(seen("audit")).isEqualTo(ALL);
        tagged.manageSnapshots().removeTag("audit").commit();
        store().removal().delete(ContractBatch.ID);

        assertThat(left()).contains(false);
    }

    @Test
    void verificationFindsRowsThatAnotherProgramHasRemoved() throws Exception {
        CommittedBatch committed = committed();
        Publication publication = store().publish(committed);
        new BaseTable(requireTable(), "scores")
                .newDelete()
                .deleteFile(table().orElseThrow().current().location() + "/nightshift/batch=" + ContractBatch.ID
                        + "/part-000001.parquet")
                .commit();

        List<Finding> findings = new ArrayList<>();
        try (OutputProof proof = store().verify(committed, Phase.PUBLISHED, publication)) {
            proof.checkPlace(new Check("table", findings::add));
        }
        assertThat(findings)
                .singleElement()
                .satisfies(finding -> assertThat(finding.detail())
                        .startsWith("the table db.scores lacks the file ")
                        .endsWith("part-000001.parquet"));
    }

    private long filesWith(String column, Object value) throws IOException {
        BaseTable read = new BaseTable(requireTable(), "scores");
        try (CloseableIterable<FileScanTask> tasks =
                read.newScan().filter(Expressions.equal(column, value)).planFiles()) {
            return StreamSupport.stream(tasks.spliterator(), false).count();
        }
    }

    @Test
    void readersSkipFilesByTheirBounds() throws Exception {
        publish();

        assertThat(filesWith("record_id", "r5")).isEqualTo(1);
        assertThat(filesWith("record_id", "s")).isZero();
        assertThat(filesWith("model_version", 3)).isEqualTo(3);
        assertThat(filesWith("model_version", 4)).isZero();
        assertThat(filesWith("predicted_at", "2020-01-01T00:00:00+00:00")).isZero();
        assertThat(filesWith("batch_id", ContractBatch.ID.value())).isEqualTo(3);
        assertThat(filesWith("batch_id", EARLIER.value())).isZero();
    }

    @Nested
    class Columns {

        private Job job(String select) {
            Path input = batch.data().parquet("other/in.parquet", "SELECT 'r' AS id, 1.5 AS f0, " + select);
            return TestJobBuilder.over(input)
                    .id("id")
                    .output("note")
                    .into(TABLE)
                    .build();
        }

        private void make(Job job) {
            store(job).prepare(EARLIER, job, ContractBatch.MODEL);
        }

        private String type(String column) {
            return requireTable().current().schema().findType(column).toString();
        }

        @Test
        void thatTheTableLacksAreAdded() throws Exception {
            Path input = batch.data().parquet("other/in.parquet", "SELECT 'r' AS id, 1.5 AS f0");
            make(TestJobBuilder.over(input).id("id").into(TABLE).build());
            assertThat(requireTable().current().schema().findField("note")).isNull();

            publish();

            assertThat(seen()).isEqualTo(ALL);
            assertThat(type("note")).isEqualTo("string");
        }

        @Test
        void thatAreNarrowerAreWidened() {
            make(job("1::INTEGER AS note"));
            assertThat(type("note")).isEqualTo("int");

            make(job("1::BIGINT AS note"));
            make(job("1::SMALLINT AS note"));

            assertThat(type("note")).isEqualTo("long");
        }

        @Test
        void thatWereReplacedWhileTheBatchWasWrittenAreNotMixedUp() throws Exception {
            CommittedBatch committed = committed();
            BaseTable changed = new BaseTable(requireTable(), "scores");
            changed.updateSchema().deleteColumn("note").commit();
            changed.updateSchema().addColumn("note", Types.StringType.get()).commit();

            assertThatThrownBy(() -> store().publish(committed))
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("the column note of the table was replaced while the batch was written");
            assertThat(seen()).isEqualTo(NOTHING);
        }

        @Test
        void ofAnotherTypeAreReplacedIfTheJobSaysSo() throws Exception {
            make(job("1::INTEGER AS note"));
            Job.Output shape = batch.job().output();
            batch.close();
            batch = new ContractBatch(
                    folder.resolve("new"),
                    TABLE,
                    ContractBatch.MODEL,
                    new Job.Output(
                            shape.columns(),
                            shape.margin(),
                            shape.labels(),
                            shape.topClasses(),
                            shape.decisions(),
                            shape.constants(),
                            shape.rename(),
                            true,
                            null),
                    "ticket");

            publish();

            assertThat(seen()).isEqualTo(ALL);
            assertThat(type("note")).isEqualTo("string");
        }

        @Test
        void ofAnotherTypeAreRefused() {
            make(job("1::INTEGER AS note"));

            assertThat(store().check(batch.job(), ContractBatch.MODEL))
                    .singleElement()
                    .asString()
                    .startsWith("the column note of db.scores is int, but the job's is string; ");
            assertThatThrownBy(() -> prepare())
                    .isInstanceOfSatisfying(
                            FailureException.class,
                            e -> assertThat(e.failure().isPermanent()).isTrue());
        }

        @Test
        void withoutATypeInIcebergAreRefused() {
            Job job = job("[1] AS note");

            assertThat(store(job).check(job, ContractBatch.MODEL))
                    .containsExactly(
                            "the column note is a INTEGER[], for which Iceberg tables have no type; cast it, for example to VARCHAR");
        }
    }
}
