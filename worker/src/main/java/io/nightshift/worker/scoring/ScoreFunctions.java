package io.nightshift.worker.scoring;

import io.nightshift.scoring.model.TextHash;
import io.nightshift.storage.duckdb.VectorMemory;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Locale;
import org.duckdb.DuckDBColumnType;
import org.duckdb.DuckDBDataChunkReader;
import org.duckdb.DuckDBFunctions;
import org.duckdb.DuckDBLogicalType;
import org.duckdb.DuckDBReadableVector;
import org.duckdb.DuckDBWritableVector;
import org.jspecify.annotations.Nullable;

/// The SQL functions by which a query scores rows, a vector of rows at a time.
///
/// `nightshift_score(feature, …, checked, …)` scores a row and returns its ticket; NULL is a missing value.
/// The
/// arguments after the features are the columns that only the job's checks count.
/// `nightshift_output(ticket, k)` returns its k-th output. A scalar function can return one value
/// only, and a model gives several; so the first leaves them with the thread's [ScoringSession],
/// where the second finds them. Both are volatile: the optimizer neither repeats, merges nor moves
/// them.
///
/// `nightshift_failure(feature, …)` says why the model can't score a row; NULL for a row that it can score.
///
/// `nightshift_hash_city(text)` is a text's [TextHash], for a model that knows texts by it.
public final class ScoreFunctions {

    private static final VectorMemory MEMORY = VectorMemory.ofTheDriver();

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
        // A registered function closes its types.
        try (DuckDBLogicalType number = DuckDBLogicalType.of(DuckDBColumnType.DOUBLE)) {
            DuckDBFunctions.scalarFunction()
                    .withName("nightshift_failure")
                    .withVarArgs(number)
                    .withReturnType(DuckDBColumnType.VARCHAR)
                    .withVolatile()
                    .withVectorizedFunction(ScoreFunctions::failure)
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
        for (TextHash hash : TextHash.values()) {
            DuckDBFunctions.scalarFunction()
                    .withName(name(hash))
                    .withParameter(DuckDBColumnType.VARCHAR)
                    .withReturnType(DuckDBColumnType.DOUBLE)
                    .withVectorizedFunction((in, out) -> hash(hash, in, out))
                    .register(connection);
        }
    }

    /// The SQL function of a hash of texts.
    public static String name(TextHash hash) {
        return "nightshift_hash_" + hash.name().toLowerCase(Locale.ROOT);
    }

    private static void hash(TextHash hash, DuckDBDataChunkReader in, DuckDBWritableVector out) {
        DuckDBReadableVector texts = in.vector(0);
        int rows = (int) in.rowCount();
        for (int row = 0; row < rows; row++) {
            if (texts.isNull(row)) {
                out.setNull(row);
            } else {
                out.setDouble(row, hash.of(texts.getString(row)));
            }
        }
    }

    private static void score(DuckDBDataChunkReader in, DuckDBWritableVector out) {
        ScoringSession session = ScoringSession.current();
        int rows = (int) in.rowCount();
        if (in.columnCount() != session.columns()) {
            throw new IllegalStateException(
                    "%d columns given, %d wanted".formatted(in.columnCount(), session.columns()));
        }
        for (int column = 0; column < session.columns(); column++) {
            MEMORY.read(in.vector(column), rows, session.column(column));
        }
        MEMORY.write(session.score(rows), rows, out);
    }

    private static void failure(DuckDBDataChunkReader in, DuckDBWritableVector out) {
        ScoringSession session = ScoringSession.current();
        int rows = (int) in.rowCount();
        if (in.columnCount() != session.featureColumns()) {
            throw new IllegalStateException(
                    "%d features given, %d wanted".formatted(in.columnCount(), session.featureColumns()));
        }
        for (int column = 0; column < session.featureColumns(); column++) {
            MEMORY.read(in.vector(column), rows, session.column(column));
        }
        @Nullable String[] failures = session.failures(rows);
        for (int row = 0; row < rows; row++) {
            String failure = failures[row];
            if (failure == null) {
                out.setNull(row);
            } else {
                out.setString(row, failure);
            }
        }
    }

    private static void output(DuckDBDataChunkReader in, DuckDBWritableVector out) {
        ScoringSession session = ScoringSession.current();
        int rows = (int) in.rowCount();
        int output = in.vector(1).getInt(0);
        MEMORY.read(in.vector(0), rows, session.tickets());
        MEMORY.write(session.outputs(output, rows), rows, out);
    }
}
