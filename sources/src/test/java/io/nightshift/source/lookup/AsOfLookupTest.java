package io.nightshift.source.lookup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.job.Input;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Lookup;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.source.TestData;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.TestModels;
import io.nightshift.source.kinds.Sources;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Lookups with several rows for each key, each valid from a time on.
class AsOfLookupTest {

    @TempDir
    private Path folder = Path.of("");

    private TestData data;
    private Sources sources;

    @BeforeEach
    void start() {
        data = new TestData(folder);
        sources = new Sources(() -> data.duckDb);
    }

    @AfterEach
    void stop() {
        data.close();
    }

    private Input table(String name, String query) {
        return new ParquetInput(List.of(data.parquet(name + ".parquet", query).toString()));
    }

    /// A file with the columns `k`, `t` and `v`.
    private Input rows(String name, String type, String... rows) {
        List<String> values = new ArrayList<>();
        for (String row : rows) {
            String[] each = row.split(",", -1);
            values.add("(%s, %s, '%s')"
                    .formatted(
                            each[0].isEmpty() ? "NULL" : each[0],
                            each[1].isEmpty() ? "NULL" : "'" + each[1] + "'",
                            each[2]));
        }
        return table(
                name,
                "SELECT k::BIGINT AS k, t::%s AS t, v FROM (VALUES %s) x(k, t, v)"
                        .formatted(type, String.join(", ", values)));
    }

    private static Lookup asOf(Input input, boolean inner, @Nullable Duration tolerance) {
        return new Lookup(input, Map.of("k", "k"), Map.of("name", "v"), inner, Map.of("t", "t"), tolerance);
    }

    private static Job job(Input main, Lookup lookup) {
        return TestJobBuilder.over(main)
                .features("k")
                .output("v", "name")
                .join(lookup)
                .build();
    }

    private List<String> read(Job job) throws SQLException {
        return new ReadRows(data, sources, TestModels.ofNumbers(1)).read(job);
    }

    @ParameterizedTest
    @CsvSource({"DATE", "TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP_NS"})
    void theLatestRowThatIsNotAfterTheTimeMatches(String type) throws SQLException {
        Input main = rows(
                "main",
                type,
                "1,2026-01-01,before all",
                "1,2026-01-02,at the first",
                "1,2026-01-04,after the first",
                "1,2026-01-05,at the second",
                "1,2026-03-01,after all",
                "2,2026-01-31,other key",
                "3,2026-01-31,no such key",
                "1,,no time",
                ",2026-01-31,no key");
        Input lookup =
                rows("names", type, "1,2026-01-05,b", "2,2020-01-01,c", "1,2026-01-02,a", "1,,x", ",2026-01-02,y");

        List<String> expected = List.of(
                "1|before all|null",
                "1|at the first|a",
                "1|after the first|a",
                "1|at the second|b",
                "1|after all|b",
                "2|other key|c",
                "3|no such key|null",
                "1|no time|null",
                "null|no key|null");
        assertThat(read(job(main, asOf(lookup, false, null)))).containsExactlyElementsOf(expected);
        assertThat(read(job(main, asOf(lookup, true, null))))
                .containsExactlyElementsOf(
                        expected.stream().filter(row -> !row.endsWith("|null")).toList());
    }

    @Test
    void aRowThatIsValidFromADateOnIsValidFromMidnightOn() throws SQLException {
        Input main = rows(
                "main",
                "TIMESTAMP",
                "1,2026-01-01 23:59:59.999999,before",
                "1,2026-01-02 00:00:00,at midnight",
                "1,2026-01-03 00:00:00,last moment",
                "1,2026-01-03 00:00:00.000001,too late");
        Input lookup = rows("names", "DATE", "1,2026-01-02,a");

        assertThat(read(job(main, asOf(lookup, false, Duration.ofDays(1)))))
                .containsExactly("1|before|null", "1|at midnight|a", "1|last moment|a", "1|too late|null");
    }

    @ParameterizedTest
    @CsvSource({"DATE", "TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP_NS"})
    void aRowIsValidForItsToleranceAtMost(String type) throws SQLException {
        Input main = rows("main", type, "1,2026-01-08,last day", "1,2026-01-09,too late", "1,2026-02-02,next");
        Input lookup = rows("names", type, "1,2026-01-01,a", "1,2026-02-01,b");

        Lookup week = asOf(lookup, false, Duration.ofDays(7));
        assertThat(read(job(main, week))).containsExactly("1|last day|a", "1|too late|null", "1|next|b");
        assertThat(read(job(main, asOf(lookup, true, Duration.ofDays(7))))).containsExactly("1|last day|a", "1|next|b");
    }

    @Test
    void aToleranceIsExactToTheNanosecond() throws SQLException {
        Input main = rows(
                "main",
                "TIMESTAMP_NS",
                "1,2026-01-08 00:00:00.123456400,last moment",
                "1,2026-01-08 00:00:00.123456401,too late",
                "2,2026-01-08 00:00:00.123456700,last moment",
                "2,2026-01-08 00:00:00.123456701,too late",
                "3,2262-04-11,near the last of all times");
        Input lookup = rows(
                "names",
                "TIMESTAMP_NS",
                "1,2026-01-01 00:00:00.123456400,a",
                "2,2026-01-01 00:00:00.123456700,b",
                "3,2262-04-10,c",
                "3,infinity,d",
                "4,-infinity,e");

        assertThat(read(job(main, asOf(lookup, false, Duration.ofDays(7)))))
                .containsExactly(
                        "1|last moment|a",
                        "1|too late|null",
                        "2|last moment|b",
                        "2|too late|null",
                        "3|near the last of all times|c");
    }

