package io.nightshift.source.parquet;

import org.jspecify.annotations.Nullable;

/// A column of a table whose files know the columns by field IDs.
///
/// @param id the field ID
/// @param name its name in the table
/// @param type DuckDB's name for its type in the table
/// @param shape the IDs and names of the fields of a nested column, by [#addField] in the order of the table;
///     empty for other columns
/// @param renamed for a nested column whose fields have other names in files, an SQL expression of the `type` over
///     [#OWN], the file's column; null for other columns
/// @param initial the value in files without the column, as an SQL expression; null for NULL
/// @param refusal why the column can't be read, as the end of a sentence; null if it can
public record TableColumn(
        int id,
        String name,
        String type,
        String shape,
        @Nullable String renamed,
        @Nullable String initial,
        @Nullable String refusal) {

    /// Stands for the file's column in a [#renamed()].
    public static final String OWN = "\0";

    /// A column whose nested fields, if it has any, have their names in files.
    public TableColumn(
            int id, String name, String type, String shape, @Nullable String initial, @Nullable String refusal) {
        this(id, name, type, shape, null, initial, refusal);
    }

    /// Adds a nested field to a [#shape()].
    public static void addField(StringBuilder shape, int id, String name) {
        shape.append(id).append(' ').append(name).append('\n');
    }
}
