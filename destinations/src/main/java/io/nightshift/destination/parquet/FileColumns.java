package io.nightshift.destination.parquet;

import io.nightshift.protocol.batch.WorkerMessage.Lease;
import java.util.List;
import java.util.Map;

/// The columns of a table, as its files describe them. Safe for several threads.
public interface FileColumns {

    /// The columns of one attempt's file.
    ///
    /// @param names of the columns in the file
    /// @throws io.nightshift.protocol.failure.FailureException if the table can't be read
    Of of(Lease lease, List<String> names);

    /// The columns of a file.
    interface Of {

        /// Whether the files have the column. Readers take the values of any other column from the table.
        boolean isInFiles(String column);

        /// An expression whose values have the type of the table's column.
        ///
        /// @param sql of DuckDB's type
        /// @param type DuckDB's name of that type
        String cast(String column, String sql, String type);

        /// The IDs that the file has for its columns, by their names; empty if the table tells its columns by
        /// their names.
        Map<String, Integer> fieldIds();
    }
}
