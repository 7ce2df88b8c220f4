package io.nightshift.system.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.storage.filesystem.Folders;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.Nightly;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Quarantined rows are scored again into their batch, by a server that is killed in the middle.
@Timeout(600)
final class RedriveIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /// Every tenth distance is no number, in one of two ways.
    private static final String ROWS = """
        SELECT * REPLACE (CASE row_number() OVER () %% 20 WHEN 3 THEN %s WHEN 13 THEN '12 km'
        ELSE CAST(distance AS VARCHAR) END AS distance), 'r' || row_number() OVER () AS flight FROM flights LIMIT 3000\
        """;

    @TempDir
    private Path folder;

    private FlightsJob job;

    private String[] configuration() throws IOException {
        Path file = Files.writeString(folder.resolve("serve.conf"), "nightshift.batch.retention.every = 1s");
        return new String[] {"--config", file.toString()};
    }

    private static String out(HomeServer server, String... command) {
        return server.command(command).expect(0).out();
    }

    /// The number of rows and of different flights in the published files.
    private String seen(String batch, String files) throws SQLException {
        Path published = job.predictions().resolve("batch=" + batch).resolve(files);
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT count(*) || ' ' || count(DISTINCT record_id) FROM read_parquet('%s')"
                                .formatted(published))) {
            row.next();
            return row.getString(1);
        }
    }

    /// Submits the job and waits for the batch, whose 300 bad rows are in three partitions.
    private String published(HomeServer server) throws Exception {
        out(server, "batch", "submit", job.file().toString(), "--wait");
        return String.valueOf(job.published().getFirst().getFileName()).replace("batch=", "");
    }

    private void makeJob() throws Exception {
        job = FlightsJob.on(folder, ROWS.formatted("'n/a'"));
        job.edit("  select:\n", "  id: flight\n  select:\n    distance: CAST(distance AS INTEGER)\n");
        job.edit("max-rate: 0.001", "max-rate: 1");
        job.edit("max-rows: 100", "max-rows: 10000");
        job.edit("rows: 25000", "rows: 1000");
    }

    /// The server is killed while something is in the way of the supplement, and then its staged files are lost.
    @Nightly(
            shortForm = {
                "RedriveDecisionsTest.aSupplementThatIsRefusedForGoodIsWithdrawn",
                "Supplements.thatAreWithdrawnLeaveTheBatchAsItWas",
                "RedriveIT.fixedRowsJoinTheirBatchHoweverTheServerEnds"
            })
    @Test
    void rowsThatCanNeverBePublishedLeaveTheBatchAsItWas() throws Exception {
        makeJob();
        try (HomeServer server = new HomeServer(folder, configuration())) {
            String batch = published(server);
            Path staged = job.predictions().resolve(".staging/batch=" + batch);
            Path part = job.predictions().resolve("batch=" + batch + "/part-000003.parquet");
            Path inTheWay = Files.createDirectories(part.resolve("in the way"));
            job.write(ROWS.formatted("'100'"));
            CompletableFuture<CommandResult> waiting = CompletableFuture.supplyAsync(
                    () -> server.command("quarantine", "redrive", batch, "--where", "value = 'n/a'"));
            await().atMost(PATIENCE)
                    .until(() -> out(server, "batch", "events", batch).contains("supplement committed"));
            assertThat(waiting).isNotDone();
            server.command("batch", "delete", batch, "--force").expect(1, "a redrive of it is in progress");

            server.kill();
            Folders.deleteTree(staged);
            Files.delete(inTheWay);
            Files.delete(part);
            server.restart(configuration());

            await().atMost(PATIENCE)
                    .until(() -> out(server, "batch", "show", batch).contains(": failed: "));
            assertThat(out(server, "batch", "events", batch)).contains("withdrawal begun", "is gone");
            assertThat(seen(batch, "part-*.parquet")).isEqualTo("2700 2700");
            assertThat(seen(batch, "_quarantine-*.parquet")).isEqualTo("300 300");
            server.terminate();
            assertThat(out(server, "batch", "verify", batch)).contains("Verified");

            server.restart(configuration());
            assertThat(out(server, "quarantine", "redrive", batch, "--where", "value = 'n/a'"))
                    .contains("150 rows added");
            assertThat(seen(batch, "part-*.parquet")).isEqualTo("2850 2850");
            await().atMost(PATIENCE).until(() -> !Files.exists(staged));
            out(server, "batch", "delete", batch, "--force");
            await().atMost(PATIENCE)
                    .until(() -> out(server, "batch", "events", batch).contains("readers no longer see the batch"));
        }
    }

    @Test
    void fixedRowsJoinTheirBatchHoweverTheServerEnds() throws Exception {
        makeJob();
        try (HomeServer server = new HomeServer(folder, configuration())) {
            String batch = published(server);
            assertThat(seen(batch, "part-*.parquet")).isEqualTo("2700 2700");

            server.command("quarantine", "redrive", "latest")
                    .expect(1, "none of the 300 selected rows can be scored", "Could not convert string");
            server.command("quarantine", "redrive", batch, "--where", "(SELECT true)")
                    .expect(1, "where: «(SELECT true)»");
            server.command("quarantine", "redrive", batch, "--where", "value = 'km'")
                    .expect(1, "no quarantined row is selected");
            server.command("quarantine", "redrive", batch, "--job", job.file().toString(), "--set", "source.id=tail")
                    .expect(1, "differs from the job of the batch in source.id");
            assertThat(out(
                            server,
                            "quarantine",
                            "redrive",
                            batch,
                            "--job",
                            job.file().toString(),
                            "--set",
                            "source.select.distance=CAST(replace(distance, ' km', '') AS INTEGER)",
                            "--reason",
                            "kilometres"))
                    .contains("150 rows added. Batch %s has 2,850 predictions now, and 150 quarantined rows."
                            .formatted(batch));
            assertThat(seen(batch, "part-*.parquet")).isEqualTo("2850 2850");
            assertThat(seen(batch, "_quarantine-*.parquet")).isEqualTo("150 150");
            assertThat(out(server, "quarantine", "list", batch)).contains("has 150 quarantined rows", "n/a");
            assertThat(out(server, "batch", "show", batch)).contains("2,850", "150 rows added");
            server.terminate();
            assertThat(out(server, "batch", "verify", batch))
                    .contains("1, with 150 rows that were quarantined before; 150 rows are still quarantined")
                    .contains("Verified: %s is complete. Each of its 3,000 input rows is in the output once"
                            .formatted(batch));

            server.restart(configuration());
            job.write("SELECT * FROM (%s) WHERE flight <> 'r23'".formatted(ROWS.formatted("'100'")));
            server.command("quarantine", "redrive", batch).expect(1, "are not in the input any more: r23");
            job.write("SELECT * FROM (%1$s) UNION ALL SELECT * FROM (%1$s) WHERE flight = 'r23'"
                    .formatted(ROWS.formatted("'100'")));
            server.command("quarantine", "redrive", batch)
                    .expect(1, "have a record ID that the input has more than once: r23");
            job.write(ROWS.formatted("CASE row_number() OVER () WHEN 3 THEN 'still n/a' ELSE '100' END"));
            int events = out(server, "batch", "events", batch).split("redrive begun", -1).length;
            CompletableFuture<CommandResult> redrive =
                    CompletableFuture.supplyAsync(() -> server.command("quarantine", "redrive", batch));
            await().atMost(PATIENCE)
                    .until(() -> redrive.isDone()
                            || out(server, "batch", "events", batch).split("redrive begun", -1).length > events);
            server.kill();
            server.restart(configuration());

            await().atMost(PATIENCE)
                    .until(() -> out(server, "batch", "show", batch).contains("supplement 2 by")
                            && out(server, "batch", "show", batch).contains("149 rows added"));
            assertThat(seen(batch, "part-*.parquet")).isEqualTo("2999 2999");
            assertThat(seen(batch, "_quarantine-*.parquet")).isEqualTo("1 1");
            await().atMost(PATIENCE).until(() -> !Files.exists(job.predictions().resolve(".staging/batch=" + batch)));
            server.terminate();
            assertThat(out(server, "batch", "verify", batch))
                    .contains("2, with 299 rows that were quarantined before; 1 rows are still quarantined")
                    .contains("Verified without the input: %s is complete".formatted(batch));
        }
    }
}
