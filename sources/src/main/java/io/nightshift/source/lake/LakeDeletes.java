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

    /// A Parquet file of keys: a row is deleted if its values of the columns are those of a row of the file,
    /// where NULL is equal to NULL.
    ///
    /// @param path an absolute path, or the address of an object
    /// @param columns may be some that the table does not have any more
    record Keys(String path, List<TableColumn> columns) {
        public Keys {
            columns = List.copyOf(columns);
        }
    }
}
