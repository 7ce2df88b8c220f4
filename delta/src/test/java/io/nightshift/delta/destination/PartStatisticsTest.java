package io.nightshift.delta.destination;

import static org.assertj.core.api.Assertions.assertThat;

import io.delta.kernel.expressions.Column;
import io.delta.kernel.types.BinaryType;
import io.delta.kernel.types.BooleanType;
import io.delta.kernel.types.ByteType;
import io.delta.kernel.types.DataType;
import io.delta.kernel.types.DateType;
import io.delta.kernel.types.DecimalType;
import io.delta.kernel.types.DoubleType;
import io.delta.kernel.types.FloatType;
import io.delta.kernel.types.IntegerType;
import io.delta.kernel.types.LongType;
import io.delta.kernel.types.ShortType;
import io.delta.kernel.types.StringType;
import io.delta.kernel.types.StructType;
import io.delta.kernel.types.TimestampNTZType;
import io.delta.kernel.types.TimestampType;
import io.nightshift.destination.lake.PublishedParts;
import io.nightshift.destination.lake.PublishedParts.Part;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.source.TestData;
import io.nightshift.source.files.ObjectCopies;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PartStatisticsTest {

    private static final BatchId BATCH = new BatchId("flights-20261124t231425-3f9a");
    private static final String FILE = "part-000000.parquet";

    @TempDir
    private Path folder = Path.of("");

    private TestData data;

    @BeforeEach
    void open() {
        data = new TestData(folder);
    }

    @AfterEach
    void close() {
        data.close();
    }

    /// The statistics of a file with the column `c`, as the log has them.
    private String of(DataType type, String select) {
        return of(new StructType().add("c", type), List.of(new Column("c")), select);
    }

    private String of(StructType schema, List<Column> columns, String select) {
        Path file = data.parquet("table [1]/batch=1/" + FILE, select, ", ROW_GROUP_SIZE 2048");
        long rows = Long.parseLong(
                data.rows("SELECT count(*) FROM (%s)".formatted(select)).getFirst());
        Part part = new Part(FILE, rows, file.toFile().length());
        PublishedParts parts = new PublishedParts(String.valueOf(file.getParent()), BATCH, List.of(part));
        return new PartStatistics(parts, () -> data.duckDb, ObjectCopies.none())
                .of(part, schema, columns)
                .serializeAsJson(schema);
    }

    private static String statistics(long rows, String least, String greatest, long nulls) {
        return "{\"numRecords\":%d,\"minValues\":{%s},\"maxValues\":{%s},\"nullCount\":{\"c\":%d}}"
                .formatted(rows, bound(least), bound(greatest), nulls);
    }

    private static String bound(String value) {
        return value.isEmpty() ? "" : "\"c\":" + value;
    }

    private static String values(String type, String... values) {
        return "SELECT unnest([%s]::%s[]) AS c".formatted(String.join(", ", values), type);
    }

    @Test
    void ofWholeNumbersHaveBounds() {
        assertThat(of(LongType.LONG, values("BIGINT", "'7'", "NULL", "'-9223372036854775808'")))
                .isEqualTo(statistics(3, "-9223372036854775808", "7", 1));
        assertThat(of(IntegerType.INTEGER, values("INTEGER", "7", "-8"))).isEqualTo(statistics(2, "-8", "7", 0));
        assertThat(of(ShortType.SHORT, values("SMALLINT", "7", "-8"))).isEqualTo(statistics(2, "-8", "7", 0));
        assertThat(of(ByteType.BYTE, values("TINYINT", "7", "-8"))).isEqualTo(statistics(2, "-8", "7", 0));
    }

    @Test
    void ofNumbersHaveBounds() {
        assertThat(of(DoubleType.DOUBLE, values("DOUBLE", "0.1", "NULL", "-1e300")))
                .isEqualTo(statistics(3, "-1.0E300", "0.1", 1));
        assertThat(of(FloatType.FLOAT, values("FLOAT", "0.1", "2.5"))).isEqualTo(statistics(2, "0.1", "2.5", 0));
        assertThat(of(new DecimalType(18, 2), values("DECIMAL(18,2)", "1.50", "-7")))
                .isEqualTo(statistics(2, "-7.00", "1.50", 0));
        assertThat(of(new DecimalType(38, 10), values("DECIMAL(38,10)", "'1234567890123456789012345678.0123456789'")))
                .isEqualTo(statistics(
                        1, "1234567890123456789012345678.0123456789", "1234567890123456789012345678.0123456789", 0));
    }

    /// Spark sorts NaN after all other numbers: it would skip the file although it has greater values.
    @Test
    void haveNoBoundsOfAColumnWithNan() {
        assertThat(of(DoubleType.DOUBLE, values("DOUBLE", "'0.1'", "'NaN'", "NULL")))
                .isEqualTo(statistics(3, "", "", 1));
        assertThat(of(FloatType.FLOAT, values("FLOAT", "'0.1'", "'NaN'"))).isEqualTo(statistics(2, "", "", 0));
        assertThat(of(
                        DoubleType.DOUBLE,
                        "SELECT CASE i WHEN 4000 THEN 'NaN'::DOUBLE ELSE i END AS c FROM range(5000) t(i)"))
                .isEqualTo(statistics(5000, "", "", 0));
    }

    @Test
    void haveNoInfiniteBounds() {
        assertThat(of(DoubleType.DOUBLE, values("DOUBLE", "'0.1'", "'Infinity'")))
                .isEqualTo(statistics(2, "0.1", "", 0));
        assertThat(of(FloatType.FLOAT, values("FLOAT", "'0.1'", "'-Infinity'"))).isEqualTo(statistics(2, "", "0.1", 0));
    }

    @Test
    void ofDatesHaveBoundsInTheYearsOfTheFormat() {
        assertThat(of(DateType.DATE, values("DATE", "'2026-11-28'", "'1582-10-04'", "NULL")))
                .isEqualTo(statistics(3, "\"1582-10-04\"", "\"2026-11-28\"", 1));
        assertThat(of(DateType.DATE, values("DATE", "'2026-11-28'", "'12026-11-28'", "'0044-03-15 (BC)'")))
                .isEqualTo(statistics(3, "", "", 0));
    }

    /// The log has milliseconds.
    @Test
    void ofTimestampsAreRoundedAwayFromTheValues() {
        String[] times = {"'2026-11-28 12:00:00.123456Z'", "'2026-11-28 12:00:00.987001Z'"};
        assertThat(of(TimestampType.TIMESTAMP, values("TIMESTAMPTZ", times)))
                .isEqualTo(statistics(2, "\"2026-11-28T12:00:00.123Z\"", "\"2026-11-28T12:00:00.988Z\"", 0));
        assertThat(of(TimestampNTZType.TIMESTAMP_NTZ, values("TIMESTAMP", times)))
                .isEqualTo(statistics(2, "\"2026-11-28T12:00:00.123\"", "\"2026-11-28T12:00:00.988\"", 0));
        assertThat(of(TimestampNTZType.TIMESTAMP_NTZ, values("TIMESTAMP", "'1969-12-31 23:59:59.999999'")))
                .isEqualTo(statistics(1, "\"1969-12-31T23:59:59.999\"", "\"1970-01-01T00:00:00\"", 0));
        assertThat(of(TimestampNTZType.TIMESTAMP_NTZ, values("TIMESTAMP", "'9999-12-31 23:59:59.9999'")))
                .isEqualTo(statistics(1, "\"9999-12-31T23:59:59.999\"", "", 0));
    }

    @Test
    void ofTextsAreCutOffAfterThirtyTwoCharacters() {
        String bird = "\uD83D\uDC26";
        String last = Character.toString(Character.MAX_CODE_POINT);
        assertThat(of(StringType.STRING, values("VARCHAR", "'b'", "''", "NULL", "'a\"'")))
                .isEqualTo(statistics(4, "\"\"", "\"b\"", 1));
        assertThat(of(StringType.STRING, values("VARCHAR", "repeat('%s', 33)".formatted(bird))))
                .isEqualTo(statistics(1, '"' + bird.repeat(32) + '"', '"' + bird.repeat(32) + last + '"', 0));
        assertThat(of(StringType.STRING, values("VARCHAR", "repeat('a', 32)")))
                .isEqualTo(statistics(1, '"' + "a".repeat(32) + '"', '"' + "a".repeat(32) + '"', 0));
        assertThat(of(StringType.STRING, values("VARCHAR", "repeat('a', 32) || '%s!'".formatted(last))))
                .isEqualTo(statistics(1, '"' + "a".repeat(32) + '"', "", 0));
    }

    /// In UTF-16, the second one is less.
    @Test
    void ofTextsAreInTheOrderOfTheirBytes() {
        assertThat(of(
                        StringType.STRING,
                        "SELECT CASE WHEN i < 3000 THEN '\uFFFD' ELSE '\uD83D\uDC26' END AS c FROM range(6000) t(i)"))
                .isEqualTo(statistics(6000, "\"\uFFFD\"", "\"\uD83D\uDC26\"", 0));
    }

    @Test
    void haveNoWrongBoundsOfVeryLongTexts() {
        String found = of(StringType.STRING, values("VARCHAR", "repeat('a', 100000)", "repeat('b', 100000)"));

        assertThat(found)
                .isIn(
                        statistics(2, "", "", 0),
                        statistics(
                                2,
                                '"' + "a".repeat(32) + '"',
                                '"' + "b".repeat(32) + Character.toString(Character.MAX_CODE_POINT) + '"',
                                0));
    }

    @Test
    void ofOtherTypesCountNulls() {
        assertThat(of(BooleanType.BOOLEAN, values("BOOLEAN", "TRUE", "FALSE", "NULL")))
                .isEqualTo(statistics(3, "", "", 1));
        assertThat(of(BinaryType.BINARY, values("BLOB", "'a'", "NULL"))).isEqualTo(statistics(2, "", "", 1));
    }

    @ParameterizedTest
    @CsvSource({"i, 0, 4999, 0", "'NULLIF(i % 7, 0)', 1, 6, 715", "CASE WHEN i >= 2048 THEN -i END, -4999, -2048, 2048"
    })
    void areThoseOfAllRowGroups(String value, String least, String greatest, long nulls) {
        assertThat(of(LongType.LONG, "SELECT %s AS c FROM range(5000) t(i)".formatted(value)))
                .isEqualTo(statistics(5000, least, greatest, nulls));
    }

    @Test
    void ofAColumnOfNullsHaveNoBounds() {
        assertThat(of(LongType.LONG, "SELECT NULL::BIGINT AS c FROM range(5000)"))
                .isEqualTo(statistics(5000, "", "", 5000));
        assertThat(of(DoubleType.DOUBLE, "SELECT NULL::DOUBLE AS c FROM range(5000)"))
                .isEqualTo(statistics(5000, "", "", 5000));
    }

    @Test
    void areThoseOfTheColumnsThatTheTableAndTheFileHave() {
        StructType schema = new StructType()
                .add("other", LongType.LONG)
                .add("c", DoubleType.DOUBLE)
                .add("unwanted", LongType.LONG);

        assertThat(of(
                        schema,
                        List.of(new Column("other"), new Column("c")),
                        "SELECT 1.5::DOUBLE AS c, 2::BIGINT AS unwanted, 'x' AS batch_id"))
                .isEqualTo(statistics(1, "1.5", "1.5", 0));
    }
}
