package io.nightshift.cli.check;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/// The file with the values that training gave: a Parquet file, or a CSV file with a header.
///
/// @param relation what stands after FROM; its rows come in the order of the file
/// @param columns and their DuckDB types, in order
record ExpectedValues(Path file, String relation, Map<String, String> columns) {

    /// @throws FailureException if there is no such file, or it can't be read
    static ExpectedValues open(Connection connection, Path file) {
        if (!Files.isRegularFile(file)) {
            throw FailureException.permanent("--expected: there is no file " + file);
        }
        String path = Sql.file(file.toAbsolutePath().toString());
        String relation = file.toString().matches("(?i).*\\.csv(\\.gz|\\.zst)?")
                ? "read_csv(%s, header = true)".formatted(path)
                : "read_parquet(%s, hive_partitioning = false)".formatted(path);
        try {
            return new ExpectedValues(file, relation, columns(connection, relation));
        } catch (SQLException e) {
            throw FailureException.permanent("--expected: %s is neither Parquet nor CSV that can be read: %s"
                    .formatted(file, DuckDbError.reason(e)));
        }
    }

    static Map<String, String> columns(Connection connection, String relation) throws SQLException {
        Map<String, String> columns = new LinkedHashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("DESCRIBE SELECT * FROM " + relation)) {
            while (rows.next()) {
                columns.put(rows.getString(1), rows.getString(2));
            }
        }
        return columns;
    }

    /// The type of a column.
    ///
    /// @param option where the column is named, for messages
    /// @throws FailureException if there is none
    String type(String option, String column) {
        return type(option, column, file.toString(), columns);
    }

    static String type(String option, String column, String where, Map<String, String> columns) {
        if (!columns.containsKey(column)) {
            String near = NameSuggestion.closest(column, columns.keySet());
            throw FailureException.permanent("%s: there is no column %s in %s; %s"
                    .formatted(
                            option,
                            column,
                            where,
                            near == null
                                    ? "it has " + String.join(", ", columns.keySet())
                                    : "did you mean " + near + "?"));
        }
        return Objects.requireNonNull(columns.get(column));
    }
}
