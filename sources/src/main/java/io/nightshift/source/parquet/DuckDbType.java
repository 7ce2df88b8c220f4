package io.nightshift.source.parquet;

import io.nightshift.storage.duckdb.Sql;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A DuckDB type, taken apart as far as it takes to find a type that holds the values of two.
///
/// Whole numbers are widened to whole numbers, and numbers with fractions to numbers with fractions. Texts,
/// truth values, dates with and without a time zone, and bytes are never taken for each other: that would be
/// a guess.
sealed interface DuckDbType {

    /// A type without parts, or one that is not looked into.
    record Plain(String name) implements DuckDbType {
        @Override
        public String toString() {
            return name;
        }
    }

    record Decimal(int digits, int scale) implements DuckDbType {
        @Override
        public String toString() {
            return "DECIMAL(%d,%d)".formatted(digits, scale);
        }
    }

    record ListOf(DuckDbType element) implements DuckDbType {
        @Override
        public String toString() {
            return element + "[]";
        }
    }

    record MapOf(DuckDbType key, DuckDbType value) implements DuckDbType {
        @Override
        public String toString() {
            return "MAP(%s, %s)".formatted(key, value);
        }
    }

    record Struct(Map<String, DuckDbType> fields) implements DuckDbType {
        @Override
        public String toString() {
            List<String> all = new ArrayList<>();
            fields.forEach((name, type) -> all.add(Sql.name(name) + " " + type));
            return "STRUCT(" + String.join(", ", all) + ")";
        }
    }

    /// The most digits of a decimal number.
    int MOST_DIGITS = 38;

    Pattern DECIMAL = Pattern.compile("DECIMAL\\((\\d+),\\s*(\\d+)\\)");

    /// The whole numbers, by their bytes; negative if unsigned.
    Map<String, Integer> WHOLE = Map.ofEntries(
            Map.entry("TINYINT", 1),
            Map.entry("SMALLINT", 2),
            Map.entry("INTEGER", 4),
            Map.entry("BIGINT", 8),
            Map.entry("HUGEINT", 16),
            Map.entry("UTINYINT", -1),
            Map.entry("USMALLINT", -2),
            Map.entry("UINTEGER", -4),
            Map.entry("UBIGINT", -8));

