package io.nightshift.storage.database;

import io.nightshift.protocol.failure.FailureException;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.SQLException;
import java.util.ServiceLoader;

/// The driver of MariaDB and MySQL, in a module of its own, which provides this as a service. A program without the
/// module starts, and refuses what needs it.
public interface DriverPlugin {

    Driver driver();

    /// Ends the statement that a connection executes. By any thread.
    ///
    /// @param connection of this driver, or a wrapper of one
    void cancel(Connection connection) throws SQLException;

    /// The one on the class path.
    ///
    /// @throws FailureException permanent, if there is none
    static DriverPlugin find() {
        return ServiceLoader.load(DriverPlugin.class, DriverPlugin.class.getClassLoader())
                .findFirst()
                .orElseThrow(() -> FailureException.permanent("MariaDB's driver is missing: the module"
                        + " nightshift-mariadb is not on the class path of this process"));
    }
}
