package io.nightshift.protocol.job;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The DuckDB types that a job file may declare for a column of a text file, or for one that names of folders
/// make. A text is accepted only if this grammar covers all of it, so that it is safe as a part of SQL.
final class ColumnType {

    private static final List<String> SIMPLE = List.of(
            "BOOLEAN",
            "TINYINT",
            "SMALLINT",
            "INTEGER",
            "BIGINT",
            "HUGEINT",
            "UTINYINT",
            "USMALLINT",
            "UINTEGER",
            "UBIGINT",
            "FLOAT",
            "DOUBLE",
            "VARCHAR",
            "DATE",
            "TIME",
            "TIMESTAMP",
            "TIMESTAMPTZ",
            "UUID");
    private static final Map<String, String> ALIASES = Map.ofEntries(
            Map.entry("BOOL", "BOOLEAN"),
            Map.entry("INT", "INTEGER"),
            Map.entry("LONG", "BIGINT"),
            Map.entry("REAL", "FLOAT"),
            Map.entry("TEXT", "VARCHAR"),
            Map.entry("STRING", "VARCHAR"),
            Map.entry("DATETIME", "TIMESTAMP"));
    private static final Pattern WORD = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final Pattern NUMBERS = Pattern.compile("\\(\\s*([0-9]{1,2})\\s*,\\s*([0-9]{1,2})\\s*\\)");
    private static final Pattern QUOTED = Pattern.compile("\"((?:[^\"\\u0000]|\"\")+)\"");
    private static final int LARGEST_PRECISION = 38;
    private static final int DEEPEST = 16;

    private final String text;
    private final boolean nested;
    private int position;

    private ColumnType(String text, boolean nested) {
        this.text = text;
        this.nested = nested;
    }

    /// A type in the form in which all spellings of it are equal; empty if it is none.
    ///
    /// @param nested whether a type may have parts
    static Optional<String> canonical(String text, boolean nested) {
        ColumnType parser = new ColumnType(text, nested);
        String type = parser.type(0);
        return type == null || parser.position < text.length() ? Optional.empty() : Optional.of(type);
    }

    /// A regular expression that all types match, for editors; a nested type only in its outermost part.
    static String pattern(boolean nested) {
        List<String> names = new ArrayList<>(SIMPLE);
        names.addAll(new TreeSet<>(ALIASES.keySet()));
        Stream<String> all = names.stream().flatMap(name -> Stream.of(name, name.toLowerCase(Locale.ROOT)));
        String simple = all.collect(Collectors.joining("|"))
                + "|(DECIMAL|decimal|NUMERIC|numeric) *\\( *[0-9]{1,2} *, *[0-9]{1,2} *\\)";
        return nested
                ? "^ *((" + simple + "|JSON|json) *(\\[ *\\] *)*|(STRUCT|struct|MAP|map) *\\(.*)$"
                : "^ *(" + simple + ") *$";
    }

    static String expectation(boolean nested) {
        return "one of the types " + String.join(", ", SIMPLE) + ", DECIMAL(p, s)"
                + (nested ? ", JSON, type[], STRUCT(name type, …), MAP(VARCHAR, type)" : "");
    }

    /// The probable meaning of a text that is no type, as a phrase, or null.
    static @Nullable String suggestion(String text, boolean nested) {
        if (!nested && canonical(text, true).isPresent()) {
            return "the value is a text without parts; read it as VARCHAR, and take it apart under source.select";
        }
        List<String> names = new ArrayList<>(SIMPLE);
        names.addAll(ALIASES.keySet());
        return Suggestion.nearest(text.toUpperCase(Locale.ROOT), names);
    }

    private @Nullable String type(int depth) {
        String type = depth > DEEPEST ? null : element(depth);
        while (type != null && nested && take("[")) {
            type = take("]") ? type + "[]" : null;
        }
        return type;
    }

    private @Nullable String element(int depth) {
        String word = match(WORD);
        if (word == null) {
            return null;
        }
        String name = word.toUpperCase(Locale.ROOT);
        name = ALIASES.getOrDefault(name, name);
        if (SIMPLE.contains(name) || (nested && name.equals("JSON"))) {
            return name;
        }
        if (name.equals("DECIMAL") || name.equals("NUMERIC")) {
            return decimal();
        }
        if (nested && name.equals("STRUCT")) {
            return struct(depth);
        }
        return nested && name.equals("MAP") ? map(depth) : null;
    }

    private @Nullable String decimal() {
        Matcher numbers = NUMBERS.matcher(text).region(position, text.length());
        if (!numbers.lookingAt()) {
            return null;
        }
        position = numbers.end();
        skipSpaces();
        int precision = Integer.parseInt(numbers.group(1));
        int scale = Integer.parseInt(numbers.group(2));
        return precision < 1 || precision > LARGEST_PRECISION || scale > precision
                ? null
                : "DECIMAL(%d,%d)".formatted(precision, scale);
    }

    private @Nullable String struct(int depth) {
        List<String> fields = new ArrayList<>();
        if (!take("(")) {
            return null;
        }
        do {
            String name = match(QUOTED);
            name = name == null
                    ? match(WORD)
                    : name.substring(1, name.length() - 1).replace("\"\"", "\"");
            String type = name == null ? null : type(depth + 1);
            if (name == null || type == null) {
                return null;
            }
            fields.add("\"%s\" %s".formatted(name.replace("\"", "\"\""), type));
        } while (take(","));
        return take(")") ? "STRUCT(" + String.join(", ", fields) + ")" : null;
    }

    private @Nullable String map(int depth) {
        if (!take("(")) {
            return null;
        }
        String key = type(depth + 1);
        // The keys of a JSON object are texts.
        if (!"VARCHAR".equals(key) || !take(",")) {
            return null;
        }
        String value = type(depth + 1);
        return value == null || !take(")") ? null : "MAP(%s, %s)".formatted(key, value);
    }

    private @Nullable String match(Pattern pattern) {
        skipSpaces();
        Matcher matcher = pattern.matcher(text).region(position, text.length());
        if (!matcher.lookingAt()) {
            return null;
        }
        position = matcher.end();
        skipSpaces();
        return matcher.group();
    }

    private boolean take(String symbol) {
        skipSpaces();
        if (!text.startsWith(symbol, position)) {
            return false;
        }
        position += symbol.length();
        skipSpaces();
        return true;
    }

    private void skipSpaces() {
        while (position < text.length() && text.charAt(position) == ' ') {
            position++;
        }
    }
}
