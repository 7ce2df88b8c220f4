package io.nightshift.protocol.job;

import java.util.List;

/// Restricts each batch of a job to the rows whose values in some columns differ from those that the last
/// published batch with the same record id has scored. See docs/decisions/0041-changed-rows.md.
///
/// @param columns of the source, of its lookups, or keys of `source.select`; at least one
/// @param full whether the batch reads all rows, also those that an earlier batch has scored
public record ChangedRows(List<String> columns, boolean full) implements Incremental {

    public ChangedRows {
        columns = List.copyOf(columns);
    }

    @Override
    public ChangedRows startingOver() {
        return new ChangedRows(columns, true);
    }
}
