package io.nightshift.cli.check;

import io.nightshift.cli.output.DisplayTexts;
import io.nightshift.source.BoundJob;
import io.nightshift.storage.duckdb.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Looks for the reason why predictions differ from the expected ones: a feature whose values are others than in
/// the file, and a value or a range of one feature that most of the rows that differ have, and most of the others
/// have not.
final class DifferenceCauses {

    /// A feature with more values is not searched.
    private static final int MOST_VALUES = 200_000;

    /// The least difference between the shares of rows that have something in common.
    private static final double LEAST = 0.5;

    private static final int MOST_FEATURES = 5;

    private static final Set<String> WHOLE = Set.of(
            "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT");

    /// A relation over the compared rows.
    ///
    /// @param rows a table with the columns `id`, `differs` and `value_0`, `value_1`, …, and `expected_n` where
    ///     the file has the feature n
    /// @param features the names of the features
    /// @param types the DuckDB types of the columns
    /// @param file what messages call the file
    record Rows(String rows, List<String> features, Map<String, String> types, String file) {}

    private record Counts(@Nullable String value, long differ, long equal) {}

    private record Cause(String condition, long differ, long equal, double strength) {}

    private final Connection connection;
    private final Rows rows;

    DifferenceCauses(Connection connection, Rows rows) {
        this.connection = connection;
        this.rows = rows;
    }

    /// The causes that were found, as sentences.
    List<String> sentences() throws SQLException {
        List<String> sentences = new ArrayList<>(features());
        Cause cause = common();
        if (cause != null) {
            sentences.add("%s in %,d of the %,d rows that differ, and in %,d of the %,d others."
                    .formatted(
                            cause.condition(), cause.differ(), count("differs"), cause.equal(), count("NOT differs")));
        }
        return sentences;
    }

