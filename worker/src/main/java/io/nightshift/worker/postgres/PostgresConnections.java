package io.nightshift.worker.postgres;

import io.nightshift.protocol.datasource.DataSourceSettings;
import io.nightshift.protocol.datasource.DatabaseFailure;
import io.nightshift.protocol.failure.FailureException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGConnection;

/// The node's connections to the databases that predictions go to. One that was given back is used
/// again, so there are never more than scoring threads. Safe for several threads.
public final class PostgresConnections {

    /// A database that is down for a while holds an attempt up, and doesn't fail it.
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final Duration MIN_WAIT = Duration.ofMillis(100);
    private static final Duration MAX_WAIT = Duration.ofSeconds(3);

    /// In seconds. No answer for so long means that the connection is broken, though nobody said
    /// so.
    static final int SILENCE = 60;

    /// No time-out of the server's may end what takes long and goes on; [AttemptTransaction] bounds
    /// what must be short. What is acknowledged must be durable, also where the server's default is
    /// that it needn't be.
    private static final String SETTINGS = """
            SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0;
            SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
            """;

    private final Map<String, Deque<Connection>> idle = new HashMap<>();

    /// A connection that works, or did when it was last used.
    ///
    /// @param cancelled whether to give up waiting
    /// @throws FailureException permanent where the database refuses, transient where it can't be
    ///     reached for long
    Connection take(DataSourceSettings settings, BooleanSupplier cancelled) {
        Connection used = idle(settings.name());
        return used != null ? used : open(settings, cancelled);
    }

    private synchronized @Nullable Connection idle(String name) {
        Deque<Connection> connections = idle.get(name);
        return connections == null ? null : connections.pollLast();
    }

    /// Keeps a connection that is in no transaction.
    synchronized void giveBack(DataSourceSettings settings, Connection connection) {
        idle.computeIfAbsent(settings.name(), name -> new ArrayDeque<>()).addLast(connection);
    }

    /// Closes the idle connections to a database: where one is broken the others most often are
    /// too.
    void forget(DataSourceSettings settings) {
        for (Connection broken = idle(settings.name()); broken != null; broken = idle(settings.name())) {
            close(broken);
        }
    }

    static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException _) {
            // It is gone either way.
        }
    }

    private static Connection open(DataSourceSettings settings, BooleanSupplier cancelled) {
        long until = System.nanoTime() + PATIENCE.toNanos();
        Duration wait = MIN_WAIT;
        while (true) {
            try {
                return open(settings);
            } catch (SQLException e) {
                boolean goesOn = DatabaseFailure.isTransient(e.getSQLState())
                        && System.nanoTime() < until
                        && !cancelled.getAsBoolean();
                if (!goesOn) {
                    throw new FailureException(
                            DatabaseFailure.of(settings + " can't be reached", e.getSQLState(), e.getMessage()), e);
                }
            }
            LockSupport.parkNanos(wait.toNanos());
            wait = wait.multipliedBy(2).compareTo(MAX_WAIT) < 0 ? wait.multipliedBy(2) : MAX_WAIT;
        }
    }

    /// Opens a connection of this node's.
    static Connection open(DataSourceSettings settings) throws SQLException {
        Properties properties = new Properties();
        if (settings.user() != null) {
            properties.setProperty("user", settings.user());
        }
        if (settings.password() != null) {
            properties.setProperty("password", settings.password());
        }
        properties.setProperty("ApplicationName", "nightshift");
        properties.setProperty("connectTimeout", "10");
        properties.setProperty("socketTimeout", String.valueOf(SILENCE));
        properties.setProperty("tcpKeepAlive", "true");
        Connection connection = new Driver().connect(settings.url(), properties);
        if (connection == null) {
            throw FailureException.permanent(settings + " isn't one of PostgreSQL");
        }
        try (Statement statement = connection.createStatement()) {
            statement.execute(SETTINGS);
        } catch (SQLException e) {
            close(connection);
            throw e;
        }
        return connection;
    }

    static PGConnection driver(Connection connection) throws SQLException {
        return connection.unwrap(PGConnection.class);
    }
}
