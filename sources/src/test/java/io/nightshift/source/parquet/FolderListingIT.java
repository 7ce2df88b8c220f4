package io.nightshift.source.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.BoundJobs;
import io.nightshift.source.JoinedColumns;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.TestData;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.TestModels;
import io.nightshift.source.files.CopyFolder;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.source.files.SourceFiles;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.TestStore;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which folders of a store are listed when the job has a condition. An answer of the store lists ten objects.
class FolderListingIT {

    /// A text with wildcards may be the name of an object or of a folder, which goes first.
    private static final int EXACT = 1;

    private static final int PAGE = 10;
    private static final int DAYS = 12;
    private static final int FILES = 5;
    private static final ModelDescription MODEL = TestModels.ofNumbers(1);
    private static final Map<String, String> DECLARED = Map.of("dt", "DATE", "region", "VARCHAR");

    private TestData node;
    private TestStore store;
    private ObjectCopies copies;
    private Path file;

    @BeforeEach
    void open(@TempDir Path temp) throws Exception {
        node = new TestData(temp);
        store = new TestStore();
        copies =
                new ObjectCopies(store.stores(PAGE), new CopyFolder(temp.resolve("objects"), CopyFolder.DEFAULT_LIMIT));
        file = node.parquet("one.parquet", "SELECT 1 AS f0");
    }

    @AfterEach
    void close() {
        copies.close();
        store.close();
        node.close();
    }

    private static String day(int day) {
        return "dt=2026-11-%02d".formatted(day);
    }

    /// The same files for each day, in folders of regions.
    private void putRegions() {
        for (int day = 1; day <= DAYS; day++) {
            for (int i = 0; i < FILES; i++) {
                store.put("lake/%s/region=eu/%d.parquet".formatted(day(day), i), file);
                store.put("lake/%s/region=us/%d.parquet".formatted(day(day), i), file);
            }
        }
    }

    private void putDays() {
        for (int day = 1; day <= DAYS; day++) {
            for (int i = 0; i < FILES; i++) {
                store.put("lake/%s/%d.parquet".formatted(day(day), i), file);
            }
        }
    }

    private Job job(String path, Map<String, String> folders, String where) {
        return TestJobBuilder.over(new ParquetInput(List.of(store.address(path)), folders))
                .where(where)
                .build();
    }

    private ParquetReader reader(Job job) {
        SourceFiles files = new SourceFiles(FileRoots.UNRESTRICTED, copies);
        return new ParquetReader(
                () -> node.duckDb, files, new SparseSlices(files), new BoundJobs(), job.source(), JoinedColumns.NONE);
    }

    /// @param lists the number of requests for lists
    private void assertRead(Job job, int lists, String... folders) {
        int before = store.proxy.lists();
        List<InspectedFile> read = reader(job).inspect(job, MODEL);
        assertThat(store.proxy.lists() - before)
                .as("lists for " + job.source().where())
                .isEqualTo(lists);
        assertThat(read).hasSize(folders.length * FILES);
        for (int i = 0; i < read.size(); i++) {
            assertThat(read.get(i).file().path()).startsWith(store.address("lake/" + folders[i / FILES] + "/"));
        }
    }

    @Test
    void onlyFoldersThatMeetTheConditionAreListed() {
        putRegions();
        String eu = "/region=eu";
        String us = "/region=us";
        assertRead(job("lake", DECLARED, "dt = DATE '2026-11-05'"), 1 + 1, day(5) + eu, day(5) + us);
        assertRead(job("lake/", DECLARED, "dt = '2026-11-05' AND region = 'us' AND f0 > 0"), 1 + 1 + 1, day(5) + us);
        assertRead(
                job("lake/dt=*/region=*/*.parquet", DECLARED, "region = 'us' AND month(dt) = 11 AND day(dt) = 7"),
                EXACT + 1 + 1 + 1,
                day(7) + us);
        assertRead(
                job("lake/**.parquet", DECLARED, "dt IN ('2026-11-02', '2026-11-09')"),
                EXACT + 1 + 1 + 1,
                day(2) + eu,
                day(2) + us,
                day(9) + eu,
                day(9) + us);
        assertRead(
                job("lake/dt=2026-11-1*/*/*", DECLARED, "dt = '2026-11-12'"),
                EXACT + 1 + 1,
                day(12) + eu,
                day(12) + us);
        assertRead(job("lake/" + day(5), DECLARED, "region = 'eu'"), 1 + 1, day(5) + eu);
    }

