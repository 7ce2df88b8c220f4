package io.nightshift.source.text;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.nightshift.storage.duckdb.VectorMemory;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import org.duckdb.DuckDBColumnType;
import org.duckdb.DuckDBWritableVector;
import org.jspecify.annotations.Nullable;

/// The values of a column for one vector of DuckDB: takes them row by row, in order, and writes them all at
/// once. For one thread.
///
/// Both methods that take a value return null, or what is wrong with it, to stand after the column's name;
/// the value is NULL then.
abstract sealed class ValueColumn {

    static final int ROWS = 2048;

    private static final VectorMemory MEMORY = VectorMemory.ofTheDriver();

    /// The message for a text that UTF-8 can't represent.
    static final String HALF_PAIR = "has half of a surrogate pair";

    private final String misfit;
    private final long[] nulls = new long[ROWS / Long.SIZE];
    private boolean hasNulls;

    ValueColumn(String misfit) {
        this.misfit = misfit;
    }

    /// A column of a type.
    ///
    /// @param type as [io.nightshift.protocol.job.CsvInput#columns] has it
    /// @param called the type, for people
    /// @param isExact whether a number that the type would round is refused, because the type was detected
    /// @param encoding of texts
    static ValueColumn of(String type, String called, boolean isExact, NumberReader numbers, Encoding encoding) {
        String misfit = "is not " + called;
        return switch (type) {
            case "BOOLEAN" -> new Booleans(misfit);
            case "INTEGER" -> new Integers(misfit, numbers);
            case "BIGINT" -> new Longs(misfit, numbers, Long.MIN_VALUE, Long.MAX_VALUE);
            case "TINYINT" -> new Longs(misfit, numbers, Byte.MIN_VALUE, Byte.MAX_VALUE);
            case "SMALLINT" -> new Longs(misfit, numbers, Short.MIN_VALUE, Short.MAX_VALUE);
            case "UTINYINT" -> new Longs(misfit, numbers, 0, 0xff);
            case "USMALLINT" -> new Longs(misfit, numbers, 0, 0xffff);
            case "UINTEGER" -> new Longs(misfit, numbers, 0, 0xffff_ffffL);
            case "FLOAT" -> new Floats(misfit, numbers);
            case "DOUBLE" ->
                new Doubles(
                        misfit,
                        isExact
                                ? "would be rounded as %s; declare the column as DOUBLE to round it".formatted(called)
                                : null,
                        numbers);
            case "HUGEINT", "UBIGINT" -> new Texts(misfit, encoding, numbers, 0);
            case "VARCHAR" -> new Texts(misfit, encoding);
            case "JSON" -> new Texts(misfit, encoding, true);
            default -> {
                if (type.startsWith("DECIMAL")) {
                    int scale = Integer.parseInt(type.substring(type.indexOf(',') + 1, type.length() - 1));
                    yield new Texts(misfit, encoding, numbers, scale);
                }
                yield new Texts(misfit, encoding);
            }
        };
    }

    /// The type of the vector that the column is written to. Where it is not that of the column, SQL converts it.
    abstract DuckDBColumnType vectorType();

    /// Takes a value of a CSV file.
    final @Nullable String take(int row, byte[] bytes, int from, int to) {
        String problem = put(row, bytes, from, to);
        if (problem != null) {
            takeNull(row);
        }
        return problem;
    }

    /// Takes the value at which a parser stands, which is not null, and leaves the parser at its end.
    ///
    /// @param line the bytes that the parser reads
    final @Nullable String take(int row, JsonParser parser, byte[] line, int from) throws IOException {
        String problem = put(row, parser, line, from);
        if (problem != null) {
            takeNull(row);
        }
        return problem;
    }

    void takeNull(int row) {
        nulls[row / Long.SIZE] |= 1L << row;
        hasNulls = true;
    }

    final void makeValid(int row) {
        nulls[row / Long.SIZE] &= ~(1L << row);
    }

    /// Writes the values, and forgets them.
    final void write(DuckDBWritableVector vector, int count) {
        writeValues(vector, count);
        if (hasNulls) {
            MEMORY.writeNulls(nulls, count, vector);
        }
        clear();
    }

    /// Forgets the values.
    void clear() {
        if (hasNulls) {
            Arrays.fill(nulls, 0);
            hasNulls = false;
        }
    }

    abstract @Nullable String put(int row, byte[] bytes, int from, int to);

    abstract @Nullable String put(int row, JsonParser parser, byte[] line, int from) throws IOException;

    abstract void writeValues(DuckDBWritableVector vector, int count);

    final String misfit() {
        return misfit;
    }

