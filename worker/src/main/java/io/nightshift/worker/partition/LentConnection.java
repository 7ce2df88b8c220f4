package io.nightshift.worker.partition;

import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.KeptConnection;
import io.nightshift.storage.duckdb.SqlStatement;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A connection to DuckDB that one attempt uses and then gives back. The attempt's [AttemptControl] can cancel the
/// statements. For the scoring thread.
final class LentConnection implements AutoCloseable {

    /// Reads the result of a statement.
    interface Query<T> {
        T on(Statement statement) throws SQLException;
    }

    private static final Logger LOG = LoggerFactory.getLogger(PartitionAttempt.class);

    private final DuckDb duckDb;
    private final KeptConnection kept;
    private final AttemptControl control;
    private boolean isReusable;

    private LentConnection(DuckDb duckDb, KeptConnection kept, AttemptControl control) {
        this.duckDb = duckDb;
        this.kept = kept;
        this.control = control;
    }

    static LentConnection of(DuckDb duckDb, AttemptControl control) throws SQLException {
        return new LentConnection(duckDb, duckDb.take(), control);
    }

    Connection connection() {
        return kept.connection();
    }

    /// The number of rows that a statement has written, or the one number that it selects.
    long execute(String sql) throws SQLException {
        return sql.startsWith("SELECT") ? select(sql) : run(statement -> statement.executeLargeUpdate(sql));
    }

    private long select(String sql) throws SQLException {
        return run(statement -> {
            try (ResultSet row = statement.executeQuery(sql)) {
                row.next();
                return row.getLong(1);
            }
        });
    }

    /// The number of rows that a statement has written.
    long execute(SqlStatement statement) throws SQLException {
        try {
            return kept.update(statement, control::begins);
        } finally {
            control.statementEnded();
        }
    }

    /// Executes a statement that can be cancelled.
    <T> T run(Query<T> query) throws SQLException {
        try (Statement statement = connection().createStatement()) {
            control.begins(statement);
            return query.on(statement);
        } finally {
            control.statementEnded();
        }
    }

    /// The first column of a short query's result.
    List<String> texts(String sql) throws SQLException {
        List<String> texts = new ArrayList<>();
        try (Statement statement = connection().createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                texts.add(rows.getString(1));
            }
        }
        return texts;
    }

    void pragma(String setting) throws SQLException {
        try (Statement statement = connection().createStatement()) {
            statement.execute("PRAGMA " + setting);
        }
    }

    /// The attempt has left the connection as it was: without temporary tables or settings of its own.
    void reusable() {
        isReusable = true;
    }

    /// Only the connection of an attempt that was as usual is kept for others. [AttemptControl#cancel] cancels a
    /// statement after the attempt is marked as cancelled, so it can't meet the statement of another attempt.
    @Override
    public void close() {
        if (isReusable && !control.isCancelled()) {
            duckDb.giveBack(kept);
            return;
        }
        try {
            kept.close();
        } catch (SQLException e) {
            LOG.warn("{}: its connection can't be closed", control.attempt(), e);
        }
    }
}
