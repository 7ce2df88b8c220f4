package io.nightshift.source.parquet;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.BoundJob.Bound;
import io.nightshift.source.BoundJobs;
import io.nightshift.source.JoinedColumns;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourceReader.BoundSlices;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.TestModels;
import io.nightshift.source.files.SourceFiles;
import io.nightshift.storage.filesystem.FileRoots;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The columns of a batch: those of all its files together, and those of the names of folders.
class ParquetColumnsTest extends ParquetReaderFixture {

    private static final ModelDescription MODEL = TestModels.ofNumbers(1);

    /// The first feature and the output columns of each row that the job lets through, read as a worker reads
    /// them: all files of the plan together.
    private List<String> read(Job job, ModelDescription model) throws SQLException {
        List<Slice> slices = inspector.inspect(job, model).stream()
                .map(InspectedFile::file)
                .map(file -> new Slice(file, 0, file.rows()))
                .toList();
        List<String> rows = new ArrayList<>();
        try (Connection connection = node.duckDb.connect()) {
            for (BoundSlices group : inspector.bind(connection, slices, job, model)) {
                List<String> select = Stream.concat(
                                Stream.of(group.job().features().getFirst().source()), group.job().output().stream())
                        .map(Bound::sql)
                        .toList();
                String range = group.relation().range();
                rows.addAll(node.rows("SELECT %s FROM %s WHERE %s AND %s ORDER BY %s || ' ' || %s"
                        .formatted(
                                String.join(", ", select),
                                group.relation().from(),
                                range.isEmpty() ? "TRUE" : range,
                                job.source().where() == null
                                        ? "TRUE"
                                        : job.source().where(),
                                group.relation().file(),
                                group.relation().row())));
            }
        }
        return rows;
    }

    private List<String> read(TestJobBuilder job) throws SQLException {
        return read(job.build(), MODEL);
    }

    private List<String> schemas(TestJobBuilder job) {
        return inspect(job.build()).stream()
                .map(file -> String.valueOf(file.file().schema()))
                .distinct()
                .toList();
    }

    @Nested
    class Folders {

        @Test
        void theNamesOfFoldersAreTypedColumns() throws SQLException {
            node.parquet("in/dt=2026-11-24/region=eu/a.parquet", "SELECT 1 AS f0");
            node.parquet("in/dt=2026-11-25/region=us/a.parquet", "SELECT 2 AS f0 UNION ALL SELECT 3");

            assertThat(read(TestJobBuilder.over(folder)
                            .output("dt", "region")
                            .select("weekday", "dayofweek(dt)")
                            .features("f0 + dayofweek(dt)")))
                    .containsExactly("3|2026-11-24|eu", "5|2026-11-25|us", "6|2026-11-25|us");
            assertThat(schemas(TestJobBuilder.over(folder).output("dt")))
                    .as("pinned: the type, and only the column that is read")
                    .singleElement()
                    .asString()
                    .contains("\"folders\":{\"dt\":\"DATE\"}");
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                quoteCharacter = '^',
                value = {
                    "1,2|BIGINT",
                    "01,12|BIGINT",
                    "1,x|VARCHAR",
                    "2026-11-25,2026-11-26|DATE",
                    "2026-11-25,2026-13-26|VARCHAR",
                    "2026-11-25 10%3A00%3A00,2026-11-25 11%3A30%3A00|TIMESTAMP",
                    "1,__HIVE_DEFAULT_PARTITION__|BIGINT",
                    "__HIVE_DEFAULT_PARTITION__,__HIVE_DEFAULT_PARTITION__|VARCHAR",
                    "9999999999999999999,1|VARCHAR"
                })
        void theTypeIsTheNarrowestOfAllValues(String values, String type) {
            int number = 0;
            for (String value : List.of(values.split(",", -1))) {
                node.parquet("in/k=" + value + "/" + number++ + ".parquet", "SELECT 1 AS f0");
            }
            assertThat(schemas(TestJobBuilder.over(folder).output("k")))
                    .singleElement()
                    .asString()
                    .contains("{\"k\":\"" + type + "\"}");
        }

        private TestJobBuilder declared(String... namesAndTypes) {
            Map<String, String> types = new LinkedHashMap<>();
            for (int i = 0; i < namesAndTypes.length; i += 2) {
                types.put(namesAndTypes[i], namesAndTypes[i + 1]);
            }
            return TestJobBuilder.over(new ParquetInput(List.of(folder.toString()), types));
        }

