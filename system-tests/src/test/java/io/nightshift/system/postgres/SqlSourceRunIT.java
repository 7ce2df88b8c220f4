package io.nightshift.system.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.system.run.InProcess;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.database.MariadbServer;
import io.nightshift.testing.database.PostgresServer;
import io.nightshift.testing.gate.ScoringGate;
import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;

/// Runs of the program over tables of databases, on real servers.
final class SqlSourceRunIT {

    private static final int ROWS = 30_000;
    /// So many that a kill in the middle comes before the end, also where this process is held up.
    private static final String MANY_PARTITIONS = "partitions.rows=1000";

    private static final Pattern COMMITTED = Pattern.compile(" committed");

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

    /// The example's flights with a number each, as a table.
    private static String flights(Path scratch) throws SQLException, IOException {
        String database = server.create();
        Path csv = scratch.resolve("flights.csv");
        copy(csv);
        try (Connection connection = server.connect(database);
                Statement statement = connection.createStatement();
                var in = Files.newInputStream(csv)) {
            statement.execute(
                    "CREATE TABLE flights (id bigint PRIMARY KEY, date timestamp, distance int, origin text, destination text)");
            connection
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn("COPY flights FROM STDIN (FORMAT csv, HEADER)", in);
            statement.execute("ANALYZE flights");
        }
        return database;
    }

    private static void copy(Path csv) throws SQLException {
        try (Connection duckDb = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = duckDb.createStatement()) {
            statement.execute(
                    "COPY (SELECT row_number() OVER () AS id, date, distance, origin, destination FROM (FROM '%s' LIMIT %d)) TO '%s' (FORMAT csv, HEADER)"
                            .formatted(FlightsJob.example().resolve("flights.parquet"), ROWS, csv));
        }
    }

    /// The example's job over another source.
    ///
    /// @param configuration of the data source `db`
    private static FlightsJob job(Path folder, String source, String destination, String configuration)
            throws IOException {
        FlightsJob job = FlightsJob.in(folder);
        job.edit("parquet: " + FlightsJob.example().resolve("flights.parquet"), source + "\n  id: id");
        job.edit("  parquet: predictions", "  " + destination);
        Files.createDirectories(job.home());
        Files.writeString(job.home().resolve("nightshift.conf"), configuration);
        return job;
    }

    private static String configuration(String database) {
        return "nightshift.data-sources.db { url = \"%s\", user = %s, max-connections = 2 }"
                .formatted(server.url(database), PostgresServer.OWNER);
    }

    private static CommandResult verify(FlightsJob job) throws IOException, InterruptedException {
        return InProcess.run("batch", "verify", "latest", "--home", job.home().toString());
    }

    /// What the same rows give that come from a file.
    private String expected() throws IOException, SQLException, InterruptedException {
        FlightsJob job = FlightsJob.in(folder.resolve("expected"));
        Path csv = job.folder().resolve("flights.csv");
        copy(csv);
        try (Connection duckDb = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = duckDb.createStatement()) {
            statement.execute("COPY (FROM '%s') TO '%s' (FORMAT parquet)".formatted(csv, job.input()));
        }
        job.edit(
                "parquet: " + FlightsJob.example().resolve("flights.parquet"),
                "parquet: " + job.input() + "\n  id: id");
        InProcess.run(job).expect(0);
        return digest(job);
    }

