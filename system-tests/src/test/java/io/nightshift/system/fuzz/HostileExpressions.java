package io.nightshift.system.fuzz;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.Expressions;
import io.nightshift.storage.duckdb.DuckDb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Checks and computes random expressions over hostile rows, in a process of its own: what the check lets through
/// may be computed by a node. A finding is a crash of this process, a large memory use, or an exception other
/// than a refusal or an error of DuckDB's. Prints each expression before it is checked, so the last one is the
/// finding.
final class HostileExpressions {

    /// The most memory that the process may have used at any time, in KiB.
    private static final long MOST_MEMORY = 2 << 20;

    private static final String ROWS = """
        CREATE TEMP TABLE rows AS SELECT
            repeat('[', 15000) || '1' || repeat(']', 15000) AS deep, repeat('{"a":', 5000) || '1' || repeat('}', 5000) AS o,
            'abc' AS s, repeat('a', 3000) AS t, range(2000) AS l, ['x', 'y'] AS w, 3 AS n, -1.5::DOUBLE AS f,
            DATE '2026-01-02' AS d, TIMESTAMP '2026-01-02 03:04:05' AS ts, {'a': 1, 'b': 'x'} AS st, true AS b\
        """;

    private static final List<String> LEAVES = List.of(
            "deep",
            "o",
            "s",
            "t",
            "l",
            "w",
            "n",
            "f",
            "d",
            "ts",
            "st",
            "b",
            "deep::JSON",
            "o::JSON",
            "1",
            "-1",
            "0",
            "1000",
            "60000",
            "1000000000",
            "1e300",
            "NULL",
            "'x'",
            "''",
            "'$.a'",
            "'$..a'",
            "'$[*]'",
            "'%c'",
            "'%1000d'",
            "'{:>1000}'",
            "'{\"a\": \"JSON\"}'",
            "'[[[[[\"JSON\"]]]]]'",
            "'sum'",
            "'string_agg'",
            "'g'",
            "'(a*)*b'",
            "INTERVAL 1 DAY",
            "lambda x: x",
            "lambda x: [x, x]",
            "lambda x, y: x || y",
            "repeat('[', 8000)",
            "repeat('a', 8000)",
            "[1, 2]",
            "{'k': 1}");

    private static final List<String> TYPES = List.of(
            "VARCHAR",
            "JSON",
            "INTEGER",
            "VARCHAR[]",
            "JSON[]",
            "DOUBLE[50]",
            "STRUCT(a JSON)",
            "BLOB",
            "BIT",
            "VARIANT",
            "GEOMETRY");

    /// An operator or a function around an expression, to be repeated.
    private static final List<String> WRAPPERS = List.of(
            "(%s + 1)",
            "[%s]",
            "abs(%s)",
            "(NOT %s)",
            "{'a': %s}",
            "(%s->'a')",
            "CASE WHEN b THEN 1 ELSE %s END",
            "(%s BETWEEN 0 AND 1)",
            "nullif(%s, 1)",
            "CASE %s WHEN 1 THEN 2 WHEN 3 THEN 4 END",
            "TRY(%s)",
            "list_transform(l, lambda x: %s)",
            "(%s || s)",
            "json_array(%s)",
            "hex(%s)",
            "upper(%s)",
            "list_reverse(%s)",
            "split_part(%s, 'a', 1)",
            "fmod(%s, 3)",
            "CAST(%s AS VARCHAR)",
            "(%s IN (1, 2))");

    private final Random random;
    private final List<String> functions;

    private HostileExpressions(long seed, List<String> functions) {
        this.random = new Random(seed);
        this.functions = functions;
    }

    /// @param arguments the seed, and the number of expressions
    public static void main(String[] arguments) throws SQLException, IOException {
        Path folder = Files.createTempDirectory("expressions");
        try (DuckDb duckDb = DuckDb.open(256L << 20, folder.resolve("spill"));
                Connection connection = duckDb.connect()) {
            List<String> columns = new ArrayList<>();
            List<String> functions = new ArrayList<>();
            try (Statement statement = connection.createStatement()) {
                statement.execute(ROWS);
                try (ResultSet names = statement.executeQuery("SELECT column_name FROM (DESCRIBE rows)")) {
                    while (names.next()) {
                        columns.add(names.getString(1));
                    }
                }
                try (ResultSet names = statement.executeQuery("""
                    SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type IN ('scalar', 'macro')
                    AND regexp_full_match(function_name, '[a-z][a-z0-9_]*') AND function_name NOT LIKE '%collate_%' ORDER BY 1\
                    """)) {
                    while (names.next()) {
                        functions.add(names.getString(1));
                    }
                }
            }
            Expressions expressions = new Expressions(connection, columns);
            HostileExpressions hostile = new HostileExpressions(Long.parseLong(arguments[0]), functions);
            int accepted = 0;
            int count = Integer.parseInt(arguments[1]);
            for (int i = 0; i < count; i++) {
                String expression = i % 4 == 0 ? hostile.wrapped() : hostile.any(3);
                System.out.println(expression);
                System.out.flush();
                accepted += compute(connection, expressions, expression) ? 1 : 0;
                requireLittleMemory();
            }
            System.out.printf("%d of %d expressions were computed%n", accepted, count);
        }
    }

    private static boolean compute(Connection connection, Expressions expressions, String expression)
            throws SQLException {
        try {
            expressions.check("x", expression);
        } catch (FailureException refused) {
            return false;
        }
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT hash(x) FROM (SELECT (%s\n) AS x FROM rows)".formatted(expression))) {
            return rows.next();
        } catch (SQLException unfit) {
            // DuckDB finds that its types don't fit, or can't compute it for this row.
            return false;
        }
    }

    private static void requireLittleMemory() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (Files.exists(status)) {
            for (String line : Files.readAllLines(status)) {
                if (line.startsWith("VmHWM:") && Long.parseLong(line.replaceAll("\\D", "")) > MOST_MEMORY) {
                    throw new IllegalStateException("the expression took too much memory: " + line);
                }
            }
        }
    }

    private String wrapped() {
        String expression = any(1);
        String wrapper = of(WRAPPERS);
        for (int times = of(List.of(1, 5, 20, 90, 300)); times > 0 && expression.length() < 50_000; times--) {
            expression = wrapper.replace("%s", expression);
        }
        return expression;
    }

    private String any(int levels) {
        if (levels == 0 || random.nextInt(4) == 0) {
            return of(LEAVES);
        }
        if (random.nextInt(6) == 0) {
            return "CAST(%s AS %s)".formatted(any(levels - 1), of(TYPES));
        }
        List<String> given = new ArrayList<>();
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            given.add(any(levels - 1));
        }
        return of(functions) + "(" + String.join(", ", given) + ")";
    }

    private <T> T of(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }
}
