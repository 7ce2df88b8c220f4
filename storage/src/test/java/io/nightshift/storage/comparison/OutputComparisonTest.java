package io.nightshift.storage.comparison;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.comparison.OutputDifference.Distribution;
import io.nightshift.storage.duckdb.DuckDb;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputComparisonTest {

    @TempDir
    private Path folder;

    private DuckDb duckDb;
    private Connection connection;

    @BeforeEach
    void open() throws SQLException {
        duckDb = DuckDb.open(64L << 20, folder.resolve("spill"));
        connection = duckDb.connect();
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
        duckDb.close();
    }

    private void table(String name, String query) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TEMP TABLE %s AS %s".formatted(name, query));
        }
    }

    private OutputDifference compare(double tolerance, int rows) {
        return new OutputComparison(connection, "a", "b", tolerance).compare(rows);
    }

    @Test
    void countsRowsThatAreGoneNewAndChanged() throws SQLException {
        table(
                "a",
                "SELECT 'r' || i AS record_id, i::DOUBLE AS prediction, 'first' AS batch_id FROM range(0, 100) AS t(i)");
        table("b", """
                SELECT 'r' || i AS record_id, CASE WHEN i %% 10 = 0 THEN i + 0.5 * i ELSE i END::DOUBLE AS prediction,
                    'second' AS batch_id FROM range(20, 130) AS t(i)
                """.formatted());

        OutputDifference difference = compare(0, 3);

        assertThat(difference.earlier()).isEqualTo(100);
        assertThat(difference.later()).isEqualTo(110);
        assertThat(difference.common()).isEqualTo(80);
        assertThat(difference.gone()).isEqualTo(20);
        assertThat(difference.added()).isEqualTo(30);
        assertThat(difference.changed()).isEqualTo(8);
        assertThat(difference.goneColumns()).isEmpty();
        assertThat(difference.addedColumns()).isEmpty();
        assertThat(difference.isEmpty()).isFalse();
        OutputDifference.Column prediction = difference.columns().getFirst();
        assertThat(difference.columns()).hasSize(1);
        assertThat(prediction.name()).isEqualTo("prediction");
        assertThat(prediction.changed()).isEqualTo(8);
        assertThat(prediction.meanChange()).isEqualTo(27.5);
        assertThat(prediction.largestChange()).isEqualTo(45.0);
        Distribution.Numbers before = (Distribution.Numbers) prediction.earlier();
        assertThat(before.mean()).isEqualTo(49.5);
        assertThat(before.deviation()).isCloseTo(28.866, within(0.001));
        assertThat(before.least()).isEqualTo(0);
        assertThat(before.greatest()).isEqualTo(99);
        assertThat(before.quantiles())
                .hasSize(OutputComparison.QUANTILES.size())
                .isSorted();
        assertThat(difference.largest())
                .extracting(OutputDifference.ChangedRow::key)
                .containsExactly(List.of("r90"), List.of("r80"), List.of("r70"));
        assertThat(difference.largest().getFirst().earlier()).containsExactly("90.0");
        assertThat(difference.largest().getFirst().later()).containsExactly("135.0");
    }

    @Test
    void findsNothingInEqualBatches() throws SQLException {
        table(
                "a",
                "SELECT i AS record_id, nullif(i, 3)::DOUBLE AS prediction, 'x' AS model_name FROM range(9) AS t(i)");
        table(
                "b",
                "SELECT i AS record_id, nullif(i, 3)::DOUBLE AS prediction, 'y' AS model_name FROM range(9) AS t(i)");

        OutputDifference difference = compare(0, 10);

        assertThat(difference.isEmpty()).isTrue();
        assertThat(difference.largest()).isEmpty();
        assertThat(difference.columns().getFirst().meanChange()).isNull();
    }

    @Test
    void leavesOutChangesWithinTheTolerance() throws SQLException {
        table("a", "SELECT i AS record_id, i::DOUBLE AS prediction FROM range(10) AS t(i)");
        table("b", "SELECT i AS record_id, i + 0.001 * i AS prediction FROM range(10) AS t(i)");

        assertThat(compare(0, 0).changed()).isEqualTo(9);
        assertThat(compare(0.0051, 0).changed()).isEqualTo(4);
        assertThat(compare(1, 0).changed()).isZero();
    }

    @Test
    void tellsMissingInfiniteAndNaNValuesApart() throws SQLException {
        table("a", """
                SELECT * FROM (VALUES (1, NULL), (2, 'nan'::DOUBLE), (3, 'inf'::DOUBLE), (4, NULL), (5, 1.0), (6, 'nan'::DOUBLE))
                    AS t(record_id, prediction)
                """);
        table("b", """
                SELECT * FROM (VALUES (1, NULL), (2, 'nan'::DOUBLE), (3, '-inf'::DOUBLE), (4, 1.0), (5, 'nan'::DOUBLE), (6, NULL))
                    AS t(record_id, prediction)
                """);

        OutputDifference difference = compare(1000, 10);

        OutputDifference.Column prediction = difference.columns().getFirst();
        assertThat(prediction.changed()).isEqualTo(4);
        assertThat(prediction.meanChange()).isNull();
        Distribution.Numbers before = (Distribution.Numbers) prediction.earlier();
        assertThat(before.missing()).isEqualTo(2);
        assertThat(before.notFinite()).isEqualTo(3);
        assertThat(before.mean()).isEqualTo(1.0);
        assertThat(difference.largest())
                .extracting(OutputDifference.ChangedRow::key)
                .containsExactly(List.of("3"), List.of("4"), List.of("5"), List.of("6"));
        assertThat(difference.largest().get(1).earlier()).isEqualTo(Arrays.asList((String) null));
    }

    @Test
    void countsTheValuesOfTexts() throws SQLException {
        table(
                "a",
                "SELECT i AS record_id, CASE WHEN i < 6 THEN 'yes' WHEN i < 9 THEN 'no' END AS label FROM range(10) AS t(i)");
        table("b", "SELECT i AS record_id, CASE WHEN i < 2 THEN 'yes' ELSE 'no' END AS label FROM range(10) AS t(i)");

        OutputDifference.Column label = compare(0, 0).columns().getFirst();

        assertThat(label.changed()).isEqualTo(5);
        assertThat(label.earlier()).isEqualTo(new Distribution.Values(1, Map.of("yes", 6L, "no", 3L)));
        assertThat(label.later()).isEqualTo(new Distribution.Values(0, Map.of("yes", 2L, "no", 8L)));
    }

    @Test
    void namesColumnsThatOnlyOneBatchHas() throws SQLException {
        table("a", "SELECT 1 AS record_id, 2.0 AS prediction, 'a' AS carrier");
        table("b", "SELECT 1 AS record_id, 2.0 AS prediction, 0.5 AS margin");

        OutputDifference difference = compare(0, 10);

        assertThat(difference.goneColumns()).containsExactly("carrier");
        assertThat(difference.addedColumns()).containsExactly("margin");
        assertThat(difference.changed()).isZero();
        assertThat(difference.isEmpty()).isFalse();
    }

    @Test
    void pairsRowsByFileAndRowIfThereAreNoIds() throws SQLException {
        table(
                "a",
                "SELECT 'f' || (i // 5) AS record_file, i % 5 AS record_row, i AS prediction FROM range(20) AS t(i)");
        table(
                "b",
                "SELECT 'f' || (i // 5) AS record_file, i % 5 AS record_row, 2 * i AS prediction FROM range(20) AS t(i)");

        OutputDifference difference = compare(0, 1);

        assertThat(difference.changed()).isEqualTo(19);
        assertThat(difference.largest().getFirst().key()).containsExactly("f3", "4");
    }

    @Test
    void readsTheNumbersOfTextFiles() throws SQLException {
        table("a", "SELECT '7' AS record_id, '1.5' AS prediction, 'x' AS label");
        table("b", "SELECT 7 AS record_id, 1.75 AS prediction, 'y' AS label");

        OutputDifference difference = compare(0, 1);

        assertThat(difference.common()).isEqualTo(1);
        assertThat(difference.columns().getFirst().largestChange()).isEqualTo(0.25);
        assertThat(difference.columns().getLast().changed()).isEqualTo(1);
        assertThat(difference.columns().getLast().largestChange()).isNull();
    }

    @Test
    void refusesIdsThatOccurMoreThanOnce() throws SQLException {
        table("a", "SELECT i // 2 AS record_id, i AS prediction FROM range(10) AS t(i)");
        table("b", "SELECT i AS record_id, i AS prediction FROM range(10) AS t(i)");

        assertThatThrownBy(() -> compare(0, 10))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("a record id occurs more than once");
    }

    @Test
    void refusesIdsBesidePositions() throws SQLException {
        table("a", "SELECT 1 AS record_id, 2.0 AS prediction");
        table("b", "SELECT 'f' AS record_file, 1 AS record_row, 2.0 AS prediction");

        assertThatThrownBy(() -> compare(0, 10))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("the rows of one have record ids");
    }
}
