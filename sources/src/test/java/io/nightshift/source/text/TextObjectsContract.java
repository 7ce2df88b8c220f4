package io.nightshift.source.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.job.Input;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.source.SourceContract;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.source.files.TestCopies;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.TestStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Three objects of text: one as it is, one compressed with gzip, one with zstd.
abstract class TextObjectsContract extends SourceContract {

    /// Rows of more bytes than are read at once.
    private static final int LARGE = 120_000;

    private final String ending;
    private final String format;

    private TestStore store;
    private ObjectCopies copies;

    /// @param ending of the keys, such as `csv`
    /// @param format as DuckDB's `COPY` knows it
    @SuppressWarnings("NullAway.Init") // before each test
    TextObjectsContract(String ending, String format) {
        this.ending = ending;
        this.format = format;
    }

    abstract Input input(String... paths);

    @BeforeEach
    void openStore() throws Exception {
        store = new TestStore();
        copies = TestCopies.of(store, folder.resolve("objects"));
    }

    @AfterEach
    void closeStore() {
        copies.close();
        store.close();
    }

    @Override
    protected Sources sources() {
        return new Sources(() -> data.duckDb, FileRoots.UNRESTRICTED, copies);
    }

    private String key(int number) {
        return "input/rows-%d.%s%s"
                .formatted(number, ending, List.of("", ".gz", ".zst").get(number));
    }

    private void put(int number, String query) {
        Path file = folder.resolve("local-" + Path.of(key(number)).getFileName());
        data.execute("COPY (%s) TO '%s' (%s, COMPRESSION %s)"
                .formatted(query, file, format, List.of("none", "gzip", "zstd").get(number)));
        store.put(key(number), file);
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void largeObjectsAreReadInPieces() throws Exception {
        for (int number = 0; number < 3; number++) {
            put(
                    number,
                    "SELECT 'r' || (i * 3 + %d) || repeat('x', 40) AS id, i * 1.5 AS f0 FROM range(%d) t(i)"
                            .formatted(number, LARGE));
        }
        Input input = input(store.address("input"));
        List<InspectedFile> files = inspect(input);
        assertThat(files).allSatisfy(file -> assertThat(file.rowGroups()).hasSizeGreaterThan(1));
        Set<String> ids = new HashSet<>();
        for (Slice slice : pieces(files)) {
            ids.addAll(ids(input, List.of(slice)));
        }
        assertThat(ids).hasSize(3 * LARGE);
    }

    @Override
    protected Input rows(String query) {
        for (int number = 0; number < 3; number++) {
            put(number, "SELECT * FROM (%s) LIMIT 10 OFFSET %d".formatted(query, 10 * number));
        }
        return input(store.address("input"));
    }

    @Override
    protected Input named(String name, String query) {
        Path file = folder.resolve("local." + ending);
        data.execute("COPY (%s) TO '%s' (%s)".formatted(query, file, format));
        store.put("named/%s.%s".formatted(name, ending), file);
        return input(store.address("named/%s.%s".formatted(name, ending)));
    }

    @Override
    protected Input allNamed() {
        return input(store.address("named"));
    }

    @Override
    protected List<Input> aliases(Input input) {
        return List.of(
                input(store.address("input/")),
                input(store.address("input/*." + ending + "*")),
                input(store.address(key(2)), store.address(key(0)), store.address(key(1))),
                input(store.address("input"), store.address(key(0))));
    }

    @Override
    protected void change() {
        put(1, "SELECT 'r' || (100 + i) AS id, i * 2.5 AS f0 FROM range(10) t(i)");
    }

    @Override
    protected void remove() throws Exception {
        store.server.delete(store.bucket, key(1));
    }
}
