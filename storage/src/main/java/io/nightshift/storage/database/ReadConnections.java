package io.nightshift.storage.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// The node's connections to the databases that it reads rows from: a pool for each data source, of at most
/// `max-connections`. They are apart from those that predictions are written by, so that an attempt that reads and
/// writes the same database never waits for itself. Safe for several threads.
///
/// A time limit of the server, such as `statement_timeout`, stays in force: the administrator of a database that
/// other programs use has set it for a reason. Text, times and numbers have the same form on every connection.
public final class ReadConnections implements AutoCloseable {

    /// No answer for so long, in seconds, means that a connection is broken. The first row of a range may
    /// take long.
    private static final int SILENCE = 900;

    /// Counting the rows of a large table takes long.
    private static final int SILENCE_OF_PLANS = 3600;

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration ONE_TRY = Duration.ofSeconds(1);

    private static final String POSTGRESQL_SETTINGS = """
            SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET bytea_output = 'hex';
            SET standard_conforming_strings = on; SET synchronize_seqscans = off; SET default_transaction_read_only = on;
            SET idle_in_transaction_session_timeout = 0
            """;

    /// A large result is sent while its rows are scored, which the server must not take for a broken client. Quotes
    /// and backslashes mean the same as in PostgreSQL and DuckDB.
    private static final String MARIADB_SETTINGS = """
            SET SESSION sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES', time_zone = '+00:00', net_write_timeout = 3600,
            net_read_timeout = 3600""";

    private final int threads;
    private final Map<String, Pool> pools = new ConcurrentHashMap<>();

    /// @param threads that read at a time on this node
    public ReadConnections(int threads) {
        this.threads = threads;
    }

    private record Pool(HikariDataSource connections, Semaphore permits) {}

    /// A connection that works, or did when it was last used, in no transaction. Waits while all are in use.
    ///
    /// @param cancelled whether to stop waiting
    /// @throws FailureException permanent where the database refuses, transient where it can't be reached for
    ///     long or the wait was cancelled
    public Connection take(DataSourceSettings settings, BooleanSupplier cancelled) {
        Pool pool = pool(settings);
        try {
            while (!pool.permits().tryAcquire(ONE_TRY.toMillis(), TimeUnit.MILLISECONDS)) {
                if (cancelled.getAsBoolean()) {
                    throw cancelled(settings);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw cancelled(settings);
        }
        try {
            return Connections.connect(pool.connections()::getConnection, settings.toString(), PATIENCE, cancelled);
        } catch (RuntimeException e) {
            pool.permits().release();
            throw e;
        }
    }

    private static FailureException cancelled(DataSourceSettings settings) {
        return new FailureException(
                Failure.transientFailure("waiting for a connection to " + settings + " was cancelled"));
    }

    /// Keeps a connection that is in no transaction for the next caller.
    public void giveBack(DataSourceSettings settings, Connection connection) {
        try {
            connection.close();
        } catch (SQLException _) {
            // The pool has dropped it.
        } finally {
            pool(settings).permits().release();
        }
    }

    /// Closes a connection that can't be used again.
    public void discard(DataSourceSettings settings, Connection connection) {
        pool(settings).connections().evictConnection(connection);
        giveBack(settings, connection);
    }

    private Pool pool(DataSourceSettings settings) {
        return pools.computeIfAbsent(settings.name(), name -> open(settings));
    }

    private Pool open(DataSourceSettings settings) {
        int most = settings.maxConnections() == 0 ? threads : Math.min(threads, settings.maxConnections());
        HikariConfig config = new HikariConfig();
        config.setPoolName("nightshift-read-" + settings.name());
        config.setDriverClassName(Connections.driver(settings).getClass().getName());
        config.setJdbcUrl(settings.url());
        config.setDataSourceProperties(Connections.properties(settings, SILENCE));
        config.setTransactionIsolation(Connections.ISOLATION);
        config.setConnectionInitSql(settings(settings));
        config.setMaximumPoolSize(most);
        config.setMinimumIdle(0);
        config.setConnectionTimeout(ONE_TRY.toMillis());
        config.setInitializationFailTimeout(-1);
        return new Pool(new HikariDataSource(config), new Semaphore(most, true));
    }

    private static String settings(DataSourceSettings settings) {
        return Connections.isMariadb(settings) ? MARIADB_SETTINGS : POSTGRESQL_SETTINGS;
    }

    /// A connection in no pool, for a plan, which a coordinator may keep for as long as its batch runs. The caller
    /// closes it.
    ///
    /// @throws FailureException as [#take]
    public static Connection open(DataSourceSettings settings, Duration patience) {
        Properties properties = Connections.properties(settings, SILENCE_OF_PLANS);
        return Connections.connect(
                () -> {
                    @Nullable
                    Connection connection = Connections.driver(settings).connect(settings.url(), properties);
                    if (connection == null) {
                        throw new SQLException(settings + " has a URL that its driver does not accept", "42000");
                    }
                    for (String setting : List.of(settings(settings))) {
                        try (Statement statement = connection.createStatement()) {
                            statement.execute(setting);
                        } catch (SQLException e) {
                            connection.close();
                            throw e;
                        }
                    }
                    return connection;
                },
                settings.toString(),
                patience,
                () -> false);
    }

    @Override
    public void close() {
        pools.values().forEach(pool -> pool.connections().close());
    }
}
