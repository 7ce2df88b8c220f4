package io.nightshift.coordinator.publish;

import io.nightshift.protocol.datasource.DataSourceSettings;
import io.nightshift.protocol.datasource.DatabaseFailure;
import io.nightshift.protocol.failure.FailureException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/// A connection to a data source, whose errors are [FailureException]s that say what was being
/// done. For one thread.
public final class Database implements AutoCloseable {

    private static final Duration MAX_WAIT = Duration.ofSeconds(3);

    /// In seconds. An index of a very large batch may take long; longer is no answer.
    private static final String SILENCE = "3600";

    private static final int FETCHED = 1000;

    private final Connection connection;
    private final String doing;

    private Database(Connection connection, String doing) {
        this.connection = connection;
        this.doing = doing;
    }

    /// Opens a connection.
    ///
    /// @param doing what it is for, for the beginning of messages
    /// @param patience how long to wait for a database that can't be reached
    public static Database open(DataSourceSettings settings, String doing, Duration patience) {
        long until = System.nanoTime() + patience.toNanos();
        Duration wait = Duration.ofMillis(100);
        while (true) {
            try {
                return new Database(connect(settings), doing);
            } catch (SQLException e) {
                if (!DatabaseFailure.isTransient(e.getSQLState()) || System.nanoTime() > until) {
                    String what = "%s: %s can't be reached".formatted(doing, settings);
                    throw new FailureException(DatabaseFailure.of(what, e.getSQLState(), e.getMessage()), e);
                }
            }
            LockSupport.parkNanos(wait.toNanos());
            wait = wait.multipliedBy(2).compareTo(MAX_WAIT) < 0 ? wait.multipliedBy(2) : MAX_WAIT;
        }
    }

    private static Connection connect(DataSourceSettings settings) throws SQLException {
        Properties properties = new Properties();
        if (settings.user() != null) {
            properties.setProperty("user", settings.user());
        }
        if (settings.password() != null) {
            properties.setProperty("password", settings.password());
        }
        properties.setProperty("ApplicationName", "nightshift");
        properties.setProperty("connectTimeout", "10");
        properties.setProperty("socketTimeout", SILENCE);
        properties.setProperty("tcpKeepAlive", "true");
        Connection connection = new Driver().connect(settings.url(), properties);
        if (connection == null) {
            throw FailureException.permanent(settings + " isn't one of PostgreSQL");
        }
        return connection;
    }

    /// Work on the connection.
    @FunctionalInterface
    interface Work {
        void run() throws SQLException;
    }

    /// Does all of it or nothing.
    void transaction(Work work) {
        try {
            connection.setAutoCommit(false);
            try {
                work.run();
                connection.commit();
            } catch (SQLException | RuntimeException e) {
                try {
                    connection.rollback();
                } catch (SQLException broken) {
                    e.addSuppressed(broken);
                }
                throw e;
            }
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    FailureException failed(SQLException e) {
        return new FailureException(DatabaseFailure.of(doing, e.getSQLState(), e.getMessage()), e);
    }

    /// Runs a statement, or several.
    void run(String sql) {
        try {
            tryRun(sql);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /// As [#run], for those who can do something about an error.
    void tryRun(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /// Changes rows.
    ///
    /// @return how many
    int update(String sql, @Nullable Object... parameters) {
        try (PreparedStatement statement = prepared(sql, parameters)) {
            return statement.executeUpdate();
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /// Takes a row of an answer.
    @FunctionalInterface
    public interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /// All rows of an answer that is small.
    public <T> List<T> rows(RowReader<T> reader, String sql, @Nullable Object... parameters) {
        try (PreparedStatement statement = prepared(sql, parameters);
                ResultSet rows = statement.executeQuery()) {
            List<T> found = new ArrayList<>();
            while (rows.next()) {
                found.add(reader.read(rows));
            }
            return found;
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /// Looks at a row of an answer.
    @FunctionalInterface
    interface RowVisitor {
        void see(ResultSet row) throws SQLException;
    }

    /// Shows the rows of an answer that may be large, some at a time.
    void each(RowVisitor visitor, String sql, @Nullable Object... parameters) {
        transaction(() -> {
            try (PreparedStatement statement = prepared(sql, parameters)) {
                statement.setFetchSize(FETCHED);
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        visitor.see(rows);
                    }
                }
            }
        });
    }

    /// The first row of an answer.
    <T> Optional<T> row(RowReader<T> reader, String sql, @Nullable Object... parameters) {
        return rows(reader, sql, parameters).stream().findFirst();
    }

    private PreparedStatement prepared(String sql, @Nullable Object... parameters) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, parameters[i]);
        }
        return statement;
    }

    /// The driver's way to copy.
    public CopyManager copy() {
        try {
            return connection.unwrap(PGConnection.class).getCopyAPI();
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException _) {
            // It is gone either way.
        }
    }
}
