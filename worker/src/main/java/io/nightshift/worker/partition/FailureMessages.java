package io.nightshift.worker.partition;

import io.nightshift.storage.duckdb.DuckDbError;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/// DuckDB's own words for expressions that failed for a row.
///
/// A query with `TRY` tells that an expression failed, but not why. So each expression is computed again, for
/// one row at a time and without `TRY`, and its error is kept in a temporary table of the attempt's
/// connection. Rows with equal values fail alike, so one row of each value is enough.
final class FailureMessages {

    /// A temporary table with the columns `expression`, `input` and `message`.
    static final String TABLE = "nightshift_messages";

    /// The different values of a partition for which the words are kept. Each takes a query.
    private static final int MOST = 100;

    private static final String FAILING = "nightshift_failing";

    private record FailedInput(long number, String expression, String value) {}

    private final Connection connection;

    /// Makes the table, empty.
    FailureMessages(Connection connection) throws SQLException {
        this.connection = connection;
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE OR REPLACE TEMP TABLE %s (expression VARCHAR, input VARCHAR, message VARCHAR)"
                    .formatted(TABLE));
        }
    }

    /// Fills the table for the quarantined rows of a query, which are in its table.
    ///
    /// @param beforeEach called before each value; may throw an exception to stop
    /// @throws SQLException DuckDB's, if the rows can't be read
    void collect(PartitionQuery query, Runnable beforeEach) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String failing : query.failing(MOST)) {
                statement.execute("CREATE OR REPLACE TEMP TABLE %s AS %s".formatted(FAILING, failing));
                for (FailedInput input : inputs(statement)) {
                    beforeEach.run();
                    keep(input, message(input));
                }
            }
            statement.execute("DROP TABLE IF EXISTS " + FAILING);
        }
    }

    private static List<FailedInput> inputs(Statement statement) throws SQLException {
        List<FailedInput> inputs = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery(
                "SELECT nightshift_number, nightshift_failed, nightshift_value FROM " + FAILING)) {
            while (rows.next()) {
                inputs.add(new FailedInput(rows.getLong(1), rows.getString(2), rows.getString(3)));
            }
        }
        return inputs;
    }

    /// A statement of its own, since an error closes it.
    private String message(FailedInput input) throws SQLException {
        String sql = "SELECT (%s\n) FROM %s WHERE nightshift_number = %d"
                .formatted(input.expression(), FAILING, input.number());
        try (Statement statement = connection.createStatement()) {
            return message(statement, sql);
        }
    }

    private static String message(Statement statement, String sql) {
        try (ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return "";
        } catch (SQLException e) {
            return DuckDbError.reason(e);
        }
    }

    private void keep(FailedInput input, String message) throws SQLException {
        if (message.isEmpty()) {
            return;
        }
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO %s VALUES (?, ?, ?)".formatted(TABLE))) {
            insert.setString(1, input.expression());
            insert.setString(2, input.value());
            insert.setString(3, message);
            insert.execute();
        }
    }
}
