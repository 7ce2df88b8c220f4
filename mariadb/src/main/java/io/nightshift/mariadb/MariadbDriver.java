package io.nightshift.mariadb;

import io.nightshift.storage.database.DriverPlugin;
import java.sql.Connection;
import java.sql.SQLException;
import org.mariadb.jdbc.Driver;

/// MariaDB's driver, for programs with this module.
public final class MariadbDriver implements DriverPlugin {

    @Override
    public Driver driver() {
        return new Driver();
    }

    @Override
    public void cancel(Connection connection) throws SQLException {
        connection.unwrap(org.mariadb.jdbc.Connection.class).cancelCurrentQuery();
    }
}
