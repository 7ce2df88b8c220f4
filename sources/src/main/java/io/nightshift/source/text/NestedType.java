package io.nightshift.source.text;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A type with parts, against which JSON is checked before DuckDB converts it: DuckDB rounds fractions to whole
/// numbers, and makes NULL of a part that does not fit.
sealed interface NestedType {

    /// Checks the value at which a parser stands, and leaves the parser at its end.
    ///
    /// @return null, or what is wrong, to stand after the column's name
    @Nullable
    String check(JsonParser parser) throws IOException;

    /// The type of a column, in the form of `ColumnType`; null if it has no parts.
    static @Nullable NestedType of(String type) {
        boolean isNested = type.startsWith("STRUCT(") || type.startsWith("MAP(") || type.endsWith("]");
        return isNested ? new Parser(type).type() : null;
    }

    /// A value without parts.
    record Single(String type) implements NestedType {
        @Override
        public @Nullable String check(JsonParser parser) throws IOException {
            JsonToken token = parser.currentToken();
            String misfit = "has a part that is not " + type;
            if (token == JsonToken.VALUE_NULL) {
                return null;
            }
            if (type.equals("JSON") || type.equals("VARCHAR")) {
                return checkKeys(parser);
            }
            if (token.isStructStart()) {
                parser.skipChildren();
                return misfit;
            }
            return switch (type) {
                case "BOOLEAN" -> token.isBoolean() ? null : misfit;
                case "FLOAT", "DOUBLE" -> token.isNumeric() && Double.isFinite(parser.getDoubleValue()) ? null : misfit;
                case "TINYINT",
                        "SMALLINT",
                        "INTEGER",
                        "BIGINT",
                        "HUGEINT",
                        "UTINYINT",
                        "USMALLINT",
                        "UINTEGER",
                        "UBIGINT" -> token == JsonToken.VALUE_NUMBER_INT && isIn(parser) ? null : misfit;
                default -> {
                    if (type.startsWith("DECIMAL")) {
                        yield token.isNumeric() && fits(parser.getDecimalValue()) ? null : misfit;
                    }
                    yield token == JsonToken.VALUE_STRING && isTime(parser.getText()) ? null : misfit;
                }
            };
        }

        /// Whether a text is what the type says: a date, a time, a timestamp or a UUID.
        private boolean isTime(String text) {
            try {
                return switch (type) {
                    case "DATE" -> LocalDate.parse(text).toString().equals(text);
                    case "TIME" -> !LocalTime.parse(text).toString().isEmpty();
                    case "UUID" -> UUID.fromString(text).toString().equalsIgnoreCase(text);
                    default -> DetectedType.isTimestamp(text);
                };
            } catch (DateTimeException | IllegalArgumentException e) {
                return false;
            }
        }

        private boolean isIn(JsonParser parser) throws IOException {
            int bits = switch (type) {
                case "TINYINT" -> 7;
                case "UTINYINT" -> 8;
                case "SMALLINT" -> 15;
                case "USMALLINT" -> 16;
                case "INTEGER" -> 31;
                case "UINTEGER" -> 32;
                case "BIGINT" -> 63;
                case "UBIGINT" -> 64;
                default -> 127;
            };
            BigInteger value = parser.getBigIntegerValue();
            return value.bitLength() <= bits && (value.signum() >= 0 || !type.startsWith("U"));
        }

        private boolean fits(BigDecimal value) {
            int comma = type.indexOf(',');
            int precision = Integer.parseInt(type.substring("DECIMAL(".length(), comma));
            int scale = Integer.parseInt(type.substring(comma + 1, type.length() - 1));
            BigDecimal plain = value.stripTrailingZeros();
            return plain.scale() <= scale && (long) plain.precision() - plain.scale() <= precision - scale;
        }
    }

