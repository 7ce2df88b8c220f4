package io.nightshift.source.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The type of a column, as the values show it that were looked at. For one thread.
final class DetectedType {

    private static final int BOOLEAN = 1;
    private static final int WHOLE = 2;
    private static final int FRACTION = 4;
    private static final int DATE = 8;
    private static final int TIMESTAMP = 16;
    private static final int TIMESTAMP_WITH_ZONE = 32;
    private static final int TEXT = 64;
    private static final int OBJECT = 128;
    private static final int ARRAY = 256;

    /// Together with WHOLE: DOUBLE can't represent one of the whole numbers.
    private static final int WIDE = 512;

    /// The deepest nesting and the most keys of an object that become a STRUCT.
    private static final int DEEPEST = 8;

    private static final int MOST_FIELDS = 200;
    private static final int LONGEST_TIME = 40;
    private static final int LONGEST_WORD = 9;

    private static final Pattern TIME = Pattern.compile(
            "(\\d{4})-(\\d{2})-(\\d{2})([T ]([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d(\\.\\d{1,9})?)?(Z|[+-]\\d{2}(:?\\d{2})?)?)?");

    /// Values of a column of texts that are looked at before it is one, whatever else may follow.
    private static final int MOST_TEXTS = 100;

    private static final int LONGEST_SHOWN = 40;

    /// A value of a file.
    ///
    /// @param text of the value, shortened to 40 characters
    /// @param line of its record, from 1
    record Value(String text, long line) {}

    /// The kinds of values that were seen, as the bits above.
    private int seen;

    private int texts;
    private @Nullable Value firstText;
    private @Nullable Value firstWide;

    private final Map<String, DetectedType> fields = new LinkedHashMap<>();
    private @Nullable DetectedType element;

    /// Looks at a value of a CSV file that is not NULL.
    ///
    /// @param line of its record, from 1
    /// @param hasFormats whether dates and timestamps have another form than that of ISO 8601
    void add(byte[] bytes, int from, int to, long line, NumberReader numbers, boolean hasFormats) {
        if (texts == MOST_TEXTS || isMixed()) {
            return;
        }
        int kind = kind(bytes, from, to, numbers, hasFormats);
        seen |= kind;
        if (kind == TEXT) {
            countText(new String(bytes, from, Math.min(to - from, LONGEST_SHOWN), StandardCharsets.UTF_8), line);
        } else if ((kind & WIDE) != 0 && firstWide == null) {
            firstWide = new Value(new String(bytes, from, to - from, StandardCharsets.UTF_8).strip(), line);
        }
    }

    private void countText(String text, long line) {
        texts++;
        if (firstText == null) {
            firstText = new Value(text.length() <= LONGEST_SHOWN ? text : text.substring(0, LONGEST_SHOWN), line);
        }
    }

    /// Whether some values are texts, and others would have another type without them.
    private boolean isMixed() {
        return (seen & TEXT) != 0 && seen != TEXT;
    }

    private static int kind(byte[] bytes, int from, int to, NumberReader numbers, boolean hasFormats) {
        int start = from;
        int end = to;
        while (start < end && bytes[start] == ' ') {
            start++;
        }
        while (end > start && bytes[end - 1] == ' ') {
            end--;
        }
        if (numbers.read(bytes, start, end)) {
            if (numbers.hasLeadingZero()) {
                return TEXT;
            }
            return !numbers.isWrittenWhole()
                    ? FRACTION
                    : !numbers.isWhole() ? TEXT : numbers.isRoundedByDouble() ? WHOLE | WIDE : WHOLE;
        }
        return end - start > LONGEST_TIME
                ? TEXT
                : kind(new String(bytes, start, end - start, StandardCharsets.ISO_8859_1), hasFormats);
    }

    private static int kind(String text, boolean hasFormats) {
        if (text.length() <= LONGEST_WORD) {
            String word = text.toLowerCase(Locale.ROOT);
            if (word.equals("true") || word.equals("false")) {
                return BOOLEAN;
            }
            if (word.equals("nan") || word.matches("-?inf(inity)?")) {
                return FRACTION;
            }
        }
        return hasFormats ? TEXT : time(text);
    }

    /// Whether a text is a timestamp or a date in the form of ISO 8601.
    static boolean isTimestamp(String text) {
        return (time(text) & TEXT) == 0;
    }

    private static int time(String text) {
        var matcher = TIME.matcher(text);
        if (!matcher.matches()) {
            return TEXT;
        }
        try {
            LocalDate.of(
                    Integer.parseInt(matcher.group(1)),
                    Integer.parseInt(matcher.group(2)),
                    Integer.parseInt(matcher.group(3)));
        } catch (DateTimeException e) {
            return TEXT;
        }
        return matcher.group(4) == null ? DATE : matcher.group(8) == null ? TIMESTAMP : TIMESTAMP_WITH_ZONE;
    }

