package io.nightshift.system.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.cli.Main;
import io.nightshift.system.run.InProcess;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.Nightly;
import io.nightshift.testing.database.DatabaseProxy;
import io.nightshift.testing.database.PostgresServer;
import io.nightshift.testing.gate.ScoringGate;
import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs of the program with a destination in PostgreSQL.
final class PostgresRunIT {

    private static final String FEW = "FROM flights LIMIT 4000";
    private static final Pattern COMMITTED = Pattern.compile(" committed");

    private static PostgresServer server;

    /// After this many, the waits between the attempts to connect have reached their maximum.
    private static final int REFUSED_CONNECTIONS = 12;

    /// The duration of the fault. A process that SIGSTOP has stopped offers no condition to wait for.
    private static final Duration FREEZE = Duration.ofSeconds(12);

    @TempDir
    Path folder;

    @BeforeAll
    static void startServer() throws IOException {
        server = PostgresServer.start();
    }

    @AfterAll
    static void stopServer() throws IOException {
        server.close();
    }

    private static CommandResult verify(PostgresJob job) {
        return CommandResult.of(
                Main.commandLine(),
                "batch",
                "verify",
                "latest",
                "--home",
                job.flights().home().toString());
    }

    @Test
    void theTableHoldsWhatTheFilesWouldHold() throws Exception {
        PostgresJob job = PostgresJob.on(folder.resolve("a"), server, "FROM flights LIMIT 20000");
        FlightsJob files = FlightsJob.in(folder.resolve("b"));
        files.edit(
                "parquet: " + FlightsJob.example().resolve("flights.parquet"),
                "parquet: " + job.flights().input());

        CommandResult end = job.runs("--set", "partitions.rows=3000").expect(0);
        InProcess.run(files, "--set", "partitions.rows=7000").expect(0);

        assertThat(end.json().get("predictions").asInt()).isEqualTo(20_000);
        assertThat(end.json().get("destination").asText()).isEqualTo("table flights in data source db");
        String columns =
                "record_file, record_row, prediction, probability, origin, destination, date, model_name, model_version";
        try (Connection duckDb = DriverManager.getConnection("jdbc:duckdb:");
                Statement left = duckDb.createStatement();
                ResultSet expected =
                        left.executeQuery("SELECT %s FROM read_parquet('%s/batch=*/part-*.parquet') ORDER BY record_row"
                                .formatted(columns, files.predictions()));
                Connection postgres = server.connect(job.database());
                Statement right = postgres.createStatement();
                ResultSet found = right.executeQuery("SELECT %s FROM flights ORDER BY record_row".formatted(columns))) {
            int rows = 0;
            while (expected.next()) {
                assertThat(found.next()).isTrue();
                for (int column = 1; column <= 9; column++) {
                    String shown = expected.getMetaData().getColumnName(column) + " of row " + rows;
                    if (column == 4) {
                        assertThat(found.getDouble(column)).as(shown).isEqualTo(expected.getDouble(column));
                    } else {
                        assertThat(found.getObject(column).toString())
                                .as(shown)
                                .isEqualTo(expected.getObject(column).toString());
                    }
                }
                rows++;
            }
            assertThat(rows).isEqualTo(20_000);
            assertThat(found.next()).isFalse();
        }
        assertThat(verify(job).expect(0).out()).contains("Verified: ", "shows flights-", "with 3 indexes");
        assertThat(job.leftovers()).isEmpty();
        assertThat(job.rows("SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'flights\\_%' ORDER BY indexname"))
                .hasSize(3)
                .anyMatch(index -> index.contains("(origin, destination)"))
                .anyMatch(index -> index.contains("(date)"))
                .anyMatch(index -> index.contains("UNIQUE") && index.contains("(record_row, record_file)"));
    }

