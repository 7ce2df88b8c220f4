package io.nightshift.iceberg.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.ContractBatch;
import io.nightshift.destination.Provenance;
import io.nightshift.destination.Publication;
import io.nightshift.destination.lake.LakeContract;
import io.nightshift.iceberg.IcebergCatalogs;
import io.nightshift.iceberg.WarehouseFiles;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.IcebergDestination;
import io.nightshift.protocol.job.Job;
import io.nightshift.storage.database.CatalogSettings;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.ObjectStores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
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
abstract class IcebergContract extends LakeContract {

    static final IcebergDestination TABLE = new IcebergDestination("lake", "db.scores");
    private static final TableIdentifier IDENTIFIER = TableIdentifier.parse(TABLE.table());
    private static final String LATEST = "flights_latest";

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
    protected Path tableFolder() {
        return warehouse().resolve("db/scores");
    }

    @Override
    protected String tableName() {
        return TABLE.table();
    }

    @Override
    protected int commits() {
        return requireTable().current().snapshots().size();
    }

    @Override
    protected void assertShown(List<BatchId> batches) {
        assertThat(history(SnapshotRef.MAIN_BRANCH))
                .containsExactlyInAnyOrderElementsOf(
                        batches.stream().map(BatchId::value).toList());
    }

    @Override
    protected void assertSupplementedOnce() throws Exception {
        for (String branch : List.of(SnapshotRef.MAIN_BRANCH, LATEST)) {
            assertThat(history(branch)).containsExactly(ContractBatch.ID.value(), ContractBatch.ID.value());
            assertThat(seen(branch)).isEqualTo(HEALED);
        }
    }

    @Override
    protected void rewriteAFile() throws IOException {
        Table table = new BaseTable(requireTable(), "scores");
        try (CloseableIterable<FileScanTask> tasks = table.newScan().planFiles()) {
            DataFile old = tasks.iterator().next().file();
            DataFile rewritten = DataFiles.builder(table.spec())
                    .copy(old)
                    .withPath(old.location() + ".rewritten")
                    .build();
            table.newOverwrite().deleteFile(old).addFile(rewritten).commit();
        }
    }

    @Override
    protected void removeFromTable(String file) {
        TableOperations table = requireTable();
        new BaseTable(table, "scores")
                .newDelete()
                .deleteFile(
                        "%s/nightshift/batch=%s/%s".formatted(table.current().location(), ContractBatch.ID, file))
                .commit();
    }

    @Override
    protected Map<String, String> columns() {
        return requireTable().current().schema().columns().stream()
                .collect(Collectors.toMap(
                        Types.NestedField::name, column -> column.type().toString()));
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
        return seenIn(byFieldId(read.schema(), files));
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
                        .map(summary -> summary.containsKey(Provenance.BATCH)
                                ? summary.get(Provenance.BATCH)
                                : "-" + summary.get(BatchSnapshots.REMOVED))
                        .toList();
    }

    @Nested
    class Snapshots {

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

        @Test
        void thatAreNarrowerAreWidened() {
            make(jobWithNote("1::INTEGER AS note"));
            assertThat(columns()).containsEntry("note", "int");

            make(jobWithNote("1::BIGINT AS note"));
            make(jobWithNote("1::SMALLINT AS note"));

            assertThat(columns()).containsEntry("note", "long");
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
            make(jobWithNote("1::INTEGER AS note"));
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
            assertThat(columns()).containsEntry("note", "string");
        }

        @Test
        void ofAnotherTypeAreRefused() {
            make(jobWithNote("1::INTEGER AS note"));

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
            Job job = jobWithNote("[1] AS note");

            assertThat(store(job).check(job, ContractBatch.MODEL))
                    .containsExactly(
                            "the column note is a INTEGER[], for which Iceberg tables have no type; cast it, for example to VARCHAR");
        }
    }
}
