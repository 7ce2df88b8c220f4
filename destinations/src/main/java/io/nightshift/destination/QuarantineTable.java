package io.nightshift.destination;

import io.nightshift.api.QuarantinedRow;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.Expressions;
import io.nightshift.storage.duckdb.DuckDbError;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.jspecify.annotations.Nullable;

/// Quarantined rows as a temporary table of DuckDB's, so that SQL can select some of them. The columns are
/// those of a quarantine file; `record_id` is a text, and `values` is JSON. For one thread.
public final class QuarantineTable implements AutoCloseable {

    private static final List<String> COLUMNS =
            List.of("record_file", "record_row", "record_id", "reason", "value", "message", "values");

    private final String name;
    private final DuckDBAppender appender;

    /// Makes an empty table.
    ///
    /// @param name of the table, which the connection must not have yet
    public QuarantineTable(Connection connection, String name) throws SQLException {
        this.name = name;
        try (Statement statement = connection.createStatement()) {
            statement.execute("""
                    CREATE TEMP TABLE %s (record_file VARCHAR, record_row BIGINT, record_id VARCHAR,
                    reason VARCHAR, "value" VARCHAR, message VARCHAR, "values" JSON)""".formatted(name));
        }
        appender = connection.unwrap(DuckDBConnection.class).createAppender("temp", "main", name);
    }

    /// Refuses a condition that is not one expression over the columns.
    ///
    /// @param where how the caller calls the condition
    /// @throws FailureException saying what is not allowed
    public static void check(Connection connection, String where, String condition) throws SQLException {
        new Expressions(connection, COLUMNS).check(where, condition);
    }

    /// Adds a row at the end.
    public void add(QuarantinedRow row) {
        try {
            appender.beginRow();
            appender.append(row.file());
            appender.append(row.row());
            append(row.id());
            append(row.reason());
            append(row.value());
            append(row.message());
            append(row.values());
            appender.endRow();
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    private void append(@Nullable String text) throws SQLException {
        if (text == null) {
            appender.appendNull();
        } else {
            appender.append(text);
        }
    }

    /// Adds all rows, and makes them visible to queries.
    public void load(QuarantinedRows rows) {
        rows.forEach(row -> {
            add(row);
            return true;
        });
        finish();
    }

    /// The query of the rows for which a condition holds, in the order in which they were added.
    ///
    /// @param condition that was checked, or null for all rows
    public String select(@Nullable String condition) {
        return "SELECT * FROM %s%s".formatted(name, condition == null ? "" : " WHERE (" + condition + "\n)");
    }

    /// Makes the added rows visible to queries. No row can be added afterwards. May be repeated.
    public void finish() {
        try {
            appender.close();
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    /// As [#finish]; the table stays until the connection is closed.
    @Override
    public void close() {
        finish();
    }

    private FailureException failure(SQLException e) {
        return new FailureException(DuckDbError.failure("the quarantined rows can't be kept", e), e);
    }
}
