package io.nightshift.system.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.cli.Main;
import io.nightshift.system.run.InProcess;
import io.nightshift.system.serve.HomeServer;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.Nightly;
import io.nightshift.testing.database.PostgresServer;
import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// One job writes Parquet files, CSV files and a table of a real PostgreSQL.
@Timeout(600)
final class SeveralDestinationsIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /// Two distances are no numbers, and one can be repaired.
    private static final String ROWS = """
            SELECT * REPLACE (CASE row_number() OVER () WHEN 3 THEN 'n/a' WHEN 1203 THEN '12 km'
            ELSE CAST(distance AS VARCHAR) END AS distance), 'r' || row_number() OVER () AS flight FROM flights LIMIT 3000\
            """;

    /// Makes PostgreSQL refuse each publication, as a server that is shutting down does.
    private static final String REFUSE = """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF NEW.published_at IS NOT NULL AND OLD.published_at IS NULL THEN
                    RAISE EXCEPTION 'in the way' USING ERRCODE = '57P01';
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER refuse BEFORE UPDATE ON nightshift_batches FOR EACH ROW EXECUTE FUNCTION refuse()
            """;

    private static PostgresServer server;

    @TempDir
    private Path folder;

    @BeforeAll
    static void startServer() throws IOException {
        server = PostgresServer.start();
    }

    @AfterAll
    static void stopServer() throws IOException {
        server.close();
    }

    private PostgresJob job() throws IOException, SQLException {
        FlightsJob flights = FlightsJob.on(folder, ROWS);
        flights.edit("  select:\n", "  id: flight\n  select:\n    distance: CAST(distance AS INTEGER)\n");
        flights.edit("rows: 25000", "rows: 1000");
        flights.edit(
                "  parquet: predictions",
                "  several: [{parquet: predictions}, {csv: {folder: partners, compression: none}}, {postgres: {data-source: db, table: delays}}]");
        String database = server.create();
        Files.createDirectories(flights.home());
        server.configure(flights.home().resolve("nightshift.conf"), database);
        return new PostgresJob(flights, server, database);
    }

    /// Rows, different flights, and quarantined rows of a batch at each destination; nothing where there is none.
    private List<String> seen(PostgresJob job, String batch) throws SQLException {
        return List.of(
                seenInFiles("predictions/batch=" + batch, "parquet"),
                seenInFiles("partners/batch=" + batch, "csv"),
                job.row("SELECT to_regclass('delays') IS NOT NULL").equals("t")
                        ? job.row("""
                                SELECT count(*) || ' ' || count(DISTINCT record_id) || ' ' || (SELECT count(*) FROM delays_quarantine
                                WHERE batch_id = '%1$s') FROM delays WHERE batch_id = '%1$s'
                                """.formatted(batch))
                        : "0 0 0");
    }

    private String seenInFiles(String place, String format) throws SQLException {
        Path published = folder.resolve(place);
        if (!Files.exists(published)) {
            return "0 0 0";
        }
        String bad = Stream.of(Objects.requireNonNull(published.toFile().list()))
                        .anyMatch(name -> name.startsWith("_quarantine"))
                ? "(SELECT count(*) FROM read_%1$s('%2$s/_quarantine-*.%1$s'))".formatted(format, published)
                : "0";
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT count(*) || ' ' || count(DISTINCT record_id) || ' ' || %3$s FROM read_%1$s('%2$s/part-*.%1$s')"
                                .formatted(format, published, bad))) {
            row.next();
            return row.getString(1);
        }
    }

    private static CommandResult command(PostgresJob job, String... words) {
        String[] all = Stream.concat(
                        Stream.of(words),
                        Stream.of("--home", job.flights().home().toString()))
                .toArray(String[]::new);
        return CommandResult.of(Main.commandLine(all), all);
    }

    private String verify(PostgresJob job, int status) {
        return command(job, "batch", "verify", "latest").expect(status).out();
    }

    @Test
    void allHaveTheSameRowsAndADamagedRowAtAnyOfThemIsFound() throws Exception {
        PostgresJob job = job();

        JsonNode result = job.runs().expect(0).json();

        String batch = result.get("batch").textValue();
        assertThat(result.get("destination").textValue()).endsWith("/predictions/batch=" + batch);
        assertThat(result.get("other_destinations"))
                .extracting(JsonNode::textValue)
                .containsExactly(
                        folder.resolve("partners/batch=" + batch).toString(), "table delays in data source db");
        assertThat(seen(job, batch)).containsOnly("2998 2998 2");
        assertThat(command(job, "batch", "show", "latest").expect(0).out())
                .contains("/predictions/batch=" + batch, "/partners/batch=" + batch, "table delays in data source db");
        assertThat(InProcess.run(Stream.of(job.arguments())
                                .filter(word -> !word.equals("-o") && !word.equals("json"))
                                .toArray(String[]::new))
                        .expect(0)
                        .out())
                .contains("Nothing to do", "/partners/batch=" + batch + ", table delays in data source db.");
        assertThat(verify(job, 0)).contains("is complete");

        Path part = folder.resolve("partners/batch=" + batch).resolve("part-000001.csv");
        Path kept = Files.copy(part, folder.resolve("kept.csv"));
        Files.writeString(part, Files.readString(part).replaceFirst("r1500,", "r1,"));
        assertThat(verify(job, 1))
                .contains(
                        "✗ checksums  " + folder.resolve("partners") + ": ", "✗ ids        ids are in the output more")
                .doesNotContain("✗ checksums  table");
        Files.move(kept, part, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);

        String table = job.row("SELECT relname FROM pg_class WHERE relname ~ '^delays_[0-9a-f]{16}$'");
        server.execute(job.database(), "UPDATE %s SET probability = 0.5 WHERE record_id = 'r1500'".formatted(table));
        assertThat(verify(job, 1)).contains("✗ checksums  table delays in data source db: ");

        server.execute(job.database(), "UPDATE nightshift_batches SET manifest = replace(manifest, '3000', '3001')");
        assertThat(verify(job, 1)).contains("✗ manifest   table delays in data source db: _manifest.json was changed");
    }

    @Test
    void aKillBetweenTwoPublicationsIsFinishedByTheNextRun() throws Exception {
        PostgresJob job = job();
        job.runs().expect(0);
        server.execute(job.database(), REFUSE);
        Path first = job.flights().published().getFirst();
        try (ProgramProcess program = job.starts("--new")) {
            await().atMost(PATIENCE).until(() -> {
                assertThat(program.isAlive()).as(program.err()).isTrue();
                return Stream.of(Objects.requireNonNull(
                                        folder.resolve("partners").toFile().list()))
                                .filter(name -> name.startsWith("batch="))
                                .count()
                        == 2;
            });
            program.kill();
            program.end();
        }
        String batch = job.flights().published().stream()
                .filter(published -> !published.equals(first))
                .map(published -> String.valueOf(published.getFileName()).replace("batch=", ""))
                .findFirst()
                .orElseThrow();
        assertThat(seen(job, batch)).containsExactly("2998 2998 2", "2998 2998 2", "0 0 0");

        server.execute(job.database(), "DROP FUNCTION refuse CASCADE");
        JsonNode result = job.runs().expect(0).json();

        assertThat(result.get("batch").textValue()).isEqualTo(batch);
        assertThat(result.get("rows_this_run").longValue()).isZero();
        assertThat(seen(job, batch)).containsOnly("2998 2998 2");
        assertThat(verify(job, 0)).contains("is complete");
        assertThat(folder.resolve("predictions/.staging")).doesNotExist();
    }

    @Nightly(
            shortForm = {
                "CancelledWhilePublishing.aPublicationThatCannotBeFencedContinues",
                "SeveralFoldersIT.aSupplementThatWasCutShortBetweenTwoIsFinished",
                "SeveralDestinationsIT.aKillBetweenTwoPublicationsIsFinishedByTheNextRun"
            })
    @Test
    void aCancellationBetweenTwoIsRefusedAndARedriveAddsRowsAtAll() throws Exception {
        PostgresJob job = job();
        job.runs().expect(0);
        server.execute(job.database(), REFUSE);
        String config = job.flights().home().resolve("nightshift.conf").toString();
        try (HomeServer node = new HomeServer(folder, "--config", config)) {
            String file = job.flights().file().toString();
            node.command("batch", "submit", file, "--new").expect(0);
            await().atMost(PATIENCE)
                    .until(() -> Stream.of(Objects.requireNonNull(
                                            folder.resolve("partners").toFile().list()))
                                    .filter(name -> name.startsWith("batch="))
                                    .count()
                            == 2);

            node.command("batch", "cancel", "latest").expect(1, "The publication continues");
            server.execute(job.database(), "DROP FUNCTION refuse CASCADE");

            await().atMost(PATIENCE)
                    .until(() -> node.command("batch", "show", "latest").out().contains("published"));
            String batch = job.row(
                    "SELECT batch_id FROM nightshift_batches WHERE published_at IS NOT NULL ORDER BY published_at DESC LIMIT 1");
            assertThat(seen(job, batch)).containsOnly("2998 2998 2");
            String fix = "source.select.distance=CAST(replace(distance, ' km', '') AS INTEGER)";
            assertThat(node.command("quarantine", "redrive", batch, "--job", file, "--set", fix, "--reason", "fixed")
                            .expect(0)
                            .out())
                    .contains("1 rows added");
            assertThat(seen(job, batch)).containsOnly("2999 2999 1");
            node.terminate();
            assertThat(verify(job, 0)).contains("is complete");
            node.command("batch", "rescore", batch, "--model", "flights@1").expect(2);
        }
    }
}