    /// Looks at a value of a JSON object.
    ///
    /// @param line of the object, from 1
    void add(JsonNode value, long line, int depth) {
        if (value.isNull()) {
            return;
        }
        if (value.isObject() || value.isArray()) {
            addParts(value, line, depth);
        } else if (value.isBoolean()) {
            seen |= BOOLEAN;
        } else if (value.isNumber()) {
            addNumber(value, line);
        } else if (texts < MOST_TEXTS && !isMixed()) {
            String text = value.textValue();
            int kind = text.length() > LONGEST_TIME ? TEXT : time(text);
            seen |= kind;
            if (kind == TEXT) {
                countText(text, line);
            }
        }
    }

    private void addNumber(JsonNode value, long line) {
        if (!value.isIntegralNumber()) {
            seen |= FRACTION;
        } else if (!value.canConvertToLong()) {
            seen |= TEXT;
        } else {
            seen |= WHOLE;
            if (NumberReader.isRoundedByDouble(value.bigIntegerValue())) {
                seen |= WIDE;
                firstWide = firstWide == null ? new Value(value.asText(), line) : firstWide;
            }
        }
    }

    private void addParts(JsonNode value, long line, int depth) {
        seen |= value.isObject() ? OBJECT : ARRAY;
        if (depth >= DEEPEST || fields.size() > MOST_FIELDS) {
            seen |= OBJECT | ARRAY;
        } else if (value.isObject()) {
            value.properties()
                    .forEach(entry -> fields.computeIfAbsent(entry.getKey(), key -> new DetectedType())
                            .add(entry.getValue(), line, depth + 1));
        } else {
            DetectedType each = element == null ? new DetectedType() : element;
            element = each;
            value.forEach(part -> each.add(part, line, depth + 1));
        }
    }

    /// Adds what was seen elsewhere.
    void addAll(DetectedType other) {
        seen |= other.seen;
        texts = Math.max(texts, other.texts);
        firstWide = firstWide == null ? other.firstWide : firstWide;
        other.fields.forEach((name, type) ->
                fields.computeIfAbsent(name, key -> new DetectedType()).addAll(type));
        if (other.element != null) {
            DetectedType each = element == null ? new DetectedType() : element;
            element = each;
            each.addAll(other.element);
        }
    }

    /// The first value that is a text and can be nothing else; null if there is none.
    @Nullable
    Value firstText() {
        return firstText;
    }

    /// The first whole number that DOUBLE can't represent, if other numbers are fractions. Then the column is a
    /// text. Null if there is none.
    @Nullable
    Value roundedByDouble() {
        return (seen & ~WIDE) == (WHOLE | FRACTION) ? firstWide : null;
    }

    /// The DuckDB type of the values that are not texts; null if there are none, or they have no common type.
    @Nullable
    String typeWithoutTexts() {
        String type = isMixed() ? type(seen & ~TEXT) : "VARCHAR";
        return type.equals("VARCHAR") ? null : type;
    }

    /// The DuckDB type that all values have. Values without a common type are texts, or JSON if one has parts.
    String type() {
        return type(seen);
    }

    private String type(int kinds) {
        return switch (kinds) {
            case BOOLEAN -> "BOOLEAN";
            case WHOLE, WHOLE | WIDE -> "BIGINT";
            case FRACTION, FRACTION | WHOLE -> "DOUBLE";
            case DATE -> "DATE";
            case TIMESTAMP, TIMESTAMP | DATE -> "TIMESTAMP";
            case TIMESTAMP_WITH_ZONE, TIMESTAMP_WITH_ZONE | TIMESTAMP, TIMESTAMP_WITH_ZONE | TIMESTAMP | DATE ->
                "TIMESTAMPTZ";
            case OBJECT -> struct();
            case ARRAY -> (element == null ? "VARCHAR" : element.type()) + "[]";
            default -> (kinds & (OBJECT | ARRAY)) == 0 ? "VARCHAR" : "JSON";
        };
    }

    private String struct() {
        // DuckDB does not tell upper from lower case in the names of a STRUCT.
        long names = fields.keySet().stream()
                .map(name -> name.toLowerCase(Locale.ROOT))
                .distinct()
                .count();
        boolean areNames = fields.keySet().stream()
                .allMatch(name -> !name.isEmpty() && TextSchema.asName(name).equals(name));
        if (fields.isEmpty() || fields.size() > MOST_FIELDS || names < fields.size() || !areNames) {
            return "JSON";
        }
        return fields.entrySet().stream()
                .map(field -> "\"%s\" %s"
                        .formatted(
                                field.getKey().replace("\"", "\"\""),
                                field.getValue().type()))
                .collect(Collectors.joining(", ", "STRUCT(", ")"));
    }
}
