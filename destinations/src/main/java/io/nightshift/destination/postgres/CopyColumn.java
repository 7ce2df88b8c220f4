package io.nightshift.destination.postgres;

import io.nightshift.destination.table.OutputColumn;
import io.nightshift.protocol.failure.FailureException;

/// A column of rows that are sent to PostgreSQL.
///
/// @param sql the value, as DuckDB's carrier function takes it; empty where it is the same for all
///     rows
record CopyColumn(OutputColumn column, String sql, CopyType type) {

    /// A column whose values come from a query.
    ///
    /// @param sql the value's expression
    /// @param duckDbType its type
    /// @throws FailureException permanent, where PostgreSQL has no such type
    public static CopyColumn of(String name, String sql, String duckDbType) {
        CopyType.Target target = CopyType.of(duckDbType)
                .orElseThrow(() -> FailureException.permanent(
                        "the column %s is a %s, for which PostgreSQL has no type; cast it, for example to VARCHAR"
                                .formatted(name, duckDbType)));
        return new CopyColumn(
                new OutputColumn(name, target.name()), target.type().cast(sql), target.type());
    }

    /// A column that tells records apart, in good rows and bad. A text's NUL characters, which make
    /// a row bad and which PostgreSQL can't hold, are replaced.
    ///
    /// @param name also the expression
    public static CopyColumn id(String name, String duckDbType) {
        boolean isText = CopyType.of(duckDbType)
                .filter(target -> target.type() == CopyType.TEXT)
                .isPresent();
        return of(name, isText ? withoutNul(name) : name, duckDbType);
    }

    /// A text without NUL characters.
    public static String withoutNul(String sql) {
        return "replace(CAST(%s AS VARCHAR), chr(0), chr(65533))".formatted(sql);
    }

    /// A column of JSON that can be searched.
    public static CopyColumn jsonb(String name, String sql) {
        return new CopyColumn(new OutputColumn(name, "jsonb"), CopyType.JSONB.cast(sql), CopyType.JSONB);
    }
}
