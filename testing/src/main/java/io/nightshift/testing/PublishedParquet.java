package io.nightshift.testing;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/// Queries over published Parquet files.
public final class PublishedParquet {

    private PublishedParquet() {}

    /// A digest of the predictions of all batches below a destination, in the order of the records. It leaves
    /// out the columns that differ between two runs, so that equal predictions have equal digests.
    public static String digest(Path destination) throws SQLException {
        return query("""
                SELECT count(*) || ':' || count(DISTINCT (record_file, record_row)) || ':'
                  || md5(string_agg(t::VARCHAR, '|' ORDER BY record_file, record_row))
                FROM (SELECT * EXCLUDE (batch_id, predicted_at) FROM read_parquet('%s/batch=*/part-*.parquet',
                  hive_partitioning = false)) AS t
                """.formatted(destination));
    }

    /// Runs a query in DuckDB.
    ///
    /// @return the first column of the first row
    public static String query(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
