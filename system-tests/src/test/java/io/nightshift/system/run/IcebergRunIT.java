package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.iceberg.IcebergCatalogs;
import io.nightshift.storage.database.CatalogSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.ObjectStores;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.database.IcebergServer;
import io.nightshift.testing.program.ProgramProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.FileScanTask;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.io.CloseableIterable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs of the program into tables of real Iceberg catalogs.
final class IcebergRunIT {

    private static final int ROWS = 5000;
    private static final String TABLE = "scores.delays";

    @TempDir
    private Path folder;

    private FlightsJob job(String catalog) throws Exception {
        FlightsJob job =
                FlightsJob.on(folder.resolve("job"), "SELECT row_number() OVER () AS id, * FROM flights LIMIT " + ROWS);
        job.edit("parquet: " + job.input(), "parquet: " + job.input() + "\n  id: id");
        job.edit("  parquet: predictions", "  iceberg: {catalog: lake, table: " + TABLE + "}");
        Files.createDirectories(job.home());
        Files.writeString(job.home().resolve("nightshift.conf"), "nightshift.catalogs.lake " + catalog);
        return job;
    }

    private static CommandResult batch(FlightsJob job, String command, String... more) {
        List<String> arguments = new ArrayList<>(List.of("batch", command, "latest"));
        arguments.addAll(List.of(more));
        arguments.addAll(List.of("--home", job.home().toString()));
        return InProcess.run(arguments.toArray(String[]::new));
    }

    /// The rows of the newest batch, as a client of the server finds them.
    private static long rows(IcebergServer server) throws Exception {
        CatalogSettings settings =
                new CatalogSettings.Rest("lake", server.uri(), null, IcebergServer.TOKEN, null, null, null);
        long rows = 0;
        try (IcebergCatalogs catalogs = new IcebergCatalogs(
                new DataSources(Map.of(), Map.of("lake", settings)), FileRoots.UNRESTRICTED, ObjectStores.none())) {
            TableOperations table =
                    catalogs.get("lake").find(TableIdentifier.parse(TABLE)).orElseThrow();
            try (CloseableIterable<FileScanTask> tasks = new BaseTable(table, TABLE)
                    .newScan()
                    .useRef("flights_latest")
                    .planFiles()) {
                for (FileScanTask task : tasks) {
                    rows += task.file().recordCount();
                }
            }
        }
        return rows;
    }

    @Test
    void aProgramKilledAfterTheCommitLeavesOneSnapshot() throws Exception {
        try (IcebergServer server = new IcebergServer(folder.resolve("warehouse"))) {
            FlightsJob job =
                    job("{ type = rest, uri = \"%s\", token = \"%s\" }".formatted(server.uri(), IcebergServer.TOKEN));
            CountDownLatch committed = new CountDownLatch(1);
            CountDownLatch killed = new CountDownLatch(1);
            server.afterSnapshot(() -> {
                committed.countDown();
                try {
                    if (!killed.await(1, TimeUnit.MINUTES)) {
                        throw new IllegalStateException("the program was not killed");
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            try (ProgramProcess program =
                    ProgramProcess.start(job.folder(), job.run("--set", "partitions.rows=1000"))) {
                assertThat(committed.await(2, TimeUnit.MINUTES))
                        .as(program.err())
                        .isTrue();
            }
            killed.countDown();
            server.afterSnapshot(() -> {});
            assertThat(rows(server)).isEqualTo(ROWS);

            CommandResult end =
                    InProcess.run(job, "--set", "partitions.rows=1000").expect(0);

            assertThat(end.json().get("predictions").asInt()).isEqualTo(ROWS);
            Table table = server.table(TABLE);
            assertThat(rows(server)).isEqualTo(ROWS);
            assertThat(table.history()).hasSize(1);
            assertThat(table.currentSnapshot().summary())
                    .containsEntry("nightshift.batch", end.json().get("batch").asText());
            assertThat(batch(job, "verify").expect(0).out())
                    .contains("each of the 5,000 rows read from it is in the output once");
        }
    }

    @Test
    void batchesOfATableInAFolderAreShownAndVerified() throws Exception {
        FlightsJob job = job("{ type = folder, warehouse = \"%s\" }".formatted(folder.resolve("warehouse")));
        assertThat(InProcess.run("doctor", "--home", job.home().toString())
                        .expect(0)
                        .out())
                .contains("catalog lake");
        InProcess.run(job).expect(0);

        CommandResult second =
                InProcess.run(job, "--new", "--set", "output.margin=true").expect(0);

        assertThat(second.out()).contains("table scores.delays in catalog lake");
        assertThat(batch(job, "head").expect(0).out()).contains("record_id", "probability", "margin");
        assertThat(batch(job, "verify").expect(0).out())
                .contains("each of the 5,000 rows read from it is in the output once");
        Path table = folder.resolve("warehouse/scores/delays");
        assertThat(table.resolve("metadata/version-hint.text")).hasContent("4");
    }
}
