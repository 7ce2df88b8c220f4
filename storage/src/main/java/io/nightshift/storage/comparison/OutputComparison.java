package io.nightshift.storage.comparison;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Compares two tables of predictions in DuckDB, which joins them in bounded memory and spills the rest to its
/// folder. For one thread; blocks.
public final class OutputComparison {

    /// The quantiles of [OutputDifference.Distribution.Numbers].
    public static final List<Double> QUANTILES = List.of(0.05, 0.25, 0.5, 0.75, 0.95);

    /// The same in every row of a batch, so each pair of batches differs in them.
    private static final Set<String> CONSTANT = Set.of("model_name", "model_version", "batch_id", "predicted_at");

    private static final String ID = "record_id";
    private static final List<String> POSITION = List.of("record_file", "record_row");
    private static final int FREQUENT = 10;

    private static final Set<String> INTEGERS = Set.of("TINYINT", "SMALLINT", "INTEGER", "BIGINT");
    private static final Set<String> FRACTIONS = Set.of("FLOAT", "DOUBLE");

    /// A column of a text file in which all values are numbers.
    private static final String TEXT_NUMBER = "text number";

    private final Connection duckDb;
    private final String earlier;
    private final String later;
    private final double tolerance;
    private Predicate<String> isCompared = column -> true;

    /// @param duckDb with both tables
    /// @param earlier the table or view with the predictions of the first batch
    /// @param later the table or view with the predictions of the second batch
    /// @param tolerance numbers that differ by no more than this are the same; 0 or more
    public OutputComparison(Connection duckDb, String earlier, String later, double tolerance) {
        this.duckDb = duckDb;
        this.earlier = earlier;
        this.later = later;
        this.tolerance = tolerance;
    }

    /// Compares fewer columns.
    ///
    /// @param columns whether a column is compared
    public OutputComparison only(Predicate<String> columns) {
        isCompared = columns;
        return this;
    }

    /// A column of both tables.
    ///
    /// @param comparedAs the type to which both are converted; null if they have the same type
    /// @param isContinuous whether it is a number that need not be whole
    private record Common(
            String name,
            boolean isNumber,
            boolean isContinuous,
            @Nullable String comparedAs) {

        static Common of(String name, String earlier, String later) {
            boolean isNumber = OutputComparison.isNumber(earlier) && OutputComparison.isNumber(later);
            boolean isSame = earlier.equals(later) && !earlier.equals(TEXT_NUMBER);
            boolean isContinuous = isNumber && !(INTEGERS.contains(earlier) && INTEGERS.contains(later));
            return new Common(name, isNumber, isContinuous, isSame ? null : isNumber ? "DOUBLE" : "VARCHAR");
        }

        String of(String side) {
            String column = side + "." + Sql.name(name);
            return comparedAs == null ? column : "CAST(%s AS %s)".formatted(column, comparedAs);
        }

        /// The absolute difference of two numbers; NULL if it is not a finite number.
        String change() {
            String difference = "abs(CAST(%s AS DOUBLE) - CAST(%s AS DOUBLE))".formatted(of("l"), of("e"));
            return "CASE WHEN isfinite(%1$s) THEN %1$s END".formatted(difference);
        }

        String isChanged(double tolerance) {
            String differs = "%s IS DISTINCT FROM %s".formatted(of("e"), of("l"));
            return isNumber && tolerance > 0
                    ? "(%s AND NOT coalesce(%s <= %s, false))".formatted(differs, change(), tolerance)
                    : "(" + differs + ")";
        }
    }

