package io.nightshift.delta.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.job.DeltaInput;
import io.nightshift.protocol.job.Input;
import io.nightshift.source.SourceContract;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The contract for a table of two data files, of which every third row is deleted.
class DeltaContractTest extends SourceContract {

    private static final int HALF = 15;

    private @Nullable TestTable table;
    private final List<Path> files = new ArrayList<>();

    @Override
    protected Input rows(String query) {
        table = new TestTable(data, "table").column("id", "string").column("f0", "double");
        table.features.add("deletionVectors");
        table.create();
        files.clear();
        for (int number = 0; number < 2; number++) {
            add(
                    table,
                    "SELECT id, f0, row_number() OVER () AS n FROM (FROM (%s) LIMIT %d OFFSET %d)"
                            .formatted(query, HALF, HALF * number));
        }
        return new DeltaInput(table.folder.toString());
    }

    /// Adds rows, with a deleted one before each second of them.
    private void add(TestTable to, String rows) {
        Path file = to.append("""
                SELECT id, CAST(f0 AS DOUBLE) AS f0 FROM (SELECT id, f0, 2 * n AS place FROM (%1$s)
                UNION ALL SELECT 'deleted', 25, 2 * n - 1 FROM (%1$s) WHERE n %% 2 = 1) ORDER BY place\
                """.formatted(rows));
        List<String> ids = data.rows("SELECT id FROM '%s'".formatted(file));
        int[] deleted = IntStream.range(0, ids.size())
                .filter(row -> ids.get(row).equals("deleted"))
                .toArray();
        if (deleted.length > 0) {
            to.delete(file, TestTable.inline(deleted));
        }
        files.add(file);
    }

    @Override
    protected List<Input> aliases(Input input) {
        String folder = ((DeltaInput) input).table();
        return List.of(new DeltaInput(folder + "/"), new DeltaInput(folder, "4", null));
    }

    /// Another version has other rows, and somebody has written to a file of the first one.
    @Override
    protected void change() throws Exception {
        TestTable changed = Objects.requireNonNull(table);
        Path replaced = files.getLast();
        changed.commit(changed.remove(replaced));
        add(changed, "SELECT 'r' || (100 + i) AS id, i * 2.5 AS f0, i + 1 AS n FROM range(15) t(i)");
        Files.write(replaced, Files.readAllBytes(files.getFirst()));
    }

    @Override
    protected void remove() throws Exception {
        TestTable changed = Objects.requireNonNull(table);
        Path removed = files.getLast();
        changed.commit(changed.remove(removed));
        Files.delete(removed);
    }

    /// A table counts deleted rows until its files are rewritten.
    @Override
    protected int countedRows(int rows) {
        return rows + 16;
    }

    @Override
    protected void assertGone(String change) {
        assertThat(change)
                .contains(".parquet: it is gone. The version 4 of the Delta table ")
                .contains("VACUUM");
    }
}
