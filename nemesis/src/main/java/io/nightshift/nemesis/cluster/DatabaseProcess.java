package io.nightshift.nemesis.cluster;

import io.nightshift.nemesis.network.HostNetwork;
import io.nightshift.nemesis.network.SimulatedHost;
import io.nightshift.nemesis.network.SystemCommand;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;

/// The PostgreSQL of a cluster as a process that can be stopped and killed. It runs with its default
/// durability, so acknowledged transactions survive both.
public final class DatabaseProcess implements AutoCloseable {

    /// The journal's database.
    public static final String JOURNAL = "postgres";
    /// The database of the predictions, created again for each batch.
    public static final String PREDICTIONS = "predictions";

    public static final String OWNER = "postgres";

    private static final Duration STARTING = Duration.ofMinutes(1);

    private final Path folder;
    private final Path programs;
    private final HostNetwork network;
    private final int port;
    private @Nullable Process process;

    private DatabaseProcess(Path folder, Path programs, HostNetwork network, int port) {
        this.folder = folder;
        this.programs = programs;
        this.network = network;
        this.port = port;
    }

    /// Creates the data folder and starts the server.
    ///
    /// @param folder the data folder, which does not exist yet
    public static DatabaseProcess create(Path folder, HostNetwork network, int port) throws IOException {
        Path programs = initialize(folder);
        Files.writeString(folder.resolve("pg_hba.conf"), """
                local all all trust
                host all all %s/32 trust
                host all all samenet trust
                """.formatted(network.address(SimulatedHost.DATABASE)));
        DatabaseProcess database = new DatabaseProcess(folder, programs, network, port);
        database.start();
        return database;
    }

    /// @return the folder of the server's programs
    private static Path initialize(Path folder) throws IOException {
        EmbeddedPostgres once = EmbeddedPostgres.builder()
                .setDataDirectory(folder)
                .setCleanDataDirectory(false)
                .start();
        try {
            long id = Long.parseLong(
                    Files.readAllLines(folder.resolve("postmaster.pid")).getFirst());
            String program = ProcessHandle.of(id).orElseThrow().info().command().orElseThrow();
            return Objects.requireNonNull(Path.of(program).getParent());
        } finally {
            once.close();
        }
    }

    /// Starts the server and waits until it accepts connections.
    public void start() throws IOException {
        long deadline = System.nanoTime() + STARTING.toNanos();
        launch();
        while (!answers()) {
            if (System.nanoTime() > deadline) {
                throw new IOException("PostgreSQL does not start; see " + log());
            }
            if (!process().isAlive()) {
                // Processes of a killed server still hold the data folder: try again.
                launch();
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
        }
    }

    private void launch() throws IOException {
        List<String> command = new ArrayList<>(network.commandPrefix(SimulatedHost.DATABASE));
        if (System.getProperty("user.name").equals("root")) {
            // PostgreSQL refuses to run as root.
            command.addAll(List.of("unshare", "--user"));
        }
        command.addAll(List.of(
                programs.resolve("postgres").toString(),
                "-D",
                folder.toString(),
                "-h",
                network.address(SimulatedHost.DATABASE),
                "-p",
                String.valueOf(port),
                "-k",
                folder.toString(),
                "-c",
                "max_connections=200",
                "-c",
                "max_wal_size=4GB"));
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
                .start();
    }

    private Process process() {
        return Objects.requireNonNull(process, "the server was never started");
    }

    private Path log() {
        return folder.resolveSibling("postgres.log");
    }

    private boolean answers() {
        try (Connection connection = connect(JOURNAL)) {
            return connection.isValid(1);
        } catch (SQLException e) {
            return false;
        }
    }

    /// Stops the server in the mode `fast` and waits for its end.
    public void stop() throws IOException {
        SystemCommand.run("kill", "-INT", String.valueOf(process().pid()));
        await();
    }

    /// Sends SIGKILL and waits for the end.
    public void kill() {
        process().destroyForcibly();
        await();
    }

    private void await() {
        process().onExit().join();
    }

    public String url(String database) {
        return "jdbc:postgresql://%s:%d/%s".formatted(network.address(SimulatedHost.DATABASE), port, database);
    }

    /// The configuration of the data sources `db`, for predictions, and `catalog`, for Iceberg.
    public String dataSources() {
        return """
                nightshift.data-sources {
                  db { url = "%s", user = %s, plain-tcp = true }
                  catalog { url = "%s", user = %2$s, plain-tcp = true }
                }
                """.formatted(url(PREDICTIONS), OWNER, url(JOURNAL));
    }

    private Connection connect(String database) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", OWNER);
        properties.setProperty("connectTimeout", "2");
        return Objects.requireNonNull(new Driver().connect(url(database), properties));
    }

    /// Creates the empty database of the predictions again.
    public void clear() throws SQLException {
        try (Connection connection = connect(JOURNAL);
                Statement statement = connection.createStatement()) {
            statement.execute("DROP DATABASE IF EXISTS %s WITH (FORCE)".formatted(PREDICTIONS));
            statement.execute("CREATE DATABASE " + PREDICTIONS);
        }
    }

    /// Updates the statistics of a database's tables, as the server does by itself after a while.
    public void vacuum(String database) throws SQLException {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement()) {
            statement.execute("VACUUM ANALYZE");
        }
    }

    /// Runs a query.
    ///
    /// @return the first column of the first row
    public String query(String database, String sql) throws SQLException {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    /// Runs a query.
    ///
    /// @return the first column
    public List<String> list(String database, String sql) throws SQLException {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> found = new ArrayList<>();
            while (rows.next()) {
                found.add(rows.getString(1));
            }
            return found;
        }
    }

    /// Changes one byte of one event of a batch in the journal.
    ///
    /// @return the number of the event
    public long damageEvent(String batch, Random random) throws SQLException {
        String id = "batch|" + batch;
        long events = Long.parseLong(query(
                JOURNAL, "SELECT count(*) FROM nightshift.event_journal WHERE persistence_id = '%s'".formatted(id)));
        long number = 1 + random.nextLong(events);
        String sql = """
                UPDATE nightshift.event_journal SET event_payload = set_byte(
                    event_payload, %d %% length(event_payload), get_byte(event_payload, %1$d %% length(event_payload)) # %d)
                WHERE persistence_id = '%s' AND sequence_number = %d RETURNING sequence_number
                """.formatted(random.nextInt(1 << 20), 1 + random.nextInt(255), id, number);
        return Long.parseLong(query(JOURNAL, sql));
    }

    @Override
    public void close() {
        try {
            // The server ends its child processes, so that none writes to the data folder any more.
            SystemCommand.run("kill", "-QUIT", String.valueOf(process().pid()));
            await();
        } catch (IOException alreadyEnded) {
            kill();
        }
    }
}
