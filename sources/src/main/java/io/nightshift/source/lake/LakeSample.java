package io.nightshift.source.lake;

import io.nightshift.source.HeldSlices;
import io.nightshift.source.SourceColumns;

/// The first rows of a table, for a person who has no job yet. For one thread.
///
/// @param columns their relation has only the first rows
/// @param count how many rows the data files of the table have, deleted ones included
/// @param held until this is closed
public record LakeSample(SourceColumns columns, long count, HeldSlices held) implements AutoCloseable {

    @Override
    public void close() {
        held.close();
    }
}