        @Test
        void declaredTypesAreTakenAndTheOthersAreTexts() throws SQLException {
            node.parquet("in/month=01/day=2026-11-05/no=7/a.parquet", "SELECT 1 AS f0");
            node.parquet("in/month=11/day=2026-11-05/no=8/a.parquet", "SELECT 2 AS f0");
            node.parquet("in/a.parquet", "SELECT 3 AS f0");

            assertThat(read(declared("Month", "VARCHAR", "day", "TIMESTAMP", "no", "SMALLINT")
                            .output("month", "day", "no")
                            .select("month_type", "typeof(month) || typeof(no)")))
                    .containsExactlyInAnyOrder(
                            "1|01|2026-11-05 00:00:00.0|7", "2|11|2026-11-05 00:00:00.0|8", "3|null|null|null");
            assertThat(schemas(declared("day", "DATE").output("month", "day", "no")))
                    .singleElement()
                    .asString()
                    .contains("{\"day\":\"DATE\",\"month\":\"VARCHAR\",\"no\":\"VARCHAR\"}");
            assertThat(inspect(declared("month", "VARCHAR").where("month = '1'").build()))
                    .as("the condition sees the declared type")
                    .allMatch(file -> file.file().rows() == 0);
            assertThat(inspect(declared("month", "INTEGER").where("month = 1").build()))
                    .singleElement()
                    .matches(file -> file.file().path().contains("month=01"));
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                quoteCharacter = '^',
                value = {
                    "yesterday|DATE",
                    "2026-13-01|DATE",
                    "2026-11-05 10%3A00%3A00|DATE",
                    "1.5|INTEGER",
                    "300|TINYINT",
                    "1.25|DECIMAL(4,1)",
                    "eu|BOOLEAN",
                    "eu|DOUBLE"
                })
        void aFolderThatIsNotOfItsDeclaredTypeIsRefusedByName(String value, String type) {
            Path file = node.parquet("in/k=" + value + "/a.parquet", "SELECT 1 AS f0");
            node.parquet("in/k=__HIVE_DEFAULT_PARTITION__/a.parquet", "SELECT 1 AS f0");
            assertRefused(
                    declared("k", type).build(),
                    "source.parquet.folders.k: \"%s\" is not of the type %s".formatted(value.replace("%3A", ":"), type),
                    file.toString());
        }

        @Test
        void aDeclaredFolderThatIsNotThereIsRefused() {
            node.parquet("in/dt=2026-11-24/a.parquet", "SELECT 1 AS f0");
            assertRefused(
                    declared("dtt", "DATE").build(),
                    "source.parquet.folders: no file is in a folder \"dtt=…\"",
                    "\"dt\"?");
        }

        @Test
        void namesAreDecodedAndTheDefaultPartitionIsNull() throws SQLException {
            node.parquet("in/k=a%20b%2Fc%25/a.parquet", "SELECT 1 AS f0");
            node.parquet("in/k=__HIVE_DEFAULT_PARTITION__/a.parquet", "SELECT 2 AS f0");
            node.parquet("in/k=it's 100%/a.parquet", "SELECT 3 AS f0");
            node.parquet("in/other/a.parquet", "SELECT 4 AS f0");

            assertThat(read(TestJobBuilder.over(folder).output("k")))
                    .containsExactlyInAnyOrder("1|a b/c%", "2|null", "3|it's 100%", "4|null");
        }

        @Test
        void aColumnOfTheFileItselfWins() throws SQLException {
            node.parquet("in/dt=2020-01-01/a.parquet", "SELECT 1 AS f0, DATE '2026-11-25' AS dt");
            node.parquet("in/dt=2020-01-02/a.parquet", "SELECT 2 AS f0");

            assertThat(read(TestJobBuilder.over(folder).output("dt")))
                    .as("and a file without it has the folder's value")
                    .containsExactlyInAnyOrder("1|2026-11-25", "2|2020-01-02");
            assertThat(read(TestJobBuilder.over(folder.resolve("dt=2020-01-01"))
                            .output("dt")
                            .where("dt > DATE '2026-01-01'")))
                    .containsExactly("1|2026-11-25");
        }