    private long count(String condition) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT count(*) FROM %s WHERE %s".formatted(rows.rows(), condition))) {
            row.next();
            return row.getLong(1);
        }
    }

    // Features that the file has, too.

    private List<String> features() throws SQLException {
        List<String> others = new ArrayList<>();
        List<String> same = new ArrayList<>();
        for (int i = 0; i < rows.features().size(); i++) {
            if (rows.types().containsKey("expected_" + i)) {
                String sentence = difference(i);
                if (sentence == null) {
                    same.add(rows.features().get(i));
                } else {
                    others.add(sentence);
                }
            }
        }
        if (others.isEmpty() && !same.isEmpty()) {
            return List.of("%s has the same values as the job for %s %s."
                    .formatted(
                            rows.file(),
                            same.size() == 1 ? "the feature" : "%,d features:".formatted(same.size()),
                            String.join(", ", same.subList(0, Math.min(MOST_FEATURES, same.size())))
                                    + (same.size() > MOST_FEATURES ? ", …" : "")));
        }
        return others.subList(0, Math.min(MOST_FEATURES, others.size()));
    }

    private @Nullable String difference(int feature) throws SQLException {
        String differs = isRounded("value_" + feature) && isRounded("expected_" + feature)
                ? "NOT coalesce(v = x OR (isfinite(v) AND isfinite(x) AND abs(v - x) <= 1e-9 * greatest(1, abs(x))), v IS NULL AND x IS NULL)"
                : "v IS DISTINCT FROM x";
        String sql = """
                SELECT count(*) OVER (), CAST(id AS VARCHAR), CAST(v AS VARCHAR), CAST(x AS VARCHAR)
                FROM (SELECT id, %s AS v, %s AS x FROM %s) WHERE %s ORDER BY id LIMIT 1
                """.formatted(
                        value("value_" + feature, "expected_" + feature),
                        value("expected_" + feature, "value_" + feature),
                        rows.rows(),
                        differs);
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next()
                    ? "The feature %s has other values than %s in %s: in row %s it is %s instead of %s."
                            .formatted(
                                    rows.features().get(feature),
                                    rows.file(),
                                    row.getLong(1) == 1 ? "1 row" : "%,d rows".formatted(row.getLong(1)),
                                    DisplayTexts.value(row.getString(2)),
                                    DisplayTexts.value(row.getString(3)),
                                    DisplayTexts.value(row.getString(4)))
                    : null;
        }
    }

    private boolean isNumber(String column) {
        return BoundJob.isNumber(rows.types().getOrDefault(column, ""));
    }

    /// Whether a column may have numbers that are not whole.
    private boolean isRounded(String column) {
        return isNumber(column) && !WHOLE.contains(rows.types().getOrDefault(column, ""));
    }

    /// A value that can be compared with that of another column: a number in the precision that both have, with
    /// NULL for NaN; otherwise a text.
    private String value(String column, String other) {
        String name = Sql.name(column);
        if (!isNumber(column) || !isNumber(other)) {
            return "CAST(%s AS VARCHAR)".formatted(name);
        }
        if (!isRounded(column) && !isRounded(other)) {
            return "CAST(%s AS HUGEINT)".formatted(name);
        }
        boolean isSingle = Stream.of(column, other)
                .anyMatch(each -> "FLOAT".equals(rows.types().get(each)));
        return "nullif(CAST(%s AS %s)::DOUBLE, 'NaN'::DOUBLE)".formatted(name, isSingle ? "FLOAT" : "DOUBLE");
    }

    // A value or a range that the rows share.

    private @Nullable Cause common() throws SQLException {
        long differing = count("differs");
        long equal = count("NOT differs");
        if (differing == 0 || equal == 0) {
            return null;
        }
        Cause best = null;
        for (int feature = 0; feature < rows.features().size(); feature++) {
            for (Cause cause : causes(feature, differing, equal)) {
                if (cause.strength() >= LEAST && (best == null || cause.strength() > best.strength())) {
                    best = cause;
                }
            }
        }
        return best;
    }

    private List<Cause> causes(int feature, long differing, long equal) throws SQLException {
        List<Counts> counts = counts(feature);
        String name = rows.features().get(feature);
        List<Cause> causes = new ArrayList<>();
        boolean isNumber = isNumber("value_" + feature);
        Counts known = known(counts);
        long differ = 0;
        long others = 0;
        for (int i = 0; i < counts.size(); i++) {
            Counts each = counts.get(i);
            causes.add(cause(
                    "%s is %s".formatted(name, DisplayTexts.value(each.value())),
                    each.differ(),
                    each.equal(),
                    differing,
                    equal));
            if (isNumber
                    && each.value() != null
                    && i + 1 < counts.size()
                    && counts.get(i + 1).value() != null) {
                differ += each.differ();
                others += each.equal();
                String low = "%s is %s or less".formatted(name, each.value());
                String high =
                        "%s is %s or more".formatted(name, counts.get(i + 1).value());
                causes.add(cause(low, differ, others, differing, equal));
                causes.add(cause(high, known.differ() - differ, known.equal() - others, differing, equal));
            }
        }
        return causes;
    }

    /// The rows with any value.
    private static Counts known(List<Counts> counts) {
        List<Counts> known =
                counts.stream().filter(each -> each.value() != null).toList();
        return new Counts(
                null,
                known.stream().mapToLong(Counts::differ).sum(),
                known.stream().mapToLong(Counts::equal).sum());
    }

    private static Cause cause(String condition, long differ, long equal, long differing, long others) {
        return new Cause(condition, differ, equal, (double) differ / differing - (double) equal / others);
    }

    /// The rows with each value of a feature, in the order of the values, NULL last; none if there are too many.
    private List<Counts> counts(int feature) throws SQLException {
        String column = "value_" + feature;
        String sql = """
                SELECT CAST(v AS VARCHAR), count(*) FILTER (WHERE differs), count(*) FILTER (WHERE NOT differs)
                FROM (SELECT differs, %s AS v FROM %s) GROUP BY v ORDER BY v NULLS LAST LIMIT %d
                """.formatted(value(column, column), rows.rows(), MOST_VALUES + 1);
        List<Counts> counts = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            while (row.next()) {
                counts.add(new Counts(row.getString(1), row.getLong(2), row.getLong(3)));
            }
        }
        return counts.size() > MOST_VALUES ? List.of() : counts;
    }
}
