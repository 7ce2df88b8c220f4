package io.nightshift.source.parquet;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.job.Input;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.source.SourceContract;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.source.files.TestCopies;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.TestStore;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Two objects, in row groups.
class ObjectSourceIT extends SourceContract {

    private TestStore store;
    private ObjectCopies copies;

    @BeforeEach
    void open() throws Exception {
        store = newStore();
        copies = TestCopies.of(store, folder.resolve("objects"));
    }

    TestStore newStore() throws IOException {
        return new TestStore();
    }

    @AfterEach
    void close() {
        copies.close();
        store.close();
        assertThat(folder.resolve("objects"))
                .satisfiesAnyOf(
                        path -> assertThat(path).doesNotExist(),
                        path -> assertThat(path).isEmptyDirectory());
    }

    @Override
    protected Sources sources() {
        return new Sources(() -> data.duckDb, FileRoots.UNRESTRICTED, copies);
    }

    @Override
    protected Input rows(String query) {
        for (int number = 0; number < 2; number++) {
            put(number, "SELECT * FROM (%s) LIMIT 15 OFFSET %d".formatted(query, 15 * number));
        }
        return new ParquetInput(List.of(store.address("input")));
    }

    private void put(int number, String query) {
        Path file = data.parquet("local-%d.parquet".formatted(number), query);
        store.put("input/rows-%d.parquet".formatted(number), file);
    }

    @Override
    protected Input named(String name, String query) {
        store.put("named/" + name + ".parquet", data.parquet("local.parquet", query));
        return new ParquetInput(List.of(store.address("named/" + name + ".parquet")));
    }

    @Override
    protected Input allNamed() {
        return new ParquetInput(List.of(store.address("named")));
    }

    @Test
    void anEmptyNameOfAFolderIsNotLeftOut() throws Exception {
        named("one", "SELECT 'one' AS id, 1.5 AS f0");
        Input two = named("/two", "SELECT 'two' AS id, 1.5 AS f0");
        named("a[b]/three", "SELECT 'three' AS id, 1.5 AS f0");

        assertThat(ids(allNamed(), pieces(inspect(allNamed())))).containsExactlyInAnyOrder("one", "two", "three");
        assertThat(ids(two, pieces(inspect(two)))).containsExactly("two");
        Map.of(
                        "named/*.parquet", List.of("one"),
                        "named/**.parquet", List.of("one", "two", "three"),
                        "named//*.parquet", List.of("two"),
                        "named/a[b]", List.of("three"),
                        "named/a[b]/", List.of("three"))
                .forEach((path, ids) -> {
                    Input input = new ParquetInput(List.of(store.address(path)));
                    assertThat(named(input)).as(path).containsExactlyInAnyOrderElementsOf(ids);
                });
    }

    private List<String> named(Input input) {
        try {
            return ids(input, pieces(inspect(input)));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    protected List<Input> aliases(Input input) {
        return List.of(
                new ParquetInput(List.of(store.address("input/*.parquet"))),
                new ParquetInput(List.of(store.address("input/"))),
                new ParquetInput(List.of(store.address("input/rows-1.parquet"), store.address("input/rows-0.parquet"))),
                new ParquetInput(List.of(store.address("input"), store.address("in*/rows-?.parquet"))));
    }

    @Override
    protected void change() {
        put(1, "SELECT 'r' || (100 + i) AS id, i * 2.5 AS f0 FROM range(15) t(i)");
    }

    @Override
    protected void remove() throws Exception {
        store.server.delete(store.bucket, "input/rows-1.parquet");
    }
}