    @Test
    void aProfileCountsSendingAsWritingAndASummaryHasTheQuery() throws Exception {
        PostgresJob job = PostgresJob.on(folder, server, "FROM flights LIMIT 60000");

        JsonNode profile = job.runs("--profile", "--set", "partitions.rows=10000")
                .expect(0)
                .json()
                .get("profile");

        JsonNode threads = profile.get("threads");
        for (String step : List.of("prepare", "features", "score", "write", "seal", "rest")) {
            assertThat(threads.get(step).asDouble())
                    .as("%s of %s", step, profile)
                    .isPositive();
        }
        double steps = 0;
        for (String step : List.of("prepare", "read", "features", "score", "write", "seal", "rest", "idle")) {
            assertThat(threads.get(step).asDouble())
                    .as("%s of %s", step, profile)
                    .isNotNegative();
            steps += threads.get(step).asDouble();
        }
        double scoring =
                profile.get("first_row").asDouble() + profile.get("score").asDouble();
        assertThat(threads.get("count").asInt()).isEqualTo(2);
        assertThat(steps).as("seconds of %s", profile).isCloseTo(2 * scoring, within(0.02));

        CommandResult again = InProcess.run(
                        "run",
                        job.flights().file().toString(),
                        "--home",
                        job.flights().home().toString(),
                        "--new",
                        "--profile")
                .expect(0);
        assertThat(again.out())
                .contains("where the time went")
                .containsPattern("publishing +[0-9.]+ +[0-9.]+")
                .containsPattern("what the \\d+ scoring threads did")
                .containsPattern("write +[0-9.]+ +[0-9.]+")
                .contains("predictions  table flights in data source db")
                .containsPattern(
                        "query them   psql -c 'SELECT prediction, count\\(\\*\\) FROM \"flights\" WHERE batch_id = ");
        assertThat(CommandResult.of(
                                Main.commandLine(),
                                "plan",
                                job.flights().file().toString(),
                                "--home",
                                job.flights().home().toString())
                        .expect(0)
                        .out())
                .contains("writing to table flights in data source db");
    }

    @Test
    void quarantinedRowsAreVerifiedToo() throws Exception {
        PostgresJob job = PostgresJob.on(
                folder,
                server,
                "SELECT * REPLACE (CASE WHEN rowid % 1000 = 7 THEN 'XX' ELSE origin END AS origin) FROM (SELECT *, row_number() OVER () AS rowid FROM flights LIMIT 9000)");
        job.flights()
                .edit(
                        "    month: month(date)",
                        "    month: CAST(CASE origin WHEN 'XX' THEN origin ELSE '1' END AS INTEGER)");
        CommandResult end = job.runs("--set", "errors.max-rate=0.01", "--set", "partitions.rows=3000")
                .expect(0);
        assertThat(end.json().get("quarantined").asInt()).isEqualTo(9);
        assertThat(job.row("SELECT count(*) || ' ' || count(DISTINCT record_row) FROM flights"))
                .isEqualTo("8991 8991");
        assertThat(job.row("SELECT count(*) || ' ' || min(values->>'origin') FROM flights_quarantine"))
                .isEqualTo("9 XX");
        assertThat(verify(job).expect(0).out()).contains("8,991 predictions and 9 quarantined rows");
        assertThat(job.row("SELECT DISTINCT value || ': ' || message FROM flights_quarantine"))
                .startsWith("XX: Conversion Error: Could not convert string 'XX' to INT32");
        JsonNode published = quarantine(job, "latest");
        assertThat(published.at("/places/0").asText()).contains("flights_");
        assertThat(published.at("/reasons/0/rows").asInt()).isEqualTo(9);

        String failed = job.runs("--set", "errors.max-rows=0", "--set", "partitions.rows=3000", "--new")
                .expect(1, "quarantine list flights-")
                .json()
                .get("batch")
                .asText();
        JsonNode staged = quarantine(job, failed);
        assertThat(staged.get("state").asText()).isEqualTo("failed");
        assertThat(staged.at("/places/0").asText()).contains("nightshift_staging_");
        job.runs("--set", "errors.max-rate=0.01", "--set", "partitions.rows=3000", "--new")
                .expect(0);
        JsonNode kept = quarantine(job, failed);
        assertThat(kept.get("state").asText()).isEqualTo("cancelled");
        assertThat(kept.at("/places/0").asText()).contains("nightshift_quarantine_");
        assertThat(kept.at("/reasons")).isEqualTo(staged.at("/reasons"));
        assertThat(job.leftovers()).isEmpty();
    }

    private static JsonNode quarantine(PostgresJob job, String batch) {
        return CommandResult.of(
                        Main.commandLine("quarantine"),
                        "quarantine",
                        "list",
                        batch,
                        "--home",
                        job.flights().home().toString(),
                        "-o",
                        "json")
                .expect(0)
                .json();
    }

    @Test
    void aSourceWithoutRowsIsAnEmptyBatchOfTheTable() throws Exception {
        PostgresJob job = PostgresJob.on(folder, server, "FROM flights LIMIT 0");
        assertThat(job.runs().expect(0).json().get("predictions").asInt()).isZero();
        assertThat(job.row("SELECT count(*) FROM flights")).isEqualTo("0");
        verify(job).expect(0);
    }

