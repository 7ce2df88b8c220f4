package io.nightshift.source.lake;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.parquet.TableColumn;
import java.util.BitSet;
import java.util.List;

/// The rows that are deleted of a data file. Safe for several threads.
public interface LakeDeletes {

    /// A digest of the files that say what is deleted, and of the order of these deletes.
    String digest();

    /// Adds the positions of deleted rows. Reads the files that list positions.
    ///
    /// @throws FailureException if one can't be read
    void positions(BitSet deleted);

    /// The files that list the keys of deleted rows.
    List<Keys> keys();

    /// Parquet files of keys: a row is deleted if its values of the columns are those of a row of a file, where
    /// NULL is equal to NULL.
    ///
    /// @param paths absolute paths, or addresses of objects
    /// @param columns may be some that the table does not have any more
    record Keys(List<String> paths, List<TableColumn> columns) {
        public Keys {
            paths = List.copyOf(paths);
            columns = List.copyOf(columns);
        }
    }
}
