package io.nightshift.iceberg.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.destination.Provenance;
import io.nightshift.destination.lake.Visibility;
import io.nightshift.iceberg.IcebergCatalogs;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.storage.database.CatalogSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.ObjectStores;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.Transaction;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.CommitStateUnknownException;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.LocationProvider;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Commits of a table in a folder, behind a catalog that fails.
class TableChangeTest {

    private static final String NAME = "db.scores";

    @TempDir
    private Path folder = Path.of("");

    private IcebergCatalogs catalogs;
    private TableOperations table;

    @BeforeEach
    void makeTable() {
        catalogs = new IcebergCatalogs(
                new DataSources(Map.of(), Map.of("lake", new CatalogSettings.Folder("lake", folder))),
                FileRoots.UNRESTRICTED,
                ObjectStores.none());
        Schema schema = new Schema(Types.NestedField.optional(1, "batch_id", Types.StringType.get()));
        table = catalogs.get("lake")
                .create(TableIdentifier.parse(NAME), schema, PartitionSpec.unpartitioned(), Map.of());
    }

    @AfterEach
    void close() {
        catalogs.close();
    }

    /// The catalog, as it answers one commit.
    @FunctionalInterface
    private interface Answer {
        void commit(TableMetadata base, TableMetadata changed);
    }

    private final class Disturbed implements TableOperations {
        private final List<Answer> answers;

        Disturbed(Answer... answers) {
            this.answers = new ArrayList<>(List.of(answers));
        }

        @Override
        public TableMetadata current() {
            return table.current();
        }

        @Override
        public TableMetadata refresh() {
            return table.refresh();
        }

        @Override
        public void commit(TableMetadata base, TableMetadata changed) {
            if (answers.isEmpty()) {
                table.commit(base, changed);
            } else {
                answers.removeFirst().commit(base, changed);
            }
        }

        @Override
        public FileIO io() {
            return table.io();
        }

        @Override
        public String metadataFileLocation(String file) {
            return table.metadataFileLocation(file);
        }

        @Override
        public LocationProvider locationProvider() {
            return table.locationProvider();
        }
    }

    private static boolean append(TableMetadata state, Transaction transaction, String file) {
        for (Snapshot snapshot : state.snapshots()) {
            if (file.equals(snapshot.summary().get("file"))) {
                return false;
            }
        }
        var append = transaction.newFastAppend();
        append.appendFile(DataFiles.builder(state.spec())
                .withPath("/" + file + ".parquet")
                .withFileSizeInBytes(1)
                .withRecordCount(1)
                .build());
        append.set("file", file);
        append.commit();
        return true;
    }

    private boolean commit(TableOperations over, String file) {
        return TableChange.commit(NAME, over, (state, transaction) -> append(state, transaction, file));
    }

    /// The files of the snapshots, read from their manifests.
    private List<String> files() throws Exception {
        List<String> files = new ArrayList<>();
        table.refresh();
        try (var tasks = new BaseTable(table, NAME).newScan().planFiles()) {
            tasks.forEach(task -> files.add(task.file().location()));
        }
        assertThat(table.refresh().snapshots()).hasSameSizeAs(files);
        return files.stream().sorted().toList();
    }

    @Test
    void aBatchWithoutPredictionsIsASnapshotToo() {
        BatchId batch = new BatchId("flights-20261124t231425-3f9a");
        TableChange.commit(NAME, table, (state, transaction) -> {
            new BatchSnapshots(NAME, table, state)
                    .show(
                            transaction,
                            batch,
                            List.of(),
                            new Provenance(new TreeMap<>(Map.of(Provenance.BATCH, batch.value()))));
            return true;
        });

        BatchSnapshots shown = new BatchSnapshots(NAME, table, table.refresh());
        assertThat(shown.of(batch)).isEqualTo(Visibility.VISIBLE);
        assertThat(shown.newest("flights")).contains(batch);

        TableChange.commit(NAME, table, (state, transaction) -> {
            new BatchSnapshots(NAME, table, state).remove(transaction, batch);
            return true;
        });

        BatchSnapshots removed = new BatchSnapshots(NAME, table, table.refresh());
        assertThat(removed.of(batch)).isEqualTo(Visibility.REMOVED);
        assertThat(removed.newest("flights")).isEmpty();
    }

    @Test
    void anotherCommitInBetweenIsDecidedOnAgain() throws Exception {
        Answer another = (base, changed) -> {
            commit(table, "b");
            throw new CommitFailedException("stale");
        };

        assertThat(commit(new Disturbed(another), "a")).isTrue();
        assertThat(commit(new Disturbed(another), "b")).isFalse();

        assertThat(files()).containsExactly("/a.parquet", "/b.parquet");
    }

    @Test
    void theSameCommitInBetweenIsNotMadeAgain() throws Exception {
        Answer same = (base, changed) -> {
            commit(table, "a");
            throw new CommitFailedException("stale");
        };

        assertThat(commit(new Disturbed(same), "a")).isFalse();

        assertThat(files()).containsExactly("/a.parquet");
    }

    /// A client may repeat a request whose answer was lost, and then hears that the table has changed.
    @Test
    void aCommitThatIsReportedAsFailedKeepsItsFiles() throws Exception {
        Answer committed = (base, changed) -> {
            table.commit(base, changed);
            throw new CommitFailedException("stale");
        };

        assertThat(commit(new Disturbed(committed), "a")).isTrue();

        assertThat(files()).containsExactly("/a.parquet");
    }

    @Test
    void aCommitOfUnknownOutcomeThatWasMadeIsFound() throws Exception {
        Answer committed = (base, changed) -> {
            table.commit(base, changed);
            throw new CommitStateUnknownException(new IllegalStateException("no answer"));
        };

        assertThat(commit(new Disturbed(committed), "a")).isTrue();

        assertThat(files()).containsExactly("/a.parquet");
    }

    @Test
    void aCommitOfUnknownOutcomeThatWasNotMadeFails() throws Exception {
        Answer nothing = (base, changed) -> {
            throw new CommitStateUnknownException(new IllegalStateException("no answer"));
        };

        assertThatThrownBy(() -> commit(new Disturbed(nothing), "a")).isInstanceOf(CommitStateUnknownException.class);
        assertThat(files()).isEmpty();
        assertThat(commit(table, "a")).isTrue();

        assertThat(files()).containsExactly("/a.parquet");
    }
}