    /// A JSON text as a value of another type than text.
    final @Nullable String putText(int row, JsonParser parser) throws IOException {
        String text = parser.getText();
        if (hasHalfPair(text)) {
            return HALF_PAIR;
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return put(row, bytes, 0, bytes.length);
    }

    /// Whether half of a surrogate pair is without its other half. UTF-8 has no bytes for it.
    static boolean hasHalfPair(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                if (Character.isLowSurrogate(c)
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    return true;
                }
                i++;
            }
        }
        return false;
    }

    final @Nullable String refuse(JsonParser parser) throws IOException {
        parser.skipChildren();
        return misfit;
    }

    private static int trimStart(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && (bytes[i] == ' ' || bytes[i] == '\t')) {
            i++;
        }
        return i;
    }

    private static int trimEnd(byte[] bytes, int from, int to) {
        int i = to;
        while (i > from && (bytes[i - 1] == ' ' || bytes[i - 1] == '\t')) {
            i--;
        }
        return i;
    }

    static final class Booleans extends ValueColumn {
        private static final Set<String> TRUE = Set.of("true", "t", "yes", "y", "1");
        private static final Set<String> FALSE = Set.of("false", "f", "no", "n", "0");
        private static final int LONGEST = 8;
        private final byte[] values = new byte[ROWS];

        Booleans(String misfit) {
            super(misfit);
        }

        @Override
        DuckDBColumnType vectorType() {
            return DuckDBColumnType.BOOLEAN;
        }

        @Override
        @Nullable
        String put(int row, byte[] bytes, int from, int to) {
            int start = trimStart(bytes, from, to);
            int end = trimEnd(bytes, start, to);
            if (end - start > LONGEST) {
                return misfit();
            }
            String text = new String(bytes, start, end - start, StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT);
            boolean isTrue = TRUE.contains(text);
            values[row] = (byte) (isTrue ? 1 : 0);
            return isTrue || FALSE.contains(text) ? null : misfit();
        }

        @Override
        @Nullable
        String put(int row, JsonParser parser, byte[] line, int from) throws IOException {
            JsonToken token = parser.currentToken();
            if (token == JsonToken.VALUE_STRING) {
                return putText(row, parser);
            }
            values[row] = (byte) (token == JsonToken.VALUE_TRUE ? 1 : 0);
            return token.isBoolean() ? null : refuse(parser);
        }

        @Override
        void writeValues(DuckDBWritableVector vector, int count) {
            MEMORY.writeBooleans(values, count, vector);
        }
    }

    /// Whole numbers of a range.
    abstract static sealed class Wholes extends ValueColumn {
        private final NumberReader numbers;
        private final long least;
        private final long most;

        Wholes(String misfit, NumberReader numbers, long least, long most) {
            super(misfit);
            this.numbers = numbers;
            this.least = least;
            this.most = most;
        }

        abstract void set(int row, long value);

        private @Nullable String check(int row, long value) {
            if (value < least || value > most) {
                return misfit();
            }
            set(row, value);
            return null;
        }

        @Override
        @Nullable
        String put(int row, byte[] bytes, int from, int to) {
            // Most numbers have few digits and nothing else.
            int i = from;
            boolean isNegative = to > from && bytes[from] == '-';
            i += isNegative ? 1 : 0;
            if (to - i > 0 && to - i <= 9) {
                int value = 0;
                while (i < to) {
                    int digit = bytes[i] - '0';
                    if (digit < 0 || digit > 9) {
                        break;
                    }
                    value = 10 * value + digit;
                    i++;
                }
                if (i == to) {
                    return check(row, isNegative ? -value : value);
                }
            }
            int start = trimStart(bytes, from, to);
            return numbers.read(bytes, start, trimEnd(bytes, start, to)) && numbers.isWhole()
                    ? check(row, numbers.whole())
                    : misfit();
        }

        @Override
        @Nullable
        String put(int row, JsonParser parser, byte[] line, int from) throws IOException {
            return switch (parser.currentToken()) {
                case VALUE_NUMBER_INT ->
                    parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                            ? misfit()
                            : check(row, parser.getLongValue());
                case VALUE_NUMBER_FLOAT -> {
                    BigDecimal value = parser.getDecimalValue();
                    // Beyond that, the digits of a whole number would fill the memory.
                    yield value.scale() < -MOST_SHIFT || value.precision() - value.scale() > MOST_SHIFT
                            ? misfit()
                            : value.stripTrailingZeros().scale() <= 0
                                            && value.toBigInteger().bitLength() < Long.SIZE
                                    ? check(row, value.longValueExact())
                                    : misfit();
                }
                case VALUE_STRING -> putText(row, parser);
                default -> refuse(parser);
            };
        }

        private static final int MOST_SHIFT = 20;
    }

    static final class Integers extends Wholes {
        private final int[] values = new int[ROWS];

        Integers(String misfit, NumberReader numbers) {
            super(misfit, numbers, Integer.MIN_VALUE, Integer.MAX_VALUE);
        }

        @Override
        DuckDBColumnType vectorType() {
            return DuckDBColumnType.INTEGER;
        }

        @Override
        void set(int row, long value) {
            values[row] = (int) value;
        }

        @Override
        void writeValues(DuckDBWritableVector vector, int count) {
            MEMORY.write(values, count, vector);
        }
    }

    static final class Longs extends Wholes {
        private final long[] values = new long[ROWS];

        Longs(String misfit, NumberReader numbers, long least, long most) {
            super(misfit, numbers, least, most);
        }

        @Override
        DuckDBColumnType vectorType() {
            return DuckDBColumnType.BIGINT;
        }

        @Override
        void set(int row, long value) {
            values[row] = value;
        }

        @Override
        void writeValues(DuckDBWritableVector vector, int count) {
            MEMORY.write(values, count, vector);
        }
    }

    /// Numbers that are not whole, with NaN and the infinities.
    abstract static sealed class Fractions extends ValueColumn {
        private static final int LONGEST_WORD = 9;
        private final NumberReader numbers;

        private final @Nullable String rounded;

        /// @param rounded the message for a whole number that the type would round; null if such numbers are
        ///     accepted
        Fractions(String misfit, @Nullable String rounded, NumberReader numbers) {
            super(misfit);
            this.rounded = rounded;
            this.numbers = numbers;
        }

        abstract void set(int row, NumberReader number);

        abstract void set(int row, double value);

        @Override
        @Nullable
        String put(int row, byte[] bytes, int from, int to) {
            int start = trimStart(bytes, from, to);
            int end = trimEnd(bytes, start, to);
            if (numbers.read(bytes, start, end)) {
                set(row, numbers);
                return rounded != null && numbers.isRoundedByDouble() ? rounded : null;
            }
            if (end - start > LONGEST_WORD) {
                return misfit();
            }
            String word = new String(bytes, start, end - start, StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT);
            boolean isNan = word.equals("nan");
            boolean isAbove = word.matches("\\+?inf(inity)?");
            if (!isNan && !isAbove && !word.matches("-inf(inity)?")) {
                return misfit();
            }
            set(row, isNan ? Double.NaN : isAbove ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY);
            return null;
        }

        @Override
        @Nullable
        String put(int row, JsonParser parser, byte[] line, int from) throws IOException {
            return switch (parser.currentToken()) {
                case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
                    double value = parser.getDoubleValue();
                    set(row, value);
                    boolean isRounded = rounded != null
                            && parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                            && NumberReader.isRoundedByDouble(parser.getBigIntegerValue());
                    yield Double.isInfinite(value) ? misfit() : isRounded ? rounded : null;
                }
                case VALUE_STRING -> putText(row, parser);
                default -> refuse(parser);
            };
        }
    }

    static final class Doubles extends Fractions {
        private final double[] values = new double[ROWS];

        Doubles(String misfit, @Nullable String rounded, NumberReader numbers) {
            super(misfit, rounded, numbers);
        }

        @Override
        DuckDBColumnType vectorType() {
            return DuckDBColumnType.DOUBLE;
        }

        @Override
        void set(int row, NumberReader number) {
            values[row] = number.fraction();
        }

        @Override
        void set(int row, double value) {
            values[row] = value;
        }

        @Override
        void writeValues(DuckDBWritableVector vector, int count) {
            MEMORY.write(values, count, vector);
        }
    }

    static final class Floats extends Fractions {
        private final float[] values = new float[ROWS];

        Floats(String misfit, NumberReader numbers) {
            super(misfit, null, numbers);
        }

        @Override
        DuckDBColumnType vectorType() {
            return DuckDBColumnType.FLOAT;
        }

        @Override
        void set(int row, NumberReader number) {
            values[row] = number.shortFraction();
        }

        @Override
        void set(int row, double value) {
            values[row] = (float) value;
        }

        @Override
        void writeValues(DuckDBWritableVector vector, int count) {
            MEMORY.write(values, count, vector);
        }
    }

    /// Texts, and the texts of values that SQL converts.
    static final class Texts extends ValueColumn {
        private static final byte[] NOTHING = {};
        private final byte @Nullable [][] characters;
        private final @Nullable NumberReader numbers;
        private final int scale;
        private final boolean isJson;
        private byte[] utf8 = new byte[16 * ROWS];
        private final int[] ends = new int[ROWS];
        private int length;

        Texts(String misfit, Encoding encoding) {
            this(misfit, encoding, false);
        }

        /// @param isJson whether the value of a key is kept as JSON, including quotes
        Texts(String misfit, Encoding encoding, boolean isJson) {
            super(misfit);
            this.characters = encoding.characters();
            this.numbers = null;
            this.scale = 0;
            this.isJson = isJson;
        }

        /// @param scale of decimal numbers
        Texts(String misfit, Encoding encoding, NumberReader numbers, int scale) {
            super(misfit);
            this.characters = encoding.characters();
            this.numbers = numbers;
            this.scale = scale;
            this.isJson = false;
        }

        boolean isJson() {
            return isJson;
        }

        @Override
        DuckDBColumnType vectorType() {
            return DuckDBColumnType.VARCHAR;
        }

        /// Takes a text for people, in which what is wrong is replaced.
        void takeAny(int row, String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            append(row, bytes, 0, bytes.length);
        }

        /// Replaces the value taken last, which was NULL.
        void replaceNull(int row, String text) {
            makeValid(row);
            takeAny(row, text);
        }

        private void append(int row, byte[] bytes, int from, int to) {
            if (length + (to - from) > utf8.length) {
                utf8 = Arrays.copyOf(utf8, Math.max(2 * utf8.length, length + to - from));
            }
            System.arraycopy(bytes, from, utf8, length, to - from);
            length += to - from;
            ends[row] = length;
        }

        @Override
        void takeNull(int row) {
            super.takeNull(row);
            append(row, NOTHING, 0, 0);
        }

        @Override
        @Nullable
        String put(int row, byte[] bytes, int from, int to) {
            if (numbers != null) {
                return putNumber(row, numbers, bytes, from, to);
            }
            if (characters != null && !isAscii(bytes, from, to)) {
                return putCharacters(row, characters, bytes, from, to);
            }
            return switch (Encoding.check(bytes, from, to)) {
                case NONE -> {
                    append(row, bytes, from, to);
                    yield null;
                }
                case NUL -> "contains a NUL character";
                case MALFORMED -> "is not UTF-8";
            };
        }

        private @Nullable String putNumber(int row, NumberReader number, byte[] bytes, int from, int to) {
            int start = trimStart(bytes, from, to);
            if (!number.read(bytes, start, trimEnd(bytes, start, to))
                    || number.hasExponent()
                    || number.scale() > scale) {
                return misfit();
            }
            takeAny(row, number.plain());
            return null;
        }

        private static boolean isAscii(byte[] bytes, int from, int to) {
            for (int i = from; i < to; i++) {
                if (bytes[i] <= 0) {
                    return false;
                }
            }
            return true;
        }

        private @Nullable String putCharacters(int row, byte[][] each, byte[] bytes, int from, int to) {
            int begin = length;
            for (int i = from; i < to; i++) {
                byte[] character = each[bytes[i] & 0xff];
                if (character.length == 0 || bytes[i] == 0) {
                    length = begin;
                    return bytes[i] == 0 ? "contains a NUL character" : "has a byte that its encoding does not have";
                }
                append(row, character, 0, character.length);
            }
            return null;
        }

        @Override
        @Nullable
        String put(int row, JsonParser parser, byte[] line, int from) throws IOException {
            JsonToken token = parser.currentToken();
            int start = from + (int) parser.currentTokenLocation().getByteOffset();
            if (isJson && token == JsonToken.VALUE_STRING) {
                boolean isWhole = !hasHalfPair(parser.getText());
                int last = from + (int) parser.currentLocation().getByteOffset();
                return isWhole ? put(row, line, start, last) : HALF_PAIR;
            }
            if (token != JsonToken.START_OBJECT && token != JsonToken.START_ARRAY) {
                return putText(row, parser);
            }
            String problem = isJson ? NestedType.checkKeys(parser) : null;
            if (!isJson) {
                parser.skipChildren();
            }
            if (problem != null) {
                return problem;
            }
            int end = from + (int) parser.currentTokenLocation().getByteOffset() + 1;
            return numbers == null ? put(row, line, start, end) : misfit();
        }

        @Override
        void writeValues(DuckDBWritableVector vector, int count) {
            MEMORY.writeTexts(utf8, ends, count, vector);
        }

        @Override
        void clear() {
            super.clear();
            length = 0;
        }
    }
}
