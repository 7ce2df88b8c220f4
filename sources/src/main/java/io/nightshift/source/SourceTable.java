package io.nightshift.source;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/// Part of a source as a table whose columns expressions are bound to.
///
/// @param from what stands after FROM
/// @param ownColumns the select list of the source's own columns, without those that reading it adds
/// @param name what the table is called in messages: most often a file's path
/// @param derived columns that are not in the source's own rows, but come with them, such as those of the names
///     of folders. A computed column of the same name takes their place
/// @param rounding the columns whose different values can become equal when they are read, by name, with the reason
///     and what to do
public record SourceTable(
        String from, String ownColumns, String name, Set<String> derived, Map<String, String> rounding) {

    public SourceTable {
        derived = Set.copyOf(derived);
        rounding = new LinkedHashMap<>(rounding);
    }

    /// A table without columns that round values.
    public SourceTable(String from, String ownColumns, String name, Set<String> derived) {
        this(from, ownColumns, name, derived, Map.of());
    }

    /// A table whose columns are all in the source's own rows.
    public SourceTable(String from, String ownColumns, String name) {
        this(from, ownColumns, name, Set.of());
    }
}
