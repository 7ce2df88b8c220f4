package io.nightshift.cli;

import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import org.postgresql.Driver;

/// A real PostgreSQL for tests, with a database for each that wants one.
final class PostgresServer implements AutoCloseable {

    private static final String OWNER = "postgres";

    private final EmbeddedPostgres server;
    private final AtomicInteger databases = new AtomicInteger();

    private PostgresServer(EmbeddedPostgres server) {
        this.server = server;
    }

    static PostgresServer start() throws IOException {
        return new PostgresServer(EmbeddedPostgres.builder()
                .setServerConfig("max_connections", "60")
                .start());
    }

    int port() {
        return server.getPort();
    }

    /// A new database.
    ///
    /// @param template an existing one that nobody is connected to, or `template1`
    String create(String template) throws SQLException {
        String name = "t" + databases.incrementAndGet();
        execute(OWNER, "CREATE DATABASE %s TEMPLATE %s".formatted(name, template));
        return name;
    }

    String create() throws SQLException {
        return create("template1");
    }

    String url(String database) {
        return url(database, port());
    }

    static String url(String database, int port) {
        return "jdbc:postgresql://localhost:%d/%s".formatted(port, database);
    }

    /// The database as the data source `db`.
    DataSources dataSources(String database) {
        return dataSources(database, port());
    }

    static DataSources dataSources(String database, int port) {
        return new DataSources(Map.of("db", new DataSourceSettings("db", url(database, port), OWNER, null)));
    }

    /// Writes a configuration that names the database `db`.
    Path configure(Path file, String database) throws IOException {
        return configure(file, database, port());
    }

    static Path configure(Path file, String database, int port) throws IOException {
        return Files.writeString(
                file, "nightshift.data-sources.db { url = \"%s\", user = %s }".formatted(url(database, port), OWNER));
    }

    Connection connect(String database) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", OWNER);
        return java.util.Objects.requireNonNull(new Driver().connect(url(database), properties));
    }

    void execute(String database, String sql) throws SQLException {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /// The first column of all rows, as text.
    List<String> rows(String database, String sql) throws SQLException {
        try (Connection connection = connect(database)) {
            return rows(connection, sql);
        }
    }

    static List<String> rows(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> found = new ArrayList<>();
            while (rows.next()) {
                found.add(rows.getString(1));
            }
            return found;
        }
    }

    String row(String database, String sql) throws SQLException {
        return rows(database, sql).getFirst();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
