package io.nightshift.iceberg.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.job.IcebergInput;
import io.nightshift.protocol.job.Input;
import io.nightshift.source.SourceContract;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.database.ReadConnections;
import io.nightshift.storage.filesystem.FileRoots;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.iceberg.DataFile;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/// The contract for a table of two data files, of which every third row is deleted.
class IcebergContractTest extends SourceContract {

    private static final String NAME = "db.rows";
    private static final int HALF = 15;

    private @Nullable TestTable table;
    private final List<DataFile> files = new ArrayList<>();

    @Override
    protected Input rows(String query) {
        table = new TestTable(data, NAME, TestTable.schema());
        files.clear();
        for (int number = 0; number < 2; number++) {
            add(
                    table,
                    "SELECT id, f0, row_number() OVER () AS n FROM (FROM (%s) LIMIT %d OFFSET %d)"
                            .formatted(query, HALF, HALF * number));
        }
        return new IcebergInput(TestTable.CATALOG, NAME);
    }

    /// Adds rows, with a deleted one before each second of them.
    private void add(TestTable to, String rows) {
        DataFile file = to.append("""
                SELECT id, CAST(f0 AS DOUBLE) AS f0 FROM (SELECT id, f0, 2 * n AS place FROM (%1$s)
                UNION ALL SELECT 'deleted', 25, 2 * n - 1 FROM (%1$s) WHERE n %% 2 = 1) ORDER BY place\
                """.formatted(rows));
        List<Integer> deleted = new ArrayList<>();
        List<String> ids = data.rows("SELECT id FROM '%s'".formatted(path(file)));
        for (int row = 0; row < ids.size(); row++) {
            if (ids.get(row).equals("deleted")) {
                deleted.add(row);
            }
        }
        if (!deleted.isEmpty()) {
            to.delete(to.positions(Map.of(file, deleted)));
        }
        files.add(file);
    }

    private static Path path(DataFile file) {
        return Path.of(file.location().substring("file://".length()));
    }

    @Override
    protected Sources sources() {
        DataSources sources = table == null ? DataSources.NONE : table.dataSources();
        return new Sources(
                () -> data.duckDb, FileRoots.UNRESTRICTED, ObjectCopies.none(), sources, new ReadConnections(1));
    }

    @Override
    protected List<Input> aliases(Input input) {
        return List.of(
                new IcebergInput(TestTable.CATALOG, NAME, null, "main", null),
                new IcebergInput(
                        TestTable.CATALOG,
                        NAME,
                        String.valueOf(
                                TestTable.snapshot(Objects.requireNonNull(table).table())),
                        null,
                        null));
    }

    /// Another snapshot has other rows, and somebody has written to a file of the first one.
    @Override
    protected void change() throws Exception {
        TestTable changed = Objects.requireNonNull(table);
        DataFile replaced = files.getLast();
        var delete = changed.table().newDelete();
        delete.deleteFile(replaced).commit();
        add(changed, "SELECT 'r' || (100 + i) AS id, i * 2.5 AS f0, i + 1 AS n FROM range(15) t(i)");
        Files.write(path(replaced), Files.readAllBytes(path(files.getFirst())));
    }

    @Override
    protected void remove() throws Exception {
        DataFile removed = files.getLast();
        Objects.requireNonNull(table).table().newDelete().deleteFile(removed).commit();
        Files.delete(path(removed));
    }

    /// A table counts deleted rows until a compaction removes them.
    @Override
    protected int countedRows(int rows) {
        return rows + 16;
    }

    @Override
    protected void assertGone(String change) {
        assertThat(change)
                .contains(".parquet: it is gone. The snapshot ")
                .contains("of table db.rows in catalog lake")
                .contains("(expire_snapshots)");
    }

    @AfterEach
    void closeTable() {
        if (table != null) {
            table.close();
        }
    }
}
