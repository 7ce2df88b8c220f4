package io.nightshift.destination;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.database.Database;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;

/// Copies rows of a database into a temporary table of DuckDB's, some at a time.
public final class DatabaseRows {

    /// The DuckDB type of a copied column.
    private enum Kind {
        BIGINT,
        DOUBLE,
        BOOLEAN,
        VARCHAR;

        static Kind of(int type) {
            return switch (type) {
                case Types.TINYINT, Types.SMALLINT, Types.INTEGER, Types.BIGINT -> BIGINT;
                case Types.REAL, Types.FLOAT, Types.DOUBLE, Types.NUMERIC, Types.DECIMAL -> DOUBLE;
                case Types.BIT, Types.BOOLEAN -> BOOLEAN;
                default -> VARCHAR;
            };
        }
    }

    private record Column(String name, Kind kind) {}

    private DatabaseRows() {}

    /// Makes the table and copies the rows of a query. Numbers become BIGINT or DOUBLE; times and whatever
    /// else there is become texts.
    ///
    /// @param sql a query with one parameter
    /// @param parameter its value
    /// @param duckDb the connection that gets the table
    /// @throws FailureException if the rows can't be read, or DuckDB can't hold them
    public static void copy(Database database, String sql, String parameter, Connection duckDb, String table) {
        List<Column> columns = database.query(
                rows -> columns(rows.getMetaData()), "SELECT * FROM (%s) AS q LIMIT 0".formatted(sql), parameter);
        List<String> definitions = columns.stream()
                .map(column -> Sql.name(column.name()) + " " + column.kind())
                .toList();
        try (Statement statement = duckDb.createStatement()) {
            statement.execute("CREATE TEMP TABLE %s (%s)".formatted(Sql.name(table), String.join(", ", definitions)));
            try (DuckDBAppender appender =
                    duckDb.unwrap(DuckDBConnection.class).createAppender("temp", "main", table)) {
                database.each(row -> append(appender, columns, row), sql, parameter);
                appender.flush();
            }
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the rows can't be copied", e), e);
        }
    }

    private static List<Column> columns(ResultSetMetaData result) throws SQLException {
        List<Column> columns = new ArrayList<>();
        for (int i = 1; i <= result.getColumnCount(); i++) {
            columns.add(new Column(result.getColumnLabel(i), Kind.of(result.getColumnType(i))));
        }
        return columns;
    }

    private static void append(DuckDBAppender appender, List<Column> columns, ResultSet row) throws SQLException {
        appender.beginRow();
        for (int i = 0; i < columns.size(); i++) {
            int from = i + 1;
            switch (columns.get(i).kind()) {
                case BIGINT -> {
                    long value = row.getLong(from);
                    if (row.wasNull()) {
                        appender.appendNull();
                    } else {
                        appender.append(value);
                    }
                }
                case DOUBLE -> {
                    double value = row.getDouble(from);
                    if (row.wasNull()) {
                        appender.appendNull();
                    } else {
                        appender.append(value);
                    }
                }
                case BOOLEAN -> {
                    boolean value = row.getBoolean(from);
                    if (row.wasNull()) {
                        appender.appendNull();
                    } else {
                        appender.append(value);
                    }
                }
                case VARCHAR -> {
                    String value = row.getString(from);
                    if (value == null) {
                        appender.appendNull();
                    } else {
                        appender.append(value);
                    }
                }
            }
        }
        appender.endRow();
    }
}
