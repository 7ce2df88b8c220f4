package io.nightshift.worker.partition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hardwood.InputFile;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import io.nightshift.protocol.job.Job;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Scorer;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.worker.FixedModel;
import io.nightshift.worker.SumModel;
import io.nightshift.worker.TestNode;
import io.nightshift.worker.TestNode.Scored;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The rows that an attempt quarantines, and those that it leaves out.
class QuarantineIT {

    private TestNode node;

    @BeforeEach
    void start(@TempDir Path temp) {
        node = new TestNode(temp);
    }

    @AfterEach
    void stop() {
        node.close();
    }

    @Nested
    class Models {

        /// As libraries do: one row of a block ends the call for all of them.
        private static Model failingFor(double... values) {
            SumModel sum = SumModel.ofNumbers(1);
            Scorer scorer = sum.scorer();
            return new FixedModel(sum.description(), (features, rows, outputs) -> {
                for (int row = 0; row < rows; row++) {
                    double value = features[0][row];
                    if (Arrays.stream(values).anyMatch(bad -> bad == value)) {
                        throw new IllegalStateException("no neighbour of " + value);
                    }
                }
                scorer.score(features, rows, outputs);
            });
        }

        @Test
        void aRowForWhichTheModelFailsIsQuarantinedAlone() {
            Path file = node.parquet("in.parquet", "SELECT i::DOUBLE AS f0 FROM range(5000) t(i)");
            Job job = TestJobBuilder.over(file).build();

            Scored scored = node.score(job, failingFor(0, 2100, 2101, 4999), file);

            scored.assertCounts(5000, 4996);
            assertThat(node.reasons(scored))
                    .containsExactly(
                            "0|the model can't score the row",
                            "2100|the model can't score the row",
                            "2101|the model can't score the row",
                            "4999|the model can't score the row");
            assertThat(node.rows("SELECT message FROM %s ORDER BY record_row".formatted(scored.quarantineTable())))
                    .containsExactly(
                            "no neighbour of 0.0",
                            "no neighbour of 2100.0",
                            "no neighbour of 2101.0",
                            "no neighbour of 4999.0");
            assertThat(scored.result().reasons())
                    .first()
                    .asString()
                    .isEqualTo("in.parquet row 0: the model can't score the row: no neighbour of 0.0");
            assertThat(node.rows(
                            "SELECT count(*) FROM %s WHERE prediction <> record_row".formatted(scored.partTable())))
                    .containsExactly("0");
        }

        @Test
        void rowsOfBothKindsAreQuarantinedWithTheirOwnReasons() {
            Path file = node.parquet(
                    "in.parquet", "SELECT CASE i WHEN 7 THEN 'x' ELSE i::VARCHAR END AS s FROM range(5000) t(i)");
            Job job = TestJobBuilder.over(file).features("CAST(s AS INTEGER)").build();

            Scored scored = node.score(job, failingFor(3000), file);

            scored.assertCounts(5000, 4998);
            assertThat(node.reasons(scored))
                    .containsExactly(
                            "7|feature \"f0\" can't be computed: CAST(s AS INTEGER)",
                            "3000|the model can't score the row");
        }

        @Test
        void aModelThatFailsForEveryRowQuarantinesThemAll() {
            Path file = node.parquet("in.parquet", "SELECT 1.0 AS f0 FROM range(9999)");

            Scored scored = node.score(TestJobBuilder.over(file).build(), failingFor(1), file);

            scored.assertCounts(9999, 0);
        }
    }

    @Nested
    class Expressions {

