package io.nightshift.worker.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hardwood.InputFile;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Job.UnseenCategories;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Scorer;
import io.nightshift.scoring.model.Task;
import io.nightshift.storage.JobBuilder;
import io.nightshift.storage.source.SourcePins;
import io.nightshift.worker.SumModel;
import io.nightshift.worker.TestNode;
import io.nightshift.worker.TestNode.Scored;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PartitionAttemptIT {

    private TestNode node;

    @BeforeEach
    void start(@TempDir Path temp) {
        node = new TestNode(temp);
    }

    @AfterEach
    void stop() {
        node.close();
    }

    /// A file beside the tests of the module scoring.
    private static Path resource(String name) {
        return Path.of("../scoring/src/test/resources/peers", name)
                .toAbsolutePath()
                .normalize();
    }

    private static void assertCounts(Scored scored, long read, long predictions) {
        PartitionCommit commit = scored.result().commit();
        assertThat(commit.read()).isEqualTo(read);
        assertThat(commit.predictions()).isEqualTo(predictions);
        assertThat(commit.quarantined()).isEqualTo(read - predictions);
    }

    private static Map<String, Long> unseen(Scored scored) {
        return scored.result().commit().unseenCategories();
    }

    private List<String> predictions(Scored scored) {
        return node.rows("SELECT record_row, prediction FROM " + scored.partTable() + " ORDER BY record_row");
    }

    private List<String> reasons(Scored scored) {
        return node.rows("SELECT record_row, reason FROM " + scored.quarantineTable() + " ORDER BY record_row");
    }

    // What is written.

    @Test
    void predictionsAreTheScorersOwnRowByRowAsAnotherReaderReadsThem() throws IOException {
        Model model = Model.load(resource("xgb100x6.ubj"));
        Path file = node.parquet(
                "flights.parquet",
                "SELECT * FROM read_csv('" + resource("xgb100x6.csv") + "')",
                ", ROW_GROUP_SIZE 2048");
        List<String> columns = node.rows("SELECT name FROM parquet_schema('" + file + "') WHERE num_children IS NULL");
        String[] features = columns.subList(1, 11).toArray(String[]::new);

        Scored scored = node.score(
                JobBuilder.over(file)
                        .features(features)
                        .output(columns.getFirst())
                        .build(),
                model,
                file);

        assertCounts(scored, 1000, 1000);
        assertThat(scored.result().reasons()).isEmpty();
        assertThat(scored.quarantine()).doesNotExist();
        double[][] block = new double[10][1000];
        double[][] expected = new double[2][1000];
        List<String> lines = Files.readAllLines(resource("xgb100x6.csv"));
        for (int row = 0; row < 1000; row++) {
            String[] cells = lines.get(row + 1).split(",", -1);
            for (int feature = 0; feature < 10; feature++) {
                block[feature][row] = Float.parseFloat(cells[1 + feature]);
            }
        }
        model.scorer().score(block, 1000, expected);
        try (ParquetFileReader reader = ParquetFileReader.open(InputFile.of(scored.part()));
                RowReader rows = reader.rowReader()) {
            assertThat(IntStream.range(0, reader.getFileSchema().getColumnCount())
                            .mapToObj(i -> reader.getFileSchema().getColumn(i).name() + " "
                                    + reader.getFileSchema().getColumn(i).type()))
                    .containsExactly(
                            "record_file BYTE_ARRAY",
                            "record_row INT64",
                            "prediction INT32",
                            "probability DOUBLE",
                            columns.getFirst() + " INT64",
                            "model_name BYTE_ARRAY",
                            "model_version INT32",
                            "batch_id BYTE_ARRAY",
                            "predicted_at INT64");
            for (int row = 0; row < 1000; row++) {
                rows.next();
                assertThat(rows.getString("record_file")).isEqualTo(file.toString());
                assertThat(rows.getLong("record_row")).isEqualTo(row);
                assertThat(rows.getInt("prediction")).isEqualTo((int) expected[0][row]);
                assertThat(rows.getDouble("probability")).isEqualTo(expected[1][row]);
                assertThat(rows.getString("model_name")).isEqualTo("delays");
                assertThat(rows.getInt("model_version")).isEqualTo(3);
                assertThat(rows.getString("batch_id")).isEqualTo(TestNode.BATCH.value());
            }
            assertThat(rows.hasNext()).isFalse();
        }
        assertThat(node.rows("SELECT DISTINCT typeof(predicted_at), date_diff('minute', predicted_at, now()) FROM "
                        + scored.partTable()))
                .containsExactly("TIMESTAMP WITH TIME ZONE|0");
    }

    @Test
    void theCommitSaysWhatWasWritten() throws IOException {
        Path file = node.parquet("in.parquet", "SELECT 1.5 AS f0 FROM range(10)");
        Slice slice = new Slice(node.pin(file), 2, 5);
        Lease lease = node.lease(JobBuilder.over(file).build(), List.of(slice));

        PartitionCommit commit =
                node.attempt(lease, SumModel.ofNumbers(1)).run().commit();

        Path part = node.staging.resolve(TestNode.PARQUET.stagedPart(lease.attempt()));
        assertThat(commit.partition()).isEqualTo(lease.attempt().partition());
        assertThat(commit.epoch()).isEqualTo(lease.attempt().epoch());
        assertThat(commit.rows()).isEqualTo(5);
        assertThat(commit.part().bytes()).isEqualTo(Files.size(part));
        assertThat(commit.part().sha256()).hasSize(64);
        assertThat(commit.quarantine()).isNull();
        assertThat(commit.model()).isEqualTo(TestNode.VERSION.sha256());
        assertThat(node.rows("SELECT record_row FROM read_parquet('" + part + "')"))
                .containsExactly("2", "3", "4", "5", "6");
    }

    @Test
    void aModelOfSeveralClassesGivesTheLabelAndAProbabilityForEach() {
        ModelDescription description = new ModelDescription(
                "test",
                "three",
                Task.MULTICLASS,
                List.of(SumModel.number("f0")),
                List.of("setosa", "it's \"virginica\"", "-1"),
                Map.of());
        Model model = new FixedModel(description, (features, rows, outputs) -> {
            for (int row = 0; row < rows; row++) {
                outputs[0][row] = features[0][row];
                for (int k = 0; k < 3; k++) {
                    outputs[1 + k][row] = k == features[0][row] ? 0.8 : 0.1;
                }
            }
        });
        Path file = node.parquet("in.parquet", "SELECT i % 3 AS f0, i AS id FROM range(5) t(i)");
        Scored scored = node.score(JobBuilder.over(file).id("id").build(), model, file);
        assertThat(node.rows("SELECT * EXCLUDE (model_name, model_version, batch_id, predicted_at) FROM "
                        + scored.partTable()))
                .containsExactly(
                        "0|setosa|0.8|0.1|0.1",
                        "1|it's \"virginica\"|0.1|0.8|0.1",
                        "2|-1|0.1|0.1|0.8",
                        "3|setosa|0.8|0.1|0.1",
                        "4|it's \"virginica\"|0.1|0.8|0.1");
    }

    @Test
    void theMarginIsTheScorersOwnNextToThePrediction() {
        Model model = Model.load(resource("xgb100x6.ubj"));
        Path file = node.parquet("flights.parquet", "SELECT * FROM read_csv('" + resource("xgb100x6.csv") + "')");
        List<String> columns = node.rows("SELECT name FROM parquet_schema('" + file + "') WHERE num_children IS NULL");
        String[] features = columns.subList(1, 11).toArray(String[]::new);

        Scored scored =
                node.score(JobBuilder.over(file).features(features).margin().build(), model, file);

        assertThat(node.rows("SELECT column_name FROM (DESCRIBE SELECT * FROM " + scored.partTable() + ")"))
                .containsSubsequence("prediction", "probability", "margin", "model_name");
        assertThat(node.rows(
                        "SELECT count(*), count(DISTINCT margin), sum((abs(1 / (1 + exp(-margin)) - probability) < 1e-6)::INT)"
                                + " FROM " + scored.partTable() + " WHERE prediction = (margin > 0)::INT"))
                .allSatisfy(row -> assertThat(row).startsWith("1000|").endsWith("|1000"));
    }

    @Test
    void eachClassHasItsMargin() {
        ModelDescription description = new ModelDescription(
                        "test",
                        "three",
                        Task.MULTICLASS,
                        List.of(SumModel.number("f0")),
                        List.of("a", "b", "c"),
                        Map.of())
                .withMargins(3);
        Model model = new FixedModel(description, (features, rows, outputs) -> {
            for (int row = 0; row < rows; row++) {
                for (int k = 0; k < 7; k++) {
                    outputs[k][row] = k;
                }
            }
        });
        Path file = node.parquet("in.parquet", "SELECT 1.5 AS f0, 9 AS id");

        Scored scored = node.score(JobBuilder.over(file).id("id").margin().build(), model, file);

        assertThat(node.rows(
                        "SELECT record_id, probability_2, margin_0, margin_1, margin_2 FROM " + scored.partTable()))
                .containsExactly("9|3.0|4.0|5.0|6.0");
    }

    @Test
    void aMarginThatAModelDoesNotHaveIsRefused() {
        Path file = node.parquet("in.parquet", "SELECT 1.5 AS f0");

        assertThatThrownBy(() -> node.score(JobBuilder.over(file).margin().build(), SumModel.ofNumbers(1), file))
                .hasMessageContaining("output.margin: the model has no margin: a sum of test");
    }

    @Test
    void aColumnMayBeCalledMarginWhereTheOutputHasNone() {
        Path file = node.parquet("in.parquet", "SELECT 1.5 AS f0, 7 AS margin");
        Model model = Model.load(resource("xgb100x6.ubj"));

        Scored scored = node.score(JobBuilder.over(file).output("margin").build(), SumModel.ofNumbers(1), file);

        assertThat(node.rows("SELECT margin FROM " + scored.partTable())).containsExactly("7");
        String[] features = new String[10];
        Arrays.fill(features, "f0");
        assertThatThrownBy(() -> node.score(
                        JobBuilder.over(file)
                                .features(features)
                                .output("margin")
                                .margin()
                                .build(),
                        model,
                        file))
                .hasMessageContaining("with output.margin, margin is a column of the output itself");
    }

    private record FixedModel(ModelDescription description, Scorer scorer) implements Model {
        @Override
        public String kernel() {
            return "arithmetic of the test";
        }

        @Override
        public long heapBytes() {
            return 0;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 2047, 2048, 2049, 4096, 20_000})
    void everyNumberOfRowsGivesOnePredictionEach(int rows) {
        Path file = node.parquet("in.parquet", "SELECT i AS f0 FROM range(" + rows + ") t(i)");
        Scored scored = node.score(JobBuilder.over(file).build(), SumModel.ofNumbers(1), file);
        assertCounts(scored, rows, rows);
        assertThat(node.rows("SELECT count(*), count(DISTINCT record_row) FROM " + scored.partTable()
                        + " WHERE prediction = record_row"))
                .containsExactly(rows + "|" + rows);
    }

    @Test
    void fiveHundredFeaturesAreScored() {
        String columns = IntStream.range(0, 500)
                .mapToObj(i -> "i + %d AS f%d".formatted(i, i))
                .reduce((a, b) -> a + ", " + b)
                .orElseThrow();
        Path file = node.parquet("in.parquet", "SELECT " + columns + " FROM range(3000) t(i)");
        Scored scored = node.score(JobBuilder.over(file).build(), SumModel.ofNumbers(500), file);
        assertThat(node.rows("SELECT count(*) FROM " + scored.partTable()
                        + " WHERE prediction = 500 * record_row + 499 * 250"))
                .containsExactly("3000");
    }

    @Test
    void columnsOfEveryTypePassThroughUnchanged() {
        Path file = node.parquet("in.parquet", """
                SELECT i AS f0, i % 2 = 0 AS boolean, i::TINYINT AS tiny, i::UBIGINT AS ubig, i::FLOAT AS single,
                    i / 3.0::DOUBLE AS double, (i / 4)::DECIMAL(9, 2) AS dec9, (i * 1.25)::DECIMAL(38, 10) AS dec38,
                    'text ' || i AS "text", ('\\x00' || i)::BLOB AS "blob", DATE '2026-01-01' + i::INTEGER AS "date",
                    TIME '01:02:03' AS "time", TIMESTAMP '2026-01-01' + INTERVAL 1 SECOND * i AS stamp,
                    TIMESTAMPTZ '2026-01-01 00:00:00+00' + INTERVAL 1 SECOND * i AS stamptz,
                    TIMESTAMP_NS '2026-01-01 00:00:00.123456789' AS nanos, INTERVAL 3 MONTH AS "interval",
                    '00000000-0000-0000-0000-00000000000a'::UUID AS "uuid", [i, NULL, 3] AS "list",
                    {'a': i, 'b': {'c': 'x'}} AS struct, map {'k': [i]} AS "map", [[i], []] AS nested,
                    CASE WHEN i = 1 THEN NULL ELSE 'present' END AS sometimes, 'sad'::ENUM('happy', 'sad') AS mood
                FROM range(3) t(i)
                """);
        String[] columns = node.rows(
                        "SELECT column_name FROM (DESCRIBE SELECT * EXCLUDE (f0) FROM '%s')".formatted(file))
                .toArray(String[]::new);
        Scored scored = node.score(JobBuilder.over(file).output(columns).build(), SumModel.ofNumbers(1), file);
        String list = "\"" + String.join("\", \"", columns) + "\"";
        assertThat(node.rows("SELECT " + list + " FROM " + scored.partTable()))
                .isEqualTo(node.rows("SELECT " + list + " FROM '" + file + "'"));
        assertThat(node.rows("DESCRIBE SELECT " + list + " FROM " + scored.partTable()))
                .isEqualTo(node.rows("DESCRIBE SELECT " + list + " FROM '" + file + "'"));
    }

    @Test
    void columnsMayHaveNamesThatThePartitionsQueryOrItsFilesUse() {
        List<String> names = List.of(
                "ticket",
                "reason",
                "values",
                "nightshift_feature_0",
                "nightshift_x0",
                "nightshift_row",
                "nightshift_where",
                "nightshift_reason",
                "nightshift_ticket",
                "filename",
                "select",
                "Größe",
                "a \"b\" c",
                "user");
        String columns = IntStream.range(0, names.size())
                .mapToObj(
                        i -> "i * 100 + %d AS \"%s\"".formatted(i, names.get(i).replace("\"", "\"\"")))
                .reduce((a, b) -> a + ", " + b)
                .orElseThrow();
        Path file = node.parquet("in.parquet", "SELECT i AS f0, " + columns + " FROM range(1, 4) t(i)");
        SumModel model = SumModel.of(SumModel.required("sum", Precision.FLOAT64));
        Job job = JobBuilder.over(file)
                .features("CASE WHEN f0 < 3 THEN reason + nightshift_feature_0 END")
                .where("nightshift_where > 0 AND \"user\" > 0")
                .output(names.toArray(String[]::new))
                .build();

        Scored scored = node.score(job, model, file);

        assertCounts(scored, 3, 2);
        assertThat(predictions(scored)).containsExactly("0|204.0", "1|404.0");
        assertThat(node.rows(
                        "SELECT ticket, \"nightshift_x0\", \"a \"\"b\"\" c\", \"user\" FROM " + scored.partTable()))
                .containsExactly("100|104|112|113", "200|204|212|213");
        assertThat(reasons(scored)).containsExactly("2|feature \"sum\" is missing");
    }

    @Test
    void namesOfFilesMayHoldQuotesSpacesAndGlobs() {
        node.parquet("odd a.parquet", "SELECT 100 AS f0");
        Path file = node.parquet("odd [a]*? 'q' \"ü\".parquet", "SELECT 5 AS f0 UNION ALL SELECT NULL");
        SumModel model = SumModel.of(SumModel.required("f0", Precision.FLOAT64));
        Scored scored = node.score(JobBuilder.over(file).build(), model, file);
        assertThat(node.rows("SELECT record_file, prediction FROM " + scored.partTable()))
                .containsExactly(file + "|5.0");
        assertThat(node.rows("SELECT record_file, reason FROM " + scored.quarantineTable()))
                .containsExactly(file + "|feature \"f0\" is missing");
        assertThat(scored.result().reasons())
                .containsExactly("odd [a]*? 'q' \"ü\".parquet row 1: feature \"f0\" is missing");
    }

    @Test
    void aSelectKeyGivesTheFeatureOfItsNameFromTheFilesOwnColumn() {
        Path file = node.parquet("in.parquet", "SELECT 3 AS f0, 4 AS f1");
        Job job = JobBuilder.over(file)
                .select("f0", "f0 * 10")
                .select("f1", "f0 + f1")
                .select("source_f0", "f0")
                .output("source_f0")
                .build();
        Scored scored = node.score(job, SumModel.ofNumbers(2), file);
        assertThat(node.rows("SELECT prediction, source_f0 FROM " + scored.partTable()))
                .containsExactly("37.0|3");
    }

    // Cuts.

    @Test
    void resultsDoNotDependOnHowTheInputIsCut() {
        Path a = node.parquet("a.parquet", cutInput(5000, 0), ", ROW_GROUP_SIZE 2048");
        Path b = node.parquet("b.parquet", cutInput(3, 5000));
        Path c = node.parquet("c.parquet", cutInput(4097, 5003), ", ROW_GROUP_SIZE 4096");
        List<SourceFile> files = Stream.of(a, b, c).map(node::pin).toList();
        Job job = JobBuilder.over(a, b, c)
                .id("id")
                .features("x", "CAST(s AS INTEGER)")
                .select("more", "100 // (id % 50)")
                .where("s <> 'none' AND CAST(s AS INTEGER) > -5 OR id % 1000 = 7")
                .output("more", "s")
                .build();
        SumModel model = SumModel.of(SumModel.number("x"), SumModel.required("y", Precision.FLOAT32));
        List<List<String>> outcomes = new ArrayList<>();
        Random random = new Random(11);
        for (int cut = 0; cut < 5; cut++) {
            List<Long> sizes = new ArrayList<>();
            for (long left = 9100; left > 0; left -= sizes.getLast()) {
                sizes.add(cut == 0 ? left : Math.min(left, 1 + random.nextInt(cut * 1500)));
            }
            PartitionPlan.Index plan = PartitionPlan.of(
                            sizes.stream().mapToLong(Long::longValue).toArray())
                    .index(files);
            List<String> outcome = new ArrayList<>();
            for (int partition = 0; partition < plan.partitions(); partition++) {
                Scored scored = node.score(job, model, plan.slices(partition));
                outcome.addAll(node.rows("SELECT record_id, prediction, more, s FROM " + scored.partTable()));
                if (scored.result().commit().quarantined() > 0) {
                    outcome.addAll(node.rows("SELECT record_id, record_file, record_row, reason, \"values\" FROM "
                            + scored.quarantineTable()));
                }
            }
            outcomes.add(outcome.stream().sorted().toList());
        }
        assertThat(outcomes.getFirst()).hasSizeGreaterThan(5000);
        for (List<String> outcome : outcomes) {
            assertThat(outcome).isEqualTo(outcomes.getFirst());
        }
    }

    @Test
    void aPartitionOfManySmallFilesTakesNoLongerThanOneOfFew() {
        Path folder = node.folder.resolve("many");
        List<Slice> slices = new ArrayList<>();
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            String extra = i % 2 == 0 ? "" : ", 1 AS other";
            Path file = folder.resolve("f%03d [x].parquet".formatted(i));
            node.parquet(
                    "many/" + file.getFileName(),
                    "SELECT i + %d AS f0%s FROM range(100) t(i)".formatted(i * 100, extra));
            SourceFile pinned = node.pin(file);
            long from = i == 0 ? 40 : 0;
            slices.add(new Slice(pinned, from, (i == 399 ? 70 : 100) - from));
            files.add(file);
        }
        Job job = JobBuilder.over(folder)
                .features("CASE WHEN f0 <> 17777 THEN f0 END")
                .where("f0 <> 10000")
                .build();
        SumModel model = SumModel.of(SumModel.required("f0", Precision.FLOAT64));
        long start = System.nanoTime();

        Scored scored = node.score(job, model, slices);

        assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(10));
        assertCounts(scored, 39_929, 39_928);
        assertThat(node.rows("""
                SELECT count(DISTINCT record_file), count(*) FROM %s
                WHERE prediction = record_row + 100 * regexp_extract(record_file, 'f([0-9]+) .x..parquet', 1)::INTEGER
                """.formatted(scored.partTable()))).containsExactly("400|39928");
        assertThat(node.rows("SELECT record_file, record_row FROM " + scored.quarantineTable()))
                .containsExactly(files.get(177) + "|77");
    }

    private static String cutInput(int rows, int from) {
        return """
                SELECT i + %d AS id, (hash(i + %d) %% 1000) / 10.0 AS x,
                    CASE WHEN (i + %d) %% 617 = 3 THEN 'none' WHEN (i + %d) %% 100 = 9 THEN NULL
                    ELSE ((i + %d) %% 40 - 10)::VARCHAR END AS s
                FROM range(%d) t(i)
                """.formatted(from, from, from, from, from, rows);
    }

    // Bad rows.

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
        Job job = JobBuilder.over(file)
                .features("CASE WHEN s IN ('abc', '2007') THEN 7 END", "0")
                .select("y", expression)
                .output("y")
                .build();
        Scored scored = node.score(job, SumModel.ofNumbers(2), file);
        assertCounts(scored, 5000, 4997);
        assertThat(reasons(scored))
                .containsExactly(
                        "0|output column \"y\" can't be computed: " + expression,
                        "2100|output column \"y\" can't be computed: " + expression,
                        "4999|output column \"y\" can't be computed: " + expression);
        assertThat(node.rows("SELECT DISTINCT \"values\" FROM " + scored.quarantineTable()))
                .containsExactly("{\"s\":\"abc\"}");
        assertThat(scored.result().reasons()).hasSize(3).first().asString().startsWith("in.parquet row 0: ");

        Job asFeature = JobBuilder.over(file).features(expression, "0").build();
        Scored features = node.score(asFeature, SumModel.ofNumbers(2), file);
        assertCounts(features, 5000, 4997);
        assertThat(reasons(features)).first().isEqualTo("0|feature \"f0\" can't be computed: " + expression);
    }

    private List<String> values(Scored scored) {
        return node.rows(
                "SELECT record_row, reason, \"value\" FROM " + scored.quarantineTable() + " ORDER BY record_row");
    }

    @Test
    void aFailedExpressionIsKeptWithTheValuesThatItReadAndTheWordsOfTheDatabase() {
        Path file = node.parquet("in.parquet", """
                SELECT unnest(['1', 'abc', 'x y', 'abc', '4']) AS s, unnest([1, 2, 3, 4, 0]) AS d, 'CAST' AS other
                """);
        Job job = JobBuilder.over(file)
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
        Job job = JobBuilder.over(file).features("CAST(s AS INTEGER)").build();
        Scored scored = node.score(job, SumModel.ofNumbers(1), file);
        assertThat(predictions(scored)).containsExactly("0|1.0", "1|-1000.0", "3|4.0");
        assertThat(reasons(scored)).containsExactly("2|feature \"f0\" can't be computed: CAST(s AS INTEGER)");
    }

    @Test
    void nullAndNanAreMissingValuesWhereTheModelKnowsThem() {
        Path file = node.parquet("in.parquet", "SELECT unnest([1.5, NULL, 'nan'::DOUBLE]) AS f0, 1 AS f1");
        Scored scored = node.score(JobBuilder.over(file).build(), SumModel.ofNumbers(2), file);
        assertThat(predictions(scored)).containsExactly("0|2.5", "1|-999.0", "2|-999.0");
    }

    @Test
    void nullAndNanAreQuarantinedWhereTheModelDoesNotKnowThem() {
        Path file =
                node.parquet("in.parquet", "SELECT unnest([1.5, NULL, 'nan'::DOUBLE]) AS f0, [1, 'nan'::DOUBLE] AS l");
        SumModel model = SumModel.of(SumModel.required("f0", Precision.FLOAT64));
        Scored scored = node.score(JobBuilder.over(file).build(), model, file);
        assertThat(predictions(scored)).containsExactly("0|1.5");
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
        Scored scored = node.score(JobBuilder.over(file).build(), single, file);
        assertThat(node.rows("SELECT record_row FROM " + scored.partTable())).containsExactly("0", "5", "6");
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

        Scored wide = node.score(JobBuilder.over(file).build(), SumModel.ofNumbers(1), file);
        assertThat(node.rows("SELECT record_row FROM " + wide.partTable())).containsExactly("0", "3", "4", "5", "6");
    }

    @Test
    void valuesAreRoundedToThePrecisionThatTheModelComparesIn() {
        Path file = node.parquet("in.parquet", "SELECT 0.1::DOUBLE AS a, 16777217 AS b, 1.1::DECIMAL(4,2) AS c");
        SumModel model = SumModel.of(SumModel.required("a", Precision.FLOAT32));
        assertThat(predictions(node.score(JobBuilder.over(file).build(), model, file)))
                .containsExactly("0|" + (double) 0.1f);
        assertThat(predictions(node.score(JobBuilder.over(file).features("b").build(), model, file)))
                .containsExactly("0|1.6777216E7");
        assertThat(predictions(node.score(JobBuilder.over(file).features("c").build(), model, file)))
                .containsExactly("0|" + (double) 1.1f);
    }

    @Test
    void aRowWithoutAnIdIsQuarantined() {
        Path file = node.parquet("in.parquet", "SELECT unnest(['a', NULL, 'c']) AS id, 1 AS f0");
        Scored scored = node.score(JobBuilder.over(file).id("id").build(), SumModel.ofNumbers(1), file);
        assertThat(node.rows("SELECT record_id FROM " + scored.partTable())).containsExactly("a", "c");
        assertThat(node.rows("SELECT * FROM " + scored.quarantineTable()))
                .containsExactly(file + "|1|null|the id is NULL|null|null|{\"id\":null,\"f0\":1}");
    }

    @Test
    void anUnseenCategoryIsAMissingValueAndIsCountedUnlessTheJobSaysOtherwise() {
        Path file = node.parquet("in.parquet", "SELECT unnest(['b', 'a', 'it''s', 'd', NULL, '']) AS f0");
        for (ModelFeature feature :
                List.of(SumModel.level("f0", true, "a", "b", "it's"), SumModel.category("f0", "a", "b", "it's"))) {
            SumModel model = SumModel.of(feature);
            Scored missing = node.score(JobBuilder.over(file).build(), model, file);
            assertThat(predictions(missing))
                    .containsExactly("0|1.0", "1|0.0", "2|2.0", "3|-1000.0", "4|-1000.0", "5|-1000.0");
            assertThat(unseen(missing)).isEqualTo(Map.of("f0", 2L));

            Scored quarantined = node.score(
                    JobBuilder.over(file).unseen(UnseenCategories.QUARANTINE).build(), model, file);
            assertThat(predictions(quarantined)).containsExactly("0|1.0", "1|0.0", "2|2.0", "4|-1000.0");
            assertThat(values(quarantined))
                    .containsExactly(
                            "3|feature \"f0\" has a category that the model does not know|d",
                            "5|feature \"f0\" has a category that the model does not know|");
            assertThat(unseen(quarantined)).isEqualTo(Map.of("f0", 2L));

            assertThatThrownBy(() -> node.score(
                            JobBuilder.over(file).unseen(UnseenCategories.FAIL).build(), model, file))
                    .isInstanceOfSatisfying(FailureException.class, e -> {
                        assertThat(e.failure().isPermanent()).isTrue();
                        assertThat(e)
                                .hasMessageContaining(
                                        "feature \"f0\" has categories that the model does not know, in 2 rows: , d. Train the model with them");
                    });
        }
    }

    /// With the model and the predictions that the module scoring keeps.
    @Test
    void theColumnsOfTheDataFrameScoreAsTheyDidInTheLibrary() throws IOException {
        Path kept = resource("").resolveSibling("categories");
        Path file = node.parquet("frame.parquet", "SELECT * FROM read_csv('" + kept.resolve("xgboost.csv") + "')");

        Scored scored = node.score(
                JobBuilder.over(file).output("margin").build(), Model.load(kept.resolve("xgboost.ubj")), file);

        assertCounts(scored, 300, 300);
        assertThat(unseen(scored)).isEmpty();
        assertThat(node.rows("SELECT count(*) FROM " + scored.partTable() + " WHERE prediction = margin"))
                .containsExactly("300");
    }

    @Test
    void codesAreCheckedAgainstThoseThatTheModelKnows() {
        Path file = node.parquet(
                "in.parquet", "SELECT unnest([3, 70000, 5.5, 4, -1, -0.5, NULL, 1e300, 'nan'::DOUBLE]) AS f0, 1 AS f1");
        SumModel model = SumModel.of(SumModel.codes("f0", 3, 5, 70_000), SumModel.number("f1"));
        Scored missing = node.score(JobBuilder.over(file).build(), model, file);
        assertThat(predictions(missing))
                .containsExactly(
                        "0|4.0",
                        "1|70001.0",
                        "2|6.5",
                        "3|-999.0",
                        "4|-999.0",
                        "5|-999.0",
                        "6|-999.0",
                        "7|-999.0",
                        "8|-999.0");
        assertThat(unseen(missing)).isEqualTo(Map.of("f0", 4L));

        Scored quarantined = node.score(
                JobBuilder.over(file).unseen(UnseenCategories.QUARANTINE).build(), model, file);
        assertThat(node.rows("SELECT record_row FROM " + quarantined.partTable()))
                .containsExactly("0", "1", "2", "6", "8");
        assertThat(unseen(quarantined)).isEqualTo(Map.of("f0", 4L));

        Scored unknown = node.score(
                JobBuilder.over(file).build(), SumModel.of(SumModel.codes("f0"), SumModel.number("f1")), file);
        assertThat(predictions(unknown)).contains("3|5.0", "4|0.0", "5|0.5");
        assertThat(unseen(unknown)).isEmpty();
    }

    @Test
    void aNumberNamesACategoryWhereAllCategoriesAreNumbers() {
        SumModel model = SumModel.of(SumModel.category("f0", "7", "3", "10"), SumModel.category("f1", "false", "true"));
        Path whole = node.parquet("a.parquet", "SELECT unnest([3, 10, 0]) AS f0, true AS f1");
        Path fractions = node.parquet("b.parquet", "SELECT unnest([3, 10, 0.5, NULL])::DOUBLE AS f0, 'true' AS f1");
        Scored scored = node.score(JobBuilder.over(whole, fractions).build(), model, whole, fractions);
        assertThat(node.rows("SELECT prediction FROM " + scored.partTable()))
                .containsExactly("2.0", "3.0", "-999.0", "2.0", "3.0", "-999.0", "-999.0");
        assertThat(unseen(scored)).isEqualTo(Map.of("f0", 2L));
    }

    @Test
    void theJobsOwnCategoriesTurnTextsIntoCodes() {
        Path file = node.parquet("in.parquet", "SELECT unnest(['plus', 'basic', 'gold']) AS plan, 'never' AS id");
        for (ModelFeature feature : List.of(SumModel.number("plan"), SumModel.codes("plan"))) {
            Scored scored = node.score(
                    JobBuilder.over(file).categories("plan", "basic", "plus").build(), SumModel.of(feature), file);
            assertThat(predictions(scored)).containsExactly("0|1.0", "1|0.0", "2|-1000.0");
            assertThat(unseen(scored)).isEqualTo(Map.of("plan", 1L));
        }
    }

    @Test
    void aLevelThatAModelWithoutMissingValuesDoesNotKnowIsQuarantined() {
        Path file = node.parquet("in.parquet", "SELECT unnest(['b', 'a', 'it''s', 'd', NULL, '']) AS f0");
        SumModel model = SumModel.of(SumModel.level("f0", false, "a", "b", "it's"));
        Scored scored = node.score(JobBuilder.over(file).build(), model, file);
        assertThat(values(scored))
                .containsExactly(
                        "3|feature \"f0\" has a category that the model does not know|d",
                        "4|feature \"f0\" is missing|null",
                        "5|feature \"f0\" has a category that the model does not know|");
        assertThat(unseen(scored)).isEqualTo(Map.of("f0", 2L));

        SumModel strict = SumModel.of(SumModel.level("f0", false, "a", "b", "it's", "d", ""));
        assertThat(reasons(node.score(JobBuilder.over(file).build(), strict, file)))
                .containsExactly("4|feature \"f0\" is missing");
    }

    @Test
    void aLevelMayBeAWholeNumberOrATruthValue() {
        Path file = node.parquet("in.parquet", "SELECT 10 AS f0, true AS f1");
        SumModel model =
                SumModel.of(SumModel.level("f0", false, "9", "10"), SumModel.level("f1", false, "false", "true"));
        assertThat(predictions(node.score(JobBuilder.over(file).build(), model, file)))
                .containsExactly("0|2.0");
    }

    @Test
    void rowsThatTheConditionExcludesAreNotRead() {
        Path file = node.parquet("in.parquet", "SELECT i AS f0, nullif(i, 5) AS x FROM range(10) t(i)");
        Job job = JobBuilder.over(file).where("x % 2 = 1").build();
        Scored scored = node.score(job, SumModel.ofNumbers(1), file);
        assertCounts(scored, 4, 4);
        assertThat(predictions(scored)).containsExactly("1|1.0", "3|3.0", "7|7.0", "9|9.0");
    }

    @Test
    void aRowWhoseConditionCannotBeComputedIsQuarantined() {
        Path file = node.parquet("in.parquet", "SELECT unnest(['1', 'abc', '-3', NULL]) AS s, 1 AS f0");
        Job job = JobBuilder.over(file).where("CAST(s AS INTEGER) > 0").build();
        Scored scored = node.score(job, SumModel.ofNumbers(1), file);
        assertCounts(scored, 2, 1);
        assertThat(predictions(scored)).containsExactly("0|1.0");
        assertThat(reasons(scored)).containsExactly("1|source.where can't be computed: CAST(s AS INTEGER) > 0");
    }

    @Test
    void noPartOfAConditionGuardsAnother() {
        Path file = node.parquet("in.parquet", "SELECT unnest(['1', 'abc', '-3', NULL]) AS s, 1 AS f0");
        for (String where : List.of("s <> 'abc' AND CAST(s AS INTEGER) > 0", "CAST(s AS INTEGER) > 0 AND s <> 'abc'")) {
            Scored scored = node.score(JobBuilder.over(file).where(where).build(), SumModel.ofNumbers(1), file);
            assertThat(predictions(scored)).containsExactly("0|1.0");
            assertThat(reasons(scored)).containsExactly("1|source.where can't be computed: " + where);
        }
        Job tolerant = JobBuilder.over(file).where("TRY_CAST(s AS INTEGER) > 0").build();
        assertCounts(node.score(tolerant, SumModel.ofNumbers(1), file), 1, 1);
    }

    @Test
    void aRowThatTheConditionLeavesOutMayFailElsewhere() {
        Path file = node.parquet("in.parquet", "SELECT unnest(['1', 'abc', '3']) AS s");
        Job job = JobBuilder.over(file)
                .features("CAST(s AS INTEGER)")
                .where("s <> 'abc'")
                .build();
        assertCounts(node.score(job, SumModel.ofNumbers(1), file), 2, 2);
    }

    @Test
    void aPartitionWithoutARowAfterTheConditionGivesAnEmptyPart() throws IOException {
        Path file = node.parquet("in.parquet", "SELECT 1 AS f0 FROM range(10)");
        Scored scored = node.score(JobBuilder.over(file).where("f0 > 1").build(), SumModel.ofNumbers(1), file);
        assertCounts(scored, 0, 0);
        assertThat(scored.quarantine()).doesNotExist();
        assertThat(node.rows("SELECT count(*) FROM " + scored.partTable())).containsExactly("0");
        try (ParquetFileReader reader = ParquetFileReader.open(InputFile.of(scored.part()));
                RowReader rows = reader.rowReader()) {
            assertThat(rows.hasNext()).isFalse();
            assertThat(reader.getFileSchema().getColumn(2).name()).isEqualTo("prediction");
        }
    }

    @Test
    void aPartitionOfQuarantinedRowsOnlyHasAnEmptyPart() {
        Path file = node.parquet("in.parquet", "SELECT NULL::DOUBLE AS f0 FROM range(3000)");
        SumModel model = SumModel.of(SumModel.required("f0", Precision.FLOAT64));
        Scored scored = node.score(JobBuilder.over(file).build(), model, file);
        assertCounts(scored, 3000, 0);
        assertThat(node.rows("SELECT count(*) FROM " + scored.partTable())).containsExactly("0");
        assertThat(scored.result().reasons()).hasSize(3);
    }

    // Failures.

    private FailureException failure(PartitionAttempt attempt) {
        List<FailureException> caught = new ArrayList<>();
        assertThatThrownBy(attempt::run).isInstanceOfSatisfying(FailureException.class, caught::add);
        assertThat(node.staged()).isEmpty();
        assertThat(caught.getFirst().getMessage()).doesNotContain("\n");
        return caught.getFirst();
    }

    @Test
    void aFileThatChangedBeforeTheAttemptFailsItForGood() throws IOException {
        Path file = node.parquet("in.parquet", "SELECT 1 AS f0");
        Lease lease = node.lease(JobBuilder.over(file).build(), List.of(node.whole(file)));
        Files.setLastModifiedTime(file, FileTime.fromMillis(1));
        FailureException failure = failure(node.attempt(lease, SumModel.ofNumbers(1)));
        assertThat(failure.failure().isPermanent()).isTrue();
        assertThat(failure.getMessage())
                .startsWith("the input changed while " + TestNode.BATCH + " was running: " + file)
                .contains("it was last modified at");
    }

    @Test
    void aFileReplacedByOneOfTheSameLengthAndTimeFailsTheAttemptForGood() throws IOException {
        Path file = node.parquet("in.parquet", "SELECT 1 AS f0");
        Lease lease = node.lease(JobBuilder.over(file).build(), List.of(node.whole(file)));
        FileTime planned = Files.getLastModifiedTime(file);
        Files.move(node.parquet("other.parquet", "SELECT 2 AS f0"), file, StandardCopyOption.REPLACE_EXISTING);
        Files.setLastModifiedTime(file, planned);
        assertThat(Files.size(file)).isEqualTo(lease.slices().getFirst().file().bytes());
        FailureException failure = failure(node.attempt(lease, SumModel.ofNumbers(1)));
        assertThat(failure.failure().isPermanent()).isTrue();
        assertThat(failure.getMessage())
                .startsWith("the input changed while " + TestNode.BATCH + " was running: " + file)
                .endsWith("its content is different, although its length and modification time are the same");
    }

    @Test
    void aFileThatChangesDuringTheAttemptFailsItForGood() {
        for (boolean gone : new boolean[] {false, true}) {
            Path file = node.parquet("in.parquet", "SELECT i AS f0 FROM range(10000) t(i)");
            Lease lease = node.lease(JobBuilder.over(file).build(), List.of(node.whole(file)));
            Model meddling = new FixedModel(SumModel.ofNumbers(1).description(), (features, rows, outputs) -> {
                try {
                    if (gone) {
                        Files.deleteIfExists(file);
                    } else {
                        Files.setLastModifiedTime(file, FileTime.fromMillis(1));
                    }
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            FailureException failure = failure(node.attempt(lease, meddling));
            assertThat(failure.failure().isPermanent()).isTrue();
            assertThat(failure.getMessage()).contains(file.toString(), gone ? "it is gone" : "last modified");
        }
    }

    @Test
    void anUnreadablePageFailsTheAttemptForGoodAndNamesTheFile() throws IOException {
        Path file = node.parquet(
                "in.parquet",
                "SELECT hash(i) % 1000 AS f0 FROM range(50000) t(i)",
                ", COMPRESSION snappy, ROW_GROUP_SIZE 10240");
        byte[] content = Files.readAllBytes(file);
        // The header of a page in the middle, and what follows it.
        int middle = Integer.parseInt(
                node.rows("SELECT data_page_offset FROM parquet_metadata('%s') WHERE row_group_id = 2".formatted(file))
                        .getFirst());
        for (int at : new int[] {middle, middle + 1, middle + 3}) {
            byte[] broken = content.clone();
            Arrays.fill(broken, at, at + 40, (byte) 0xff);
            Files.write(file, broken);
            Lease lease = node.lease(
                    JobBuilder.over(file).build(), List.of(new Slice(SourcePins.pin(file, 50000), 0, 50000)));
            FailureException failure = failure(node.attempt(lease, SumModel.ofNumbers(1)));
            assertThat(failure.failure().isPermanent()).as(failure.getMessage()).isTrue();
            assertThat(failure.getMessage())
                    .contains(file.toString(), lease.attempt().toString());
        }
    }

    @Test
    void aScorerThatFailsFailsTheAttemptForGood() {
        Path file = node.parquet("in.parquet", "SELECT 1 AS f0");
        Lease lease = node.lease(JobBuilder.over(file).build(), List.of(node.whole(file)));
        Model broken = new FixedModel(SumModel.ofNumbers(1).description(), (features, rows, outputs) -> {
            throw new IllegalStateException("the model is broken");
        });
        FailureException failure = failure(node.attempt(lease, broken));
        assertThat(failure.failure().isPermanent()).isTrue();
        assertThat(failure.getMessage()).contains("the model is broken");
    }

    @Test
    void aFullDiskFailsTheAttemptForNowAndLeavesNothing() throws IOException, InterruptedException {
        Path mount = Files.createDirectories(node.folder.resolve("tiny"));
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", mount.toString()) == 0,
                "a small file system can be mounted by root only");
        try {
            Path file = node.parquet("in.parquet", "SELECT hash(i)::DOUBLE AS f0 FROM range(200000) t(i)");
            Lease lease = node.lease(JobBuilder.over(file).output("f0").build(), List.of(node.whole(file)));
            Lease elsewhere =
                    new Lease(lease.attempt(), lease.job(), lease.model(), 0, lease.slices(), mount.toString());
            FailureException failure = failure(node.attempt(elsewhere, SumModel.ofNumbers(1)));
            assertThat(failure.failure().isPermanent()).isFalse();
            assertThat(failure.getMessage())
                    .contains("No space left on device", TestNode.PARQUET.stagedPart(lease.attempt()));
            assertThat(failure.getMessage()).doesNotContain("exception_type");
            try (Stream<Path> left = Files.list(mount)) {
                assertThat(left).isEmpty();
            }
        } finally {
            assertThat(run("umount", mount.toString())).isZero();
        }
    }

    private static int run(String... command) throws IOException, InterruptedException {
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            return -1;
        }
    }

    @Test
    void aMissingFolderIsATransientFailure() throws IOException {
        Path file = node.parquet("in.parquet", "SELECT 1 AS f0");
        Lease lease = node.lease(JobBuilder.over(file).build(), List.of(node.whole(file)));
        Files.delete(node.staging);
        assertThatThrownBy(node.attempt(lease, SumModel.ofNumbers(1))::run)
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(e.failure().isPermanent()).isFalse());
    }

    @Test
    void cancelEndsALongAttemptWithinASecondAndLeavesNothing() throws Exception {
        Path file = node.parquet("in.parquet", "SELECT i AS f0 FROM range(3000000) t(i)");
        Lease scoring = node.lease(JobBuilder.over(file).build(), List.of(node.whole(file)));
        Lease filtering = node.lease(
                JobBuilder.over(file)
                        .where("len(list_filter(range(f0 % 1000), lambda x: x > 3)) = 7777")
                        .build(),
                List.of(node.whole(file)));
        SumModel model = SumModel.ofNumbers(1);
        AtomicInteger blocks = new AtomicInteger();
        Model slow = new FixedModel(model.description(), (features, rows, outputs) -> {
            blocks.incrementAndGet();
            LockSupport.parkNanos(5_000_000);
        });
        for (Lease lease : List.of(scoring, filtering)) {
            PartitionAttempt attempt = node.attempt(lease, slow);
            CompletableFuture<FailureException> ended = CompletableFuture.supplyAsync(() -> failure(attempt));
            TimeUnit.MILLISECONDS.sleep(300);
            assertThat(ended).isNotDone();
            long start = System.nanoTime();
            attempt.cancel();
            FailureException failure = ended.get(10, TimeUnit.SECONDS);
            assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(1));
            assertThat(failure.failure().isPermanent()).isFalse();
            assertThat(failure).hasMessage(lease.attempt() + " was cancelled");
        }
        assertThat(blocks).hasPositiveValue();
    }

    @Test
    void anAttemptCancelledBeforeItBeginsDoesNotBegin() {
        Path file = node.parquet("in.parquet", "SELECT 1 AS f0");
        Lease lease = node.lease(JobBuilder.over(file).build(), List.of(node.whole(file)));
        PartitionAttempt attempt = node.attempt(lease, SumModel.ofNumbers(1));
        attempt.cancel();
        assertThat(failure(attempt)).hasMessage(lease.attempt() + " was cancelled");
        assertThat(attempt.rows()).isZero();
    }

    @Test
    void attemptsOnSeveralThreadsDoNotMixTheirRows() throws Exception {
        List<CompletableFuture<List<String>>> running = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Path file = node.parquet(
                    "in" + i + ".parquet", "SELECT i + %d AS f0 FROM range(100000) t(i)".formatted(i * 1_000_000));
            Lease lease = node.lease(JobBuilder.over(file).output("f0").build(), List.of(node.whole(file)));
            running.add(CompletableFuture.supplyAsync(() -> {
                node.attempt(lease, SumModel.ofNumbers(1)).run();
                return node.rows("SELECT count(*), min(prediction) FROM read_parquet('%s') WHERE prediction = f0"
                        .formatted(node.staging.resolve(TestNode.PARQUET.stagedPart(lease.attempt()))));
            }));
        }
        for (int i = 0; i < 4; i++) {
            assertThat(running.get(i).get(60, TimeUnit.SECONDS)).containsExactly("100000|" + i * 1_000_000.0);
        }
    }
}