        @Test
        void filesWhoseFoldersTheConditionRulesOutAreNotOpened() throws Exception {
            Path kept = node.parquet("in/dt=2026-11-25/region=eu/a.parquet", "SELECT 1 AS f0, 5 AS x");
            Path unreadable = folder.resolve("dt=2026-11-24/region=eu/a.parquet");
            Files.createDirectories(unreadable.getParent());
            Files.writeString(unreadable, "opening this file would fail the plan");
            for (String where : List.of(
                    "dt = DATE '2026-11-25'",
                    "dt = '2026-11-25' AND x > 3",
                    "x > 3 AND (region = 'us' OR dt > DATE '2026-11-24')",
                    "day(dt) = 25 AND x = 5",
                    "dt IN ('2026-11-25', '2026-11-26')",
                    "(dt = '2026-11-25' AND x > 3) OR (dt = '2026-11-26' AND x > 4)",
                    "NOT dt < '2026-11-25'")) {
                assertThat(inspect(TestJobBuilder.over(folder).where(where).build()))
                        .as(where)
                        .extracting(file -> file.file().path())
                        .containsExactly(kept.toString());
                assertThat(read(TestJobBuilder.over(folder).where(where).output("dt")))
                        .as(where)
                        .containsExactly("1|2026-11-25");
            }
            for (String where : List.of("x > 3", "dt = '2026-11-25' OR x > 3", "coalesce(x, day(dt)) > 3")) {
                assertRefused(TestJobBuilder.over(folder).where(where).build(), unreadable + " is not a Parquet file");
            }
        }

        @Test
        void aConditionThatRulesAllFilesOutLeavesAnEmptyBatch() throws SQLException {
            node.parquet("in/dt=2026-11-24/a.parquet", "SELECT 1 AS f0");
            node.parquet("in/dt=2026-11-25/a.parquet", "SELECT 1 AS f0");
            TestJobBuilder job =
                    TestJobBuilder.over(folder).where("dt = DATE '2026-11-26'").output("dt");

            assertThat(inspect(job.build())).singleElement().satisfies(file -> {
                assertThat(file.file().rows()).isZero();
                assertThat(file.rowGroups()).isEmpty();
            });
            assertThat(read(job)).isEmpty();
            assertMissing(job.failsIfEmpty().build(), "source: there is not a single row in");
        }

        @Test
        void aConditionThatDoesNotFitTheTypeIsRefusedWithItsPlace() {
            node.parquet("in/dt=2026-11-24/a.parquet", "SELECT 1 AS f0");
            assertRefused(TestJobBuilder.over(folder).where("dt + [1] = 2").build(), "source.where: «dt + [1] = 2»");
        }
    }

    @Nested
    class DifferentColumns {

