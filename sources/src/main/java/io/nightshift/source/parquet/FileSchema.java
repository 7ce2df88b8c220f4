package io.nightshift.source.parquet;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.storage.duckdb.Sql;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// How a file is read as part of its batch: what has to be done with the file's own columns so that they are
/// those of the batch. It is pinned in the plan, so that every attempt reads the file in the same way, and so
/// that files that are read alike are recognised without being opened.
///
/// @param layout a digest of the names and types of the file's own columns
/// @param columns columns of the batch that are not simply the file's own of that name and type
/// @param hidden the file's own columns that must not be seen under their own names
/// @param folders the types of the columns that the names of folders make, by name
record FileSchema(String layout, List<Column> columns, List<String> hidden, SortedMap<String, String> folders) {

    /// A column of the batch.
    ///
    /// @param own the name of the file's own column; null if the file has none, so that the value is NULL
    /// @param type DuckDB's name for the type in the batch
    /// @param value an SQL expression for the value, over the file's own column if there is one; null for the
    ///     value of that column
    record Column(
            String name,
            @Nullable String own,
            String type,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String value) {

        /// A column with the values of the file's own, or with none.
        Column(String name, @Nullable String own, String type) {
            this(name, own, type, null);
        }

        private String sql() {
            String read = value != null ? value : own == null ? "NULL" : Sql.name(own);
            return "CAST(%s AS %s) AS %s".formatted(read, type, Sql.name(name));
        }
    }

    private static final ObjectMapper JSON = new ObjectMapper();

    FileSchema {
        columns = List.copyOf(columns);
        hidden = List.copyOf(hidden);
        folders = Collections.unmodifiableSortedMap(new TreeMap<>(folders));
    }

    /// A file whose own columns are those of the batch.
    static FileSchema plain(String layout) {
        return new FileSchema(layout, List.of(), List.of(), Collections.emptySortedMap());
    }

    /// Reads [#text()].
    static FileSchema of(String text) {
        if (!text.startsWith("{")) {
            return plain(text);
        }
        try {
            return JSON.readValue(text, FileSchema.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not the schema of a Parquet file: " + text, e);
        }
    }

    /// The form in which it is pinned: the layout alone, or JSON.
    String text() {
        if (isPlain()) {
            return layout;
        }
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean isPlain() {
        return columns.isEmpty() && hidden.isEmpty() && folders.isEmpty();
    }

    /// Files that are read alike, as a table of the batch's columns and of those that tell rows apart.
    ///
    /// @param read the files as a table of their own columns and of those that tell rows apart
    /// @param files by their names in `nightshift_file`, the paths whose folders give values
    String from(String read, Map<String, String> files) {
        if (isPlain()) {
            return read;
        }
        List<String> select = new ArrayList<>();
        select.add(
                hidden.isEmpty()
                        ? "*"
                        : "* EXCLUDE (%s)"
                                .formatted(String.join(
                                        ", ", hidden.stream().map(Sql::name).toList())));
        columns.forEach(column -> select.add(column.sql()));
        folders.forEach((name, type) -> select.add(FolderColumns.sql(files, name, type) + " AS " + Sql.name(name)));
        return "(SELECT %s FROM %s)".formatted(String.join(", ", select), read);
    }
}
