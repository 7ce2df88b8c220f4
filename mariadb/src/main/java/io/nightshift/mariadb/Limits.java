package io.nightshift.mariadb;

import io.nightshift.destination.ValueLimit;
import io.nightshift.source.BoundJob;
import org.jspecify.annotations.Nullable;

/// The values that the columns of a table can't hold. A row with one is quarantined.
final class Limits {

    /// The most characters of a record id that is a text: it must fit an index.
    static final int ID = 255;

    private static final int HASH = 32;
    private static final int MOST_BYTES = (1 << 24) - 1;

    private Limits() {}

    /// The limit of a type, or null if every value fits.
    ///
    /// @param type DuckDB's
    /// @param isId whether the values tell records apart
    static @Nullable ValueLimit of(String type, boolean isId) {
        if (BoundJob.isText(type) && isId) {
            return new ValueLimit(
                    "length(CAST(%s AS VARCHAR)) > " + ID,
                    "is longer than " + ID + " characters, which can't be an index");
        }
        return switch (type) {
            case "VARCHAR", "JSON" ->
                new ValueLimit(
                        "strlen(%s) > " + MOST_BYTES, "is longer than 16 MiB, the most of a text in the database");
            case "BLOB" ->
                new ValueLimit(
                        "octet_length(%s) > " + MOST_BYTES,
                        "is longer than 16 MiB, the most of binary data in the database");
            case "FLOAT", "DOUBLE" ->
                new ValueLimit("NOT isfinite(%s)", "is NaN or infinite, which the database can't store");
            case "DATE" -> outside("DATE '0001-01-01'", "DATE '9999-12-31'");
            case "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS" ->
                outside("TIMESTAMP '0001-01-01'", "TIMESTAMP '9999-12-31 23:59:59.999999'");
            case "TIMESTAMP WITH TIME ZONE" ->
                outside("TIMESTAMPTZ '0001-01-01 00:00:00+00'", "TIMESTAMPTZ '9999-12-31 23:59:59.999999+00'");
            case "TIMESTAMP_NS" -> new ValueLimit("NOT isfinite(%s)", "is infinite, which the database can't store");
            default -> null;
        };
    }

    private static ValueLimit outside(String first, String last) {
        return new ValueLimit(
                "%s NOT BETWEEN " + first + " AND " + last,
                "is not between the years 1 and 9999, which the database can't store");
    }

    /// An id that fits, also of a bad row: a long text is cut and gets a hash, so that it still tells rows apart;
    /// another value that does not fit becomes NULL.
    ///
    /// @param sql the id
    /// @param type DuckDB's
    static String fitting(String sql, String type) {
        ValueLimit limit = of(type, true);
        if (limit == null) {
            return sql;
        }
        String instead = BoundJob.isText(type)
                ? "left(%1$s, %2$d) || md5(%1$s)".formatted("CAST(" + sql + " AS VARCHAR)", ID - HASH)
                : "NULL";
        return "CASE WHEN %s THEN %s ELSE %s END".formatted(limit.on(sql), instead, sql);
    }
}
