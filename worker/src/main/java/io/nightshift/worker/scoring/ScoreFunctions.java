package io.nightshift.worker.scoring;

import io.nightshift.scoring.model.TextHash;
import io.nightshift.source.BoundJob;
import io.nightshift.source.BoundJob.Feature;
import io.nightshift.storage.duckdb.VectorMemory;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.duckdb.DuckDBColumnType;
import org.duckdb.DuckDBDataChunkReader;
import org.duckdb.DuckDBFunctions;
import org.duckdb.DuckDBLogicalType;
import org.duckdb.DuckDBReadableVector;
import org.duckdb.DuckDBScalarFunction;
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
/// For a model with features that are texts, `nightshift_score_1(text, feature, …)` and its like take these texts
/// first. So a text reaches the scorer itself, and no state outlives the block.
///
/// `nightshift_hash_city(text)` is a text's [TextHash], for a model that knows texts by it.
public final class ScoreFunctions {

    private static final String SCORE = "nightshift_score";
    private static final String FAILURE = "nightshift_failure";
    private static final VectorMemory MEMORY = VectorMemory.ofTheDriver();

    private ScoreFunctions() {}

    /// Registers the functions with the instance behind a connection, for all its connections.
    public static void register(Connection connection) throws SQLException {
        for (int texts = 0; texts <= BoundJob.MOST_TEXTS; texts++) {
            register(connection, name(SCORE, texts), texts, DuckDBColumnType.BIGINT, ScoreFunctions::score);
            register(connection, name(FAILURE, texts), texts, DuckDBColumnType.VARCHAR, ScoreFunctions::failure);
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

    /// Registers a function of some texts, and then of any number of numbers.
    private static void register(
            Connection connection, String name, int texts, DuckDBColumnType result, DuckDBScalarFunction function)
            throws SQLException {
        // A registered function closes its types.
        try (DuckDBLogicalType number = DuckDBLogicalType.of(DuckDBColumnType.DOUBLE)) {
            DuckDBFunctions.scalarFunction()
                    .withName(name)
                    .withParameters(
                            Collections.nCopies(texts, DuckDBColumnType.VARCHAR).toArray(DuckDBColumnType[]::new))
                    .withVarArgs(number)
                    .withReturnType(result)
                    .withVolatile()
                    .withVectorizedFunction(function)
                    .register(connection);
        }
    }

    /// A function's name. A function with texts has another name, because its first parameters are texts.
    private static String name(String function, int texts) {
        return texts == 0 ? function : function + "_" + texts;
    }

    /// The SQL that scores a row.
    ///
    /// @param features of the model, in its order
    /// @param values the SQL of each feature, and then of each column that only checks count
    public static String score(List<Feature> features, List<String> values) {
        return call(SCORE, features, values);
    }

    /// The SQL that says why the model can't score a row.
    ///
    /// @param features of the model, in its order
    /// @param values the SQL of each feature
    public static String failure(List<Feature> features, List<String> values) {
        return call(FAILURE, features, values);
    }

    private static String call(String function, List<Feature> features, List<String> values) {
        List<String> texts = new ArrayList<>();
        List<String> numbers = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            boolean isText = i < features.size() && features.get(i).isText();
            (isText ? texts : numbers).add(values.get(i));
        }
        return Stream.of(texts, numbers)
                .flatMap(List::stream)
                .collect(Collectors.joining(", ", name(function, texts.size()) + "(", ")"));
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
        read(in, rows, session, session.columns());
        MEMORY.write(session.score(rows), rows, out);
    }

    private static void read(DuckDBDataChunkReader in, int rows, ScoringSession session, int columns) {
        if (session.textColumns() > 0) {
            session.texts().clear();
        }
        for (int column = 0; column < columns; column++) {
            DuckDBReadableVector vector = in.vector(column);
            double[] values = session.column(column);
            if (column >= session.textColumns()) {
                MEMORY.read(vector, rows, values);
                continue;
            }
            int[] sizes = session.textSizes();
            MEMORY.readSizes(vector, rows, sizes);
            for (int row = 0; row < rows; row++) {
                int at = row;
                values[row] =
                        vector.isNull(row) ? Double.NaN : session.texts().add(sizes[row], () -> vector.getString(at));
            }
        }
    }

    private static void failure(DuckDBDataChunkReader in, DuckDBWritableVector out) {
        ScoringSession session = ScoringSession.current();
        int rows = (int) in.rowCount();
        if (in.columnCount() != session.featureColumns()) {
            throw new IllegalStateException(
                    "%d features given, %d wanted".formatted(in.columnCount(), session.featureColumns()));
        }
        read(in, rows, session, session.featureColumns());
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
