package io.nightshift.source;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.storage.duckdb.Sql;
import java.sql.SQLException;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Ranges between bounds, in DuckDB's order of values: NaN is greater than all numbers, and texts are compared byte
/// by byte.
///
/// @param bounds in ascending order, at least one
record RangeDivision(String sql, String type, List<String> bounds) implements KeyDivision {

    private static final String WITH_ZONE = "TIMESTAMP WITH TIME ZONE";
    private static final Pattern WHOLE = Pattern.compile("-?[0-9]+");
    private static final Pattern OFFSET = Pattern.compile(".*[0-9](Z|[+-][0-9]{2}(:?[0-9]{2})?)");

    RangeDivision {
        bounds = List.copyOf(bounds);
        if (type.equals("BOOLEAN")
                || !(BoundJob.isNumber(type)
                        || type.equals("VARCHAR")
                        || type.equals("DATE")
                        || type.startsWith("TIMESTAMP"))) {
            throw KeyDivision.refused("ranges", type, "convert them to numbers, texts or times");
        }
    }

    /// @throws FailureException naming a bound that is no value of the type, or is not greater than the one before
    void check(SourceColumns columns) throws SQLException {
        for (int i = 0; i < bounds.size(); i++) {
            String bound = bounds.get(i);
            boolean isValue = (!BoundJob.isInteger(type) || WHOLE.matcher(bound).matches())
                    && (!type.equals(WITH_ZONE) || OFFSET.matcher(bound).matches())
                    && columns.isTrue("TRY_CAST(%s AS %s) IS NOT NULL".formatted(Sql.text(bound), type));
            if (!isValue) {
                throw FailureException.permanent("partitions.ranges: \"%s\" is not a %s%s"
                        .formatted(bound, type, type.equals(WITH_ZONE) ? " with an offset such as +01:00" : ""));
            }
            if (i > 0 && !columns.isTrue(literal(i - 1) + " < " + literal(i))) {
                throw FailureException.permanent(
                        "partitions.ranges: \"%s\" is not greater than \"%s\" before it; list the bounds in ascending order"
                                .formatted(bound, bounds.get(i - 1)));
            }
        }
    }

    private String literal(int bound) {
        return "CAST(%s AS %s)".formatted(Sql.text(bounds.get(bound)), type);
    }

    @Override
    public String code() {
        StringBuilder cases = new StringBuilder("CASE WHEN " + sql + " IS NULL THEN NULL");
        for (int i = 0; i < bounds.size(); i++) {
            cases.append(" WHEN ")
                    .append(sql)
                    .append(" < ")
                    .append(literal(i))
                    .append(" THEN ")
                    .append(i);
        }
        return "CAST(%s ELSE %d END AS BIGINT)".formatted(cases, bounds.size());
    }

    @Override
    public long ordinal(long code) {
        return code;
    }

    @Override
    public Cut cut(long ordinal) {
        int range = Math.toIntExact(ordinal);
        String from = range == 0 ? "" : bounds.get(range - 1);
        String to = range == bounds.size() ? "" : bounds.get(range);
        String least = range == 0 ? "" : sql + " >= " + literal(range - 1);
        String below = range == bounds.size() ? "" : sql + " < " + literal(range);
        return new Cut(least.isEmpty() || below.isEmpty() ? least + below : least + " AND " + below, from + ".." + to);
    }

    /// Statistics say nothing of NaN, and those of texts may be shortened.
    @Override
    public @Nullable String orderedColumn() {
        return BoundJob.isAlwaysFinite(type) || type.equals("DATE") || type.startsWith("TIMESTAMP")
                ? KeyDivision.name(sql)
                : null;
    }

    @Override
    public Cut withoutKey() {
        return new Cut(sql + " IS NULL", null);
    }
}
