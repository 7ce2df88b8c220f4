package io.nightshift.source.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.FileVersion;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.TestData;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.TestModels;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.source.files.SourceFiles;
import io.nightshift.source.files.TestCopies;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.FetchControl;
import io.nightshift.storage.objectstore.TestStore;
import io.nightshift.testing.objectstore.FaultProxy.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Which bytes of an object are fetched, and what a query sees of those that are not.
class SparseSlicesIT {

    /// Three row groups, and columns whose values need more than a page, few values, or texts.
    private static final String ROWS = """
            SELECT i AS a, hash(i) AS b, (i * 7919) % 10 AS c, 'text ' || hash(i) % 1000 AS d,
            CASE WHEN i % 3 = 0 THEN NULL ELSE i * 1.5 END AS e, [i, i + 1] AS f FROM range(30000) t(i)""";

    @TempDir
    private Path folder;

    private TestStore store;
    private TestData data;
    private ObjectCopies copies;
    private SourceFiles files;
    private SparseSlices slices;

    @BeforeEach
    void start() throws IOException {
        store = new TestStore();
        data = new TestData(folder);
        open(Long.MAX_VALUE);
    }

    private void open(long limit) {
        copies = TestCopies.of(store, folder.resolve("objects"), limit);
        files = new SourceFiles(FileRoots.UNRESTRICTED, copies);
        slices = new SparseSlices(files);
    }

    @AfterEach
    void stop() {
        copies.close();
        data.close();
        store.close();
    }

    private SourceFile put(String options) {
        Path file = data.parquet("local.parquet", ROWS, ", ROW_GROUP_SIZE 10240" + options);
        store.put("a.parquet", file);
        return pin("a.parquet");
    }

    private SourceFile pin(String key) {
        FileVersion listed =
                files.list(List.of(store.address(key)), ParquetFiles.KIND).getFirst();
        SourceFile pinned = files.pin(listed);
        long rows = ParquetFiles.footer(files.pinTail(listed)).rows();
        return new SourceFile(pinned.path(), pinned.bytes(), pinned.modified(), rows, pinned.tag(), null);
    }

    private List<String> local(String select, Slice slice) {
        return rows(select, folder.resolve("local.parquet"), slice);
    }

    private List<String> rows(String select, Path file, Slice slice) {
        return data.rows(
                "SELECT %s FROM read_parquet(%s, file_row_number = true) WHERE file_row_number >= %d AND file_row_number < %d"
                        .formatted(select, Sql.file(file.toString()), slice.firstRow(), slice.endRow()));
    }

    private static String digest(String columns) {
        return "count(*), sum(hash(%s))".formatted(columns);
    }

