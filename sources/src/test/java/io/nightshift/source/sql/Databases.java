package io.nightshift.source.sql;

import io.nightshift.source.TestData;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.testing.database.MariadbServer;
import io.nightshift.testing.database.PostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Real databases for the tests of sources: one server of each kind for all of them.
final class Databases {

    private static @Nullable PostgresServer postgres;

    private Databases() {}

    static synchronized PostgresServer postgres() {
        if (postgres == null) {
            try {
                postgres = PostgresServer.start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return postgres;
    }

    static void postgres(String database, String sql) {
        try {
            postgres().execute(database, sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    static void mariadb(String database, String sql) {
        try {
            MariadbServer.shared().execute(database, sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    static DataSources dataSources(String url, String user, @Nullable String password) {
        return new DataSources(Map.of("db", new DataSourceSettings("db", url, user, password, 2)));
    }

    /// Sources that know one data source, `db`.
    static Sources sources(TestData data, String url, String user, @Nullable String password) {
        return new Sources(
                () -> data.duckDb,
                FileRoots.UNRESTRICTED,
                ObjectCopies.none(),
                dataSources(url, user, password),
                data.connections(4));
    }

    /// The rows of a query of DuckDB's, of a text and a number, for an INSERT.
    ///
    /// @param more expressions for further columns
    static String values(TestData data, String query, String... more) {
        String others = more.length == 0 ? "" : ", " + String.join(", ", more);
        return data.rows(query).stream()
                .map(row -> "('%s%s)".formatted(row.replace("|", "', "), others))
                .collect(Collectors.joining(", "));
    }
}