    /// Compares all rows.
    ///
    /// @param rows the most records to list in [OutputDifference#largest()]; 0 or more
    /// @throws FailureException permanent, if the rows can't be paired: one batch has record ids and the other has
    ///     positions, or an id occurs more than once
    public OutputDifference compare(int rows) {
        try {
            Map<String, String> before = types(earlier);
            Map<String, String> after = types(later);
            List<String> key = key(before, after);
            List<Common> common = new ArrayList<>();
            for (Map.Entry<String, String> column : after.entrySet()) {
                String name = column.getKey();
                String other = before.get(name);
                if (other != null && !key.contains(name) && isCompared(name)) {
                    common.add(Common.of(name, other, column.getValue()));
                }
            }
            Counts counts = counts(key, common, before, after);
            List<OutputDifference.Column> columns = new ArrayList<>();
            for (int i = 0; i < common.size(); i++) {
                Common column = common.get(i);
                columns.add(new OutputDifference.Column(
                        column.name(),
                        counts.changedIn().get(i),
                        counts.meanChange().get(i),
                        counts.largestChange().get(i),
                        distribution(earlier, column),
                        distribution(later, column)));
            }
            return new OutputDifference(
                    counts.earlier(),
                    counts.later(),
                    counts.gone(),
                    counts.added(),
                    counts.changed(),
                    missing(before, after),
                    missing(after, before),
                    columns,
                    counts.changed() == 0 || rows == 0 ? List.of() : largest(key, common, before, after, rows));
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the predictions can't be compared", e), e);
        }
    }

    private static boolean isNumber(String type) {
        return INTEGERS.contains(type)
                || FRACTIONS.contains(type)
                || type.startsWith("DECIMAL")
                || type.equals(TEXT_NUMBER);
    }

    private boolean isCompared(String column) {
        return !CONSTANT.contains(column) && isCompared.test(column);
    }

    private List<String> missing(Map<String, String> of, Map<String, String> in) {
        return of.keySet().stream()
                .filter(column -> !in.containsKey(column) && isCompared(column))
                .toList();
    }

    private Map<String, String> types(String table) throws SQLException {
        Map<String, String> types = new LinkedHashMap<>();
        try (Statement statement = duckDb.createStatement();
                ResultSet rows = statement.executeQuery("DESCRIBE " + Sql.name(table))) {
            while (rows.next()) {
                types.put(rows.getString("column_name"), rows.getString("column_type"));
            }
        }
        if (types.values().stream().allMatch("VARCHAR"::equals)) {
            findNumbers(table, types);
        }
        return types;
    }

    /// A text file has no types.
    private void findNumbers(String table, Map<String, String> types) throws SQLException {
        List<String> columns = types.keySet().stream()
                .filter(column -> !column.equals(ID) && !POSITION.contains(column) && !CONSTANT.contains(column))
                .toList();
        if (columns.isEmpty()) {
            return;
        }
        String sql = "SELECT %s FROM %s"
                .formatted(
                        columns.stream()
                                .map(Sql::name)
                                .map("count(%1$s) > 0 AND count(%1$s) = count(TRY_CAST(%1$s AS DOUBLE))"::formatted)
                                .collect(Collectors.joining(", ")),
                        Sql.name(table));
        try (Statement statement = duckDb.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            for (int i = 0; i < columns.size(); i++) {
                if (row.getBoolean(i + 1)) {
                    types.put(columns.get(i), TEXT_NUMBER);
                }
            }
        }
    }

    private static List<String> key(Map<String, String> before, Map<String, String> after) {
        if (before.containsKey(ID) && after.containsKey(ID)) {
            return List.of(ID);
        }
        if (before.keySet().containsAll(POSITION) && after.keySet().containsAll(POSITION)) {
            return POSITION;
        }
        throw FailureException.permanent(
                "the batches can't be compared: the rows of one have record ids, those of the other have files and rows");
    }

