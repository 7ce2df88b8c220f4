package io.nightshift.storage.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.nightshift.protocol.failure.FailureException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.postgresql.PGConnection;

/// The node's connections to the databases that predictions go to: a pool for each data source. Safe for
/// several threads.
///
/// A connection that was given back is used again. One that was closed by [#discard] is not: a caller that
/// breaks a connection off in a stalled write, or is cancelled, leaves it in a state that no pool can know.
public final class ConnectionPool implements AutoCloseable {

    /// No answer for so long, in seconds, means that a connection is broken.
    public static final int SILENCE = 60;

    /// A database that is down for a moment delays an attempt. A longer outage is the batch's matter, which says
    /// what it waits for and retries.
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /// The time that the pool itself tries, before it is checked whether the caller was cancelled.
    private static final Duration ONE_TRY = Duration.ofSeconds(1);

    private final int most;
    private final Map<String, HikariDataSource> pools = new ConcurrentHashMap<>();

    /// @param most connections to a database that are used at a time
    public ConnectionPool(int most) {
        this.most = most;
    }

    /// A connection that works, or did when it was last used.
    ///
    /// @param cancelled whether to stop waiting
    /// @throws FailureException permanent where the database refuses, transient where it can't be reached for
    ///     long
    public Connection take(DataSourceSettings settings, BooleanSupplier cancelled) {
        return Connections.connect(pool(settings)::getConnection, settings.toString(), PATIENCE, cancelled);
    }

    private HikariDataSource pool(DataSourceSettings settings) {
        return pools.computeIfAbsent(settings.name(), name -> open(settings));
    }

    private HikariDataSource open(DataSourceSettings settings) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("nightshift-" + settings.name());
        config.setDriverClassName(Connections.driver(settings).getClass().getName());
        config.setJdbcUrl(settings.url());
        config.setDataSourceProperties(Connections.writing(settings, SILENCE));
        config.setTransactionIsolation(Connections.ISOLATION);
        config.setConnectionInitSql(Connections.writes(settings));
        config.setMaximumPoolSize(most);
        config.setMinimumIdle(0);
        config.setConnectionTimeout(ONE_TRY.toMillis());
        // Pools are opened while a database may be down.
        config.setInitializationFailTimeout(-1);
        return new HikariDataSource(config);
    }

    /// Keeps a connection that is in no transaction for the next caller.
    public void giveBack(Connection connection) {
        try {
            connection.close();
        } catch (SQLException _) {
            // The pool has dropped it.
        }
    }

    /// Closes a connection that can't be used again.
    public void discard(DataSourceSettings settings, Connection connection) {
        pool(settings).evictConnection(connection);
        giveBack(connection);
    }

    /// Closes the idle connections to a database: where one is broken, the others most often are too.
    public void forget(DataSourceSettings settings) {
        pool(settings).getHikariPoolMXBean().softEvictConnections();
    }

    /// The driver's own view of a connection.
    public static PGConnection driver(Connection connection) throws SQLException {
        return connection.unwrap(PGConnection.class);
    }

    @Override
    public void close() {
        pools.values().forEach(HikariDataSource::close);
    }
}
