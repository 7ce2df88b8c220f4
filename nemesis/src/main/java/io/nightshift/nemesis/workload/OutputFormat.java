package io.nightshift.nemesis.workload;

import io.nightshift.testing.PublishedParquet;
import java.nio.file.Path;
import java.sql.SQLException;

/// The format of a batch's files.
public enum OutputFormat {
    PARQUET("{parquet: %s}") {
        @Override
        String digest(Path folder) throws SQLException {
            return PublishedParquet.digest(folder);
        }

        @Override
        String table(String files) {
            return "read_parquet('%s.parquet', hive_partitioning = false)".formatted(files);
        }
    },
    CSV("{csv: {folder: %s, compression: gzip}}") {
        @Override
        String digest(Path folder) throws SQLException {
            return PublishedParquet.query("""
                    SELECT count(*) || ':' || count(DISTINCT (record_file, record_row)) || ':'
                      || md5(string_agg(t::VARCHAR, '|' ORDER BY record_file, record_row))
                    FROM (SELECT * EXCLUDE (batch_id, predicted_at) FROM %s) AS t
                    """.formatted(table(folder + "/batch=*/part-*")));
        }

        @Override
        String table(String files) {
            return """
                    read_csv('%s.csv.gz', all_varchar = true, header = true, delim = ',', quote = '"', escape = '"',
                      hive_partitioning = false)
                    """.formatted(files);
        }
    };

    private final String destination;

    OutputFormat(String destination) {
        this.destination = destination;
    }

    /// The job's section `destination`.
    ///
    /// @param location a folder, or a prefix of an object store
    String destination(String location) {
        return destination.formatted(location);
    }

    /// As in [BatchOutput#digest].
    ///
    /// @param folder has the folders of the batches
    abstract String digest(Path folder) throws SQLException;

    /// The rows of files in DuckDB's SQL.
    ///
    /// @param files a glob without the ending of the format
    abstract String table(String files);

    /// The positions of all quarantined rows, with commas in between.
    ///
    /// @param folder has the folders of the batches
    String quarantined(Path folder) throws SQLException {
        return positions(table(folder + "/batch=*/_quarantine-*"));
    }

    /// The positions of all rows with predictions, with commas in between.
    ///
    /// @param folder has the folders of the batches
    String predicted(Path folder) throws SQLException {
        return positions(table(folder + "/batch=*/part-*"));
    }

    /// The positions of rows in the input, with commas in between.
    ///
    /// @param table in DuckDB's SQL
    static String positions(String table) throws SQLException {
        return PublishedParquet.query("SELECT coalesce(string_agg(record_row::VARCHAR, ','), '') FROM " + table);
    }
}
