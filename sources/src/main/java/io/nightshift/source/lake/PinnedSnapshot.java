package io.nightshift.source.lake;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.Locale;

/// The identity of a snapshot.
///
/// @param table the identity of the table, which another table of the same name does not have
/// @param snapshot the snapshot's ID; empty for a table that has none
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
        return isEmpty() ? "no snapshot" : String.format(Locale.ROOT, "snapshot %s (number %d)", snapshot, sequence);
    }
}
