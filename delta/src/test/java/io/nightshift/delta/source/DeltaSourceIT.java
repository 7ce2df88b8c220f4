package io.nightshift.delta.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.job.DeltaInput;
import io.nightshift.protocol.job.Input;
import io.nightshift.source.SourceContract;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.source.files.TestCopies;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.TestStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/// The contract for a table in an object store, of which the first row of each file is deleted.
class DeltaSourceIT extends SourceContract {

    private static final int HALF = 15;
    private static final String PREFIX = "lake/odd name %20";

    private TestStore store;
    private ObjectCopies copies;
    private @Nullable TestTable table;
    private final List<Path> files = new ArrayList<>();

    @BeforeEach
    void open() throws Exception {
        store = new TestStore();
        copies = TestCopies.of(store, folder.resolve("objects"));
    }

    @AfterEach
    void close() {
        copies.close();
        store.close();
    }

    @Override
    protected Sources sources() {
        return new Sources(() -> data.duckDb, FileRoots.UNRESTRICTED, copies);
    }

    @Override
    protected Input rows(String query) {
        table = new TestTable(data, "table").column("id", "string").column("f0", "double");
        table.features.add("deletionVectors");
        table.create();
        files.clear();
        for (int number = 0; number < 2; number++) {
            add(table, "FROM (%s) LIMIT %d OFFSET %d".formatted(query, HALF, HALF * number));
        }
        return new DeltaInput(store.address(PREFIX));
    }

    private void add(TestTable to, String rows) {
        Path file = to.append("SELECT 'deleted' AS id, 25::DOUBLE AS f0 UNION ALL (%s)".formatted(rows));
        try {
            to.delete(file, to.stored(UUID.randomUUID(), 0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        files.add(file);
        upload();
    }

    private void upload() {
        Path local = Objects.requireNonNull(table).folder;
        try (Stream<Path> all = Files.walk(local)) {
            all.filter(Files::isRegularFile).forEach(file -> store.put(PREFIX + "/" + local.relativize(file), file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String key(Path file) {
        return PREFIX + "/" + file.getFileName();
    }

    @Override
    protected List<Input> aliases(Input input) {
        String address = ((DeltaInput) input).table();
        return List.of(new DeltaInput(address + "/"), new DeltaInput(address, "4", null));
    }

    /// Another version has other rows, and somebody has written to an object of the first one.
    @Override
    protected void change() throws Exception {
        TestTable changed = Objects.requireNonNull(table);
        Path replaced = files.getLast();
        changed.commit(changed.remove(replaced));
        add(changed, "SELECT 'r' || (100 + i) AS id, i * 2.5 AS f0 FROM range(15) t(i)");
        store.put(key(replaced), files.getFirst());
    }

    @Override
    protected void remove() throws Exception {
        TestTable changed = Objects.requireNonNull(table);
        Path removed = files.getLast();
        changed.commit(changed.remove(removed));
        upload();
        store.server.delete(store.bucket, key(removed));
    }

    /// A table counts deleted rows until its files are rewritten.
    @Override
    protected int countedRows(int rows) {
        return rows + 2;
    }

    @Override
    protected void assertGone(String change) {
        assertThat(change)
                .contains(".parquet: it is gone. The version 4 of the Delta table ")
                .contains("VACUUM");
    }
}