    /// Timestamps without a time zone, from the coarsest to the finest.
    List<String> TIMES = List.of("DATE", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP", "TIMESTAMP_NS");

    /// Whether a type has whole numbers that DOUBLE does not have.
    static boolean isRoundedByDouble(String type) {
        return Math.abs(WHOLE.getOrDefault(type, 0)) >= Long.BYTES;
    }

    /// Whether a type has floating-point numbers.
    static boolean isFloating(String type) {
        return isFraction(of(type));
    }

    /// @param type as DuckDB describes it
    static DuckDbType of(String type) {
        if (type.endsWith("[]")) {
            return new ListOf(of(type.substring(0, type.length() - 2)));
        }
        Matcher decimal = DECIMAL.matcher(type);
        if (decimal.matches()) {
            return new Decimal(Integer.parseInt(decimal.group(1)), Integer.parseInt(decimal.group(2)));
        }
        if (type.startsWith("MAP(") && type.endsWith(")")) {
            List<String> parts = parts(type.substring(4, type.length() - 1));
            return parts.size() == 2 ? new MapOf(of(parts.get(0)), of(parts.get(1))) : new Plain(type);
        }
        if (type.startsWith("STRUCT(") && type.endsWith(")")) {
            return struct(type);
        }
        return new Plain(type);
    }

    private static DuckDbType struct(String type) {
        Map<String, DuckDbType> fields = new LinkedHashMap<>();
        for (String field : parts(type.substring(7, type.length() - 1))) {
            int end = nameEnd(field);
            if (end < 1 || end + 1 >= field.length()) {
                return new Plain(type);
            }
            String name = field.substring(0, end);
            fields.put(
                    name.startsWith("\"") ? name.substring(1, name.length() - 1).replace("\"\"", "\"") : name,
                    of(field.substring(end + 1)));
        }
        return new Struct(fields);
    }

    /// The position after the name that a field of a struct begins with.
    private static int nameEnd(String field) {
        if (!field.startsWith("\"")) {
            return field.indexOf(' ');
        }
        int at = 1;
        while (at < field.length()) {
            if (field.charAt(at) != '"') {
                at++;
            } else if (at + 1 < field.length() && field.charAt(at + 1) == '"') {
                at += 2;
            } else {
                return at + 1;
            }
        }
        return -1;
    }

    /// The texts between the commas that are outside of parentheses and quotes.
    private static List<String> parts(String text) {
        List<String> parts = new ArrayList<>();
        int open = 0;
        char quote = 0;
        int from = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quote != 0) {
                quote = c == quote ? 0 : quote;
            } else if (c == '"' || c == '\'') {
                quote = c;
            } else if (c == '(') {
                open++;
            } else if (c == ')') {
                open--;
            } else if (c == ',' && open == 0) {
                parts.add(text.substring(from, i).strip());
                from = i + 1;
            }
        }
        parts.add(text.substring(from).strip());
        return parts;
    }

    /// The narrowest type that holds the values of both types, or null if there is none.
    static @Nullable String common(String one, String other) {
        DuckDbType common = one.equals(other) ? of(one) : common(of(one), of(other));
        return common == null ? null : one.equals(other) ? one : common.toString();
    }

    private static @Nullable DuckDbType common(DuckDbType one, DuckDbType other) {
        if (one.equals(other)) {
            return one;
        }
        if (one instanceof ListOf(DuckDbType a) && other instanceof ListOf(DuckDbType b)) {
            DuckDbType element = common(a, b);
            return element == null ? null : new ListOf(element);
        }
        if (one instanceof MapOf(DuckDbType k1, DuckDbType v1)
                && other instanceof MapOf(DuckDbType k2, DuckDbType v2)) {
            DuckDbType key = common(k1, k2);
            DuckDbType value = common(v1, v2);
            return key == null || value == null ? null : new MapOf(key, value);
        }
        if (one instanceof Struct(Map<String, DuckDbType> a) && other instanceof Struct(Map<String, DuckDbType> b)) {
            return common(a, b);
        }
        return number(one, other);
    }

    private static @Nullable DuckDbType common(Map<String, DuckDbType> one, Map<String, DuckDbType> other) {
        Map<String, DuckDbType> fields = new LinkedHashMap<>(one);
        for (Map.Entry<String, DuckDbType> field : other.entrySet()) {
            String name = fields.keySet().stream()
                    .filter(field.getKey()::equalsIgnoreCase)
                    .findFirst()
                    .orElse(null);
            if (name == null) {
                fields.put(field.getKey(), field.getValue());
                continue;
            }
            DuckDbType type = common(fields.getOrDefault(name, field.getValue()), field.getValue());
            if (type == null) {
                return null;
            }
            fields.put(name, type);
        }
        return new Struct(fields);
    }

    private static @Nullable DuckDbType number(DuckDbType one, DuckDbType other) {
        Decimal a = decimal(one);
        Decimal b = decimal(other);
        if ((isFraction(one) || a != null) && (isFraction(other) || b != null)) {
            if (a == null || b == null) {
                return new Plain("DOUBLE");
            }
            return one instanceof Decimal || other instanceof Decimal ? decimal(a, b) : whole(one, other);
        }
        int first = TIMES.indexOf(one.toString());
        int second = TIMES.indexOf(other.toString());
        if (first >= 0 && second >= 0) {
            // A date is the beginning of its day.
            return new Plain(TIMES.get(Math.max(TIMES.indexOf("TIMESTAMP_S"), Math.max(first, second))));
        }
        return isText(one) && isText(other) ? new Plain("VARCHAR") : null;
    }

    private static boolean isText(DuckDbType type) {
        return type instanceof Plain(String name) && (name.equals("VARCHAR") || name.startsWith("ENUM"));
    }

    private static boolean isFraction(DuckDbType type) {
        return type instanceof Plain(String name) && (name.equals("FLOAT") || name.equals("DOUBLE"));
    }

    /// A type of exact numbers as a decimal; null if it is none.
    private static @Nullable Decimal decimal(DuckDbType type) {
        if (type instanceof Decimal decimal) {
            return decimal;
        }
        Integer bytes = WHOLE.get(type.toString());
        if (bytes == null) {
            return null;
        }
        return new Decimal(
                switch (Math.abs(bytes)) {
                    case 1 -> 3;
                    case 2 -> 5;
                    case 4 -> 10;
                    case 8 -> bytes < 0 ? 20 : 19;
                    default -> MOST_DIGITS + 1;
                },
                0);
    }

    private static DuckDbType decimal(Decimal one, Decimal other) {
        int scale = Math.max(one.scale(), other.scale());
        int digits = Math.max(one.digits() - one.scale(), other.digits() - other.scale()) + scale;
        return digits > MOST_DIGITS ? new Plain("DOUBLE") : new Decimal(digits, scale);
    }

    private static DuckDbType whole(DuckDbType one, DuckDbType other) {
        int a = WHOLE.getOrDefault(one.toString(), 0);
        int b = WHOLE.getOrDefault(other.toString(), 0);
        int wanted = Integer.signum(a) == Integer.signum(b)
                ? (Math.abs(a) > Math.abs(b) ? a : b)
                // A signed type holds an unsigned one if it is wider.
                : Math.max(Math.max(a, b), 2 * Math.max(-a, -b));
        return new Plain(WHOLE.entrySet().stream()
                .filter(type -> type.getValue() == wanted)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse("HUGEINT"));
    }
}
