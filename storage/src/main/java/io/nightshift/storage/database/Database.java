package io.nightshift.storage.database;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.endpoint.EndpointUse;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/// A connection to a data source whose errors are [FailureException]s that say what was being done. For one
/// thread.
public final class Database implements AutoCloseable {

    /// In seconds: building an index of a very large batch may take long.
    private static final int SILENCE = 3600;

    private static final int FETCHED = 1000;

    private final Connection connection;
    private final String doing;
    private final EndpointUse use = EndpointUse.begin();

    private Database(Connection connection, String doing) {
        this.connection = connection;
        this.doing = doing;
    }

    /// Opens a connection that is in no pool: a coordinator needs one for minutes, once a batch.
    ///
    /// @param doing what it is for: the beginning of messages
    /// @param patience how long to wait for a database that can't be reached
    public static Database open(DataSourceSettings settings, String doing, Duration patience) {
        Connection connection = Connections.connect(
                () -> Connections.open(settings, SILENCE), "%s: %s".formatted(doing, settings), patience, () -> false);
        return new Database(connection, doing);
    }

    /// Work on the connection.
    @FunctionalInterface
    public interface Work {
        void run() throws SQLException;
    }

    /// Commits all of the work, or none of it.
    public void transaction(Work work) {
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

    public FailureException failed(SQLException e) {
        return new FailureException(DatabaseFailure.of(doing, e), e);
    }

    /// Runs a statement, or several.
    public void run(String sql) {
        try {
            tryRun(sql);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /// As [#run], for callers that handle an error.
    public void tryRun(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /// Changes rows.
    ///
    /// @return how many
    public int update(String sql, @Nullable Object... parameters) {
        try (PreparedStatement statement = prepared(sql, parameters)) {
            return statement.executeUpdate();
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /// Reads a row of a result.
    @FunctionalInterface
    public interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /// All rows of a small result.
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

    /// Reads a whole result.
    ///
    /// @param reader called once, before the first row
    public <T> T query(RowReader<T> reader, String sql, @Nullable Object... parameters) {
        try (PreparedStatement statement = prepared(sql, parameters);
                ResultSet result = statement.executeQuery()) {
            return reader.read(result);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /// Is shown each row of a result.
    @FunctionalInterface
    public interface RowVisitor {
        void see(ResultSet row) throws SQLException;
    }

    /// Shows the rows of a result that may be large, fetching some at a time.
    public void each(RowVisitor visitor, String sql, @Nullable Object... parameters) {
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

    /// The first row of a result.
    public <T> Optional<T> row(RowReader<T> reader, String sql, @Nullable Object... parameters) {
        return rows(reader, sql, parameters).stream().findFirst();
    }

    private PreparedStatement prepared(String sql, @Nullable Object... parameters) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, parameters[i]);
        }
        return statement;
    }

    /// The driver's COPY.
    public CopyManager copy() {
        try {
            return connection.unwrap(PGConnection.class).getCopyAPI();
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    @Override
    public void close() {
        use.close();
        try {
            connection.close();
        } catch (SQLException _) {
            // It is closed either way.
        }
    }
}
