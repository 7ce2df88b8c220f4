package io.nightshift.source.text;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The result of one pass over a text file.
///
/// @param compression of the file
/// @param bytes without compression
/// @param rows the number of records, malformed ones included
/// @param index where records begin, in order; empty if there is none
/// @param names of the columns of a CSV file, in the order of the file; empty for JSON objects, and for an
///     empty file
/// @param given what the header calls each of them, before names that differ only in case are told apart
/// @param types the types that were detected, by column, in order
record FileScan(
        Compression compression,
        long bytes,
        long rows,
        List<Interval> index,
        List<String> names,
        List<String> given,
        Map<String, DetectedType> types) {

    FileScan {
        index = List.copyOf(index);
        names = List.copyOf(names);
        given = List.copyOf(given);
        types = new LinkedHashMap<>(types);
    }

    /// Consecutive records.
    ///
    /// @param rows how many; at least 1
    /// @param offset the number of bytes before the first, without compression
    /// @param line the number of its line, from 1
    record Interval(long rows, long offset, long line) {}
}
