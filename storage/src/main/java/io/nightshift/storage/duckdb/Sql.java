package io.nightshift.storage.duckdb;

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

    /// A name for people to read: in quotes if SQL needs them.
    public static String readable(String name) {
        return name.matches("[a-z_][a-z0-9_]*") ? name : name(name);
    }

    /// Texts as a list literal.
    public static String texts(Collection<String> texts) {
        return texts.stream().map(Sql::text).collect(Collectors.joining(", ", "[", "]"));
    }

    /// A file's path as a literal for a function that reads files. All such functions take globs, so the
    /// characters of a glob are escaped.
    public static String file(String path) {
        return text(path.replaceAll("[\\[*?\\\\]", "[$0]"));
    }

    /// Paths as a list literal for a function that reads files.
    public static String files(Collection<String> paths) {
        return paths.stream().map(Sql::file).collect(Collectors.joining(", ", "[", "]"));
    }
}
