package io.nightshift.cli;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/// What readers see of a destination.
public final class PublishedOutput {

    private PublishedOutput() {}

    /// A digest of all predictions of all batches below a destination: every column but those that tell
    /// runs apart, in the order of the records.
    public static String digest(Path destination) throws SQLException {
        return ask("""
                SELECT count(*) || ':' || count(DISTINCT (record_file, record_row)) || ':'
                  || md5(string_agg(t::VARCHAR, '|' ORDER BY record_file, record_row))
                FROM (SELECT * EXCLUDE (batch_id, predicted_at) FROM read_parquet('%s/batch=*/part-*.parquet',
                  hive_partitioning = false)) AS t
                """.formatted(destination));
    }

    static String ask(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
