package io.nightshift.mariadb;

import io.nightshift.destination.table.OutputColumn;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.BoundJob;

/// A column of rows that are sent to MariaDB.
///
/// @param sql the value, as DuckDB's carrier function takes it
record LoadColumn(OutputColumn column, String sql, LoadType type) {

    private static final String INDEXED_TEXT = "varchar(" + Limits.ID + ")";

    /// A column whose values come from a query.
    ///
    /// @param sql the value's expression
    /// @param duckDbType its type
    /// @throws FailureException permanent, where MariaDB has no such type
    static LoadColumn of(String name, String sql, String duckDbType) {
        LoadType.Target target = target(name, duckDbType);
        return new LoadColumn(
                new OutputColumn(name, target.name()), target.type().cast(sql), target.type());
    }

    private static LoadType.Target target(String name, String duckDbType) {
        return LoadType.of(duckDbType)
                .orElseThrow(() -> FailureException.permanent(
                        "the column %s is a %s, for which MariaDB has no type; cast it, for example to VARCHAR"
                                .formatted(name, duckDbType)));
    }

    /// A column that tells records apart, in good rows and bad.
    static LoadColumn id(String name, String sql, String duckDbType) {
        LoadType.Target target = target(name, duckDbType);
        String type = BoundJob.isText(duckDbType) && name.equals("record_id") ? INDEXED_TEXT : target.name();
        return new LoadColumn(
                new OutputColumn(name, type),
                target.type().cast(name.equals("record_id") ? Limits.fitting(sql, duckDbType) : sql),
                target.type());
    }

    /// A column of JSON.
    static LoadColumn json(String name, String sql) {
        return new LoadColumn(new OutputColumn(name, "longtext"), LoadType.TEXT.cast(sql), LoadType.TEXT);
    }
}
