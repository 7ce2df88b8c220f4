package io.nightshift.worker.scoring;

import java.sql.Connection;
import java.sql.SQLException;
import org.duckdb.DuckDBColumnType;
import org.duckdb.DuckDBDataChunkReader;
import org.duckdb.DuckDBFunctions;
import org.duckdb.DuckDBLogicalType;
import org.duckdb.DuckDBReadableVector;
import org.duckdb.DuckDBWritableVector;

/// The two SQL functions by which a query scores rows, a vector of rows at a time.
///
/// `nightshift_score(feature, …)` scores a row and returns its ticket; NULL is a missing value.
/// `nightshift_output(ticket, k)` returns its k-th output. A scalar function can return one value
/// only, and a model gives several; so the first leaves them with the thread's [ScoringSession],
/// where the second finds them. Both are volatile: the optimizer neither repeats, merges nor moves
/// them.
public final class ScoreFunctions {

    private ScoreFunctions() {}

    /// Registers the functions with the instance behind a connection, for all its connections.
    public static void register(Connection connection) throws SQLException {
        try (DuckDBLogicalType number = DuckDBLogicalType.of(DuckDBColumnType.DOUBLE)) {
            DuckDBFunctions.scalarFunction()
                    .withName("nightshift_score")
                    .withVarArgs(number)
                    .withReturnType(DuckDBColumnType.BIGINT)
                    .withVolatile()
                    .withVectorizedFunction(ScoreFunctions::score)
                    .register(connection);
        }
        DuckDBFunctions.scalarFunction()
                .withName("nightshift_output")
                .withParameter(DuckDBColumnType.BIGINT)
                .withParameter(DuckDBColumnType.INTEGER)
                .withReturnType(DuckDBColumnType.DOUBLE)
                .withVolatile()
                .withVectorizedFunction(ScoreFunctions::output)
                .register(connection);
    }

    private static void score(DuckDBDataChunkReader in, DuckDBWritableVector out) {
        ScoringSession session = ScoringSession.current();
        int rows = (int) in.rowCount();
        if (in.columnCount() != session.features()) {
            throw new IllegalStateException(
                    "%d features given, %d wanted".formatted(in.columnCount(), session.features()));
        }
        for (int feature = 0; feature < session.features(); feature++) {
            DuckDBReadableVector vector = in.vector(feature);
            double[] column = session.column(feature);
            for (int row = 0; row < rows; row++) {
                column[row] = vector.getDouble(row, Double.NaN);
            }
        }
        long ticket = session.score(rows);
        for (int row = 0; row < rows; row++) {
            out.setLong(row, ticket + row);
        }
    }

    private static void output(DuckDBDataChunkReader in, DuckDBWritableVector out) {
        ScoringSession session = ScoringSession.current();
        DuckDBReadableVector tickets = in.vector(0);
        int output = in.vector(1).getInt(0);
        int rows = (int) in.rowCount();
        for (int row = 0; row < rows; row++) {
            out.setDouble(row, session.output(tickets.getLong(row), output));
        }
    }
}
