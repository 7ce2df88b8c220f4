package io.nightshift.worker.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hardwood.InputFile;
import dev.hardwood.metadata.ColumnChunk;
import dev.hardwood.metadata.ColumnMetaData;
import dev.hardwood.metadata.CompressionCodec;
import dev.hardwood.metadata.RowGroup;
import dev.hardwood.metadata.Statistics;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.OutputConstant;
import io.nightshift.protocol.job.OutputDecision;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.Task;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.files.SourceFiles;
import io.nightshift.source.parquet.ParquetReader;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.worker.FixedModel;
import io.nightshift.worker.SumModel;
import io.nightshift.worker.TestNode;
import io.nightshift.worker.TestNode.Scored;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.duckdb.DuckDBColumnType;
import org.duckdb.DuckDBFunctions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The predictions that an attempt writes.
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

    @Nested
    class Predictions {

        @Test
        void predictionsAreTheScorersOwnRowByRowAsAnotherReaderReadsThem() throws IOException {
            Model model = Model.load(TestNode.peer("xgb100x6.ubj"));
            Path file = node.parquet(
                    "flights.parquet",
                    "SELECT * FROM read_csv('" + TestNode.peer("xgb100x6.csv") + "')",
                    ", ROW_GROUP_SIZE 2048");
            List<String> columns =
                    node.rows("SELECT name FROM parquet_schema('" + file + "') WHERE num_children IS NULL");
            String[] features = columns.subList(1, 11).toArray(String[]::new);

            Scored scored = node.score(
                    TestJobBuilder.over(file)
                            .features(features)
                            .output(columns.getFirst())
                            .build(),
                    model,
                    file);

            scored.assertCounts(1000, 1000);
            assertThat(scored.result().reasons()).isEmpty();
            assertThat(scored.quarantine()).doesNotExist();
            double[][] block = new double[10][1000];
            double[][] expected = new double[2][1000];
            List<String> lines = Files.readAllLines(TestNode.peer("xgb100x6.csv"));
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
                                .mapToObj(i -> reader.getFileSchema()
                                                .getColumn(i)
                                                .name() + " "
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
            assertThat(node.rows(
                            "SELECT DISTINCT typeof(predicted_at), abs(epoch(now()) - epoch(predicted_at)) < 600 FROM "
                                    + scored.partTable()))
                    .containsExactly("TIMESTAMP WITH TIME ZONE|true");
        }

        @Test
        void theCommitSaysWhatWasWritten() throws IOException {
            Path file = node.parquet("in.parquet", "SELECT 1.5 AS f0 FROM range(10)");
            Slice slice = new Slice(node.pin(file), 2, 5);
            Lease lease = node.lease(TestJobBuilder.over(file).build(), List.of(slice));

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
            Scored scored = node.score(TestJobBuilder.over(file).id("id").build(), model, file);
            assertThat(node.rows("SELECT * EXCLUDE (model_name, model_version, batch_id, predicted_at) FROM "
                            + scored.partTable()))
                    .containsExactly(
                            "0|setosa|0.8|0.1|0.1",
                            "1|it's \"virginica\"|0.1|0.8|0.1",
                            "2|-1|0.1|0.1|0.8",
                            "3|setosa|0.8|0.1|0.1",
                            "4|it's \"virginica\"|0.1|0.8|0.1");
        }

        @ParameterizedTest
        @ValueSource(ints = {1, 2, 2047, 2048, 2049, 4096, 20_000})
        void everyNumberOfRowsGivesOnePredictionEach(int rows) {
            Path file = node.parquet("in.parquet", "SELECT i AS f0 FROM range(" + rows + ") t(i)");
            Scored scored = node.score(TestJobBuilder.over(file).build(), SumModel.ofNumbers(1), file);
            scored.assertCounts(rows, rows);
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
            Scored scored = node.score(TestJobBuilder.over(file).build(), SumModel.ofNumbers(500), file);
            assertThat(node.rows("SELECT count(*) FROM " + scored.partTable()
                            + " WHERE prediction = 500 * record_row + 499 * 250"))
                    .containsExactly("3000");
        }

        @Test
        void valuesAreRoundedToThePrecisionThatTheModelComparesIn() {
            Path file = node.parquet("in.parquet", "SELECT 0.1::DOUBLE AS a, 16777217 AS b, 1.1::DECIMAL(4,2) AS c");
            SumModel model = SumModel.of(SumModel.required("a", Precision.FLOAT32));
            assertThat(node.predictions(node.score(TestJobBuilder.over(file).build(), model, file)))
                    .containsExactly("0|" + (double) 0.1f);
            assertThat(node.predictions(
                            node.score(TestJobBuilder.over(file).features("b").build(), model, file)))
                    .containsExactly("0|1.6777216E7");
            assertThat(node.predictions(
                            node.score(TestJobBuilder.over(file).features("c").build(), model, file)))
                    .containsExactly("0|" + (double) 1.1f);
        }

        @Test
        void attemptsOnSeveralThreadsDoNotMixTheirRows() throws Exception {
            List<CompletableFuture<List<String>>> running = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                Path file = node.parquet(
                        "in" + i + ".parquet", "SELECT i + %d AS f0 FROM range(100000) t(i)".formatted(i * 1_000_000));
                Lease lease = node.lease(TestJobBuilder.over(file).output("f0").build(), List.of(node.whole(file)));
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

    @Nested
    class Margins {

        @Test
        void theMarginIsTheScorersOwnNextToThePrediction() {
            Model model = Model.load(TestNode.peer("xgb100x6.ubj"));
            Path file =
                    node.parquet("flights.parquet", "SELECT * FROM read_csv('" + TestNode.peer("xgb100x6.csv") + "')");
            List<String> columns =
                    node.rows("SELECT name FROM parquet_schema('" + file + "') WHERE num_children IS NULL");
            String[] features = columns.subList(1, 11).toArray(String[]::new);

            Scored scored = node.score(
                    TestJobBuilder.over(file).features(features).margin().build(), model, file);

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
                    .with(3, List.of());
            Model model = new FixedModel(description, (features, rows, outputs) -> {
                for (int row = 0; row < rows; row++) {
                    for (int k = 0; k < 7; k++) {
                        outputs[k][row] = k;
                    }
                }
            });
            Path file = node.parquet("in.parquet", "SELECT 1.5 AS f0, 9 AS id");

            Scored scored =
                    node.score(TestJobBuilder.over(file).id("id").margin().build(), model, file);

            assertThat(node.rows(
                            "SELECT record_id, probability_2, margin_0, margin_1, margin_2 FROM " + scored.partTable()))
                    .containsExactly("9|3.0|4.0|5.0|6.0");
        }

        @Test
        void aMarginThatAModelDoesNotHaveIsRefused() {
            Path file = node.parquet("in.parquet", "SELECT 1.5 AS f0");

            assertThatThrownBy(
                            () -> node.score(TestJobBuilder.over(file).margin().build(), SumModel.ofNumbers(1), file))
                    .hasMessageContaining("output.margin: the model has no margin: a sum of test");
        }

        @Test
        void aColumnMayBeCalledMarginWhereTheOutputHasNone() {
            Path file = node.parquet("in.parquet", "SELECT 1.5 AS f0, 7 AS margin");
            Model model = Model.load(TestNode.peer("xgb100x6.ubj"));

            Scored scored =
                    node.score(TestJobBuilder.over(file).output("margin").build(), SumModel.ofNumbers(1), file);

            assertThat(node.rows("SELECT margin FROM " + scored.partTable())).containsExactly("7");
            String[] features = new String[10];
            Arrays.fill(features, "f0");
            assertThatThrownBy(() -> node.score(
                            TestJobBuilder.over(file)
                                    .features(features)
                                    .output("margin")
                                    .margin()
                                    .build(),
                            model,
                            file))
                    .hasMessageContaining("with output.margin, margin is a column of the output itself");
        }
    }

    @Nested
    class Shape {

        private static final ModelDescription THREE = new ModelDescription(
                "test", "three", Task.MULTICLASS, List.of(SumModel.number("f0")), List.of("a", "b", "c"), Map.of());

        /// The class at the position `f0` has the probability 0.6, and the others 0.2.
        private static final Model MODEL = new FixedModel(THREE, (features, rows, outputs) -> {
            for (int row = 0; row < rows; row++) {
                for (int k = 1; k < 4; k++) {
                    outputs[k][row] = features[0][row] == k - 1 ? 0.6 : 0.2;
                }
                outputs[0][row] = features[0][row];
            }
        });

        private static Job.Output shape(OutputDecision... decisions) {
            return new Job.Output(
                    List.of(),
                    false,
                    Map.of("a", "A", "b", "B", "c", "C"),
                    2,
                    List.of(decisions),
                    List.of(new OutputConstant("day", OutputConstant.Type.DATE, "2026-11-25")),
                    Map.of("prediction", "best"));
        }

        @Test
        void theMostProbableClassesHaveTheirLabelsAndScores() {
            Path file = node.parquet("in.parquet", "SELECT (i % 3)::DOUBLE AS f0, i AS id FROM range(3000) t(i)");

            Scored scored =
                    node.score(TestJobBuilder.over(file).id("id").shape(shape()).build(), MODEL, file);

            assertThat(node.rows(
                            "SELECT best, class_1, score_1, class_2, score_2, day, count(*) FROM %s GROUP BY ALL ORDER BY 1"
                                    .formatted(scored.partTable())))
                    .containsExactly(
                            "A|A|0.6|B|0.2|2026-11-25|1000",
                            "B|B|0.6|A|0.2|2026-11-25|1000",
                            "C|C|0.6|A|0.2|2026-11-25|1000");
        }

        @Test
        void eachSegmentHasItsThreshold() {
            Path file = node.parquet(
                    "in.parquet",
                    "SELECT 1.0 AS f0, i AS id, CASE i WHEN 3 THEN NULL ELSE i + 10 END AS shop FROM range(4) t(i)");
            OutputDecision decision = new OutputDecision("sure", "b", 0.5, "shop", Map.of("10", 0.7, "11", 0.6));

            Scored scored = node.score(
                    TestJobBuilder.over(file).id("id").shape(shape(decision)).build(), MODEL, file);

            // A segment without a threshold, and a row without a segment, have the default.
            assertThat(node.rows("SELECT record_id, sure FROM %s ORDER BY 1".formatted(scored.partTable())))
                    .containsExactly("0|false", "1|true", "2|true", "3|true");
        }

        @Test
        void aScoreThatIsNoNumberGivesNoDecision() {
            Path file = node.parquet("in.parquet", "SELECT NULL::DOUBLE AS f0 UNION ALL SELECT 7.5");
            Job.Output output = new Job.Output(
                    List.of(),
                    false,
                    Map.of(),
                    0,
                    List.of(new OutputDecision("high", null, 7.5, null, Map.of())),
                    List.of(),
                    Map.of());

            Model model = new FixedModel(
                    SumModel.ofNumbers(1).description(),
                    (features, rows, outputs) -> System.arraycopy(features[0], 0, outputs[0], 0, rows));

            Scored scored = node.score(TestJobBuilder.over(file).shape(output).build(), model, file);

            assertThat(node.rows("SELECT high FROM %s ORDER BY record_row".formatted(scored.partTable())))
                    .containsExactly("null", "true");
        }

        @Test
        void aSegmentThatIsNoColumnIsRefused() {
            Path file = node.parquet("in.parquet", "SELECT 1.5 AS f0, 1 AS shop");
            OutputDecision decision = new OutputDecision("sure", "b", 0.5, "shopp", Map.of("10", 0.7));

            assertThatThrownBy(() -> node.score(
                            TestJobBuilder.over(file).shape(shape(decision)).build(), MODEL, file))
                    .hasMessageContaining("output.decisions: \"shopp\" is neither a column")
                    .hasMessageContaining("did you mean \"shop\"?");
        }
    }

    /// Read by another reader than the one that comes with the writer.
    @Nested
    class Layout {

        private static final int ROWS = 30_000;

        private Scored score(ParquetDestination layout) {
            Path file = node.parquet(
                    "in.parquet",
                    "SELECT (i * 7919 %% %d)::DOUBLE AS f0, i AS id, i %% 2 AS half FROM range(%1$d) t(i)"
                            .formatted(ROWS));
            return node.score(
                    TestJobBuilder.over(file)
                            .id("id")
                            .output("half")
                            .into(layout)
                            .build(),
                    SumModel.ofNumbers(1),
                    file);
        }

        private static ColumnMetaData column(RowGroup group, String name) {
            return group.columns().stream()
                    .map(ColumnChunk::metaData)
                    .filter(column -> column.pathInSchema().toString().equals(name))
                    .findFirst()
                    .orElseThrow();
        }

        private static double number(byte[] statistic) {
            return ByteBuffer.wrap(statistic).order(ByteOrder.LITTLE_ENDIAN).getDouble();
        }

        @Test
        void rowsAreSortedWithTheirOwnScores() throws IOException {
            Scored scored = score(new ParquetDestination(
                    "/out", null, 9, 6_144, List.of("half", "prediction"), List.of("record_id")));

            assertThat(node.rows("SELECT count(*), count(*) FILTER (prediction = record_id * 7919 %% %d) FROM %s"
                            .formatted(ROWS, scored.partTable())))
                    .containsExactly("30000|30000");
            try (ParquetFileReader reader = ParquetFileReader.open(InputFile.of(scored.part()));
                    RowReader rows = reader.rowReader()) {
                List<RowGroup> groups = reader.getFileMetaData().rowGroups();
                assertThat(groups).extracting(RowGroup::numRows).containsExactly(6144L, 6144L, 6144L, 6144L, 5424L);
                assertThat(groups).allSatisfy(group -> {
                    assertThat(column(group, "prediction").codec()).isEqualTo(CompressionCodec.ZSTD);
                    assertThat(column(group, "record_id").bloomFilterOffset()).isNotNull();
                });
                // The first two groups hold even IDs only, and no prediction of the second is in the first.
                Statistics first = column(groups.getFirst(), "prediction").statistics();
                Statistics second = column(groups.get(1), "prediction").statistics();
                assertThat(number(first.maxValue())).isLessThan(number(second.minValue()));
                long half = 0;
                double before = -1;
                for (int row = 0; row < ROWS; row++) {
                    rows.next();
                    before = rows.getLong("half") == half ? before : -1;
                    half = rows.getLong("half");
                    assertThat(rows.getDouble("prediction")).isGreaterThan(before);
                    before = rows.getDouble("prediction");
                }
                assertThat(half).isEqualTo(1);
            }
        }

        @ParameterizedTest
        @EnumSource
        void everyCodecIsRead(ParquetDestination.Codec codec) throws IOException {
            Scored scored = score(new ParquetDestination("/out", codec, null, null, List.of(), List.of()));

            assertThat(node.rows("SELECT sum(prediction) FROM " + scored.partTable()))
                    .containsExactly("4.49985E8");
            try (ParquetFileReader reader = ParquetFileReader.open(InputFile.of(scored.part()))) {
                RowGroup group = reader.getFileMetaData().rowGroups().getFirst();
                assertThat(column(group, "prediction").codec()).hasToString(codec.name());
                assertThat(column(group, "record_id").bloomFilterOffset()).isNull();
            }
        }

        @Test
        void aColumnThatTheOutputDoesNotHaveIsRefused() {
            Job job = TestJobBuilder.over(node.parquet("in.parquet", "SELECT 1.5 AS f0"))
                    .into(new ParquetDestination(
                            node.staging.toString(), null, null, null, List.of("predicton"), List.of("f0")))
                    .build();

            assertThat(new Destinations(() -> node.duckDb, DataSources.NONE)
                            .of(job)
                            .check(job, SumModel.ofNumbers(1).description()))
                    .anySatisfy(
                            reason -> assertThat(reason)
                                    .isEqualTo(
                                            "destination.parquet.order-by: the output has no column predicton; did you mean prediction?"))
                    .anySatisfy(reason -> assertThat(reason)
                            .startsWith("destination.parquet.bloom-filters: the output has no column f0; it has "));
        }
    }

    @Nested
    class Columns {

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
            Scored scored = node.score(TestJobBuilder.over(file).output(columns).build(), SumModel.ofNumbers(1), file);
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
                    .mapToObj(i ->
                            "i * 100 + %d AS \"%s\"".formatted(i, names.get(i).replace("\"", "\"\"")))
                    .reduce((a, b) -> a + ", " + b)
                    .orElseThrow();
            Path file = node.parquet("in.parquet", "SELECT i AS f0, " + columns + " FROM range(1, 4) t(i)");
            SumModel model = SumModel.of(SumModel.required("sum", Precision.FLOAT64));
            Job job = TestJobBuilder.over(file)
                    .features("CASE WHEN f0 < 3 THEN reason + nightshift_feature_0 END")
                    .where("nightshift_where > 0 AND \"user\" > 0")
                    .output(names.toArray(String[]::new))
                    .build();

            Scored scored = node.score(job, model, file);

            scored.assertCounts(3, 2);
            assertThat(node.predictions(scored)).containsExactly("0|204.0", "1|404.0");
            assertThat(node.rows(
                            "SELECT ticket, \"nightshift_x0\", \"a \"\"b\"\" c\", \"user\" FROM " + scored.partTable()))
                    .containsExactly("100|104|112|113", "200|204|212|213");
            assertThat(node.reasons(scored)).containsExactly("2|feature \"sum\" is missing");
        }

        @Test
        void namesOfFilesMayHoldQuotesSpacesAndGlobs() {
            node.parquet("odd a.parquet", "SELECT 100 AS f0");
            Path file = node.parquet("odd [a]*? 'q' \"ü\".parquet", "SELECT 5 AS f0 UNION ALL SELECT NULL");
            SumModel model = SumModel.of(SumModel.required("f0", Precision.FLOAT64));
            Scored scored = node.score(TestJobBuilder.over(file).build(), model, file);
            assertThat(node.rows("SELECT record_file, prediction FROM " + scored.partTable()))
                    .containsExactly(file + "|5.0");
            assertThat(node.rows("SELECT record_file, reason FROM " + scored.quarantineTable()))
                    .containsExactly(file + "|feature \"f0\" is missing");
            assertThat(scored.result().reasons())
                    .containsExactly("odd [a]*? 'q' \"ü\".parquet row 1: feature \"f0\" is missing");
        }

        @Test
        void aConditionIsEvaluatedOnceForOutputAndOnceForCount() throws SQLException {
            AtomicLong evaluated = expensive();
            Path file = node.parquet("in.parquet", "SELECT i AS f0, i::double AS f1 FROM range(30000) t(i)");

            Scored scored = node.score(
                    TestJobBuilder.over(file)
                            .features("f0", "f1")
                            .where("expensive(f0) % 2 = 0")
                            .build(),
                    SumModel.ofNumbers(2),
                    file);

            scored.assertCounts(15_000, 15_000);
            assertThat(evaluated).hasValue(60_000);
        }

        @Test
        void aFeatureIsEvaluatedOnceForEachRowOfTheCondition() throws SQLException {
            AtomicLong evaluated = expensive();
            Path file = node.parquet(
                    "in.parquet",
                    "SELECT i AS f1, CASE WHEN i % 100 = 0 THEN 'Infinity'::double ELSE i END AS f2 FROM range(30000) t(i)");

            Scored scored = node.score(
                    TestJobBuilder.over(file)
                            .select("f0", "expensive(f2)")
                            .features("f0", "f1")
                            .where("f1 < 10000")
                            .build(),
                    SumModel.ofNumbers(2),
                    file);

            scored.assertCounts(10_000, 9_900);
            // Once more for the rows of the quarantine.
            assertThat(evaluated).hasValue(20_000);
        }

        /// Makes the SQL function `expensive`, which returns its argument.
        ///
        /// @return how many rows it has seen
        private AtomicLong expensive() throws SQLException {
            AtomicLong evaluated = new AtomicLong();
            try (Connection connection = node.duckDb.connect()) {
                DuckDBFunctions.scalarFunction()
                        .withName("expensive")
                        .withParameter(DuckDBColumnType.DOUBLE)
                        .withReturnType(DuckDBColumnType.DOUBLE)
                        .withVectorizedFunction((in, out) -> {
                            evaluated.addAndGet(in.rowCount());
                            for (long row = 0; row < in.rowCount(); row++) {
                                out.setDouble(row, in.vector(0).getDouble(row));
                            }
                        })
                        .register(connection);
            }
            return evaluated;
        }

        @Test
        void aSelectKeyGivesTheFeatureOfItsNameFromTheFilesOwnColumn() {
            Path file = node.parquet("in.parquet", "SELECT 3 AS f0, 4 AS f1");
            Job job = TestJobBuilder.over(file)
                    .select("f0", "f0 * 10")
                    .select("f1", "f0 + f1")
                    .select("source_f0", "f0")
                    .output("source_f0")
                    .build();
            Scored scored = node.score(job, SumModel.ofNumbers(2), file);
            assertThat(node.rows("SELECT prediction, source_f0 FROM " + scored.partTable()))
                    .containsExactly("37.0|3");
        }
    }

    @Nested
    class Cuts {

        @Test
        void resultsDoNotDependOnHowTheInputIsCut() {
            Path a = node.parquet("a.parquet", cutInput(5000, 0), ", ROW_GROUP_SIZE 2048");
            Path b = node.parquet("b.parquet", cutInput(3, 5000));
            Path c = node.parquet("c.parquet", cutInput(4097, 5003), ", ROW_GROUP_SIZE 4096");
            List<SourceFile> files = Stream.of(a, b, c).map(node::pin).toList();
            Job job = TestJobBuilder.over(a, b, c)
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
        void wholeFilesOfEqualColumnsAreReadTogether() throws SQLException {
            Path folder = node.folder.resolve("many");
            List<Slice> slices = new ArrayList<>();
            List<Path> files = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                String extra = i % 2 == 0 ? "" : ", 1 AS other";
                Path file = folder.resolve("f%03d [x].parquet".formatted(i));
                node.parquet(
                        "many/" + file.getFileName(),
                        "SELECT i + %d AS f0%s FROM range(100) t(i)".formatted(i * 100, extra));
                SourceFile pinned = node.pin(file);
                long from = i == 0 ? 40 : 0;
                slices.add(new Slice(pinned, from, (i == 199 ? 70 : 100) - from));
                files.add(file);
            }
            Job job = TestJobBuilder.over(folder)
                    .features("CASE WHEN f0 <> 17777 THEN f0 END")
                    .where("f0 <> 10000")
                    .build();
            SumModel model = SumModel.of(SumModel.required("f0", Precision.FLOAT64));

            try (Connection connection = node.duckDb.connect()) {
                assertThat(new ParquetReader(() -> node.duckDb, new SourceFiles(FileRoots.UNRESTRICTED))
                                .bind(connection, slices, job, model.description()))
                        .as("whole files with and without the other column, and the two that are cut")
                        .hasSize(4);
            }
            Scored scored = node.score(job, model, slices);

            scored.assertCounts(19_929, 19_928);
            assertThat(node.rows("""
                    SELECT count(DISTINCT record_file), count(*) FROM %s
                    WHERE prediction = record_row + 100 * regexp_extract(record_file, 'f([0-9]+) .x..parquet', 1)::INTEGER
                    """.formatted(scored.partTable()))).containsExactly("200|19928");
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
    }
}