    @Test
    void aLaterBatchKeepsTheEarlierAndMayHaveMoreColumns() throws Exception {
        PostgresJob job = PostgresJob.on(folder, server, FEW);
        job.runs().expect(0);
        job.runs(
                        "--set",
                        "output.columns=[origin, destination, date, distance]",
                        "--set",
                        "destination.postgres.indexes=[[distance]]")
                .expect(0);
        assertThat(job.row("SELECT count(*) || ' ' || count(distance) FROM flights"))
                .isEqualTo("8000 4000");
        assertThat(job.row("SELECT count(*) || ' ' || count(distance) FROM flights_latest"))
                .isEqualTo("4000 4000");
        verify(job).expect(0);
        job.runs("--set", "output.columns=[]", "--set", "destination.postgres.indexes=[]", "--new")
                .expect(2, "distance is removed", "write destination.schema: new");
        job.runs(
                        "--set",
                        "output.columns=[]",
                        "--set",
                        "destination.postgres.indexes=[]",
                        "--set",
                        "destination.schema=new",
                        "--new")
                .expect(0);
        assertThat(job.row("SELECT count(*) || ' ' || count(distance) FROM flights"))
                .isEqualTo("12000 4000");
        verify(job).expect(0);
    }

    @Test
    void repeatedIdsFailTheBatchByName() throws Exception {
        PostgresJob job =
                PostgresJob.on(folder, server, "SELECT *, row_number() OVER () % 3990 AS k FROM flights LIMIT 4000");
        job.runs("--set", "source.id=k")
                .expect(1, "the column k is not unique, and a table has a row for each id once: 1 × 2, 2 × 2, 3 × 2");
        assertThat(job.row("SELECT count(*) FROM flights")).isEqualTo("0");
        job.runs(
                        "--new",
                        "--set",
                        "source.select.k2=distance",
                        "--set",
                        "output.columns=[]",
                        "--set",
                        "destination.postgres.indexes=[]")
                .expect(0);
        assertThat(job.leftovers()).as("what the given-up batch had staged").isEmpty();
        assertThat(job.row("SELECT count(*) FROM nightshift_batches")).isEqualTo("1");
    }

    @Test
    void aChangedRowAndAMissingOneAreFound() throws Exception {
        PostgresJob job = PostgresJob.on(folder, server, FEW);
        job.runs("--set", "partitions.rows=1000").expect(0);
        String table =
                job.row("SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'flights_batches'::regclass");
        server.execute(job.database(), "UPDATE %s SET probability = 0.5 WHERE record_row = 2500".formatted(table));
        assertThat(verify(job).expect(1).out())
                .contains("predictions of partition 2 were changed", "checksums")
                .contains("the input is as it was");
        server.execute(job.database(), "DELETE FROM %s WHERE record_row = 100".formatted(table));
        assertThat(verify(job).expect(1).out())
                .contains("partition 0 has 999 predictions, the ledger says 1,000")
                .contains("partition 0: the ids in its output are not those of rows 0 to 999");
        server.execute(job.database(), "ALTER TABLE flights_batches DETACH PARTITION " + table);
        assertThat(verify(job).expect(1).out()).contains("is not a partition of");
    }

    // Refusals.

    @Test
    void aDataSourceThatIsNotThereIsRefusedAtOnce() throws Exception {
        PostgresJob job = PostgresJob.on(folder, server, FEW);
        job.runs("--set", "destination.postgres.data-source=dbb")
                .expect(2, "there is no data source \"dbb\"; did you mean \"db\"?");
        job.runs("--set", "destination.postgres.table=no_schema.flights").expect(2, "there is no schema no_schema");
        job.runs("--set", "destination.postgres.indexes=[[orgin]]")
                .expect(2, "the output has no column orgin; did you mean origin?");
        Files.delete(job.flights().home().resolve("nightshift.conf"));
        job.runs().expect(2, "there is no data source \"db\"", "nightshift.data-sources");
    }

    @Test
    void tablesOfOthersAreRefusedBeforeABatchBegins() throws Exception {
        PostgresJob job = PostgresJob.on(folder, server, FEW);
        server.execute(job.database(), "CREATE TABLE flights_latest (mine text)");
        job.runs().expect(2, "\"flights_latest\" exists, and Nightshift did not create it");
        server.execute(job.database(), "DROP TABLE flights_latest");
        job.runs().expect(0);
        job.flights().write("SELECT * REPLACE (date::DATE AS date) FROM (" + FEW + ")");
        job.runs()
                .expect(
                        2,
                        "the column date of \"flights_batches\" is timestamp without time zone, but the job's is date");
    }