    private void fetch(Slice slice, String... columns) {
        slices.fetch(List.of(slice), (file, own) -> Set.of(columns), false);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ", COMPRESSION uncompressed",
                ", COMPRESSION snappy",
                ", COMPRESSION zstd",
                ", PARQUET_VERSION v2",
                ", PARQUET_VERSION v2, COMPRESSION uncompressed",
                ", COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 1"
            })
    void aHoleIsNeverReadSilently(String options) {
        SourceFile file = put(options);
        List<String> columns = List.of("a", "b", "c", "d", "e", "f");
        for (Slice slice :
                List.of(new Slice(file, 0, 30000), new Slice(file, 10240, 10240), new Slice(file, 9000, 500))) {
            for (String fetched : columns) {
                try (HeldSlices held = slices.hold(List.of(slice), FetchControl.NONE)) {
                    fetch(slice, fetched);
                    Path sparse = slices.local(slice);
                    assertThat(rows(digest(fetched), sparse, slice)).isEqualTo(local(digest(fetched), slice));
                    for (String missing : columns) {
                        if (!missing.equals(fetched)) {
                            assertThatThrownBy(() -> rows(digest(missing), sparse, slice))
                                    .as("%s, where only %s was fetched", missing, fetched)
                                    .rootCause()
                                    .isInstanceOf(java.sql.SQLException.class);
                        }
                    }
                    held.requireAllColumns();
                    String all = digest("a, b, c, d, e, f");
                    assertThat(rows(all, sparse, slice)).isEqualTo(local(all, slice));
                }
            }
        }
    }

    @Test
    void rowGroupsThatAreNotFetchedAreNotReadSilently() {
        SourceFile file = put("");
        Slice fetched = new Slice(file, 10240, 10240);
        try (HeldSlices _ = slices.hold(List.of(fetched), FetchControl.NONE)) {
            fetch(fetched, "a");
            Path sparse = slices.local(fetched);
            for (Slice other :
                    List.of(new Slice(file, 0, 10240), new Slice(file, 20480, 9520), new Slice(file, 10000, 300))) {
                assertThatThrownBy(() -> rows("sum(a)", sparse, other))
                        .rootCause()
                        .isInstanceOf(java.sql.SQLException.class);
            }
        }
    }

    /// DuckDB looks into the Bloom filters of all row groups if a query compares a column with a value.
    @Test
    void bloomFiltersAreFetchedForAQueryThatFilters() {
        SourceFile file = put(", DICTIONARY_SIZE_LIMIT 20000");
        Slice slice = new Slice(file, 10240, 10240);
        String where = "d = 'text 17'";
        String select = "count(*) FILTER (WHERE %s)".formatted(where);
        try (HeldSlices _ = slices.hold(List.of(slice), FetchControl.NONE)) {
            slices.fetch(List.of(slice), (pinned, own) -> Set.of("a", "d"), true);
            Path sparse = slices.local(slice);
            String query =
                    "SELECT a FROM read_parquet(%s, file_row_number = true) WHERE file_row_number >= 10240 AND file_row_number < 20480 AND "
                            + where;
            assertThat(data.rows(query.formatted(Sql.file(sparse.toString()))))
                    .isNotEmpty()
                    .isEqualTo(data.rows(query.formatted(
                            Sql.file(folder.resolve("local.parquet").toString()))));
            assertThat(rows(select, sparse, slice)).isEqualTo(local(select, slice));
        }
    }

    @Test
    void onlyTheNeededBytesAreFetched() throws IOException {
        SourceFile file = put("");
        Slice slice = new Slice(file, 10240, 10240);
        long needed = Long.parseLong(data.rows(
                        "SELECT sum(total_compressed_size) FROM parquet_metadata(%s) WHERE row_group_id = 1 AND path_in_schema IN ('a', 'd')"
                                .formatted(
                                        Sql.file(folder.resolve("local.parquet").toString())))
                .getFirst());
        long before = store.proxy.bytes();
        try (HeldSlices _ = slices.hold(List.of(slice), FetchControl.NONE)) {
            assertThat(store.proxy.bytes())
                    .as("the footer is known from the pin")
                    .isEqualTo(before);
            fetch(slice, "a", "d");
            long fetched = store.proxy.bytes() - before;
            assertThat(fetched).isBetween(needed, needed + needed / 10);
            fetch(slice, "d", "a");
            assertThat(store.proxy.bytes() - before).isEqualTo(fetched);
            try (Stream<Path> left = Files.walk(folder.resolve("objects"))) {
                assertThat(left.filter(Files::isRegularFile)
                                .filter(path -> path.toString().endsWith(".parquet")))
                        .hasSize(1)
                        .allSatisfy(sparse -> assertThat(Files.size(sparse)).isEqualTo(file.bytes()));
            }
        }
        try (Stream<Path> left = Files.walk(folder.resolve("objects"))) {
            assertThat(left.filter(path -> path.toString().endsWith(".parquet")))
                    .as("a partition that is done is deleted")
                    .isEmpty();
        }
    }

    @Test
    void whatIsFetchedAheadIsNotFetchedAgainAndNotIfThereIsNoRoom() {
        Slice slice = new Slice(put(""), 0, 10240);
        SparseSlices.ReadColumns columns = (file, own) -> Set.of("b");
        slices.fetchAhead(List.of(slice), columns, false);
        long ahead = store.proxy.bytes();
        try (HeldSlices _ = slices.hold(List.of(slice), FetchControl.NONE)) {
            slices.fetch(List.of(slice), columns, false);
            assertThat(store.proxy.bytes()).isEqualTo(ahead);
            assertThat(rows("b", slices.local(slice), slice)).isEqualTo(local("b", slice));
        }
        copies.close();

        open(1000);
        Slice again = new Slice(pin("a.parquet"), 0, 10240);
        long before = store.proxy.bytes();
        slices.fetchAhead(List.of(again), columns, false);
        assertThat(store.proxy.bytes()).isEqualTo(before);
        try (HeldSlices _ = slices.hold(List.of(again), FetchControl.NONE)) {
            slices.fetch(List.of(again), columns, false);
            assertThat(rows("b", slices.local(again), again)).isEqualTo(local("b", again));
        }
    }

    @Test
    void aFetchThatFailsInTheMiddleIsNotTakenForDone() throws IOException {
        SourceFile file = put(", COMPRESSION uncompressed");
        Slice slice = new Slice(file, 0, 30000);
        try (HeldSlices _ = slices.hold(List.of(slice), FetchControl.NONE)) {
            store.proxy.next(new Fault.Cut(1000), new Fault.Answer(403, "AccessDenied"));
            assertThatThrownBy(() -> fetch(slice, "a", "c")).hasMessageContaining("refuses access (AccessDenied)");
            store.proxy.heal();
            fetch(slice, "a", "c");
            assertThat(rows("a, c", slices.local(slice), slice)).isEqualTo(local("a, c", slice));
        }
    }

    @Test
    void aJobReadsTheColumnsThatItNames() {
        Job job = TestJobBuilder.over(folder)
                .id("d")
                .features("length(d) + b", "E")
                .where("c > 3 OR \"a b\" IS NULL")
                .output("f")
                .build();
        assertThat(ColumnNames.read(
                        job,
                        TestModels.ofNumbers(2),
                        FileSchema.plain(""),
                        Set.of("a", "b", "c", "d", "e", "f", "a b", "x", "length2")))
                .containsExactlyInAnyOrder("a", "b", "c", "d", "e", "f", "a b");
        assertThat(ColumnNames.identifying(job.source(), null, FileSchema.plain(""), Set.of("a", "b", "c", "d")))
                .containsExactlyInAnyOrder("a", "b", "c", "d");
    }
}
