package io.nightshift.source.changed;

import io.nightshift.protocol.failure.FailureException;
import java.sql.SQLException;

/// Reads the entries of sets of rows. Its method waits for a database, and is safe for several threads.
@FunctionalInterface
public interface RowSets {

    /// Those of a process that has no ledger.
    RowSets NONE = (set, visitor) -> {
        throw missing(set);
    };

    /// Receives entries.
    @FunctionalInterface
    interface BlockVisitor {
        /// @param entries some of [RowSet#ENTRY_BYTES] bytes each: key and fingerprint, the high byte first
        /// @throws SQLException DuckDB's
        void block(byte[] entries) throws SQLException;
    }

    /// Visits all entries of a set, ordered by key.
    ///
    /// @throws FailureException permanent if there is no such set; transient if the database can't be read
    /// @throws SQLException the visitor's
    void read(RowSet set, BlockVisitor visitor) throws SQLException;

    /// The failure of a set that is not there.
    static FailureException missing(RowSet set) {
        return FailureException.permanent(
                "the fingerprints of the rows of %s are not in this ledger's database, for example because the ledger was imported; start over with --new"
                        .formatted(set.batch()));
    }
}