    /// @param element of each value
    record Array(NestedType element) implements NestedType {
        @Override
        public @Nullable String check(JsonParser parser) throws IOException {
            if (parser.currentToken() == JsonToken.VALUE_NULL) {
                return null;
            }
            if (parser.currentToken() != JsonToken.START_ARRAY) {
                parser.skipChildren();
                return "is not, or has a part that is not, an array";
            }
            String problem = null;
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                String other = element.check(parser);
                problem = problem == null ? other : problem;
            }
            return problem;
        }
    }

    /// @param fields by name; others are ignored
    record Struct(Map<String, NestedType> fields) implements NestedType {
        @Override
        public @Nullable String check(JsonParser parser) throws IOException {
            return checkObject(parser, fields::get);
        }
    }

    /// @param value of each key
    record Dictionary(NestedType value) implements NestedType {
        @Override
        public @Nullable String check(JsonParser parser) throws IOException {
            return checkObject(parser, key -> value);
        }
    }

    /// Finds the type of a key's value.
    interface Members {
        @Nullable
        NestedType of(String key);
    }

    private static @Nullable String checkObject(JsonParser parser, Members members) throws IOException {
        if (parser.currentToken() == JsonToken.VALUE_NULL) {
            return null;
        }
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return "is not, or has a part that is not, an object";
        }
        String problem = null;
        Set<String> keys = new HashSet<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            NestedType type = members.of(key);
            boolean isRepeated = !keys.add(key) && type != null;
            parser.nextToken();
            // DuckDB parses the parts that are ignored, too.
            String other = type == null ? checkTexts(parser, false) : type.check(parser);
            if (problem == null) {
                problem = isRepeated ? repeated(key) : ValueColumn.hasHalfPair(key) ? ValueColumn.HALF_PAIR : other;
            }
        }
        return problem;
    }

    private static String repeated(String key) {
        return "has an object with the key \"%s\" twice".formatted(key);
    }

    /// Checks a value of any type, and leaves the parser at its end. If an object has a key twice, DuckDB takes the
    /// first value. DuckDB refuses texts that UTF-8 can't represent.
    ///
    /// @return null, or what is wrong, to stand after the column's name
    static @Nullable String checkKeys(JsonParser parser) throws IOException {
        return checkTexts(parser, true);
    }

    /// @param refusesRepeated whether a key that an object has twice is wrong
    private static @Nullable String checkTexts(JsonParser parser, boolean refusesRepeated) throws IOException {
        if (parser.currentToken() == JsonToken.VALUE_STRING) {
            return ValueColumn.hasHalfPair(parser.getText()) ? ValueColumn.HALF_PAIR : null;
        }
        if (!parser.currentToken().isStructStart()) {
            return null;
        }
        String problem = null;
        Deque<Set<String>> open = new ArrayDeque<>();
        open.push(new HashSet<>());
        while (!open.isEmpty()) {
            JsonToken token = parser.nextToken();
            if (token.isStructStart()) {
                open.push(new HashSet<>());
            } else if (token.isStructEnd()) {
                open.pop();
            } else if (problem == null && token == JsonToken.FIELD_NAME) {
                String key = parser.currentName();
                boolean isNew = open.element().add(key) || !refusesRepeated;
                problem = ValueColumn.hasHalfPair(key) ? ValueColumn.HALF_PAIR : isNew ? null : repeated(key);
            } else if (problem == null && token == JsonToken.VALUE_STRING) {
                problem = ValueColumn.hasHalfPair(parser.getText()) ? ValueColumn.HALF_PAIR : null;
            }
        }
        return problem;
    }

    /// Reads the text of a type that was checked before.
    final class Parser {
        private final String text;
        private int position;

        Parser(String text) {
            this.text = text;
        }

        NestedType type() {
            NestedType type = element();
            while (text.startsWith("[]", position)) {
                position += 2;
                type = new Array(type);
            }
            return type;
        }

        private NestedType element() {
            if (text.startsWith("STRUCT(", position)) {
                position += "STRUCT(".length();
                Map<String, NestedType> fields = new LinkedHashMap<>();
                do {
                    skip(", ");
                    String name = quoted();
                    skip(" ");
                    fields.put(name, type());
                } while (text.startsWith(", ", position));
                position++;
                return new Struct(fields);
            }
            if (text.startsWith("MAP(", position)) {
                position += "MAP(".length();
                type();
                skip(", ");
                NestedType value = type();
                position++;
                return new Dictionary(value);
            }
            int end = position;
            int open = 0;
            while (end < text.length()) {
                char c = text.charAt(end);
                if (c == '[' || (open == 0 && (c == ',' || c == ')'))) {
                    break;
                }
                open += c == '(' ? 1 : c == ')' ? -1 : 0;
                end++;
            }
            String name = text.substring(position, end);
            position = end;
            return new Single(name);
        }

        private void skip(String separator) {
            if (text.startsWith(separator, position)) {
                position += separator.length();
            }
        }

        private String quoted() {
            StringBuilder name = new StringBuilder();
            position++;
            while (true) {
                char c = text.charAt(position++);
                if (c == '"') {
                    if (position < text.length() && text.charAt(position) == '"') {
                        position++;
                    } else {
                        return name.toString();
                    }
                }
                name.append(c);
            }
        }
    }
}
