package io.nightshift.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.source.files.SourceFiles;
import io.nightshift.source.parquet.ParquetReader;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.filesystem.FileRoots;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExpressionsTest {

    private TestData node;
    private Path file;

    @BeforeAll
    void start(@TempDir Path folder) {
        node = new TestData(folder);
        file = node.parquet("in.parquet", """
            SELECT 1 AS a, 2.5 AS b, 'x' AS s, [1, 2] AS l, {'y': {'z': 3}} AS st, DATE '2026-01-02' AS d,
                TIMESTAMP '2026-01-02 03:04:05' AS t, true AS ok, 9 AS "select", 8 AS "a ""b"" c", 7 AS größe,
                6 AS "user"
            """);
    }

    @AfterAll
    void stop() {
        node.close();
    }

    private void inspect(String expression) {
        new ParquetReader(() -> node.duckDb, new SourceFiles(FileRoots.UNRESTRICTED))
                .inspect(
                        TestJobBuilder.over(file)
                                .select("x", expression)
                                .features("a")
                                .output("x")
                                .build(),
                        TestModels.ofNumbers(1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "a + b * 2 - -a % 3",
                "CASE WHEN a > 1 THEN 'big' WHEN a IS NULL THEN NULL ELSE s END",
                "CAST(b AS INTEGER)",
                "TRY_CAST(s AS DECIMAL(10, 2))",
                "a::BIGINT::VARCHAR",
                "CAST([1] AS DOUBLE[])",
                "list_transform(l, lambda x: x + 1)",
                "list_filter([x * 2 for x in l if x > 1], lambda y: y > 2)",
                "list_sum(l) + list_avg(l) + len(l)",
                "l[1] + l[1:2][1]",
                "st.y.z",
                "st['y']['z']",
                "struct_extract(st, 'y')",
                "{'k': a, 'v': [s]}",
                "map {'k': a}['k']",
                "hour(t) + year(d) + date_part('dow', t)",
                "EXTRACT(month FROM d)",
                "date_diff('day', d, DATE '2026-03-01')",
                "d + INTERVAL 3 DAY",
                "strftime(d, '%Y') || upper(s) || substring(s, 1, 2) || s[1]",
                "strptime('2026-01-01', '%Y-%m-%d')",
                "regexp_extract(s, '(x)', 1)",
                "s LIKE 'x%' OR s IN ('a', 'b') OR s SIMILAR TO 'x'",
                "a BETWEEN 1 AND 3 AND NOT ok",
                "coalesce(a, 0) + ifnull(a, 1) + nullif(a, 2)",
                "if(ok, 1, 2)",
                "greatest(a, 1) + least(a, 2) + abs(a) + round(b, 1) + ln(a)",
                "try(CAST(s AS INTEGER))",
                "age(t, TIMESTAMP '2026-01-01')",
                "hash(s) % 10",
                "\"select\" + \"a \"\"b\"\" c\" + größe",
                "\"user\" + user",
                "A + B",
                "a -- a comment",
                "a /* a comment */ + 1",
                "'; DROP TABLE y; --'",
                "s || ')' || '('",
                "(a) + (b)",
                "row(a, b)",
                "json_extract('{\"k\": 1}', '$.k')",
                "s COLLATE nocase = 'X'",
                "make_date(2026, 1, a)",
                "timezone('Europe/Berlin', t)"
            })
    void ordinaryExpressionsAreAccepted(String expression) {
        assertThatCode(() -> inspect(expression)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "(SELECT 1)|a subquery is not allowed",
                "a IN (SELECT 1)|a subquery is not allowed",
                "EXISTS (SELECT 1 FROM range(3))|a subquery is not allowed",
                "(FROM read_text('/etc/hostname') SELECT content)|a subquery is not allowed",
                "list_transform(l, lambda x: (SELECT max(x)))|a subquery is not allowed",
                "VALUES (1)|syntax error",
                "sum(a)|sum() does not give one value for one row",
                "count(*)|count_star() does not give one value for one row",
                "list_sum(l) + max(a)|max() does not give one value for one row",
                "string_agg(s)|string_agg() does not give one value for one row",
                "sum(a) OVER ()|a window is not allowed",
                "row_number() OVER (ORDER BY a)|a window is not allowed",
                "row_number()|row_number() does not give one value for one row",
                "unnest(l)|unnest() does not give one value for one row",
                "UNNEST(l)|unnest() does not give one value for one row",
                "generate_subscripts(l, 1)|unnest() does not give one value for one row",
                "read_text('/etc/hostname')|read_text() does not give one value for one row",
                "read_csv('/etc/hostname')|read_csv() does not give one value for one row",
                "read_blob('/etc/hostname')|read_blob() does not give one value for one row",
                "glob('/*')|glob() does not give one value for one row",
                "query('SELECT 1')|query() does not give one value for one row",
                "json_execute_serialized_sql('{}')|does not give one value for one row",
                "json_serialize_plan('SELECT 1')|depends on more than the row",
                "*|a star is not allowed",
                "COLUMNS(*)|a star is not allowed",
                "$x|a parameter is not allowed",
                "?|a parameter is not allowed",
                "#1|is not allowed",
                "DEFAULT|a default is not allowed",
                "random()|random() depends on more than the row",
                "\"RANDOM\"()|random() depends on more than the row",
                "main.random()|random() depends on more than the row",
                "system.main.random()|random() depends on more than the row",
                "now()|now() depends on more than the row",
                "today()|today() depends on more than the row",
                "uuid()|uuid() depends on more than the row",
                "gen_random_uuid()|depends on more than the row",
                "current_timestamp|there is no column current_timestamp",
                "CURRENT_DATE|there is no column",
                "current_time|there is no column current_time",
                "localtimestamp|there is no column localtimestamp",
                "current_user|there is no column current_user",
                "current_date()|depends on more than the row",
                "current_localtimestamp()|depends on more than the row",
                "age(t)|age() depends on more than the row",
                "ago(INTERVAL 1 DAY)|depends on more than the row",
                "pg_postmaster_start_time()|depends on more than the row",
                "txid_current()|depends on more than the row",
                "current_setting('temp_directory')|current_setting() depends on more than the row",
                "getvariable('x')|getvariable() depends on more than the row",
                "getenv('HOME')|getenv",
                "current_query()|depends on more than the row",
                "current_database()|depends on more than the row",
                "error('x')|depends on more than the row",
                "sleep_ms(1000)|depends on more than the row",
                "pg_sleep(1)|depends on more than the row",
                "write_log('x')|depends on more than the row",
                "nightshift_score(a)|nightshift_score() depends on more than the row",
                "nightshift_0|there is no column nightshift_0",
                "1) FROM x; DROP TABLE y; --|error",
                "a; DROP TABLE y|not a single expression",
                "a;|error",
                "1) HAVING (true|error",
                "1) GROUP BY (1|error",
                "1) QUALIFY (true|error",
                "1) WHERE (true|error",
                "1) USING SAMPLE (10|error",
                "1) + (a|error",
                "1) LIMIT (1|error",
                "1) UNION SELECT (2|error",
                "1), (2|error",
                "a, b|not a single expression",
                "a AS b|not a single expression",
                "DISTINCT a|not a single expression",
                "a FROM range(1)|not a single expression",
                "a LIMIT 1|not a single expression",
                "(a|error",
                "a)|error",
                "a /* open|unterminated /* comment",
                "--|SELECT clause without selection list",
                "huor(d)|does not exist",
                "hour(s, s, s)|No function matches",
                "distnace|there is no column \"distnace\"; it has a, b",
                "x|\"x\" is a key of source.select, and an expression sees only the file's own columns",
                "CAST(a AS nosuchtype)|does not exist"
            })
    void anythingElseIsRefusedWithItsKeyAndReason(String expression, String reason) {
        assertThatThrownBy(() -> inspect(expression)).isInstanceOfSatisfying(FailureException.class, e -> {
            assertThat(e.failure().isPermanent()).isTrue();
            assertThat(e.getMessage())
                    .startsWith("source.select.x: «" + expression + "»")
                    .containsIgnoringCase(reason)
                    .doesNotContain("\n");
        });
    }

    @Test
    void aConditionIsOneThatGivesTrueOrFalse() {
        Job job = TestJobBuilder.over(file).features("a").where("s").build();
        assertThatThrownBy(() -> new ParquetReader(() -> node.duckDb, new SourceFiles(FileRoots.UNRESTRICTED))
                        .bind(job, TestModels.ofNumbers(1)))
                .hasMessage("source.where: «s»: it is VARCHAR, not a condition");
    }

    @Test
    void nothingWasDroppedWrittenOrSlept() {
        assertThat(node.rows("SELECT count(*) FROM duckdb_tables()")).containsExactly("0");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "repeat('x', 1000000000)",
                "length(repeat('x', 1e9::BIGINT))",
                "repeat(s, a)",
                "repeat(repeat(repeat(s, 100), 100), 100)",
                "lpad(s, 2000000000, 'y')",
                "rpad(s, a, 'y')",
                "len(range(1000000000))",
                "len(range(a))",
                "len(generate_series(1, 1000000000, 1))",
                "list_sum(list_transform(range(1000), lambda x: len(range(1000))))",
                "list_transform(list_transform(list_transform(l, lambda x: [x, x, x, x, x, x, x, x]), lambda x: [x, x,"
                        + " x, x, x, x, x, x]), lambda x: [x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x])",
                "list_reduce([s, s, s], lambda y, z: y || y)",
                "replace(replace(replace(s, 'x', 'xxxxxxxxxxxxxxxx'), 'x', 'xxxxxxxxxxxxxxxx'), 'x',"
                        + " 'xxxxxxxxxxxxxxxx')",
                "regexp_replace(regexp_replace(s, '.', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 'g'), '.',"
                        + " 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 'g')",
                "printf('%2000000000d', a)",
                "printf('%*d', a, a)",
                "format('{:>2000000000}', a)",
                "format('{:{}}', a, a)",
                "format(s, a)",
                "bit_count(bitstring('1', 2000000000))",
                "list_resize(l, 1000000000)",
                "CASE WHEN ok THEN 'x' ELSE repeat('x', 1000000000) END",
            })
    void anExpressionOfUnlimitedMemoryIsRefusedUncomputed(String expression) {
        assertThatThrownBy(() -> inspect(expression))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("() may make a ");
    }

    /// Each of these ended the process, or kept it busy for hours or in gigabytes.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "json_contains(s, '1')|json_contains() ends the process",
                "TRY(json_contains(s, s))|json_contains() ends the process",
                "CAST(s AS JSON)::VARIANT|the type VARIANT can't be used",
                "CAST(NULL AS STRUCT(a VARIANT[]))|the type VARIANT can't be used",
                "variant_keys(s::JSON)|variant_keys() ends the process",
                "json_transform('1', concat(repeat('[', 1000), repeat(']', 1000)))|a literal text of at most 32 levels",
                "json_transform('1', s)|a literal text of at most 32 levels",
                "json_pretty(s)|json_pretty() may make a value of the square",
                "json_extract(s, '$..a')|square of the document's size",
                "s->'$..a'|square of the document's size",
                "json_extract(s, concat('$.', '.a'))|square of the document's size",
                "json_extract(s, list_first(list_transform(['$..a'], lambda x: x)))|square of the document's size",
                "hex(hex(hex(hex(hex(hex(hex(hex(hex(hex(hex(s)))))))))))|hex() may make a value that is too large",
                "concat_ws(repeat('x', 8000), s, s, s, s, s, s, s, s, s, s)|concat_ws() may make a value that is too"
                        + " large",
                "array_to_string(range(2000), repeat('x', 1000))|array_to_string() may make a value that is too large",
                "damerau_levenshtein(s, s)|Bound both texts, for example with left(a, 200)",
                "damerau_levenshtein(repeat('x', 8000), repeat('y', 8000))|Bound both texts",
                "levenshtein(repeat('x', 8000), repeat('y', 8000))|Bound both texts",
                "repeat(s, length(s))|it grows faster than the row",
                "replace(s, 'x', s)|it grows faster than the row",
                "list_transform(l, lambda x: l)|it grows faster than the row",
                "CAST(NULL AS DOUBLE[100000])|cast() may make a value that is too large",
                "equi_width_bins(0, 1, 1000000, false)|equi_width_bins() may make a value that is too large",
                "strftime(d, repeat('%c', 8000))|strftime() may make a value that is too large",
                "list_aggregate(l, s)|list_aggregate() may make a value of any kind",
                "list_aggregate(l, 'reservoir_quantile', 0.5)|list_aggregate() may make a value of any kind",
                "cast_to_type(s, 1)|is not among the functions that expressions may call",
                "version()|version() depends on more than the row",
            })
    void whatCouldEndTheProcessOrNeedsTooMuchIsRefusedBeforeItIsBound(String expression, String reason) {
        assertThatThrownBy(() -> inspect(expression))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining(reason);
    }

    static Stream<Arguments> nestedExpressions() {
        return Stream.of(
                        Arguments.of("1", "+1", ""),
                        Arguments.of("[", "", "]"),
                        Arguments.of("abs(", "", ")"),
                        Arguments.of("NOT ", "", ""),
                        Arguments.of("{'a': ", "", "}"),
                        Arguments.of("'{}'", "->'a'", ""),
                        Arguments.of("CASE WHEN ok THEN 1 ELSE ", "", " END"),
                        Arguments.of("a IN (", "", ")"),
                        Arguments.of("NULL::INT", "[]", ""),
                        Arguments.of("TRY(", "", ")"),
                        Arguments.of("list_transform(l, lambda x: ", "", ")"))
                .flatMap(pattern -> Stream.of(150, 900, 5000)
                        .map(times -> Arguments.of(
                                times + " × " + pattern.get()[0] + pattern.get()[1], nested(pattern.get(), times))));
    }

    private static String nested(Object[] pattern, int times) {
        String before = (String) pattern[0];
        String between = (String) pattern[1];
        return between.isEmpty()
                ? before.repeat(times) + "1" + ((String) pattern[2]).repeat(times)
                : before + between.repeat(times);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("nestedExpressions")
    void anExpressionThatIsNestedTooDeeplyIsRefusedBeforeItIsBound(String name, String expression) {
        assertThatThrownBy(() -> inspect(expression))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("more than 100 levels");
    }

    @Test
    void expressionsThatDuckDbWouldRepeatWithoutEndAreRefused() {
        String nullif = "a";
        String between = "a";
        String operand = "a";
        String lambda = "1";
        for (int i = 0; i < 30; i++) {
            nullif = "nullif(%s, %d)".formatted(nullif, i);
            between = "(%s BETWEEN 0 AND 1)".formatted(between);
            operand = "CASE %s WHEN 1 THEN 2 WHEN 3 THEN 4 ELSE 5 END".formatted(operand);
            lambda = "list_transform(l, lambda x: %s)".formatted(lambda);
        }
        for (String repeated : List.of(nullif, between)) {
            assertThatThrownBy(() -> inspect(repeated)).hasMessageContaining("Nest them less");
        }
        for (String repeated : List.of(
                operand,
                operand.replace("1", "/* */ 1"),
                "CASE {end: %s} WHEN {end: 1} THEN 1 END".formatted(operand))) {
            assertThatThrownBy(() -> inspect(repeated)).hasMessageContaining("Write CASE WHEN x = 1");
        }
        String lambdas = lambda;
        assertThatThrownBy(() -> inspect(lambdas)).hasMessageContaining("nested more than 5 levels deep");
    }

    @Test
    void textsOfAnyLengthAreNoOperandsThatRepeat() {
        String sixTexts = "CASE s WHEN 'aa' THEN 1 WHEN 'bb' THEN 2 WHEN 'cc' THEN 3 WHEN 'dd' THEN 4 WHEN 'ee' THEN 5"
                + " WHEN 'f''f' THEN 6 ELSE 7 END";
        String longText = "CASE s WHEN 'a' THEN 1 END + length('%s')".formatted("x''".repeat(50_000));

        assertThat(CaseOperands.areRepeated(String.join(" + ", Collections.nCopies(10, sixTexts))))
                .isFalse();
        assertThat(CaseOperands.areRepeated(longText)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"E'\\''", "$$'$$", "/* ' */ 1", "u&'a'", "x'00'"})
    void aTextWithAPrefixMayHideOperandsThatRepeat(String text) {
        String operand = "a";
        for (int i = 0; i < 30; i++) {
            operand = "CASE %s WHEN %s THEN 2 WHEN 3 THEN 4 ELSE 5 END".formatted(operand, text);
        }
        assertThat(CaseOperands.areRepeated(operand)).isTrue();
        assertThat(CaseOperands.areRepeated(text
                        + String.join(
                                " + ",
                                Collections.nCopies(10, "CASE s WHEN 1 THEN 1 WHEN 2 THEN 3 WHEN 3 THEN 4 END"))))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "damerau_levenshtein(left(s, 200), left(s, 200))",
                "levenshtein(s, 'x')",
                "jaro_winkler_similarity(s, s)",
                "list_filter(l, lambda x: list_contains(l, x))",
                "array_to_string(list_transform(string_split(s, ' '), lambda x: upper(x)), ' ')",
                "list_sum([a, a, a, a, a, a, a, a, a, a])",
                "CASE s WHEN 'a' THEN 1 WHEN 'b' THEN 2 ELSE CASE s WHEN 'c' THEN 3 END END",
                "CASE a WHEN 1 THEN 2 END + CASE a WHEN 2 THEN 3 END + CASE a WHEN 3 THEN 4 END",
                "json_extract_string(json_object('k', a, 'v', json_object('w', s)), '$.v.w')",
                "json_extract('{\"k\": [1]}', ['$.k', '$.k[0]'])",
                "'{\"k\": [1, 2]}'::JSON->'k'->-1",
                "json_transform('{\"k\": 1}', '{\"k\": \"INTEGER\"}')",
                "md5(concat_ws('|', a::VARCHAR, b::VARCHAR, s, d::VARCHAR, t::VARCHAR))",
                "nullif(nullif(nullif(s, ''), '-'), 'n/a')",
                "split_part(split_part(s, '@', 2), '.', 1)",
                "list_reduce(l, lambda y, z: y + z)",
                "list_aggregate(l, 'max')",
                "hex(hash(s)) || to_base64(encode(s)) || sha256(s)",
                "s::TEXT[]",
            })
    void ordinaryFunctionsAreAllowed(String expression) {
        assertThatCode(() -> inspect(expression)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "repeat('x', 1000)",
                "repeat('-', length(s))",
                "lpad(s, 20, '0')",
                "len(range(100))",
                "len(range(1, length(s)))",
                "list_transform(l, lambda x: x * 2 + 1)",
                "list_sum(list_filter(l, lambda x: x > 1))",
                "list_reduce(l, lambda y, z: y + z)",
                "replace(replace(s, '-', ''), 'x', 'yy')",
                "regexp_replace(s, '[0-9]+', '#', 'g')",
                "printf('%08.3f', b)",
                "format('{:,}', a)",
                "a + a * a - a / 2 + a + a * a - a / 2 + a + a * a - a / 2 + a + a * a - a / 2",
                "s || '/' || upper(s) || '/' || a::VARCHAR",
            })
    void ordinaryExpressionsAreNotTooLarge(String expression) {
        assertThatCode(() -> inspect(expression)).doesNotThrowAnyException();
    }

    @Test
    void anInputThatVanishesOrBreaksIsNoFaultOfAnExpression() throws Exception {
        Path vanishing = node.parquet("vanishing.parquet", "SELECT 1 AS a");
        String from = "read_parquet(%s)".formatted(Sql.file(vanishing.toString()));
        try (Connection connection = node.duckDb.connect()) {
            SourceColumns columns = SourceColumns.checked(
                    connection,
                    new SourceTable(from, "*", vanishing.toString()),
                    Map.of(),
                    SourceColumns.Origin.JOB_FILE);
            Files.delete(vanishing);
            assertThatThrownBy(() -> columns.type("source.where", "a > 1"))
                    .isInstanceOfSatisfying(
                            SQLException.class,
                            e -> assertThat(DuckDbError.failure("planning", e).resource())
                                    .isEqualTo(new FailedResource(FailedResource.Type.INPUT, vanishing.toString())));
            Files.writeString(vanishing, "this is no Parquet file at all");
            assertThatThrownBy(() -> columns.type("source.where", "a > 1")).isInstanceOf(SQLException.class);
        }
    }
}
