package io.nightshift.source.parquet;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.duckdb.Sql;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The columns of a table, and how a file of the table is read as these. A column is found by its ID, whatever
/// its name is in the file.
///
/// @param title the table, for messages
/// @param lost why a file of the table may be gone, as a sentence without its end
/// @param columns in the order of the table
/// @param mapping the IDs of columns by their names in files without IDs; null if such files can't be read
/// @param byName whether the mapping is used for files with IDs, too. Then upper and lower case are the same, and
///     so are nested fields of the same name
public record TableColumns(
        String title,
        String lost,
        List<TableColumn> columns,
        @Nullable Map<String, Integer> mapping,
        boolean byName) {

    /// Names that tell rows apart.
    private static final Set<String> RESERVED = Set.of("file_row_number", "nightshift_file");

    private static final Set<String> WHOLE =
            Set.of("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER");

    /// @throws FailureException permanent, if SQL can't tell the columns apart
    public TableColumns {
        columns = List.copyOf(columns);
        if (mapping != null) {
            Map<String, Integer> ids = byName ? new TreeMap<>(String.CASE_INSENSITIVE_ORDER) : new TreeMap<>();
            ids.putAll(mapping);
            mapping = Collections.unmodifiableMap(ids);
        }
        Set<String> names = new HashSet<>(RESERVED);
        for (TableColumn column : columns) {
            if (!names.add(column.name().toLowerCase(Locale.ROOT))) {
                throw FailureException.permanent(
                        "source: %s has a column \"%s\", a name that is needed to tell rows apart, or that differs from another only in upper and lower case; rename the column"
                                .formatted(title, column.name()));
            }
        }
    }

    /// A file's own columns.
    ///
    /// @param path of a file with these columns, for messages
    /// @param layout a digest of the columns
    /// @param footer the columns by the file's footer
    /// @param types DuckDB's types by the names of the columns
    record Own(String path, String layout, List<ParquetFooter.Column> footer, Map<String, String> types) {}

    /// How a file is read, and which columns of the table can't be.
    ///
    /// @param refusals the reasons, as the ends of sentences, by the names of the columns
    record Reading(FileSchema schema, Map<String, String> refusals) {}

    /// The columns without those that can't be read.
    private List<TableColumn> readable() {
        return columns.stream().filter(column -> column.refusal() == null).toList();
    }

    /// The table without rows, as [FileSchema#text()].
    String withoutRows() {
        return new FileSchema("", values(Map.of()), List.of(), new TreeMap<>()).text();
    }

    private List<FileSchema.Column> values(Map<Integer, String> values) {
        List<FileSchema.Column> made = new ArrayList<>();
        readable().forEach(column -> made.add(made(column, values)));
        return made;
    }

    private static FileSchema.Column made(TableColumn column, Map<Integer, String> values) {
        String value = values.getOrDefault(column.id(), column.initial());
        return new FileSchema.Column(column.name(), null, column.type(), value);
    }

    /// @param values by the IDs of columns that the file may lack
    /// @throws FailureException permanent, if the file does not say which columns it has
    Reading reading(Own own, Map<Integer, String> values) {
        Map<Integer, ParquetFooter.Column> byId = byId(own);
        List<FileSchema.Column> made = new ArrayList<>();
        Set<String> plain = new HashSet<>();
        Map<String, String> refusals = new TreeMap<>();
        for (TableColumn column : columns) {
            if (column.refusal() != null) {
                refusals.put(column.name(), column.refusal());
                continue;
            }
            ParquetFooter.Column found = byId.get(column.id());
            String type = found == null ? null : own.types().get(found.name());
            if (found == null || type == null) {
                made.add(made(column, values));
                continue;
            }
            String sql = Sql.name(found.name());
            boolean isAlike = byName || found.shape().equals(column.shape());
            String read = isAlike ? conversion(type, column, sql) : null;
            if (read == null) {
                refusals.put(
                        column.name(),
                        "is %s in the table and %s in %s, which can't be read as that. Have the table's engine rewrite its data files"
                                .formatted(column.type(), type, own.path()));
                made.add(new FileSchema.Column(column.name(), null, column.type()));
            } else if (read.equals(sql) && found.name().equals(column.name()) && type.equals(column.type())) {
                plain.add(found.name());
            } else {
                made.add(new FileSchema.Column(
                        column.name(), found.name(), column.type(), read.equals(sql) ? null : read));
            }
        }
        List<String> hidden = own.footer().stream()
                .map(ParquetFooter.Column::name)
                .filter(name -> !plain.contains(name))
                .toList();
        return new Reading(new FileSchema(own.layout(), made, hidden, new TreeMap<>()), refusals);
    }

    private Map<Integer, ParquetFooter.Column> byId(Own own) {
        Map<Integer, ParquetFooter.Column> byId = new TreeMap<>();
        boolean hasIds = !byName && own.footer().stream().anyMatch(column -> column.id() != null);
        if (!hasIds && mapping == null && !own.footer().isEmpty()) {
            throw FailureException.permanent(
                    "source: %s has no field IDs, and %s has no name mapping (the property schema.name-mapping.default), so nobody knows which columns it has"
                            .formatted(own.path(), title));
        }
        for (ParquetFooter.Column column : own.footer()) {
            Integer id = hasIds || mapping == null ? column.id() : mapping.get(column.name());
            if (id != null) {
                byId.putIfAbsent(id, column);
            }
        }
        return byId;
    }

    /// Reads a value of a file's type as one of the table's.
    ///
    /// @param own the column of the file, as SQL
    /// @return SQL that is then cast to the table's type; null if the types don't fit
    private static @Nullable String conversion(String from, TableColumn column, String own) {
        String to = column.type();
        if (isNested(from)) {
            // The IDs and names of nested fields are equal, and their types may be wider.
            return column.renamed() == null ? own : column.renamed().replace(TableColumn.OWN, own);
        }
        if (from.equals(to)) {
            return own;
        }
        boolean fits = switch (to) {
            case "SMALLINT" -> from.equals("TINYINT");
            case "INTEGER" -> WHOLE.contains(from) && !from.equals("BIGINT") && !from.equals("UINTEGER");
            case "BIGINT" -> WHOLE.contains(from);
            case "DOUBLE" -> from.equals("FLOAT") || (WHOLE.contains(from) && !from.equals("BIGINT"));
            // INT96 is read as a time without a zone, and is one of UTC, as the session is.
            case "TIMESTAMP WITH TIME ZONE", "TIMESTAMP", "TIMESTAMP_NS" ->
                from.startsWith("TIMESTAMP") || from.equals("DATE");
            case "VARCHAR" -> from.equals("BLOB") || from.startsWith("ENUM") || from.equals("JSON");
            default -> to.startsWith("DECIMAL") && (from.startsWith("DECIMAL") || WHOLE.contains(from));
        };
        if (!fits || (to.equals("TIMESTAMP") && from.equals("TIMESTAMP WITH TIME ZONE"))) {
            return null;
        }
        return to.equals("VARCHAR") && from.equals("BLOB") ? "decode(%s)".formatted(own) : own;
    }

    private static boolean isNested(String type) {
        return type.startsWith("STRUCT") || type.startsWith("MAP") || type.endsWith("[]");
    }
}
