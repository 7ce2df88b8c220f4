package io.nightshift.cli.init;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.source.BoundJob;
import io.nightshift.storage.source.SourceColumns;
import io.nightshift.storage.source.parquet.ParquetReader;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The facts that `init` learns from the data: its columns, its number of rows, and the columns that could
/// identify a row.
///
/// @param name in messages: the file, or the number of files
/// @param columns and their DuckDB types, in order
/// @param ids the columns whose values are all present and distinct in the first rows, the likeliest first
record DataPreview(String name, Map<String, String> columns, long rows, List<String> ids) {

    /// So many rows are examined for repeated values.
    static final int EXAMINED = 100_000;

    DataPreview {
        ids = List.copyOf(ids);
    }

    /// @param paths of Parquet files, folders and globs
    /// @throws FailureException if there is no such file, or it is not Parquet
    static DataPreview read(DuckDb duckDb, List<String> paths) {
        try (Connection connection = duckDb.connect()) {
            SourceColumns columns = ParquetReader.columns(
                    connection, new ParquetInput(paths), Map.of(), SourceColumns.Origin.COMMAND_LINE);
            return new DataPreview(
                    columns.called(), columns.columns(), rows(connection, columns), ids(connection, columns));
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the data can't be read", e), e);
        }
    }

    private static long rows(Connection connection, SourceColumns columns) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM " + columns.relation())) {
            row.next();
            return row.getLong(1);
        }
    }

    private static List<String> ids(Connection connection, SourceColumns columns) throws SQLException {
        List<String> candidates = columns.columns().entrySet().stream()
                .filter(column -> canIdentify(column.getValue()))
                .map(Map.Entry::getKey)
                .toList();
        if (candidates.isEmpty()) {
            return List.of();
        }
        List<String> distinct = new ArrayList<>();
        for (String candidate : candidates) {
            distinct.add("count(DISTINCT %s) = count(*)".formatted(Sql.name(candidate)));
        }
        String sql = "SELECT %s FROM (SELECT * FROM %s LIMIT %d)"
                .formatted(String.join(", ", distinct), columns.relation(), EXAMINED);
        List<String> likely = new ArrayList<>();
        List<String> others = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            for (int i = 0; i < candidates.size(); i++) {
                if (row.getBoolean(i + 1)) {
                    (isNamedLikeAnId(candidates.get(i)) ? likely : others).add(candidates.get(i));
                }
            }
        }
        likely.addAll(others);
        return likely;
    }

    private static boolean canIdentify(String type) {
        return BoundJob.isInteger(type) || BoundJob.isText(type) || type.equals("UUID");
    }

    /// Whether a column's name says that it identifies something.
    static boolean isNamedLikeAnId(String column) {
        return column.toLowerCase(Locale.ROOT).matches("(.*[^a-z])?(id|uuid|guid|key)|.*id");
    }
}