        @Test
        void anOutputColumnIsNotComputedForABadRow() {
            Path file = node.parquet("in.parquet", """
                    SELECT CASE i WHEN 7 THEN NULL ELSE i::DOUBLE END AS f0,
                    CASE i WHEN 7 THEN 'x' ELSE i::VARCHAR END AS s FROM range(3000) t(i)""");
            Job job = TestJobBuilder.over(file)
                    .select("n", "CAST(s AS INTEGER)")
                    .output("n")
                    .build();

            Scored scored = node.score(job, SumModel.of(SumModel.required("f0", Precision.FLOAT64)), file);

            scored.assertCounts(3000, 2999);
            assertThat(node.reasons(scored)).containsExactly("7|feature \"f0\" is missing");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "CAST(s AS INTEGER)",
                    "CASE WHEN CAST(s AS INTEGER) > 5 THEN 7 ELSE 7 END",
                    "year(strptime(s, '%Y')) - 2000 + 0 * len(s)",
                    "2 * CAST(s AS INTEGER) - CAST(s AS INTEGER)",
                    "CASE WHEN CAST(s AS INTEGER) IN (1, 2, 3) THEN 7 ELSE 7 END",
                    "CAST(coalesce(CAST(s AS INTEGER), 1) IS NOT NULL AS INTEGER) + 6",
                    "list_transform([s], lambda e: CAST(e AS INTEGER))[1]",
                    "CAST(json_extract(s, '$') AS INTEGER)",
                    "CAST(s AS DECIMAL(9, 2))",
                    "date_diff('year', DATE '1993-01-01', make_date(CAST(s AS INTEGER) - 7, 1, 1))",
                })
        void aRowWhoseExpressionCannotBeComputedIsQuarantinedAlone(String expression) {
            Path file = node.parquet("in.parquet", """
                    SELECT CASE WHEN i IN (0, 2100, 4999) THEN 'abc' ELSE '2007' END AS s FROM range(5000) t(i)
                    """);
            Job job = TestJobBuilder.over(file)
                    .features("CASE WHEN s IN ('abc', '2007') THEN 7 END", "0")
                    .select("y", expression)
                    .output("y")
                    .build();
            Scored scored = node.score(job, SumModel.ofNumbers(2), file);
            scored.assertCounts(5000, 4997);
            assertThat(node.reasons(scored))
                    .containsExactly(
                            "0|output column \"y\" can't be computed: " + expression,
                            "2100|output column \"y\" can't be computed: " + expression,
                            "4999|output column \"y\" can't be computed: " + expression);
            assertThat(node.rows("SELECT DISTINCT \"values\" FROM " + scored.quarantineTable()))
                    .containsExactly("{\"s\":\"abc\"}");
            assertThat(scored.result().reasons()).hasSize(3).first().asString().startsWith("in.parquet row 0: ");

            Job asFeature = TestJobBuilder.over(file).features(expression, "0").build();
            Scored features = node.score(asFeature, SumModel.ofNumbers(2), file);
            features.assertCounts(5000, 4997);
            assertThat(node.reasons(features)).first().isEqualTo("0|feature \"f0\" can't be computed: " + expression);
        }

        @Test
        void aFailedExpressionIsKeptWithItsValuesAndMessage() {
            Path file = node.parquet("in.parquet", """
                    SELECT unnest(['1', 'abc', 'x y', 'abc', '4']) AS s, unnest([1, 2, 3, 4, 0]) AS d, 'CAST' AS other, 1 AS row_, 2 AS file_
                    """);
            Job job = TestJobBuilder.over(file)
                    .features(
                            "CAST(s AS INTEGER)",
                            "make_date(2000 + CAST(s AS INTEGER), d, 1)::VARCHAR::DATE - DATE '2000-01-01'")
                    .build();
            Scored scored = node.score(job, SumModel.ofNumbers(2), file);

            assertThat(node.rows("SELECT record_row, \"value\", message FROM " + scored.quarantineTable()
                            + " ORDER BY record_row"))
                    .containsExactly(
                            "1|abc|Conversion Error: Could not convert string 'abc' to INT32 when casting from source column s",
                            "2|x y|Conversion Error: Could not convert string 'x y' to INT32 when casting from source column s",
                            "3|abc|Conversion Error: Could not convert string 'abc' to INT32 when casting from source column s",
                            "4|s = 4, d = 0|Conversion Error: Date out of range: 2004-0-1");
            assertThat(node.rows("SELECT count(DISTINCT reason) FROM " + scored.quarantineTable()))
                    .as("the reason is the same for all rows of an expression")
                    .containsExactly("2");
            assertThat(scored.result().reasons())
                    .first()
                    .isEqualTo(
                            "in.parquet row 1: feature \"f0\" can't be computed: CAST(s AS INTEGER): Conversion Error: Could not convert string 'abc' to INT32 when casting from source column s");
        }

