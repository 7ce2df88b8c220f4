package io.nightshift.nemesis;

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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.postgresql.Driver;

/// The PostgreSQL of a cluster, as a process that can be stopped and killed. It has its defaults: what it acknowledged
/// survives that.
final class Database implements AutoCloseable {

    /// The journal's database.
    static final String JOURNAL = "postgres";
    /// That of the predictions, which is made anew for each batch that goes there.
    static final String PREDICTIONS = "predictions";

    static final String OWNER = "postgres";

    private static final Duration STARTING = Duration.ofMinutes(1);

    private final Path folder;
    private final Path programs;
    private final Ground ground;
    private final int port;
    private Process process;

    private Database(Path folder, Path programs, Ground ground, int port) {
        this.folder = folder;
        this.programs = programs;
        this.ground = ground;
        this.port = port;
    }

    /// Makes its files and starts it.
    ///
    /// @param folder for its files, which doesn't exist
    static Database create(Path folder, Ground ground, int port) throws IOException {
        Path programs = initialize(folder);
        Files.writeString(folder.resolve("pg_hba.conf"), """
                local all all trust
                host all all %s/32 trust
                host all all samenet trust
                """.formatted(ground.host(Place.DATABASE)));
        Database database = new Database(folder, programs, ground, port);
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

    /// Starts it, and waits until it can be asked.
    void start() throws IOException {
        long deadline = System.nanoTime() + STARTING.toNanos();
        launch();
        while (!answers()) {
            if (System.nanoTime() > deadline) {
                throw new IOException("PostgreSQL doesn't start; see " + log());
            }
            if (!process.isAlive()) {
                // What is left of a killed one is still ending.
                launch();
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
        }
    }

    private void launch() throws IOException {
        List<String> command = new ArrayList<>(ground.at(Place.DATABASE));
        if (System.getProperty("user.name").equals("root")) {
            // It refuses to run as root.
            command.addAll(List.of("unshare", "--user"));
        }
        command.addAll(List.of(
                programs.resolve("postgres").toString(),
                "-D",
                folder.toString(),
                "-h",
                ground.host(Place.DATABASE),
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

    /// Ends it as an administrator does who is in a hurry, and waits.
    void stop() throws IOException {
        Command.run("kill", "-INT", String.valueOf(process.pid()));
        await();
    }

    /// SIGKILL.
    void kill() {
        process.destroyForcibly();
        await();
    }

    private void await() {
        process.onExit().join();
    }

    String url(String database) {
        return "jdbc:postgresql://%s:%d/%s".formatted(ground.host(Place.DATABASE), port, database);
    }

    private Connection connect(String database) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", OWNER);
        properties.setProperty("connectTimeout", "2");
        return Objects.requireNonNull(new Driver().connect(url(database), properties));
    }

    /// Removes all predictions.
    void clear() throws SQLException {
        try (Connection connection = connect(JOURNAL);
                Statement statement = connection.createStatement()) {
            statement.execute("DROP DATABASE IF EXISTS %s WITH (FORCE)".formatted(PREDICTIONS));
            statement.execute("CREATE DATABASE " + PREDICTIONS);
        }
    }

    /// The first column of the first row.
    String ask(String database, String sql) throws SQLException {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    @Override
    public void close() {
        try {
            // Its own processes end with it, so that nobody writes to its files any more.
            Command.run("kill", "-QUIT", String.valueOf(process.pid()));
            await();
        } catch (IOException alreadyEnded) {
            kill();
        }
    }
}