        @Test
        void aColumnThatAFileLacksIsNullThere() throws SQLException {
            node.parquet("in/a.parquet", "SELECT 1 AS f0");
            node.parquet("in/b.parquet", "SELECT 'x' AS more, 2 AS f0");
            node.parquet("in/c.parquet", "SELECT 'y' AS more");

            assertThat(read(TestJobBuilder.over(folder).output("more")))
                    .containsExactlyInAnyOrder("1|null", "2|x", "null|y");
            assertThat(read(TestJobBuilder.over(folder).where("more IS NULL"))).containsExactly("1");
            assertRefused(TestJobBuilder.over(folder).output("mroe").build(), "did you mean \"more\"?");
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                quoteCharacter = '^',
                value = {
                    "1::TINYINT|2::INTEGER|INTEGER",
                    "1::BIGINT|2::UINTEGER|BIGINT",
                    "1::INTEGER|2::UINTEGER|BIGINT",
                    "1::BIGINT|2::UBIGINT|HUGEINT",
                    "1::UTINYINT|2::USMALLINT|USMALLINT",
                    "1::INTEGER|2.5::FLOAT|DOUBLE",
                    "1::BIGINT|2.5::DOUBLE|DOUBLE",
                    "1.5::FLOAT|2.5::DOUBLE|DOUBLE",
                    "1.5::DECIMAL(9,2)|2.125::DECIMAL(5,3)|DECIMAL(10,3)",
                    "1.5::DECIMAL(9,2)|2::INTEGER|DECIMAL(12,2)",
                    "1.5::DECIMAL(9,2)|2.5::DOUBLE|DOUBLE",
                    "1.5::DECIMAL(38,30)|2.5::DECIMAL(38,2)|DOUBLE",
                    "DATE '2026-11-25'|TIMESTAMP '2026-11-25 10:00:00'|TIMESTAMP",
                    "TIMESTAMP_NS '2026-11-25 10:00:00'|TIMESTAMP '2026-11-25 10:00:00'|TIMESTAMP_NS",
                    "[1]|[2.5::DOUBLE]|DOUBLE[]",
                    "{'a': 1}|{'b': 'x', 'a': 2.5::DOUBLE}|STRUCT(a DOUBLE, b VARCHAR)",
                    "map {'a': 1}|map {'b': 2::BIGINT}|MAP(VARCHAR, BIGINT)"
                })
        void differentTypesAreReadAsTheNarrowestCommonOne(String one, String other, String type) throws SQLException {
            for (List<String> order : List.of(List.of(one, other), List.of(other, one))) {
                node.parquet("in/a.parquet", "SELECT 1 AS f0, %s AS v".formatted(order.getFirst()));
                node.parquet("in/b.parquet", "SELECT 2 AS f0, %s AS v".formatted(order.getLast()));
                Job job = TestJobBuilder.over(folder)
                        .select("t", "typeof(v)")
                        .output("t", "v")
                        .build();
                assertThat(read(job, MODEL))
                        .hasSize(2)
                        .allSatisfy(row -> assertThat(row)
                                .as("the rest is the value")
                                .contains("|" + type.replaceAll("\\(a.*", "")));
            }
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                quoteCharacter = '^',
                value = {
                    "'a'|1",
                    "true|1",
                    "DATE '2026-11-25'|'a'",
                    "TIMESTAMP '2026-11-25'|TIMESTAMPTZ '2026-11-25'",
                    "'\\x00'::BLOB|'a'",
                    "[1]|['a']",
                    "{'a': 1}|{'a': 'x'}",
                    "{'a': 1}|1"
                })
        void typesWithoutACommonOneAreRefusedWithBothFiles(String one, String other) {
            Path a = node.parquet("in/a.parquet", "SELECT 1 AS f0, %s AS v".formatted(one));
            Path b = node.parquet("in/b.parquet", "SELECT 2 AS f0, %s AS v".formatted(other));
            assertRefused(
                    TestJobBuilder.over(folder).output("v").build(),
                    "output.columns: v is ",
                    a.toString(),
                    b.toString());
            assertThat(inspect(TestJobBuilder.over(folder).build()))
                    .as("a column that the job does not read is no matter")
                    .hasSize(2);
        }

        @Test
        void aFileOfTheBatchsOwnColumnsIsReadWithoutAnyChange() {
            node.parquet("in/a.parquet", "SELECT 1 AS f0, 2 AS x");
            node.parquet("in/b.parquet", "SELECT 1 AS f0, 2.5::DOUBLE AS y");
            assertThat(schemas(TestJobBuilder.over(folder)))
                    .as("the job reads neither x nor y")
                    .hasSize(2)
                    .allSatisfy(schema -> assertThat(schema).matches("[0-9a-f]{16}"));
        }

        @Test
        void namesThatDifferInCaseAreTheSameColumn() throws SQLException {
            node.parquet("in/a.parquet", "SELECT 1 AS F0, 2 AS Id");
            node.parquet("in/b.parquet", "SELECT 3 AS F0, 4 AS id");
            assertThat(read(TestJobBuilder.over(folder).features("F0").output("Id")))
                    .containsExactlyInAnyOrder("1|2", "3|4");
        }

        @Test
        void columnsWithFieldIdsAreTheSameIfTheirIdsAre() throws SQLException, IOException {
            Path old =
                    node.parquet("in/z.parquet", "SELECT 1 AS f0, 2 AS a, 3 AS b", ", FIELD_IDS {f0: 1, a: 2, b: 3}");
            Files.setLastModifiedTime(old, FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));
            node.parquet("in/a.parquet", "SELECT 4 AS b, 5::BIGINT AS a, 6 AS f0", ", FIELD_IDS {b: 2, a: 4, f0: 1}");

            assertThat(read(TestJobBuilder.over(folder).output("b", "a")))
                    .as("a was renamed to b, the old b was dropped, and there is a new a")
                    .containsExactlyInAnyOrder("6|4|5", "1|2|null");

