package io.nightshift.source.sql;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A table, a view or a query, as a plan finds it.
///
/// @param name for people and in paths: `schema.table`, or `query-` and a digest
/// @param table in the database's SQL, quoted; null for a query
/// @param from what stands after FROM, with the alias q
/// @param sampled as `from`, a part of the rows only, with %s in the place of the percentage; null if rows
///     are taken by chance in a condition
/// @param columns all of them, in order
/// @param key the column to range over; null: pages, or nothing
/// @param keyType the database's name of its type
/// @param pages whether pages are ranged over
/// @param hasIndex whether an index begins with the key
/// @param order what rows are sorted by
/// @param checksum an expression over q: a whole number for each row
/// @param storage as [SqlPiece#storage]
/// @param rows about how many there are; -1 if that is not known
/// @param size in bytes; -1 if that is not known
/// @param pageCount how many pages it has
record SqlTable(
        String name,
        @Nullable String table,
        String from,
        @Nullable String sampled,
        List<SqlColumn> columns,
        @Nullable String key,
        @Nullable String keyType,
        boolean pages,
        boolean hasIndex,
        String order,
        String checksum,
        long storage,
        long rows,
        long size,
        long pageCount) {

    SqlTable {
        columns = List.copyOf(columns);
    }

    /// Whether there is nothing to divide the rows by.
    boolean isWhole() {
        return key == null && !pages;
    }

    /// A digest of the columns' names and types.
    static String digest(List<SqlColumn> columns) {
        StringBuilder text = new StringBuilder();
        for (SqlColumn column : columns) {
            text.append(column.name().length())
                    .append(':')
                    .append(column.name())
                    .append(' ');
            text.append(column.engineType())
                    .append(' ')
                    .append(column.carrier())
                    .append(' ');
            text.append(column.precision()).append(' ').append(column.scale()).append('\n');
        }
        return SqlPiece.digest(text.toString(), 16);
    }
}