        @Test
        void aValueThatIsNullIsNotOneThatCannotBeComputed() {
            Path file = node.parquet("in.parquet", "SELECT unnest(['1', NULL, 'abc', '4']) AS s");
            Job job = TestJobBuilder.over(file).features("CAST(s AS INTEGER)").build();
            Scored scored = node.score(job, SumModel.ofNumbers(1), file);
            assertThat(node.predictions(scored)).containsExactly("0|1.0", "1|-1000.0", "3|4.0");
            assertThat(node.reasons(scored)).containsExactly("2|feature \"f0\" can't be computed: CAST(s AS INTEGER)");
        }
    }

    @Nested
    class Values {

        @Test
        void nullAndNanAreMissingValuesWhereTheModelKnowsThem() {
            Path file = node.parquet("in.parquet", "SELECT unnest([1.5, NULL, 'nan'::DOUBLE]) AS f0, 1 AS f1");
            Scored scored = node.score(TestJobBuilder.over(file).build(), SumModel.ofNumbers(2), file);
            assertThat(node.predictions(scored)).containsExactly("0|2.5", "1|-999.0", "2|-999.0");
        }

        @Test
        void nullAndNanAreQuarantinedWhereTheModelDoesNotKnowThem() {
            Path file = node.parquet(
                    "in.parquet", "SELECT unnest([1.5, NULL, 'nan'::DOUBLE]) AS f0, [1, 'nan'::DOUBLE] AS l");
            SumModel model = SumModel.of(SumModel.required("f0", Precision.FLOAT64));
            Scored scored = node.score(TestJobBuilder.over(file).build(), model, file);
            assertThat(node.predictions(scored)).containsExactly("0|1.5");
            assertThat(node.rows("SELECT record_row, reason, \"values\" FROM " + scored.quarantineTable()))
                    .containsExactly(
                            "1|feature \"f0\" is missing|{\"f0\":null,\"l\":\"[1.0, nan]\"}",
                            "2|feature \"f0\" is missing|{\"f0\":\"nan\",\"l\":\"[1.0, nan]\"}");
        }

        @Test
        void infiniteAndTooLargeValuesAreOutOfRange() {
            Path file = node.parquet(
                    "in.parquet",
                    "SELECT unnest([1e30, 'inf'::DOUBLE, '-inf'::DOUBLE, 1e39, -1e300, 3.4e38, 1e-320]) AS f0");
            SumModel single = SumModel.of(new ModelFeature("f0", new FeatureType.Numeric(Precision.FLOAT32), true));
            Scored scored = node.score(TestJobBuilder.over(file).build(), single, file);
            assertThat(node.rows("SELECT record_row FROM " + scored.partTable()))
                    .containsExactly("0", "5", "6");
            assertThat(node.rows("SELECT record_row, reason, \"value\", message FROM " + scored.quarantineTable()))
                    .containsExactlyInAnyOrder(
                            "1|feature \"f0\" is out of range|inf|null",
                            "2|feature \"f0\" is out of range|-inf|null",
                            "3|feature \"f0\" is out of range|1e+39|null",
                            "4|feature \"f0\" is out of range|-1e+300|null");
            assertThat(scored.result().reasons())
                    .first()
                    .isEqualTo("in.parquet row 1: feature \"f0\" is out of range (inf)");
            assertThat(node.rows("SELECT \"values\" FROM " + scored.quarantineTable() + " ORDER BY record_row"))
                    .containsExactly("{\"f0\":\"inf\"}", "{\"f0\":\"-inf\"}", "{\"f0\":1e39}", "{\"f0\":-1e300}");

            Scored wide = node.score(TestJobBuilder.over(file).build(), SumModel.ofNumbers(1), file);
            assertThat(node.rows("SELECT record_row FROM " + wide.partTable()))
                    .containsExactly("0", "3", "4", "5", "6");
        }

        /// The long texts are more than the memory, and can't be spilled.
        @Test
        void aLongColumnThatNoExpressionReadsIsReadOfBadRowsOnly() throws IOException {
            Path file = node.parquet(
                    "in.parquet",
                    "SELECT CASE i WHEN 7 THEN 'x' WHEN 9 THEN NULL ELSE i::VARCHAR END AS s, repeat('long', 15000) AS wide FROM range(6000) t(i)");
            Path spill = node.folder.resolve("spill");
            Files.deleteIfExists(spill);
            Files.createFile(spill);
            Job careful =
                    TestJobBuilder.over(file).features("CAST(s AS INTEGER)").build();
            Job plain =
                    TestJobBuilder.over(file).features("TRY_CAST(s AS INTEGER)").build();

            for (Job job : List.of(careful, plain)) {
                Scored scored = node.score(job, SumModel.of(SumModel.required("f0", Precision.FLOAT64)), file);

                scored.assertCounts(6000, 5998);
                assertThat(node.rows(
                                "SELECT record_row, length(\"values\"), \"values\"->>'$.s' FROM %s ORDER BY record_row"
                                        .formatted(scored.quarantineTable())))
                        .containsExactly("7|60019|x", "9|60020|null");
            }
        }

        /// The condition is the one that a batch of new rows gets.
        @Test
        void aRowWithoutATimeIsQuarantinedBecauseOfItsTime() {
            Path file =
                    node.parquet("in.parquet", "SELECT i AS f0, CASE WHEN i <> 4 THEN i END AS at FROM range(9) t(i)");
            Job job = TestJobBuilder.over(file)
                    .where(
                            "(CASE WHEN \"at\" IS NULL THEN CAST('incremental.column: at is NULL' AS BOOLEAN) ELSE (\"at\" <= 5) END)")
                    .build();

            Scored scored = node.score(job, SumModel.ofNumbers(1), file);

            assertThat(node.reasons(scored))
                    .containsExactly("4|at is NULL, and incremental.column says that it has the time of the row");
            assertThat(node.rows("SELECT count(*) FROM " + scored.partTable())).containsExactly("5");
        }

        @Test
        void aRowWithoutAnIdIsQuarantined() {
            Path file = node.parquet("in.parquet", "SELECT unnest(['a', NULL, 'c']) AS id, 1 AS f0");
            Scored scored = node.score(TestJobBuilder.over(file).id("id").build(), SumModel.ofNumbers(1), file);
            assertThat(node.rows("SELECT record_id FROM " + scored.partTable())).containsExactly("a", "c");
            assertThat(node.rows("SELECT * FROM " + scored.quarantineTable()))
                    .containsExactly(file + "|1|null|the id is NULL|null|null|{\"id\":null,\"f0\":1}");
        }

        @Test
        void aPartitionOfQuarantinedRowsOnlyHasAnEmptyPart() {
            Path file = node.parquet("in.parquet", "SELECT NULL::DOUBLE AS f0 FROM range(3000)");
            SumModel model = SumModel.of(SumModel.required("f0", Precision.FLOAT64));
            Scored scored = node.score(TestJobBuilder.over(file).build(), model, file);
            scored.assertCounts(3000, 0);
            assertThat(node.rows("SELECT count(*) FROM " + scored.partTable())).containsExactly("0");
            assertThat(scored.result().reasons()).hasSize(3);
        }
    }

    @Nested
    class Conditions {

        @Test
        void rowsThatTheConditionExcludesAreNotRead() {
            Path file = node.parquet("in.parquet", "SELECT i AS f0, nullif(i, 5) AS x FROM range(10) t(i)");
            Job job = TestJobBuilder.over(file).where("x % 2 = 1").build();
            Scored scored = node.score(job, SumModel.ofNumbers(1), file);
            scored.assertCounts(4, 4);
            assertThat(node.predictions(scored)).containsExactly("1|1.0", "3|3.0", "7|7.0", "9|9.0");
        }

        @Test
        void aRowWhoseConditionCannotBeComputedIsQuarantined() {
            Path file = node.parquet("in.parquet", "SELECT unnest(['1', 'abc', '-3', NULL]) AS s, 1 AS f0");
            Job job = TestJobBuilder.over(file).where("CAST(s AS INTEGER) > 0").build();
            Scored scored = node.score(job, SumModel.ofNumbers(1), file);
            scored.assertCounts(2, 1);
            assertThat(node.predictions(scored)).containsExactly("0|1.0");
            assertThat(node.reasons(scored))
                    .containsExactly("1|source.where can't be computed: CAST(s AS INTEGER) > 0");
        }

        @Test
        void noPartOfAConditionGuardsAnother() {
            Path file = node.parquet("in.parquet", "SELECT unnest(['1', 'abc', '-3', NULL]) AS s, 1 AS f0");
            for (String where :
                    List.of("s <> 'abc' AND CAST(s AS INTEGER) > 0", "CAST(s AS INTEGER) > 0 AND s <> 'abc'")) {
                Scored scored =
                        node.score(TestJobBuilder.over(file).where(where).build(), SumModel.ofNumbers(1), file);
                assertThat(node.predictions(scored)).containsExactly("0|1.0");
                assertThat(node.reasons(scored)).containsExactly("1|source.where can't be computed: " + where);
            }
            Job tolerant = TestJobBuilder.over(file)
                    .where("TRY_CAST(s AS INTEGER) > 0")
                    .build();
            node.score(tolerant, SumModel.ofNumbers(1), file).assertCounts(1, 1);
        }

        @Test
        void aRowThatTheConditionLeavesOutMayFailElsewhere() {
            Path file = node.parquet("in.parquet", "SELECT unnest(['1', 'abc', '3']) AS s");
            Job job = TestJobBuilder.over(file)
                    .features("CAST(s AS INTEGER)")
                    .where("s <> 'abc'")
                    .build();
            node.score(job, SumModel.ofNumbers(1), file).assertCounts(2, 2);
        }

        @Test
        void aPartitionWithoutARowAfterTheConditionGivesAnEmptyPart() throws IOException {
            Path file = node.parquet("in.parquet", "SELECT 1 AS f0 FROM range(10)");
            Scored scored = node.score(TestJobBuilder.over(file).where("f0 > 1").build(), SumModel.ofNumbers(1), file);
            scored.assertCounts(0, 0);
            assertThat(scored.quarantine()).doesNotExist();
            assertThat(node.rows("SELECT count(*) FROM " + scored.partTable())).containsExactly("0");
            try (ParquetFileReader reader = ParquetFileReader.open(InputFile.of(scored.part()));
                    RowReader rows = reader.rowReader()) {
                assertThat(rows.hasNext()).isFalse();
                assertThat(reader.getFileSchema().getColumn(2).name()).isEqualTo("prediction");
            }
        }
    }
}
