package io.nightshift.storage.duckdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.duckdb.DuckDBColumnType;
import org.duckdb.DuckDBFunctions;
import org.duckdb.DuckDBScalarFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Values cross from DuckDB's vectors and back, by the driver's memory and by its methods.
class VectorMemoryTest {

    private static final VectorMemory BY_METHODS = new VectorMemory("nothing", "neither");

    @TempDir
    Path spill = Path.of("");

    @Test
    void theDriverIsTheOneWhoseMemoryIsKnown() {
        assertThat(VectorMemory.ofTheDriver().isFast()).isTrue();
        assertThat(BY_METHODS.isFast()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 63, 64, 65, 2047, 2048, 5000})
    void numbersAreTheSameBothWays(int rows) throws SQLException {
        List<String> expected = numbers(BY_METHODS, rows);
        assertThat(expected).hasSize(rows).contains("NaN");
        assertThat(numbers(VectorMemory.ofTheDriver(), rows)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 64, 2048, 5000})
    void wholeNumbersAreTheSameBothWays(int rows) throws SQLException {
        List<String> expected = wholeNumbers(BY_METHODS, rows);
        assertThat(expected).hasSize(rows).contains("0");
        assertThat(wholeNumbers(VectorMemory.ofTheDriver(), rows)).isEqualTo(expected);
    }

    /// Every third is NULL, the first among them.
    private List<String> numbers(VectorMemory memory, int rows) throws SQLException {
        double[] values = new double[2048];
        return asked(
                DuckDBColumnType.DOUBLE,
                (in, out) -> {
                    int count = (int) in.rowCount();
                    memory.read(in.vector(0), count, values);
                    memory.write(values, count, out);
                },
                "SELECT same(CASE WHEN i %% 3 > 0 THEN sqrt(i::DOUBLE) END) FROM range(%d) t(i)".formatted(rows));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 64, 2048, 5000})
    void sizesOfTextsAreTheSameBothWays(int rows) throws SQLException {
        List<String> expected = sizes(BY_METHODS, rows);
        assertThat(expected).hasSize(rows);
        assertThat(expected.getFirst()).isEqualTo("0");
        if (rows > 40) {
            assertThat(expected.subList(0, 40)).contains("3", "12", "15", "39");
        }
        assertThat(sizes(VectorMemory.ofTheDriver(), rows)).isEqualTo(expected);
    }

    private List<String> sizes(VectorMemory memory, int rows) throws SQLException {
        int[] sizes = new int[2048];
        return asked(
                DuckDBColumnType.VARCHAR,
                (in, out) -> {
                    int count = (int) in.rowCount();
                    memory.readSizes(in.vector(0), count, sizes);
                    for (int row = 0; row < count; row++) {
                        out.setString(row, Integer.toString(sizes[row]));
                    }
                },
                "SELECT same(repeat('é', (i %% 20)::INTEGER) || repeat('x', (i %% 2)::INTEGER)) FROM range(%d) t(i)"
                        .formatted(rows));
    }

    private List<String> wholeNumbers(VectorMemory memory, int rows) throws SQLException {
        long[] values = new long[2048];
        return asked(
                DuckDBColumnType.BIGINT,
                (in, out) -> {
                    int count = (int) in.rowCount();
                    memory.read(in.vector(0), count, values);
                    memory.write(values, count, out);
                },
                "SELECT same(i * 4_000_000_000) FROM range(%d) t(i)".formatted(rows));
    }

    private List<String> asked(DuckDBColumnType type, DuckDBScalarFunction same, String sql) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (DuckDb duckDb = DuckDb.open(100_000_000, spill);
                Connection connection = duckDb.connect();
                Statement statement = connection.createStatement()) {
            DuckDBFunctions.scalarFunction()
                    .withName("same")
                    .withParameter(type)
                    .withReturnType(type)
                    .withVectorizedFunction(same)
                    .register(connection);
            try (ResultSet values = statement.executeQuery(sql)) {
                while (values.next()) {
                    rows.add(values.getString(1));
                }
            }
        }
        return rows;
    }
}
