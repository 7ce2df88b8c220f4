package io.nightshift.storage.duckdb;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A statement, and those of its values in which it differs from other statements of the same form. DuckDB
/// parses such a form once, see [KeptConnection]. The text alone is the whole statement, too.
///
/// @param sql the text, with all values
/// @param values each at one place of the text, in any order
public record SqlStatement(String sql, List<Value> values) {

    /// A value in the text of a statement.
    ///
    /// @param name tells the value from all others of the text
    /// @param value a `Long` or a `String`
    public record Value(String name, Object value) {

        /// The value as it stands in the text: a literal, and a comment that makes it unmistakable.
        public String literal() {
            String literal = value instanceof String text ? Sql.text(text) : value.toString();
            return literal + "/* " + name + " */";
        }
    }

    /// The statement with a parameter for each value.
    ///
    /// @param sql the text, with `?` in place of the values
    /// @param values in the order of the parameters
    record Form(String sql, List<Object> values) {}

    private record Place(int at, Value value) {}

    public SqlStatement {
        values = List.copyOf(values);
    }

    /// A statement that is like no other.
    public SqlStatement(String sql) {
        this(sql, List.of());
    }

    /// Null if there are no values, or if one does not stand at exactly one place: a job's own text may look
    /// like it.
    @Nullable
    Form form() {
        List<Place> places = new ArrayList<>();
        for (Value value : values) {
            int at = sql.indexOf(value.literal());
            if (at < 0 || sql.indexOf(value.literal(), at + 1) >= 0) {
                return null;
            }
            places.add(new Place(at, value));
        }
        places.sort(Comparator.comparingInt(Place::at));
        StringBuilder form = new StringBuilder();
        int end = 0;
        for (Place place : places) {
            form.append(sql, end, place.at()).append('?');
            end = place.at() + place.value().literal().length();
        }
        form.append(sql, end, sql.length());
        List<Object> ordered =
                places.stream().map(place -> place.value().value()).toList();
        return places.isEmpty() ? null : new Form(form.toString(), ordered);
    }
}
