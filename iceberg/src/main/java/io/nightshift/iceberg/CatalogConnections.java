package io.nightshift.iceberg;

import io.nightshift.storage.database.Connections;
import io.nightshift.storage.database.DataSourceSettings;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import org.apache.iceberg.CatalogProperties;
import org.apache.iceberg.jdbc.JdbcClientPool;
import org.apache.iceberg.jdbc.UncheckedSQLException;

/// The connections of a catalog in a database. They are prepared like all connections that write to a destination:
/// if the server crashes, it must not lose a commit that the catalog has acknowledged.
final class CatalogConnections extends JdbcClientPool {

    private final DataSourceSettings database;

    /// @param properties of the catalog
    CatalogConnections(DataSourceSettings database, Map<String, String> properties) {
        super(properties.get(CatalogProperties.URI), properties);
        this.database = database;
    }

    @Override
    protected Connection newClient() {
        Connection connection = super.newClient();
        try {
            Connections.prepare(database, connection);
        } catch (SQLException e) {
            throw new UncheckedSQLException(e, "Failed to prepare a connection");
        }
        return connection;
    }
}
