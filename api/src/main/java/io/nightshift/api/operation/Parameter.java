package io.nightshift.api.operation;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A parameter of an operation.
///
/// @param name as in the request
/// @param place where a request has it
/// @param type the values that it may have
/// @param description for the OpenAPI document
public record Parameter(String name, Place place, Type type, String description) {

    /// Where a request has a parameter.
    public enum Place {
        /// A segment of the path. It is required.
        PATH,
        /// The query. It may be absent.
        QUERY,
        /// A header. It may be absent.
        HEADER
    }

    /// The values that a parameter may have.
    public sealed interface Type {}

    /// Any text.
    ///
    /// @param pattern a regular expression for the whole text; null for any text
    public record Text(@Nullable String pattern) implements Type {}

    /// A whole number.
    ///
    /// @param least the smallest number
    /// @param most the largest number; [Long#MAX_VALUE] for no limit
    /// @param absent the number if the parameter is absent; null if that is no number
    public record Number(long least, long most, @Nullable Long absent) implements Type {}

    /// `true` or `false`; false if it is absent.
    public record Flag() implements Type {}

    /// A time such as `2026-11-25T01:00:00Z`.
    public record Time() implements Type {}

    /// One of a few texts.
    ///
    /// @param values all of them
    /// @param absent the text if the parameter is absent; null for none
    public record Choice(List<String> values, @Nullable String absent) implements Type {
        /// Keeps an unmodifiable copy of the list.
        public Choice {
            values = List.copyOf(values);
        }
    }

    /// A text of a schema that others use, too.
    ///
    /// @param schema its name
    public record Named(String schema) implements Type {}

    /// `NAME=VALUE`, any number of times.
    public record Pairs() implements Type {}

    static Parameter path(String name, String description) {
        return new Parameter(name, Place.PATH, new Text(null), description);
    }

    static Parameter query(String name, Type type, String description) {
        return new Parameter(name, Place.QUERY, type, description);
    }

    static Parameter text(String name, String description) {
        return query(name, new Text(null), description);
    }

    static Parameter flag(String name, String description) {
        return query(name, new Flag(), description);
    }

    static Parameter time(String name, String description) {
        return query(name, new Time(), description);
    }

    static Parameter limit(int most, int absent) {
        return query("limit", new Number(1, most, (long) absent), "The largest number of elements of the page.");
    }

    static Parameter key(String pattern, String description) {
        return new Parameter(Operation.IDEMPOTENCY_KEY, Place.HEADER, new Text(pattern), description);
    }
}
