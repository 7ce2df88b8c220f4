package io.nightshift.storage.destination.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import org.duckdb.DuckDBColumnType;
import org.duckdb.DuckDBDataChunkReader;
import org.duckdb.DuckDBFunctions;
import org.duckdb.DuckDBLogicalType;
import org.duckdb.DuckDBReadableVector;
import org.duckdb.DuckDBScalarFunction;
import org.duckdb.DuckDBWritableVector;

/// The SQL functions by which a query hands rows to the thread's [CopyRows], a vector of rows at a time.
///
/// `nightshift_long(column, value)`, `nightshift_double` and `nightshift_text` put a column's values;
/// `nightshift_row(…)` takes their results and writes the rows. Its arguments are evaluated before it, so the
/// row is complete by then. A result set would do the same at four times the cost for each value.
public final class CopyFunctions {

    private CopyFunctions() {}

    /// Registers the functions with the instance behind a connection, for all its connections.
    public static void register(Connection connection) throws SQLException {
        put(connection, CopyType.Carrier.LONG, DuckDBColumnType.BIGINT, CopyFunctions::numbers);
        put(connection, CopyType.Carrier.DOUBLE, DuckDBColumnType.DOUBLE, CopyFunctions::fractions);
        put(connection, CopyType.Carrier.TEXT, DuckDBColumnType.VARCHAR, CopyFunctions::texts);
        try (DuckDBLogicalType put = DuckDBLogicalType.of(DuckDBColumnType.BOOLEAN)) {
            DuckDBFunctions.scalarFunction()
                    .withName("nightshift_row")
                    .withVarArgs(put)
                    .withReturnType(DuckDBColumnType.BOOLEAN)
                    .withVolatile()
                    .withVectorizedFunction(CopyFunctions::row)
                    .register(connection);
        }
    }

    private static void put(
            Connection connection, CopyType.Carrier carrier, DuckDBColumnType type, DuckDBScalarFunction function)
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
        CopyRows session = CopyRows.current();
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
        CopyRows session = CopyRows.current();
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
        CopyRows session = CopyRows.current();
        boolean[] nulls = session.nulls(column);
        for (int row = 0; row < rows; row++) {
            nulls[row] = values.isNull(row);
            session.text(column, row, nulls[row] ? "" : values.getString(row));
            out.setBoolean(row, true);
        }
    }

    private static void row(DuckDBDataChunkReader in, DuckDBWritableVector out) {
        int rows = (int) in.rowCount();
        CopyRows.current().write(rows);
        for (int row = 0; row < rows; row++) {
            out.setBoolean(row, true);
        }
    }
}
