package io.nightshift.source.parquet;

import java.util.Map;

/// A Parquet file of a table.
///
/// @param path an absolute path, or the address of an object
/// @param rows how many rows the table says that the file has, deleted ones included; -1 if it does not say
/// @param values the values of all rows by the IDs of columns that the file may lack, as SQL expressions: those
///     of its partition
public record TableFile(String path, long rows, Map<Integer, String> values) {
    public TableFile {
        values = Map.copyOf(values);
    }
}