    @Test
    void foldersNextToEachOtherAreListedTogether() {
        putDays();
        store.put("lake/%sz.parquet".formatted(day(3)), file);
        // The names, eleven objects, and the one that ends the range.
        assertRead(
                job("lake", Map.of("dt", "VARCHAR"), "dt BETWEEN '2026-11-03' AND '2026-11-04'"),
                1 + 2,
                day(3),
                day(4));
        // The last ones, too.
        assertRead(job("lake", Map.of("dt", "DATE"), "dt > DATE '2026-11-10'"), 1 + 1, day(11), day(12));
    }

    @Test
    void withoutDeclaredTypesOneFolderOfAGlobIsEnough() {
        putDays();
        assertRead(job("lake/dt=*/*.parquet", Map.of(), "dt = DATE '2026-11-05' AND f0 > 0"), EXACT + 1 + 1, day(5));
        assertRead(job("lake/dt=*/*.parquet", Map.of(), "dt > DATE '2026-11-11'"), EXACT + 1 + 1, day(12));
        // Below a folder there could be others, and all their values have a part in the types.
        assertRead(job("lake", Map.of(), "dt = DATE '2026-11-05'"), DAYS * FILES / PAGE, day(5));
        // The type depends on which of these have files.
        store.put("lake/dt=unknown/0.txt", file);
        assertRead(job("lake/dt=*/*.parquet", Map.of(), "dt = DATE '2026-11-05'"), EXACT + 1 + 7, day(5));
    }

    @Test
    void aConditionThatRulesAllFoldersOutLeavesOneFile() {
        putDays();
        for (Map<String, String> declared : List.of(Map.<String, String>of(), Map.of("dt", "DATE"))) {
            Job job = job("lake/dt=*/*.parquet", declared, "dt = DATE '2026-12-24'");
            int before = store.proxy.lists();
            assertThat(reader(job).inspect(job, MODEL)).singleElement().satisfies(read -> {
                assertThat(read.file().path()).isEqualTo(store.address("lake/dt=2026-11-01/0.parquet"));
                assertThat(read.file().rows()).isZero();
                assertThat(read.file().schema()).contains("\"dt\":\"DATE\"");
            });
            assertThat(store.proxy.lists() - before).isEqualTo(EXACT + 1 + 1);
        }
        Job none = job("nothing/dt=*/*.parquet", Map.of(), "dt = DATE '2026-12-24'");
        assertThatThrownBy(() -> reader(none).inspect(none, MODEL))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("no object matches");
    }

    @Test
    void aColumnOfTheFileItselfWins() {
        Path own = node.parquet("own.parquet", "SELECT 1 AS f0, DATE '2026-11-25' AS dt");
        store.put("lake/dt=2020-01-01/a.parquet", own);
        store.put("lake/dt=2026-11-26/a.parquet", own);
        Job job = job("lake/dt=*/*.parquet", Map.of(), "dt < DATE '2026-11-26'");

        assertThat(reader(job).inspect(job, MODEL)).hasSize(2);
    }

    @Test
    void namesThatAreEncodedAreFoldersLikeOthers() {
        for (String name : List.of("a b", "a%20b+c", "ä&ö", "\uD83D\uDE00", "\uFF5E")) {
            store.put("lake/k=%s/a.parquet".formatted(name), file);
        }
        Job job = job("lake", Map.of("k", "VARCHAR"), "k IN ('a b', 'a b+c', '\uD83D\uDE00', '\uFF5E')");

        assertThat(reader(job).inspect(job, MODEL))
                .extracting(read ->
                        read.file().path().substring(store.address("lake/k=").length()))
                .containsExactlyInAnyOrder(
                        "a b/a.parquet", "a%20b+c/a.parquet", "\uD83D\uDE00/a.parquet", "\uFF5E/a.parquet");
    }

    @Test
    void aFileInAFolderOfAnotherTypeIsRefused() {
        putDays();
        store.put("lake/dt=yesterday/a.parquet", file);
        Job job = job("lake", Map.of("dt", "DATE"), "dt = DATE '2026-11-05'");

        assertThatThrownBy(() -> reader(job).inspect(job, MODEL))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("source.parquet.folders.dt: \"yesterday\" is not of the type DATE")
                .hasMessageContaining(store.address("lake/dt=yesterday/a.parquet"));
    }

    @Test
    void aPlanNamesTheFoldersThatAreNotListed() {
        putDays();
        Job job = job("lake", Map.of("dt", "DATE"), "dt = DATE '2026-11-05'");
        ParquetReader reader = reader(job);

        assertThat(reader.details(reader.inspect(job, MODEL)))
                .containsExactly("not listed  11 of 12 folders, by source.where and the names of folders: %s, %s, %s, …"
                        .formatted(
                                store.address("lake/dt=2026-11-01/"),
                                store.address("lake/dt=2026-11-02/"),
                                store.address("lake/dt=2026-11-03/")));
    }
}