    @Test
    void withoutTheRightsNoBatchIsOpenedAndTheReasonIsNamed() throws Exception {
        PostgresJob job = PostgresJob.on(folder, server, FEW);
        server.execute(job.database(), "CREATE ROLE nobody LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC");
        Path configuration = job.flights().home().resolve("nightshift.conf");
        Files.writeString(configuration, Files.readString(configuration).replace("user = postgres", "user = nobody"));
        job.runs()
                .expect(
                        2,
                        "can't be written: permission denied for schema \"public\"",
                        "GRANT USAGE, CREATE ON SCHEMA \"public\" TO \"nobody\"");
    }

    @Test
    void namesAreQuotedEverywhere() throws Exception {
        PostgresJob job = PostgresJob.on(folder, server, FEW);
        server.execute(job.database(), "CREATE SCHEMA \"My'Schema; --\"");
        job.flights()
                .edit(
                        "table: flights, indexes: [[origin, destination], [date]]",
                        "table: \"My'Schema; --.It's; DROP TABLE x\", indexes: [['a\"b''; c', prediction]]");
        job.flights().edit("    month: month(date)", "    month: month(date)\n    'a\"b''; c': distance");
        job.flights().edit("columns: [origin, destination, date]", "columns: ['a\"b''; c']");
        job.runs("--set", "partitions.rows=1000").expect(0);
        assertThat(
                        job.row(
                                "SELECT count(*) || ' ' || count(\"a\"\"b'; c\") FROM \"My'Schema; --\".\"It's; DROP TABLE x_latest\""))
                .isEqualTo("4000 4000");
        verify(job).expect(0);
    }

    // Failures.

    @Test
    @Nightly(shortForm = "OutageIT.aDatabaseThatIsAwayIsWaitedForInEveryStep")
    void aDatabaseThatIsDownForAWhileIsWaitedFor() throws Exception {
        PostgresJob job = PostgresJob.on(folder, server, "FROM flights LIMIT 60000");
        ScoringGate gate = ScoringGate.closed(folder.resolve("gate"));
        gate.admit(4);
        try (DatabaseProxy proxy = new DatabaseProxy(server.port())) {
            PostgresServer.configure(job.flights().home().resolve("nightshift.conf"), job.database(), proxy.port());
            try (ProgramProcess program = job.starts(gate, "--set", "partitions.rows=2000")) {
                assertThat(program.awaitLog(job.flights().log(), COMMITTED, 4)).isTrue();
                gate.awaitWaiting(2);
                proxy.goDown();
                gate.open();
                await().atMost(Duration.ofMinutes(2)).until(() -> proxy.refused() >= REFUSED_CONNECTIONS);
                assertThat(program.isAlive()).isTrue();
                proxy.goUp();
                program.end().expect(0);
            }
        }
        server.configure(job.flights().home().resolve("nightshift.conf"), job.database());
        assertThat(job.row("SELECT count(*) || ' ' || count(DISTINCT record_row) FROM flights"))
                .isEqualTo("60000 60000");
        verify(job).expect(0);
    }

    @Test
    void aFrozenProcessThatWakesUpContinues() throws Exception {
        PostgresJob job = PostgresJob.on(folder, server, "FROM flights LIMIT 60000");
        ScoringGate gate = ScoringGate.closed(folder.resolve("gate"));
        gate.admit(5);
        try (ProgramProcess program = job.starts(gate, "--set", "partitions.rows=2000")) {
            assertThat(program.awaitLog(job.flights().log(), COMMITTED, 5)).isTrue();
            gate.awaitWaiting(2);
            program.signal("STOP");
            LockSupport.parkNanos(FREEZE.toNanos());
            program.signal("CONT");
            gate.open();
            program.end().expect(0);
        }
        assertThat(job.row("SELECT count(*) || ' ' || count(DISTINCT record_row) FROM flights"))
                .isEqualTo("60000 60000");
        verify(job).expect(0);
    }

    @Test
    void noMessageAndNoLogHoldsASecret() throws Exception {
        PostgresJob job = PostgresJob.on(folder, server, FEW);
        Path configuration = job.flights().home().resolve("nightshift.conf");
        Files.writeString(
                configuration,
                Files.readString(configuration).replace("user = postgres", "user = postgres, password = hushhush"));
        CommandResult end =
                ProgramProcess.run(job.flights().folder(), job.arguments()).expect(0);
        assertThat(end.out() + end.err() + Files.readString(job.flights().log()))
                .doesNotContain("hushhush");
        assertThat(List.of(CommandResult.of(
                                Main.commandLine(),
                                "batch",
                                "events",
                                "latest",
                                "-o",
                                "json",
                                "--home",
                                job.flights().home().toString())
                        .out()))
                .allSatisfy(text -> assertThat(text).doesNotContain("hushhush", "jdbc:"));
    }
}