            node.parquet("in/c.parquet", "SELECT 7 AS f0, 8 AS a, 9 AS b");
            assertThat(read(TestJobBuilder.over(folder).output("b", "a")))
                    .as("by name, since one file has no field IDs")
                    .containsExactlyInAnyOrder("6|4|5", "1|3|2", "7|9|8");
        }
    }

    @Nested
    class Values {

        @Test
        void fieldsOfNestedColumnsAreFeaturesAndOutput() throws SQLException {
            node.parquet(
                    "in/a.parquet",
                    "SELECT {'home': {'zip': 1234, 'x y': 'p'}} AS address, [3, 4.5] AS prices, map {'k': 7} AS m");
            ModelDescription model = TestModels.of(TestModels.number("address.home.zip"));

            assertThat(read(
                            TestJobBuilder.over(folder)
                                    .output("address.home.x y")
                                    .build(),
                            model))
                    .as("a model's feature by its path")
                    .containsExactly("1234|p");
            assertThat(read(TestJobBuilder.over(folder)
                            .features("address.home.zip + prices[2] + m['k']")
                            .where("len(prices) = 2 AND address.home.zip > 1000")
                            .select("sum", "list_sum(prices)")
                            .output("sum", "prices")))
                    .containsExactly("1245.5|7.5|[3.0, 4.5]");
            assertRefused(
                    TestJobBuilder.over(folder).output("address.home.city").build(),
                    "output.columns: \"address.home.city\" is neither a column of");
        }

        @Test
        void timestampsOf96BitsAreTimestamps() throws SQLException {
            Instant departure = Instant.parse("2026-11-25T10:30:00.123456Z");
            ParquetBytes.timestamps(folder.resolve("a.parquet"), "t", List.of(departure, Instant.EPOCH), false);

            assertThat(read(TestJobBuilder.over(folder)
                            .features("hour(t)")
                            .select("type", "typeof(t)")
                            .select("micros", "epoch_us(t)")
                            .output("type", "micros")))
                    .containsExactly(
                            "10|TIMESTAMP|" + (departure.getEpochSecond() * 1_000_000 + 123_456), "0|TIMESTAMP|0");
        }

        @Test
        void aFileWithEncryptedColumnsIsCalledThat() {
            Path file = ParquetBytes.timestamps(folder.resolve("a.parquet"), "t", List.of(Instant.EPOCH), true);
            assertRefused(TestJobBuilder.over(file).build(), file + " is an encrypted Parquet file");
        }

        @Test
        void decimalsAreFeaturesAndOutput() throws SQLException {
            node.parquet("in/a.parquet", "SELECT 12.345::DECIMAL(18,3) AS f0, 0.1::DECIMAL(38,20) AS price");
            assertThat(read(TestJobBuilder.over(folder).output("price")))
                    .containsExactly("12.345|0.10000000000000000000");
        }
    }

    @Test
    void anIdThatTheCommonTypeWouldRoundIsRefused() throws SQLException {
        node.parquet("in/a.parquet", "SELECT 1 AS f0, 9007199254740993 AS id");
        node.parquet("in/b.parquet", "SELECT 2 AS f0, 2::DOUBLE AS id");

        assertRefused(
                TestJobBuilder.over(folder).id("id").build(),
                "source.id: id is BIGINT in " + folder.resolve("a.parquet") + " and DOUBLE in "
                        + folder.resolve("b.parquet"),
                "Write these files again with BIGINT");
        assertThat(read(TestJobBuilder.over(folder).output("id")))
                .as("not an ID")
                .hasSize(2);
        node.parquet("in/a.parquet", "SELECT 1 AS f0, 1::INTEGER AS id");
        assertThat(read(TestJobBuilder.over(folder).id("id")))
                .as("nothing is rounded")
                .hasSize(2);
    }

    @Test
    void aPlanNamesTheFilesThatFoldersRuleOut() throws SQLException {
        for (int day = 20; day < 26; day++) {
            node.parquet("in/dt=2026-11-%d/a.parquet".formatted(day), "SELECT 1 AS f0");
        }
        Job job = TestJobBuilder.over(folder).where("dt >= DATE '2026-11-24'").build();
        SourceFiles files = new SourceFiles(FileRoots.UNRESTRICTED);
        ParquetReader reader = new ParquetReader(
                () -> node.duckDb, files, new SparseSlices(files), new BoundJobs(), job.source(), JoinedColumns.NONE);

        assertThat(reader.details(reader.inspect(job, MODEL)))
                .containsExactly(
                        "pruned      4 of 6 files, by source.where and the names of folders: %1$s/dt=2026-11-20/a.parquet, %1$s/dt=2026-11-21/a.parquet, %1$s/dt=2026-11-22/a.parquet, …"
                                .formatted(folder));
    }
}
