package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.redis.RedisConnection;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.Nightly;
import io.nightshift.testing.database.MariadbServer;
import io.nightshift.testing.database.RedisServer;
import io.nightshift.testing.program.ProgramProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Protocol.Command;

/// Kills the program with SIGKILL while it writes to a server that is the only destination of its job, and starts
/// it again: while a partition is written, between two commits, and while the batch is published.
@Nightly(shortForm = {"PostgresCrashIT", "RedisHashesIT", "MariadbDestinationIT"})
final class KilledWriterIT {

    private static final int ROWS = 20_000;
    private static final int PARTITION = 2_000;

    private static final List<Kill> KILLS =
            List.of(new Kill(" leased to", 1), new Kill(" committed", 3), new Kill("is being published", 1));

    /// @param text of the lines of the log
    /// @param times the number of such lines after which the program is killed
    private record Kill(String text, int times) {}

    /// What readers see.
    @FunctionalInterface
    private interface Readers {
        /// @return the number of rows of the newest batch; 0 if there is none
        long rows() throws SQLException;
    }

    @TempDir
    private Path folder;

    /// @param destination as a job file has it
    /// @param settings of its data source
    private FlightsJob job(String destination, String settings) throws Exception {
        FlightsJob job =
                FlightsJob.on(folder.resolve("job"), "SELECT row_number() OVER () AS id, * FROM flights LIMIT " + ROWS);
        job.edit("parquet: " + job.input(), "parquet: " + job.input() + "\n  id: id");
        job.edit("  parquet: predictions", "  " + destination);
        job.edit("rows: 25000", "rows: " + PARTITION);
        Files.createDirectories(job.home());
        Files.writeString(job.home().resolve("nightshift.conf"), settings);
        return job;
    }

    /// After each kill, readers see nothing or all.
    private static void killAndFinish(FlightsJob job, Readers readers) throws Exception {
        for (Kill kill : KILLS) {
            try (ProgramProcess program = ProgramProcess.start(job.folder(), job.run())) {
                program.awaitLog(job.log(), Pattern.compile(kill.text()), kill.times());
                program.kill();
                program.end();
            }
            assertThat(readers.rows()).as("after %s", kill).isIn(0L, (long) ROWS);
        }
        InProcess.run(job).expect(0);
        assertThat(readers.rows()).isEqualTo(ROWS);
        assertThat(InProcess.run(
                                "batch",
                                "verify",
                                "latest",
                                "--home",
                                job.home().toString())
                        .expect(0)
                        .out())
                .contains("each of the 20,000 rows read from it is in the output once");
    }

    @Test
    void recordsInRedisAreWrittenOnce() throws Exception {
        String url = RedisServer.shared().create();
        FlightsJob job = job(
                "redis: {data-source: cache, name: delays, format: hash}",
                "nightshift.data-sources.cache { url = \"%s\" }".formatted(url));
        try (RedisConnection redis = RedisConnection.open(
                new DataSourceSettings("cache", url, null, null), "a test", Duration.ofMinutes(1), () -> false)) {
            killAndFinish(job, () -> {
                String newest = redis.text(Command.GET, "delays:latest");
                return newest == null
                        ? 0
                        : redis.texts(Command.KEYS, newest + ":*").size();
            });
            assertThat(redis.text(Command.GET, "delays:latest")).isEqualTo("delays:1");
            assertThat(redis.texts(Command.KEYS, "nightshift:delays:1:staged:*"))
                    .isEmpty();
            redis.call(Command.FLUSHDB);
        }
    }

    @Test
    void rowsInMariadbAreWrittenOnce() throws Exception {
        MariadbServer server = MariadbServer.shared();
        String database = server.create();
        FlightsJob job = job(
                "mariadb: {data-source: db, table: delays}",
                "nightshift.data-sources.db { url = \"%s\", user = %s, password = %s }"
                        .formatted(server.url(database), MariadbServer.OWNER, MariadbServer.OWNER));
        try (Connection connection = server.connect(database)) {
            killAndFinish(
                    job,
                    () -> has(connection, "delays")
                            ? count(connection, "SELECT count(DISTINCT record_id) FROM delays")
                            : 0);
            assertThat(count(connection, "SELECT count(*) FROM delays_batches")).isEqualTo(ROWS);
        }
        server.execute("mysql", "DROP DATABASE " + database);
    }

    private static boolean has(Connection connection, String table) throws SQLException {
        return count(
                        connection,
                        "SELECT count(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = '%s'"
                                .formatted(table))
                > 0;
    }

    private static long count(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }
}
