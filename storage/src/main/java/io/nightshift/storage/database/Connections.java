package io.nightshift.storage.database;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.endpoint.EndpointWait;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;

/// Opens connections to a database, with patience for one that is down.
///
/// The patience is ours: a pool gives up after one time-out, while a publication or an attempt that is
/// minutes into its work must outlast the restart of a database, and must stop waiting at once when it is
/// cancelled or when the database says no.
public final class Connections {

    private static final Duration MIN_WAIT = Duration.ofMillis(100);
    private static final Duration MAX_WAIT = Duration.ofSeconds(3);

    /// For a session that writes, whatever the server's settings. A value that does not fit is an error. Quotes and
    /// backslashes mean the same as in PostgreSQL and DuckDB. An attempt may be silent between two
    /// statements, for as long as its rows are scored; it bounds what must be short. The comment is for
    /// MariaDB only: MySQL has no limit for statements that write.
    private static final String MARIADB_WRITES = """
            SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,\
            NO_ENGINE_SUBSTITUTION,ANSI_QUOTES,NO_BACKSLASH_ESCAPES',
            time_zone = '+00:00', wait_timeout = 28800, net_read_timeout = 60, net_write_timeout = 3600,
            innodb_lock_wait_timeout = 20, lock_wait_timeout = 10, sql_safe_updates = 0, foreign_key_checks = 1
            /*M!100101 , max_statement_time = 0 */""";

    /// The same for PostgreSQL, whatever `ALTER ROLE` and `ALTER DATABASE` say. No time-out of the server may end a
    /// statement that takes long and makes progress. The callers limit those that must be short. An acknowledged
    /// commit must be durable. A `synchronous_commit` that waits for other servers is kept. Not every version has
    /// all of the time-outs.
    private static final String POSTGRESQL_WRITES = """
            SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('statement_timeout', 'lock_timeout',
            'idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout');
            SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
            SET default_transaction_read_only = off; SET default_transaction_deferrable = off
            """;

    /// The isolation of transactions that begin without one. A pool needs it: without it, it asks its first
    /// connection, and if that one breaks meanwhile, every later connection of the pool is refused.
    static final String ISOLATION = "TRANSACTION_READ_COMMITTED";

    private Connections() {}

    /// The first statements of each session that writes to a destination. They prepare every such connection: a
    /// pool's, a publisher's, and a catalog's.
    static String writes(DataSourceSettings settings) {
        return isMariadb(settings) ? MARIADB_WRITES : POSTGRESQL_WRITES;
    }

    /// Prepares a new session that writes, on a connection that this class did not open.
    public static void prepare(DataSourceSettings settings, Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            statement.execute(writes(settings));
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /// Tries to open a connection, or to get one from a pool.
    @FunctionalInterface
    interface Opening {
        Connection open() throws SQLException;
    }

    /// A new connection that rows are written by.
    ///
    /// @param silence in seconds: a connection without an answer for so long counts as broken
    /// @throws FailureException permanent, if the URL is of no known database
    static Connection open(DataSourceSettings settings, int silence) throws SQLException {
        @Nullable Connection connection = driver(settings).connect(settings.url(), writing(settings, silence));
        if (connection == null) {
            throw new SQLException(settings + " has a URL that its driver does not accept", "42000");
        }
        prepare(settings, connection);
        return connection;
    }

    /// The driver's properties for connections that rows are written by: only they may send local data.
    static Properties writing(DataSourceSettings settings, int silence) {
        Properties properties = properties(settings, silence);
        if (isMariadb(settings)) {
            properties.setProperty("allowLocalInfile", "true");
        }
        return properties;
    }

    static boolean isMariadb(DataSourceSettings settings) {
        return settings.url().startsWith(DataSourceSettings.MARIADB);
    }

    /// The driver of a data source. MariaDB's comes with a module of its own.
    ///
    /// @throws FailureException permanent, if its URL is of no known database, or its driver is missing
    static java.sql.Driver driver(DataSourceSettings settings) {
        if (settings.url().startsWith(DataSourceSettings.POSTGRESQL)) {
            return new Driver();
        }
        if (isMariadb(settings)) {
            return DriverPlugin.find().driver();
        }
        throw FailureException.permanent(settings + " is neither a PostgreSQL nor a MariaDB database");
    }

    /// The driver's properties. Those in the settings' URL take precedence.
    static Properties properties(DataSourceSettings settings, int silence) {
        return isMariadb(settings) ? mariadb(settings, silence) : postgresql(settings, silence);
    }

    /// The driver's units are milliseconds. A result is read row by row, and its values in their binary form.
    private static Properties mariadb(DataSourceSettings settings, int silence) {
        Properties properties = credentials(settings);
        properties.setProperty("connectTimeout", "10000");
        properties.setProperty("socketTimeout", String.valueOf(silence * 1000L));
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("useServerPrepStmts", "true");
        properties.setProperty("tinyInt1isBit", "false");
        properties.setProperty("allowLocalInfile", "false");
        properties.setProperty("yearIsDateType", "false");
        properties.setProperty("connectionAttributes", "program_name:nightshift");
        return properties;
    }

    private static Properties credentials(DataSourceSettings settings) {
        Properties properties = new Properties();
        if (settings.user() != null) {
            properties.setProperty("user", settings.user());
        }
        if (settings.password() != null) {
            properties.setProperty("password", settings.password());
        }
        return properties;
    }

    private static Properties postgresql(DataSourceSettings settings, int silence) {
        Properties properties = credentials(settings);
        properties.setProperty("ApplicationName", "nightshift");
        properties.setProperty("connectTimeout", "10");
        // A server may accept a connection and never answer.
        properties.setProperty("loginTimeout", "20");
        properties.setProperty("socketTimeout", String.valueOf(silence));
        properties.setProperty("tcpKeepAlive", "true");
        return properties;
    }

    /// Gets a connection, waiting longer after each try while the database can't be reached.
    ///
    /// @param doing what the connection is for: the beginning of a message
    /// @param patience how long to wait for a database that can't be reached
    /// @param cancelled whether to stop waiting
    /// @throws FailureException permanent where the database refuses, transient where it can't be reached for
    ///     long
    static Connection connect(Opening opening, String doing, Duration patience, BooleanSupplier cancelled) {
        try (EndpointWait _ = EndpointWait.begin(doing)) {
            return connectInTries(opening, doing, patience, cancelled);
        }
    }

    private static Connection connectInTries(
            Opening opening, String doing, Duration patience, BooleanSupplier cancelled) {
        long until = System.nanoTime() + patience.toNanos();
        Duration wait = MIN_WAIT;
        while (true) {
            try {
                return opening.open();
            } catch (SQLException e) {
                boolean waits =
                        DatabaseFailure.isTransient(e) && System.nanoTime() < until && !cancelled.getAsBoolean();
                if (!waits) {
                    throw new FailureException(
                            DatabaseFailure.of(doing + " can't be reached", e.getSQLState(), reason(e)), e);
                }
            }
            LockSupport.parkNanos(wait.toNanos());
            wait = wait.multipliedBy(2).compareTo(MAX_WAIT) < 0 ? wait.multipliedBy(2) : MAX_WAIT;
        }
    }

    /// A pool wraps the driver's error.
    private static String reason(SQLException e) {
        return String.valueOf(e.getCause() instanceof SQLException cause ? cause.getMessage() : e.getMessage());
    }
}