    private static String digest(FlightsJob job) throws SQLException {
        try (Connection duckDb = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = duckDb.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT count(*) || ' ' || sum(record_id) || ' ' || round(sum(probability * (record_id %% 101)), 6) FROM read_parquet('%s/batch=*/part-*.parquet')"
                                .formatted(job.predictions()))) {
            row.next();
            return row.getString(1);
        }
    }

    /// Writes a job file for a table.
    private static CommandResult init(FlightsJob job, String data) {
        return InProcess.run(
                "init",
                "--data",
                data,
                "--model",
                FlightsJob.example().resolve("flights.ubj").toString(),
                "--file",
                job.folder().resolve("new.yaml").toString(),
                "--force",
                "--home",
                job.home().toString());
    }

    @Test
    void fromPostgresqlToPostgresqlAndFromMariadbToMariadb() throws Exception {
        String expected = expected();
        String database = flights(folder);
        FlightsJob job = job(
                folder.resolve("postgres"),
                "postgres: {data-source: db, table: flights}",
                "postgres: {data-source: db, table: scores}",
                configuration(database));

        assertThat(init(job, "postgres:db/flights").expect(1).out())
                .contains("table flights in data source db: 30,000 rows, 5 columns")
                .contains("id (distinct in the first 30,000 rows)")
                .containsPattern("hour +none: there is no column of this name. Maybe hour\\(date\\)");
        assertThat(Files.readString(job.folder().resolve("new.yaml")))
                .contains("  postgres:\n    data-source: db\n    table: flights\n");
        assertThat(init(job, "postgres:db/fligths").expect(2).err()).contains("did you mean");
        CommandResult plan = InProcess.run(
                        "plan", job.file().toString(), "--home", job.home().toString(), "--set", "partitions.rows=5000")
                .expect(0);
        assertThat(plan.out())
                .contains("table flights in data source db")
                .containsPattern(
                        "  source      table public.flights in data source db: [0-9]+ ranges of pages, one snapshot for the whole batch")
                .contains("  pushed down the columns that the job uses");
        CommandResult end = InProcess.run(job, "--set", "partitions.rows=5000").expect(0);
        assertThat(end.json().get("predictions").asInt()).isEqualTo(ROWS);
        assertThat(
                        server.row(
                                database,
                                "SELECT count(*) || ' ' || sum(record_id) || ' ' || trim_scale(round(sum(probability * (record_id % 101))::numeric, 6)) FROM scores"))
                .isEqualTo(expected);
        assertThat(verify(job).expect(0).out()).contains("each of the 30,000 rows read from it is in the output once");
        // The server may take a moment to notice that a connection is closed.
        await().atMost(Duration.ofMinutes(2))
                .untilAsserted(() -> assertThat(server.rows(
                                database, "SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction'"))
                        .isEmpty());

        MariadbServer mariadb = MariadbServer.shared();
        String shop = mariadb.create();
        copyToMariadb(mariadb, shop, database);
        FlightsJob other = job(
                folder.resolve("mariadb"),
                "mariadb: {data-source: db, table: flights}",
                "mariadb: {data-source: db, table: scores, indexes: [[probability]]}",
                "nightshift.data-sources.db { url = \"%s\", user = %2$s, password = %2$s }"
                        .formatted(mariadb.url(shop), MariadbServer.OWNER));
        assertThat(init(other, "mysql:db/flights").expect(1).out())
                .contains("table flights in data source db: 30,000 rows, 5 columns")
                .contains("id (distinct in the first 30,000 rows)");
        InProcess.run(other, "--set", "partitions.rows=5000").expect(0);
        assertThat(
                        row(
                                mariadb,
                                shop,
                                "SELECT concat(count(*), ' ', sum(record_id), ' ', TRIM(TRAILING '0' FROM round(sum(probability * (record_id % 101)), 6))) FROM scores"))
                .isEqualTo(expected);
        assertThat(verify(other).expect(0).out())
                .contains("each of the 30,000 rows read from it is in the output once");

        assertThat(InProcess.run("doctor", "--home", other.home().toString()).out())
                .contains("data source db", "MariaDB or MySQL 11.4");

        mariadb.execute(
                shop,
                "CREATE TABLE airports (origin varchar(3) PRIMARY KEY, region varchar(4)) SELECT DISTINCT origin, concat('r', origin) AS region FROM flights");
        InProcess.run(
                        other,
                        "--set",
                        "job=joined",
                        "--set",
                        "source.join=[{mariadb: {data-source: db, table: airports}, on: origin, columns: [region]}]",
                        "--set",
                        "source.select.share=if(id = 7, 'nan'::DOUBLE, 0.5)",
                        "--set",
                        "output.columns=[origin, region, share]",
                        "--set",
                        "errors.max-rate=0.01")
                .expect(0);
        assertThat(verify(other).expect(0).out())
                .contains("each of the 30,000 rows read from it is in the output once");
        assertThat(row(mariadb, shop, "SELECT count(*) FROM scores_latest WHERE region = concat('r', origin)"))
                .isEqualTo(String.valueOf(ROWS - 1));
        assertThat(row(mariadb, shop, "SELECT concat(record_id, ': ', reason) FROM scores_quarantine"))
                .isEqualTo("7: output column \"share\" is NaN or infinite, which the database can't store");
        assertThat(row(mariadb, shop, "SELECT concat(count(region), ' of ', count(*)) FROM scores"))
                .isEqualTo("%d of %d".formatted(ROWS - 1, 2 * ROWS - 1));
    }

    private static String row(MariadbServer mariadb, String database, String sql) throws SQLException {
        try (Connection connection = mariadb.connect(database);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    private static void copyToMariadb(MariadbServer mariadb, String shop, String database) throws SQLException {
        mariadb.execute(
                shop,
                "CREATE TABLE flights (id bigint PRIMARY KEY, date datetime, distance int, origin varchar(3), destination varchar(3))");
        try (Connection from = server.connect(database);
                Statement select = from.createStatement();
                ResultSet rows = select.executeQuery("SELECT * FROM flights");
                Connection to = mariadb.connect(shop);
                PreparedStatement insert = to.prepareStatement("INSERT INTO flights VALUES (?, ?, ?, ?, ?)")) {
            to.setAutoCommit(false);
            while (rows.next()) {
                for (int i = 1; i <= 5; i++) {
                    insert.setObject(i, i == 2 ? rows.getString(2) : rows.getObject(i));
                }
                insert.addBatch();
            }
            insert.executeBatch();
            to.commit();
        }
    }

    /// The coordinator's connection holds the snapshot, so it is gone when the program is killed.
    @Test
    void afterAKillOnlyUnchangedRowsAreReadAgain() throws Exception {
        String database = flights(folder);
        FlightsJob job = job(
                folder.resolve("a"),
                "postgres: {data-source: db, table: flights}",
                "parquet: predictions",
                configuration(database));
        kill(job);
        InProcess.run(job, "--set", MANY_PARTITIONS).expect(0);
        assertThat(digest(job)).startsWith(ROWS + " ");
        assertThat(verify(job).expect(0).out()).contains("each of the 30,000 rows read from it is in the output once");

        FlightsJob changed = job(
                folder.resolve("b"),
                "postgres: {data-source: db, table: flights}",
                "parquet: predictions",
                configuration(database));
        kill(changed);
        server.execute(database, "UPDATE flights SET distance = distance + 1");
        CommandResult resumed = InProcess.run(changed, "--set", MANY_PARTITIONS);
        if (resumed.status() != 0) {
            assertThat(resumed.err()).contains("changed");
            InProcess.run(changed, "--set", MANY_PARTITIONS, "--new").expect(0);
        }
        assertThat(changed.published()).hasSize(1);
        assertThat(digest(changed)).startsWith(ROWS + " ");
        assertThat(verify(changed).expect(0).out())
                .contains("each of the 30,000 rows read from it is in the output once");
    }

    @Test
    void anIncrementalJobReadsTheRowsThatAreNewOrChanged() throws Exception {
        String database = flights(folder);
        server.execute(
                database, "ALTER TABLE flights ADD updated_at timestamptz NOT NULL DEFAULT now() - interval '1 hour'");
        FlightsJob job = job(
                folder.resolve("increments"),
                "postgres: {data-source: db, table: flights}",
                "parquet: predictions",
                configuration(database));
        Files.writeString(
                job.file(), Files.readString(job.file()) + "\nincremental: {column: updated_at, lateness: 0s}\n");
        assertThat(predictions(job)).isEqualTo(ROWS);

        server.execute(database, "UPDATE flights SET distance = distance + 1, updated_at = now() WHERE id <= 70");
        server.execute(
                database,
                "INSERT INTO flights SELECT id + 1000000, date, distance, origin, destination, now() FROM flights WHERE id <= 8");
        server.execute(
                database, "UPDATE flights SET updated_at = now() + interval '1 day' WHERE id BETWEEN 100 AND 119");
        assertThat(predictions(job)).as("none of tomorrow").isEqualTo(78);
        assertThat(predictions(job)).isZero();
        assertThat(verify(job).expect(0).out())
                .contains("3 published batches of this source have read updated_at up to ")
                .contains(": each time in one batch");
        assertThat(predictions(job, "--full")).isEqualTo(ROWS + 8 - 20);
        try (Connection duckDb = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = duckDb.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT count(DISTINCT record_id) FROM read_parquet('%s/batch=*/part-*.parquet')"
                                .formatted(job.predictions()))) {
            row.next();
            assertThat(row.getInt(1)).isEqualTo(ROWS + 8);
        }
    }

    private static int predictions(FlightsJob job, String... options) throws Exception {
        return InProcess.run(job, options).expect(0).json().get("predictions").asInt();
    }

    private static void kill(FlightsJob job) throws IOException, InterruptedException {
        ScoringGate gate = ScoringGate.closed(job.folder().resolve("gate"));
        gate.admit(5);
        ProgramProcess process =
                ProgramProcess.start(job.folder(), gate, job.run("--set", MANY_PARTITIONS, "--threads", "1"));
        assertThat(process.awaitLog(job.log(), COMMITTED, 5)).isTrue();
        gate.awaitWaiting(1);
        process.kill();
        process.end();
    }
}
