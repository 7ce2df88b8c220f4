package io.nightshift.destination;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A few rows of a published batch, for people.
///
/// @param columns their names
/// @param rows a value for each column: a number, a truth value, a text, or null
public record FirstRows(List<String> columns, List<List<@Nullable Object>> rows) {

    public FirstRows {
        columns = List.copyOf(columns);
        rows = List.copyOf(rows);
    }

    /// For other modules: the class file of a record's constructor does not say which values may be null.
    public static FirstRows of(List<String> columns, List<List<@Nullable Object>> rows) {
        return new FirstRows(columns, rows);
    }

    /// Reads all rows of a result.
    public static FirstRows read(ResultSet result) throws SQLException {
        int count = result.getMetaData().getColumnCount();
        List<String> columns = new ArrayList<>();
        for (int column = 1; column <= count; column++) {
            columns.add(result.getMetaData().getColumnLabel(column));
        }
        List<List<@Nullable Object>> rows = new ArrayList<>();
        while (result.next()) {
            @Nullable Object[] values = new @Nullable Object[count];
            for (int column = 1; column <= count; column++) {
                values[column - 1] = value(result, column);
            }
            rows.add(Collections.unmodifiableList(Arrays.asList(values)));
        }
        return new FirstRows(columns, rows);
    }

    private static @Nullable Object value(ResultSet result, int column) throws SQLException {
        Object value = result.getObject(column);
        return switch (value) {
            case null -> null;
            case Number number -> number;
            case Boolean truth -> truth;
            default -> result.getString(column);
        };
    }
}
