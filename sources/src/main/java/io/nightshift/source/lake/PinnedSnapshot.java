package io.nightshift.source.lake;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.Locale;

/// The identity of a snapshot.
///
/// @param table the identity of the table, which another table of the same name does not have
/// @param snapshot the snapshot's ID; empty for a table that has none. If it is the `sequence`, the snapshot is
///     called a version
/// @param sequence the number of the snapshot in the order of the table's changes
/// @param schema the ID of its schema
public record PinnedSnapshot(String table, String snapshot, long sequence, int schema) {

    /// Whether the table has no snapshot, and so no rows.
    @JsonIgnore
    public boolean isEmpty() {
        return snapshot.isEmpty();
    }

    @Override
    public String toString() {
        if (isEmpty()) {
            return "no snapshot";
        }
        return snapshot.equals(String.valueOf(sequence))
                ? "version " + snapshot
                : String.format(Locale.ROOT, "snapshot %s (number %d)", snapshot, sequence);
    }
}
