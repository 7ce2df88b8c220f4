package io.nightshift.source.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Takes the values of columns from records that are JSON objects. For one thread.
final class JsonRecords {

    /// A column.
    ///
    /// @param name its key in the objects
    /// @param isChecked whether a value of another type makes the record malformed
    record Target(String name, String type, boolean isChecked, ValueColumn values) {}

    /// The part of the parser's messages that describes its input, which is one line.
    private static final Pattern SOURCE = Pattern.compile(" ?\\(start marker at .*\\)");

    /// Records are UTF-8. Jackson would take one with NUL bytes for UTF-16 or UTF-32.
    static final JsonFactory JSON = JsonFactory.builder()
            .disable(JsonFactory.Feature.CHARSET_DETECTION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Records.LONGEST)
                    .maxNumberLength(1_000)
                    .build())
            .build();

    private final List<Target> targets;
    private final Map<String, Integer> positions = new HashMap<>();
    private final @Nullable NestedType[] nested;
    private final boolean[] isJson;
    private final long[] lastRow;
    private long rows;

    private final SimpleObject object;
    private @Nullable String wrong;
    private boolean parsesAll;

    JsonRecords(List<Target> targets) {
        this.targets = List.copyOf(targets);
        this.nested = new NestedType[targets.size()];
        this.isJson = new boolean[targets.size()];
        this.lastRow = new long[targets.size()];
        for (int i = 0; i < targets.size(); i++) {
            positions.put(targets.get(i).name(), i);
            nested[i] = NestedType.of(targets.get(i).type());
            isJson[i] = targets.get(i).values() instanceof ValueColumn.Texts texts && texts.isJson();
        }
        this.object = new SimpleObject();
    }

    /// Whether simple objects are parsed too, for tests.
    void parsesAll(boolean parses) {
        parsesAll = parses;
    }

    /// Takes the values of a record as those of a row. Makes the record malformed if it is no JSON object, or
    /// if a value is not of its column's type.
    ///
    /// @return the first value that is wrong, or null
    @Nullable
    String take(Records record, int row) throws IOException {
        rows++;
        wrong = null;
        if (record.fault() == null && (parsesAll || !takeSimple(record, row))) {
            try (JsonParser parser = JSON.createParser(record.bytes(), record.start, record.end - record.start)) {
                take(record, parser, row);
            } catch (JsonProcessingException e) {
                String reason = SOURCE.matcher(e.getOriginalMessage()).replaceAll("");
                record.refuse("it is not JSON: " + reason.replaceAll("\\s+", " "));
            }
        }
        for (int i = 0; i < lastRow.length; i++) {
            if (lastRow[i] != rows) {
                targets.get(i).values().takeNull(row);
            }
        }
        return wrong;
    }

    private void take(Records record, JsonParser parser, int row) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            record.refuse("it is not a JSON object");
            return;
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String key = parser.currentName();
            Integer target = positions.get(key);
            JsonToken token = parser.nextToken();
            if (target == null) {
                parser.skipChildren();
                continue;
            }
            Target column = targets.get(target);
            if (lastRow[target] == rows) {
                record.refuse("it has the key \"%s\" twice".formatted(key));
                parser.skipChildren();
                continue;
            }
            if (token == JsonToken.VALUE_NULL) {
                continue;
            }
            NestedType type = nested[target];
            int from = (int) parser.currentTokenLocation().getByteOffset();
            String problem = type == null
                    ? column.values().take(row, parser, record.bytes(), record.start)
                    : takeNested(column, type, parser, record, row);
            lastRow[target] = rows;
            if (problem != null && column.isChecked()) {
                if (wrong == null) {
                    wrong = text(record, from, (int) parser.currentLocation().getByteOffset());
                }
                record.refuse("column \"%s\" %s".formatted(column.name(), problem));
            }
        }
        if (parser.nextToken() != null) {
            record.refuse("something follows the JSON object");
        }
    }

    private static @Nullable String takeNested(
            Target column, NestedType type, JsonParser parser, Records record, int row) throws IOException {
        int from = record.start + (int) parser.currentTokenLocation().getByteOffset();
        String problem = type.check(parser);
        int to = record.start + (int) parser.currentLocation().getByteOffset();
        if (problem == null) {
            return column.values().take(row, record.bytes(), from, to);
        }
        column.values().takeNull(row);
        return problem;
    }

    private static String text(Records record, int from, int to) {
        int start = Math.min(record.start + from, record.end);
        int end = Math.clamp(record.start + (long) to, start, Math.min(record.end, start + 200));
        return Encoding.of("utf-8").text(record.bytes(), start, end);
    }

    /// Takes the values of a record without a parser, if it is a simple object and its values have the types
    /// of their columns.
    ///
    /// @return whether it is one; if not, no value was taken
    private boolean takeSimple(Records record, int row) {
        if (!object.read(record.bytes(), record.start, record.end)) {
            return false;
        }
        for (int i = 0; i < object.count; i++) {
            if (nested[object.targets[i]] != null
                    || !fits(object.kinds[i], targets.get(object.targets[i]).values())) {
                return false;
            }
        }
        for (int i = 0; i < object.count; i++) {
            int target = object.targets[i];
            Target column = targets.get(target);
            int quote = object.kinds[i] == SimpleObject.TEXT ? 1 : 0;
            int from = object.starts[i] - quote;
            int to = object.ends[i] + quote;
            String problem = isJson[target]
                    ? column.values().take(row, record.bytes(), from, to)
                    : column.values().take(row, record.bytes(), object.starts[i], object.ends[i]);
            lastRow[target] = rows;
            if (problem != null && column.isChecked()) {
                if (wrong == null) {
                    wrong = text(record, from - record.start, to - record.start);
                }
                record.refuse("column \"%s\" %s".formatted(column.name(), problem));
            }
        }
        return true;
    }

    /// Whether a column takes a value from its text, as it does from a parser.
    private static boolean fits(byte kind, ValueColumn column) {
        return switch (column) {
            case ValueColumn.Texts texts -> true;
            case ValueColumn.Booleans booleans -> kind != SimpleObject.NUMBER;
            case ValueColumn.Integers wholes -> kind != SimpleObject.LITERAL;
            case ValueColumn.Longs wholes -> kind != SimpleObject.LITERAL;
            case ValueColumn.Doubles fractions -> kind != SimpleObject.LITERAL;
            case ValueColumn.Floats fractions -> kind != SimpleObject.LITERAL;
        };
    }

    /// A JSON object without parts, escapes and exponents, as nearly all lines of most files are. Reads it
    /// several times faster than a parser that can read all JSON.
    private final class SimpleObject {
        static final byte TEXT = 0;
        static final byte NUMBER = 1;
        static final byte LITERAL = 2;
        private static final int LONGEST_NUMBER = 40;
        private static final byte[] TRUE = "true".getBytes(StandardCharsets.US_ASCII);
        private static final byte[] FALSE = "false".getBytes(StandardCharsets.US_ASCII);
        private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);

        /// The values of columns, in the order of the object, without those that are null.
        private int count;

        private final int[] targets = new int[lastRow.length];
        private final int[] starts = new int[lastRow.length];
        private final int[] ends = new int[lastRow.length];
        private final byte[] kinds = new byte[lastRow.length];
        private final long[] seen = new long[lastRow.length];
        private long objects;

        /// For each place in an object, the key that stood there last, and its column or -1: objects of a
        /// file most often have the same keys in the same order.
        private final byte[][] keys = new byte[256][];

        private final int[] found = new int[keys.length];

        // What value() found out.
        private byte kind;
        private int valueStart;
        private int valueEnd;

        boolean read(byte[] bytes, int from, int to) {
            count = 0;
            objects++;
            int i = skipSpaces(bytes, from, to);
            if (i >= to || bytes[i] != '{') {
                return false;
            }
            for (int place = 0; place < keys.length; place++) {
                i = skipSpaces(bytes, i + 1, to);
                if (i >= to || bytes[i] != '"') {
                    return false;
                }
                int keyStart = i + 1;
                int keyEnd = endOfText(bytes, keyStart, to);
                if (keyEnd < 0) {
                    return false;
                }
                i = skipSpaces(bytes, keyEnd + 1, to);
                if (i >= to || bytes[i] != ':') {
                    return false;
                }
                i = value(bytes, skipSpaces(bytes, i + 1, to), to);
                if (i < 0 || !add(target(bytes, keyStart, keyEnd, place))) {
                    return false;
                }
                i = skipSpaces(bytes, i, to);
                if (i >= to || bytes[i] != ',') {
                    return i < to && bytes[i] == '}' && skipSpaces(bytes, i + 1, to) == to;
                }
            }
            return false;
        }

        private boolean add(int target) {
            if (target < 0) {
                return true;
            }
            if (seen[target] == objects) {
                return false;
            }
            seen[target] = objects;
            if (kind != LITERAL || valueStart >= 0) {
                targets[count] = target;
                starts[count] = valueStart;
                ends[count] = valueEnd;
                kinds[count] = kind;
                count++;
            }
            return true;
        }

        private static int skipSpaces(byte[] bytes, int from, int to) {
            int i = from;
            while (i < to && (bytes[i] == ' ' || bytes[i] == '\t')) {
                i++;
            }
            return i;
        }

        /// @return where the closing quote is, or -1 if the text is not simple
        private static int endOfText(byte[] bytes, int from, int to) {
            boolean isAscii = true;
            for (int i = from; i < to; i++) {
                byte b = bytes[i];
                if (b == '"') {
                    return isAscii || Encoding.check(bytes, from, i) == Encoding.Fault.NONE ? i : -1;
                }
                if (b == '\\' || (b >= 0 && b < ' ')) {
                    return -1;
                }
                isAscii &= b >= 0;
            }
            return -1;
        }

        /// @return the position after the value, or -1 if it is not simple
        private int value(byte[] bytes, int from, int to) {
            if (from >= to) {
                return -1;
            }
            byte first = bytes[from];
            if (first == '"') {
                kind = TEXT;
                valueStart = from + 1;
                valueEnd = endOfText(bytes, from + 1, to);
                return valueEnd < 0 ? -1 : valueEnd + 1;
            }
            if (first == '-' || (first >= '0' && first <= '9')) {
                kind = NUMBER;
                valueStart = from;
                valueEnd = endOfNumber(bytes, from, to);
                return valueEnd;
            }
            kind = LITERAL;
            valueStart = from;
            if (startsWith(bytes, from, to, TRUE) || startsWith(bytes, from, to, FALSE)) {
                valueEnd = from + (first == 't' ? TRUE.length : FALSE.length);
                return valueEnd;
            }
            valueStart = -1;
            return startsWith(bytes, from, to, NULL) ? from + NULL.length : -1;
        }

        private static boolean startsWith(byte[] bytes, int from, int to, byte[] text) {
            return to - from >= text.length && Arrays.equals(bytes, from, from + text.length, text, 0, text.length);
        }

        private static int endOfNumber(byte[] bytes, int from, int to) {
            int i = bytes[from] == '-' ? from + 1 : from;
            int digits = i;
            while (i < to && bytes[i] >= '0' && bytes[i] <= '9') {
                i++;
            }
            if (i == digits || (bytes[digits] == '0' && i > digits + 1)) {
                return -1;
            }
            if (i < to && bytes[i] == '.') {
                int fraction = ++i;
                while (i < to && bytes[i] >= '0' && bytes[i] <= '9') {
                    i++;
                }
                if (i == fraction) {
                    return -1;
                }
            }
            boolean ends = i < to && (bytes[i] == ',' || bytes[i] == '}' || bytes[i] == ' ' || bytes[i] == '\t');
            return ends && i - from <= LONGEST_NUMBER ? i : -1;
        }

        /// The position of a key's column, or -1.
        private int target(byte[] bytes, int from, int to, int place) {
            byte[] last = keys[place];
            if (last != null && Arrays.equals(bytes, from, to, last, 0, last.length)) {
                return found[place];
            }
            Integer position = positions.get(new String(bytes, from, to - from, StandardCharsets.UTF_8));
            keys[place] = Arrays.copyOfRange(bytes, from, to);
            found[place] = position == null ? -1 : position;
            return found[place];
        }
    }
}
