package io.nightshift.nemesis.workload;

import io.nightshift.testing.PublishedOutput;
import java.nio.file.Path;
import java.sql.SQLException;

/// The format of a batch's files.
public enum FileFormat {
    PARQUET("{parquet: %s}") {
        @Override
        String digest(Path folder) throws SQLException {
            return PublishedOutput.digest(folder);
        }
    },
    CSV("{csv: {folder: %s, compression: gzip}}") {
        @Override
        String digest(Path folder) throws SQLException {
            return PublishedOutput.query("""
                    SELECT count(*) || ':' || count(DISTINCT (record_file, record_row)) || ':'
                      || md5(string_agg(t::VARCHAR, '|' ORDER BY record_file, record_row))
                    FROM (SELECT * EXCLUDE (batch_id, predicted_at) FROM read_csv('%s/batch=*/part-*.csv.gz',
                      all_varchar = true, header = true, hive_partitioning = false)) AS t
                    """.formatted(folder));
        }
    };

    private final String destination;

    FileFormat(String destination) {
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
}
