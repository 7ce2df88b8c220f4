package io.nightshift.worker.duckdb;

import java.util.Collection;
import java.util.stream.Collectors;

/// Quotes what goes into SQL text.
public final class Sql {

    private Sql() {}

    /// A name as an identifier.
    public static String name(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /// A text as a literal.
    public static String text(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    /// Texts as a list literal.
    public static String texts(Collection<String> texts) {
        return texts.stream().map(Sql::text).collect(Collectors.joining(", ", "[", "]"));
    }
}
