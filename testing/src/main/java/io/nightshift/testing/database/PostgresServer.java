package io.nightshift.testing.database;

import io.nightshift.testing.FreePort;
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
import java.util.concurrent.atomic.AtomicInteger;
import org.postgresql.Driver;

/// A PostgreSQL server for tests. Each test creates the databases it needs.
public final class PostgresServer implements AutoCloseable {

    /// The user that owns every database and needs no password.
    public static final String OWNER = "postgres";

    private static final Duration STARTING = Duration.ofMinutes(2);

    private final EmbeddedPostgres server;
    private final AtomicInteger databases = new AtomicInteger();

    private PostgresServer(EmbeddedPostgres server) {
        this.server = server;
    }

    public static PostgresServer start() throws IOException {
        return new PostgresServer(builder().start());
    }

    /// Starts a server that keeps every commit, as a server in production does. The others lose commits
    /// when they crash, which makes tests faster.
    public static PostgresServer startDurable() throws IOException {
        return new PostgresServer(builder()
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .start());
    }

    private static EmbeddedPostgres.Builder builder() throws IOException {
        return patient().setServerConfig("max_connections", "60");
    }

    /// Starts a server with as many connections as the nodes of a cluster need, for tests that use it directly.
    public static EmbeddedPostgres startEmbedded() throws IOException {
        return patient().start();
    }

    /// By itself, the library takes a port that the operating system could give to another program before the
    /// server has started, and waits 10 s for a start.
    private static EmbeddedPostgres.Builder patient() throws IOException {
        return EmbeddedPostgres.builder().setPort(FreePort.any()).setPGStartupWait(STARTING);
    }

    public int port() {
        return server.getPort();
    }

    /// Creates a database.
    ///
    /// @param template the database to copy, which must have no connections
    /// @return its name
    public String create(String template) throws SQLException {
        String name = "t" + databases.incrementAndGet();
        execute(OWNER, "CREATE DATABASE %s TEMPLATE %s".formatted(name, template));
        return name;
    }

    /// Creates an empty database.
    ///
    /// @return its name
    public String create() throws SQLException {
        return create("template1");
    }

    public String url(String database) {
        return url(database, port());
    }

    public static String url(String database, int port) {
        return "jdbc:postgresql://localhost:%d/%s".formatted(port, database);
    }

    /// Writes a configuration of Nightshift in which the data source `db` is a database of this server.
    public Path configure(Path file, String database) throws IOException {
        return configure(file, database, port());
    }

    public static Path configure(Path file, String database, int port) throws IOException {
        return Files.writeString(
                file, "nightshift.data-sources.db { url = \"%s\", user = %s }".formatted(url(database, port), OWNER));
    }

    public Connection connect(String database) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", OWNER);
        return Objects.requireNonNull(new Driver().connect(url(database), properties));
    }

    public void execute(String database, String sql) throws SQLException {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /// Runs a query and returns the first column of all rows as text.
    public List<String> rows(String database, String sql) throws SQLException {
        try (Connection connection = connect(database)) {
            return rows(connection, sql);
        }
    }

    public static List<String> rows(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> found = new ArrayList<>();
            while (rows.next()) {
                found.add(rows.getString(1));
            }
            return found;
        }
    }

    public String row(String database, String sql) throws SQLException {
        return rows(database, sql).getFirst();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