    /// Ids of two types are compared as texts.
    private String joined(
            List<String> key, List<Common> common, Map<String, String> before, Map<String, String> after) {
        List<String> conditions = new ArrayList<>();
        for (String column : key) {
            boolean same = Objects.equals(before.get(column), after.get(column));
            String side = same ? "%s.%s" : "CAST(%s.%s AS VARCHAR)";
            conditions.add(side.formatted("e", Sql.name(column)) + " = " + side.formatted("l", Sql.name(column)));
        }
        Set<String> read = new LinkedHashSet<>(key);
        common.forEach(column -> read.add(column.name()));
        String columns = read.stream().map(Sql::name).collect(Collectors.joining(", "));
        return "(SELECT true AS there, %1$s FROM %2$s) AS e FULL JOIN (SELECT true AS there, %1$s FROM %3$s) AS l ON %4$s"
                .formatted(columns, Sql.name(earlier), Sql.name(later), String.join(" AND ", conditions));
    }

    private record Counts(
            long earlier,
            long later,
            long gone,
            long added,
            long changed,
            List<Long> changedIn,
            List<@Nullable Double> meanChange,
            List<@Nullable Double> largestChange) {}

    private Counts counts(List<String> key, List<Common> common, Map<String, String> before, Map<String, String> after)
            throws SQLException {
        List<String> sums = new ArrayList<>(List.of(
                "count(*) FILTER (WHERE e.there)",
                "count(*) FILTER (WHERE l.there)",
                "count(*) FILTER (WHERE l.there IS NULL)",
                "count(*) FILTER (WHERE e.there IS NULL)",
                "count(*) FILTER (WHERE e.there AND l.there AND (%s))".formatted(anyChange(common))));
        for (Common column : common) {
            String changed = "FILTER (WHERE e.there AND l.there AND %s)".formatted(column.isChanged(tolerance));
            sums.add("count(*) " + changed);
            sums.add(column.isNumber() ? "avg(%s) %s".formatted(column.change(), changed) : "NULL");
            sums.add(column.isNumber() ? "max(%s) %s".formatted(column.change(), changed) : "NULL");
        }
        long rowsEarlier = count(earlier);
        long rowsLater = count(later);
        String sql = "SELECT %s FROM %s".formatted(String.join(", ", sums), joined(key, common, before, after));
        try (Statement statement = duckDb.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            if (row.getLong(1) != rowsEarlier || row.getLong(2) != rowsLater) {
                throw FailureException.permanent(
                        "the batches can't be compared: a record id occurs more than once, so it is unclear which rows belong together");
            }
            List<Long> changedIn = new ArrayList<>();
            List<@Nullable Double> meanChange = new ArrayList<>();
            List<@Nullable Double> largestChange = new ArrayList<>();
            for (int i = 0; i < common.size(); i++) {
                int first = 6 + 3 * i;
                changedIn.add(row.getLong(first));
                meanChange.add(number(row, first + 1));
                largestChange.add(number(row, first + 2));
            }
            return new Counts(
                    rowsEarlier,
                    rowsLater,
                    row.getLong(3),
                    row.getLong(4),
                    row.getLong(5),
                    changedIn,
                    meanChange,
                    largestChange);
        }
    }

    private String anyChange(List<Common> common) {
        return common.isEmpty()
                ? "false"
                : common.stream().map(column -> column.isChanged(tolerance)).collect(Collectors.joining(" OR "));
    }

    private long count(String table) throws SQLException {
        try (Statement statement = duckDb.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM " + Sql.name(table))) {
            row.next();
            return row.getLong(1);
        }
    }

    private static @Nullable Double number(ResultSet row, int column) throws SQLException {
        double value = row.getDouble(column);
        return row.wasNull() ? null : value;
    }

