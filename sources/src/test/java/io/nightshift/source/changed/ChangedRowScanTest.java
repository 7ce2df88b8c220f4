package io.nightshift.source.changed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ChangedRows;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Lookup;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.TestData;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.TestModels;
import io.nightshift.source.kinds.Sources;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChangedRowScanTest {

    private static final ModelDescription MODEL = TestModels.ofNumbers(1);

    @TempDir
    private Path folder;

    private TestData data;
    private final KnownRows known = new KnownRows();
    private int batches;

    @BeforeEach
    void start() {
        data = new TestData(folder);
    }

    @AfterEach
    void stop() {
        data.close();
    }

    private static Job job(Path file, String... columns) {
        return TestJobBuilder.over(file).id("id").build().with(new ChangedRows(List.of(columns), false));
    }

    /// Scans a source as a batch, whose rows are then known.
    private RowSet scan(Job job, RowSet... before) {
        Sources sources = new Sources(() -> data.duckDb).with(known);
        return known.add(
                "b-" + batches++,
                visitor -> sources.changedRows(job).changed(sources.inspect(job, MODEL), List.of(before), visitor));
    }

    private Path file(String rows) throws Exception {
        Path file = folder.resolve("rows.parquet");
        Files.deleteIfExists(file);
        return data.parquet("rows.parquet", "SELECT 1.0 AS f0, * FROM (" + rows + ")");
    }

    /// The number of rows that change between two states of a source.
    private long changed(String before, String after, String... columns) throws Exception {
        RowSet first = scan(job(file(before), columns));
        return scan(job(file(after), columns), first).rows();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "NULL::VARCHAR|''",
                "'-'|NULL::VARCHAR",
                "0.0::DOUBLE|-0.0::DOUBLE",
                "1::DOUBLE|1.0000000000000002::DOUBLE",
                "TIMESTAMP '2026-11-01 00:00:00.000001'|TIMESTAMP '2026-11-01 00:00:00.000002'",
                "[1, 2]|[1, NULL]",
                "{'a': 1}|{'a': 2}",
                "'\\x00'::BLOB|'\\x01'::BLOB",
                "1.10::DECIMAL(9, 2)|1.11::DECIMAL(9, 2)"
            })
    void everyValueDiffersFromEveryOtherAndNotFromItself(String values) throws Exception {
        String row = "SELECT 'r' AS id, %s AS v";
        String[] both = values.split("\\|", -1);

        assertThat(changed(row.formatted(both[0]), row.formatted(both[1]), "v")).isEqualTo(1);
        assertThat(changed(row.formatted(both[0]), row.formatted(both[0]), "v")).isZero();
    }

    @Test
    void valuesAreThoseOfTheirColumns() throws Exception {
        assertThat(changed("SELECT 1 AS id, 'a' AS v, 'bc' AS w", "SELECT 1 AS id, 'ab' AS v, 'c' AS w", "v", "w"))
                .isEqualTo(1);
        assertThat(changed("SELECT 1 AS id, 1 AS v, 1 AS w", "SELECT 1 AS id, 1 AS v, 2 AS w", "v"))
                .as("another column has changed")
                .isZero();
        assertThat(changed("SELECT 1 AS id, 1 AS v", "SELECT unnest([1, 2]) AS id, 1 AS v", "v"))
                .as("a new row")
                .isEqualTo(1);
    }

    @Test
    void aRowThatIsThereTwiceChangesWithEach() throws Exception {
        String one = "SELECT 1 AS id, unnest([%s]) AS v";

        assertThat(changed(one.formatted("5, 6"), one.formatted("6, 5"), "v")).isZero();
        assertThat(changed(one.formatted("5, 5"), one.formatted("5"), "v")).isEqualTo(1);
        assertThat(changed(one.formatted("5, 5"), one.formatted("6, 6"), "v")).isEqualTo(1);
    }

    @Test
    void rowsAreComparedWithTheNewestBatchThatHasThem() throws Exception {
        RowSet first = scan(job(file("SELECT i AS id, 0 AS v FROM range(5000) t(i)"), "v"));
        RowSet second = scan(job(file("SELECT i AS id, (i < 10)::INT AS v FROM range(5000) t(i)"), "v"), first);
        assertThat(second.rows()).isEqualTo(10);

        Job back = job(file("SELECT i AS id, 0 AS v FROM range(5000) t(i)"), "v");
        assertThat(scan(back, first).rows()).isZero();
        RowSet third = scan(back, first, second);
        assertThat(third.rows()).isEqualTo(10);
        assertThat(ChangedRowScan.repeated(data.duckDb, known, third, List.of(first, second)))
                .isZero();
        assertThat(ChangedRowScan.repeated(data.duckDb, known, third, List.of(second, first)))
                .isEqualTo(10);
    }

    @Test
    void conditionsAndExpressionsCount() throws Exception {
        Path file = file("SELECT i AS id, i AS v FROM range(100) t(i)");
        Job written = TestJobBuilder.over(file)
                .id("id")
                .select("half", "v // 2")
                .where("v < 50")
                .build()
                .with(new ChangedRows(List.of("half"), false));
        RowSet first = scan(written);
        assertThat(first.rows()).isEqualTo(50);

        file("SELECT i AS id, i + 1 AS v FROM range(100) t(i)");
        assertThat(scan(written, first).rows()).as("every other half").isEqualTo(24);
    }

    @Test
    void rowsWithoutAnIdAreForEveryBatch() throws Exception {
        assertThat(scan(job(file("SELECT unnest([1, NULL, 2]) AS id, 1 AS v"), "v"))
                        .rows())
                .isEqualTo(2);
    }

    @Test
    void aColumnOfALookupChangesItsRows() throws Exception {
        Path lookup = data.parquet("plans.parquet", "SELECT 'basic' AS plan, 1 AS price");
        Job job = TestJobBuilder.over(file("SELECT i AS id, 'basic' AS plan FROM range(10) t(i)"))
                .id("id")
                .join(new Lookup(
                        new ParquetInput(List.of(lookup.toString())),
                        Map.of("plan", "plan"),
                        Map.of("price", "price"),
                        false))
                .build()
                .with(new ChangedRows(List.of("price"), false));
        RowSet first = scan(job);
        assertThat(scan(job, first).rows()).isZero();

        Files.delete(lookup);
        data.parquet("plans.parquet", "SELECT 'basic' AS plan, 2 AS price");
        assertThat(scan(job, first).rows()).isEqualTo(10);
    }

    @Test
    void aSetThatIsNotThereIsNamed() throws Exception {
        RowSet foreign = new KnownRows().add("churn-7", visitor -> {});
        Job job = job(file("SELECT 1 AS id, 1 AS v"), "v");

        assertThatThrownBy(() -> scan(job, foreign))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("the fingerprints of the rows of churn-7 are not in this ledger's database");
    }
}
