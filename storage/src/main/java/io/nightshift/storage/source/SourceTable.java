package io.nightshift.storage.source;

/// Part of a source as a table whose columns expressions are bound to.
///
/// @param from what stands after FROM
/// @param ownColumns the select list of the source's own columns, without those that reading it adds
/// @param name what the table is called in messages: most often a file's path
public record SourceTable(String from, String ownColumns, String name) {}