    /// The table has columns of its own, which end rows.
    @ParameterizedTest
    @CsvSource({"nightshift_next", "NIGHTSHIFT_NEXT", "nightshift_last"})
    void aColumnMayHaveAnyName(String name) throws SQLException {
        Input main = rows("main", "DATE", "1,2026-01-02,first", "1,2026-01-06,second", "1,2026-01-09,too late");
        Input lookup = table(
                "names",
                "SELECT 1::BIGINT AS k, t::DATE AS t, v AS %s FROM (VALUES ('2026-01-01', 'a'), ('2026-01-05', 'b')) x(t, v)"
                        .formatted(name));

        assertThat(read(job(
                        main,
                        new Lookup(
                                lookup,
                                Map.of("k", "k"),
                                Map.of("name", name),
                                false,
                                Map.of("t", "t"),
                                Duration.ofDays(2)))))
                .containsExactly("1|first|a", "1|second|b", "1|too late|null");
    }

    /// Of many rows for one key, an ASOF JOIN finds the row; otherwise a hash join does.
    @ParameterizedTest
    @CsvSource({"1, true", "1, false", "1500, true", "1500, false"})
    void manyAndFewRowsForEachKeyGiveTheSame(int keys, boolean hasTolerance) throws SQLException {
        String times = "TIMESTAMP '2026-01-01' + to_seconds((%s) %% 86400)";
        Input main = table(
                "main",
                "SELECT i %% %d AS k, %s AS t, i AS v FROM range(3000) x(i)"
                        .formatted(keys, times.formatted("i * 7919")));
        Input lookup = table(
                "names",
                "SELECT i %% %d AS k, %s AS t, 'n' || i AS v FROM range(3000) x(i)"
                        .formatted(keys, times.formatted("i * 28 + 100")));
        Duration tolerance = hasTolerance ? Duration.ofSeconds(20) : null;

        List<String> expected = data.rows("""
                SELECT k, v, (
                    SELECT max_by(l.v, l.t) FROM '%2$s' AS l
                    WHERE l.k = m.k AND l.t <= m.t AND l.t >= %3$s)
                FROM '%1$s' AS m ORDER BY v
                """.formatted(main, lookup, hasTolerance ? "m.t - to_seconds(20)" : "l.t"));
        assertThat(expected).anyMatch(row -> row.endsWith("|null")).anyMatch(row -> !row.endsWith("|null"));
        assertThat(read(job(main, asOf(lookup, false, tolerance)))).containsExactlyElementsOf(expected);
        assertThat(read(job(main, asOf(lookup, true, tolerance))))
                .containsExactlyElementsOf(
                        expected.stream().filter(row -> !row.endsWith("|null")).toList());
    }

    @ParameterizedTest
    @CsvSource({"DATE, 2026-01-01", "TIMESTAMP, 2026-01-01 00:00:00"})
    void aTimeThatAKeyHasTwiceIsRefused(String type, String shown) {
        Input main = rows("main", type, "1,2026-01-01,a");
        Input lookup = rows("names", type, "1,2026-01-01,x", "1,2026-01-02,y", "1,2026-01-01,z");

        assertThatThrownBy(() -> read(job(main, asOf(lookup, false, null))))
                .hasMessageContaining("has a key more than once")
                .hasMessageContaining("k = 1, t = " + shown + " in row 0 of")
                .hasMessageContaining("and row 2 of");
        assertThat(data.rows("SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'nightshift_lookup_%'"))
                .as("nothing is left")
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"DATE, TIMESTAMP", "TIMESTAMP, TIMESTAMPTZ", "TIMESTAMP, TIMESTAMP_NS", "VARCHAR, VARCHAR"})
    void timesOfDifferentTypesAreRefused(String own, String other) {
        Input main = rows("main", own, "1,2026-01-01,a");
        Input lookup = rows("names", other, "1,2026-01-01,x");

        assertThatThrownBy(() -> read(job(main, asOf(lookup, false, null))))
                .hasMessageMatching(
                        "source\\.join\\[0]\\.as-of: \"t\" is .* in .*main\\.parquet, and \"t\" is .* in .*names\\.parquet; both must be dates, or timestamps of the same type; .*");
    }

    @Test
    void aColumnThatIsMissingIsNamed() {
        Input main = table("main", "SELECT 1 AS k, 'a' AS v, DATE '2026-01-01' AS at");
        Input lookup = rows("names", "DATE", "1,2026-01-01,x");

        assertThatThrownBy(() -> read(job(main, asOf(lookup, false, null))))
                .hasMessageMatching("source\\.join\\[0]\\.as-of: \"t\" is not a column of .*main\\.parquet; .*");
    }

    @Test
    void aPlanShowsTheTimes() {
        Job job = job(
                rows("main", "DATE", "1,2026-01-01,a"),
                asOf(rows("names", "DATE", "1,2026-01-01,x"), false, Duration.ofDays(7)));

        assertThat(sources.of(job.source()).details(sources.inspect(job, TestModels.ofNumbers(1))))
                .singleElement()
                .asString()
                .endsWith("; left join on k, as of t for at most 7d, adds name from v");
    }
}
