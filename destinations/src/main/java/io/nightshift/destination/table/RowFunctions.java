package io.nightshift.destination.table;

import java.sql.Connection;
import java.sql.SQLException;
import org.duckdb.DuckDBColumnType;
import org.duckdb.DuckDBDataChunkReader;
import org.duckdb.DuckDBFunctions;
import org.duckdb.DuckDBLogicalType;
import org.duckdb.DuckDBReadableVector;
import org.duckdb.DuckDBScalarFunction;
import org.duckdb.DuckDBWritableVector;

/// The SQL functions by which a query hands rows to the thread's [SentRows], a vector of rows at a time.
///
/// `nightshift_long(column, value)`, `nightshift_double` and `nightshift_text` put a column's values;
/// `nightshift_row(…)` takes their results and writes the rows. Its arguments are evaluated before it, so the
/// row is complete by then. A result set would do the same at four times the cost for each value.
public final class RowFunctions {

    private RowFunctions() {}

    /// Registers the functions with the instance behind a connection, for all its connections.
    public static void register(Connection connection) throws SQLException {
        put(connection, Carrier.LONG, DuckDBColumnType.BIGINT, RowFunctions::numbers);
        put(connection, Carrier.DOUBLE, DuckDBColumnType.DOUBLE, RowFunctions::fractions);
        put(connection, Carrier.TEXT, DuckDBColumnType.VARCHAR, RowFunctions::texts);
        try (DuckDBLogicalType put = DuckDBLogicalType.of(DuckDBColumnType.BOOLEAN)) {
            DuckDBFunctions.scalarFunction()
                    .withName("nightshift_row")
                    .withVarArgs(put)
                    .withReturnType(DuckDBColumnType.BOOLEAN)
                    .withVolatile()
                    .withVectorizedFunction(RowFunctions::row)
                    .register(connection);
        }
    }

    private static void put(
            Connection connection, Carrier carrier, DuckDBColumnType type, DuckDBScalarFunction function)
            throws SQLException {
        DuckDBFunctions.scalarFunction()
                .withName(carrier.function)
                .withParameter(DuckDBColumnType.INTEGER)
                .withParameter(type)
                .withReturnType(DuckDBColumnType.BOOLEAN)
                .withVolatile()
                .withVectorizedFunction(function)
                .register(connection);
    }

    private static void numbers(DuckDBDataChunkReader in, DuckDBWritableVector out) {
        DuckDBReadableVector values = in.vector(1);
        int column = in.vector(0).getInt(0);
        int rows = (int) in.rowCount();
        SentRows session = SentRows.current();
        long[] numbers = session.numbers(column);
        boolean[] nulls = session.nulls(column);
        for (int row = 0; row < rows; row++) {
            nulls[row] = values.isNull(row);
            numbers[row] = nulls[row] ? 0 : values.getLong(row);
            out.setBoolean(row, true);
        }
    }

    private static void fractions(DuckDBDataChunkReader in, DuckDBWritableVector out) {
        DuckDBReadableVector values = in.vector(1);
        int column = in.vector(0).getInt(0);
        int rows = (int) in.rowCount();
        SentRows session = SentRows.current();
        double[] fractions = session.fractions(column);
        boolean[] nulls = session.nulls(column);
        for (int row = 0; row < rows; row++) {
            nulls[row] = values.isNull(row);
            fractions[row] = nulls[row] ? 0 : values.getDouble(row);
            out.setBoolean(row, true);
        }
    }

    private static void texts(DuckDBDataChunkReader in, DuckDBWritableVector out) {
        DuckDBReadableVector values = in.vector(1);
        int column = in.vector(0).getInt(0);
        int rows = (int) in.rowCount();
        SentRows session = SentRows.current();
        boolean[] nulls = session.nulls(column);
        for (int row = 0; row < rows; row++) {
            nulls[row] = values.isNull(row);
            session.text(column, row, nulls[row] ? "" : values.getString(row));
            out.setBoolean(row, true);
        }
    }

    private static void row(DuckDBDataChunkReader in, DuckDBWritableVector out) {
        int rows = (int) in.rowCount();
        SentRows.current().put(rows);
        for (int row = 0; row < rows; row++) {
            out.setBoolean(row, true);
        }
    }
}