    private List<OutputDifference.ChangedRow> largest(
            List<String> key, List<Common> common, Map<String, String> before, Map<String, String> after, int rows)
            throws SQLException {
        List<String> values = new ArrayList<>();
        key.forEach(column -> values.add("CAST(l.%s AS VARCHAR)".formatted(Sql.name(column))));
        for (String side : List.of("e", "l")) {
            common.forEach(column -> values.add("CAST(%s AS VARCHAR)".formatted(column.of(side))));
        }
        // The label of a class is often a number, and says less than its probability.
        boolean hasContinuous = common.stream().anyMatch(Common::isContinuous);
        String size = Stream.concat(
                        Stream.of("CAST(NULL AS DOUBLE)"),
                        common.stream()
                                .filter(hasContinuous ? Common::isContinuous : Common::isNumber)
                                .map(Common::change))
                .collect(Collectors.joining(", ", "greatest(", ")"));
        String order = key.stream().map(column -> "l." + Sql.name(column)).collect(Collectors.joining(", "));
        String sql = "SELECT %s FROM %s WHERE e.there AND l.there AND (%s) ORDER BY %s DESC NULLS LAST, %s LIMIT %d"
                .formatted(
                        String.join(", ", values),
                        joined(key, common, before, after),
                        anyChange(common),
                        size,
                        order,
                        rows);
        List<OutputDifference.ChangedRow> largest = new ArrayList<>();
        try (Statement statement = duckDb.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            while (row.next()) {
                largest.add(new OutputDifference.ChangedRow(
                        texts(row, 0, key.size()).stream().map(String::valueOf).toList(),
                        texts(row, key.size(), common.size()),
                        texts(row, key.size() + common.size(), common.size())));
            }
        }
        return largest;
    }

    private static List<@Nullable String> texts(ResultSet row, int from, int count) throws SQLException {
        List<@Nullable String> texts = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            texts.add(row.getString(from + i));
        }
        return texts;
    }

    private OutputDifference.Distribution distribution(String table, Common column) throws SQLException {
        return column.isNumber() ? numbers(table, column.name()) : values(table, column.name());
    }

    private OutputDifference.Distribution numbers(String table, String name) throws SQLException {
        String sql = """
                SELECT count(*) FILTER (WHERE v IS NULL), count(*) FILTER (WHERE NOT isfinite(v)),
                    avg(v) FILTER (WHERE isfinite(v)), stddev_pop(v) FILTER (WHERE isfinite(v)),
                    min(v) FILTER (WHERE isfinite(v)), max(v) FILTER (WHERE isfinite(v)), %s
                FROM (SELECT CAST(%s AS DOUBLE) AS v FROM %s)
                """.formatted(
                QUANTILES.stream()
                        .map(quantile -> "approx_quantile(v, %s) FILTER (WHERE isfinite(v))".formatted(quantile))
                        .collect(Collectors.joining(", ")),
                Sql.name(name),
                Sql.name(table));
        try (Statement statement = duckDb.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            List<Double> quantiles = new ArrayList<>();
            for (int i = 0; i < QUANTILES.size(); i++) {
                Double quantile = number(row, 7 + i);
                if (quantile != null) {
                    quantiles.add(quantile);
                }
            }
            return new OutputDifference.Distribution.Numbers(
                    row.getLong(1),
                    row.getLong(2),
                    number(row, 3),
                    number(row, 4),
                    number(row, 5),
                    quantiles.isEmpty() ? null : List.copyOf(quantiles),
                    number(row, 6));
        }
    }

    private OutputDifference.Distribution values(String table, String name) throws SQLException {
        String sql = """
                SELECT v, count(*) AS n FROM (SELECT CAST(%s AS VARCHAR) AS v FROM %s) GROUP BY v
                ORDER BY v IS NOT NULL, n DESC, v LIMIT %d
                """.formatted(Sql.name(name), Sql.name(table), FREQUENT + 1);
        long missing = 0;
        Map<String, Long> frequent = new LinkedHashMap<>();
        try (Statement statement = duckDb.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            while (row.next()) {
                String value = row.getString(1);
                if (value == null) {
                    missing = row.getLong(2);
                } else if (frequent.size() < FREQUENT) {
                    frequent.put(value, row.getLong(2));
                }
            }
        }
        return new OutputDifference.Distribution.Values(missing, frequent);
    }
}
