package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.iceberg.IcebergCatalogs;
import io.nightshift.storage.database.CatalogSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.ObjectStores;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.io.CloseableIterable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What somebody finds out who has the table, and neither the ledger nor the home folder that made it.
final class TraceIT {

    private static final int ROWS = 3000;
    private static final String TABLE = "scores.delays";
    private static final String ADDRESS = "iceberg:lake/" + TABLE;

    @TempDir
    private Path folder;

    private FlightsJob job(String destination) throws Exception {
        FlightsJob job =
                FlightsJob.on(folder.resolve("job"), "SELECT row_number() OVER () AS id, * FROM flights LIMIT " + ROWS);
        job.edit("parquet: " + job.input(), "parquet: " + job.input() + "\n  id: id");
        job.edit("  parquet: predictions", "  " + destination);
        Files.createDirectories(job.home());
        configure(job.home());
        return job;
    }

    private void configure(Path home) throws Exception {
        Files.createDirectories(home);
        Files.writeString(
                home.resolve("nightshift.conf"),
                "nightshift.catalogs.lake { type = folder, warehouse = \"%s\" }"
                        .formatted(folder.resolve("warehouse")));
    }

    /// With a home of its own, which has no ledger.
    private CommandResult trace(String... arguments) throws Exception {
        Path other = folder.resolve("reader");
        configure(other);
        List<String> all = new ArrayList<>(List.of("trace"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--home", other.toString()));
        CommandResult result = InProcess.run(all.toArray(String[]::new));
        assertThat(other.resolve("ledger")).doesNotExist();
        return result;
    }

    private static String run(FlightsJob job, String... more) {
        return InProcess.run(job, more).expect(0).json().get("batch").asText();
    }

    @Test
    void batchesOfAnIcebergTableAreTracedWithWhatOtherProgramsDidToIt() throws Exception {
        FlightsJob job = job("iceberg: {catalog: lake, table: " + TABLE + "}");
        String first = run(job);
        String second = run(job, "--new");

        assertThat(trace(ADDRESS).expect(0).out())
                .contains("Table scores.delays in catalog lake, snapshot ", "6,000 rows")
                .contains("Batch " + first, "Batch " + second, "job", "@1, SHA-256 ", "input digest", "published")
                .doesNotContain("gone", "other programs");
        assertThat(trace(ADDRESS, "flights_latest").expect(0).out())
                .contains("Batch " + second)
                .doesNotContain(first);

        CatalogSettings.Folder settings = new CatalogSettings.Folder("lake", folder.resolve("warehouse"));
        try (IcebergCatalogs catalogs = new IcebergCatalogs(
                new DataSources(Map.of(), Map.of("lake", settings)), FileRoots.UNRESTRICTED, ObjectStores.none())) {
            Table table = new BaseTable(
                    catalogs.get("lake").find(TableIdentifier.parse(TABLE)).orElseThrow(), TABLE);
            String before = String.valueOf(table.currentSnapshot().snapshotId());
            DataFile file = file(table, first);
            DataFile copy = copy(table, file, "compacted.parquet");
            table.newRewrite().deleteFile(file).addFile(copy).commit();
            table.refresh();
            table.newAppend().appendFile(copy(table, file, "appended.parquet")).commit();

            JsonNode traced = trace(ADDRESS, "-o", "json").expect(0).json();
            assertThat(traced.at("/others")).hasSize(2);
            assertThat(traced.at("/others").findValuesAsText("operation"))
                    .containsExactlyInAnyOrder("replace", "append");
            assertThat(traced.at("/others").findValuesAsText("batch")).containsExactly(first, first);
            assertThat(traced.at("/batches/0/gone").toString()).contains("that of another program");
            assertThat(traced.at("/batches/1/gone")).isEmpty();
            assertThat(trace(ADDRESS).expect(0).out())
                    .contains("Files of other programs", "append by an unnamed program");
            assertThat(trace(ADDRESS, before).expect(0).out()).doesNotContain("other programs");

            table.refresh();
            table.expireSnapshots()
                    .expireOlderThan(System.currentTimeMillis() + 1)
                    .retainLast(1)
                    .commit();
            assertThat(trace(ADDRESS, before).expect(2).err()).contains("there is no snapshot " + before);
        }
        String all = trace(ADDRESS).expect(0).out();
        assertThat(all).contains("The commit that has added the batch was expired (expire_snapshots)");
    }

    private static DataFile file(Table table, String batch) throws Exception {
        try (CloseableIterable<FileScanTask> tasks = table.newScan().planFiles()) {
            for (FileScanTask task : tasks) {
                if (task.file().location().contains(batch)) {
                    return task.file().copy();
                }
            }
        }
        throw new AssertionError("no file of " + batch);
    }

    private static DataFile copy(Table table, DataFile file, String name) throws Exception {
        Path from = Path.of(file.location().replaceFirst("^file://", ""));
        Path to = Path.of(table.location().replaceFirst("^file://", "")).resolve("data/" + name);
        Files.createDirectories(to.getParent());
        Files.copy(from, to);
        return DataFiles.builder(table.spec())
                .copy(file)
                .withPath("file://" + to)
                .build();
    }

    @Test
    void aRedriveOfADeltaTableIsTraced() throws Exception {
        Path table = folder.resolve("lake/scores");
        FlightsJob job = job("delta: " + table);
        String fixed = "  select:\n    distance: CAST(distance AS DOUBLE)\n";
        String broken = fixed.replace(
                "CAST(distance AS DOUBLE)",
                "CAST(CASE WHEN id % 50 = 3 THEN 'n/a' ELSE CAST(distance AS VARCHAR) END AS DOUBLE)");
        job.edit("  select:\n", broken);
        job.edit("max-rate: 0.001", "max-rate: 1");
        job.edit("max-rows: 100", "max-rows: 10000");
        String batch = run(job);
        Path corrected = Files.writeString(
                job.file().resolveSibling("corrected.yaml"),
                Files.readString(job.file()).replace(broken, fixed));
        InProcess.run(
                        "quarantine",
                        "redrive",
                        batch,
                        "--job",
                        corrected.toString(),
                        "--home",
                        job.home().toString())
                .expect(0);

        JsonNode traced = trace("delta:" + table, "-o", "json").expect(0).json();
        assertThat(traced.at("/batches")).hasSize(1);
        assertThat(traced.at("/batches/0/commits").findValuesAsText("supplement"))
                .containsExactly("0", "1");
        assertThat(traced.get("rows").asInt()).isEqualTo(ROWS);
        assertThat(traced.at("/batches/0/provenance/nightshift.model").asText())
                .startsWith("flights.")
                .endsWith("@1");
        assertThat(trace(table.toString(), "1").expect(0).out())
                .contains("version 1", "Batch " + batch)
                .doesNotContain("supplement");
    }

    @Test
    void whatCanNotBeTracedIsNamed() throws Exception {
        Path none = Files.createDirectories(folder.resolve("none"));
        assertThat(trace("delta:" + none).expect(2).err()).startsWith("nightshift: there is no Delta table " + none);
        assertThat(trace("iceberg:lake/db.gone").expect(2).err())
                .startsWith("nightshift: there is no table db.gone in catalog lake");
        assertThat(trace("iceberg:pond/db.gone").expect(2).err()).contains("pond");
        assertThat(trace("db.gone").expect(2).err()).contains("expected a table as iceberg:CATALOG/NAMESPACE.TABLE");
        assertThat(trace("delta:" + none, "main").expect(2).err())
                .contains("the version of a Delta table is a number, not main");

        Path away = Files.createDirectories(folder.resolve("away"));
        Files.writeString(
                away.resolve("nightshift.conf"),
                "nightshift.catalogs.lake { type = rest, uri = \"http://127.0.0.1:1\" }");
        assertThat(InProcess.run("trace", ADDRESS, "--home", away.toString())
                        .expect(2)
                        .err())
                .contains("nightshift: the ", "catalog lake", "can't be opened");
    }
}
