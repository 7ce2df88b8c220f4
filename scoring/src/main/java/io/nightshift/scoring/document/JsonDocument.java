package io.nightshift.scoring.document;

import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.model.FeatureType.Precision;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Reads a JSON model file into a [DocumentValue].
///
/// A model file is almost all numbers, and is often read in a JVM that has compiled nothing yet. So this reader
/// turns the digits of a number into a `double` on the way, and collects an array of numbers in one primitive
/// array, without a token or a text in between.
///
/// It accepts the JSON of RFC 8259, in UTF-8. It also accepts the numbers `NaN`, `Infinity` and `-Infinity`, which
/// Python and XGBoost write. It allocates no more memory for a text or an array than the file has bytes for it.
public final class JsonDocument {

    private static final int MAX_NUMBER = 100;
    private static final int MAX_NAME = 1 << 10;
    /// A significand below this one has room for another digit.
    private static final long ROOM_FOR_DIGIT = Decimal.MAX_SIGNIFICAND / 10;

    private static final int END = Integer.MIN_VALUE;

    private final byte[] in;
    private final Precision decimals;
    private final Set<String> unread;
    private int at;
    /// The digits of the last number, without its point; -1 if there are too many.
    private long significand;
    /// The power of ten that the significand is multiplied by.
    private int exponent;

    private boolean isWhole;

    private JsonDocument(byte[] in, Precision decimals, Set<String> unread) {
        this.in = in;
        this.decimals = decimals;
        this.unread = unread;
        this.at = start(in);
    }

    /// Reads a document.
    ///
    /// @param content the document, in UTF-8
    /// @param decimals the precision of numbers that are not written as integers
    public static DocumentValue read(byte[] content, Precision decimals) throws MalformedModelException {
        return read(content, decimals, Set.of());
    }

    /// Reads a document except for arrays of numbers that nobody needs.
    ///
    /// @param content the document, in UTF-8
    /// @param decimals the precision of numbers that are not written as integers
    /// @param unread the names of members whose arrays of numbers are checked, and left empty
    public static DocumentValue read(byte[] content, Precision decimals, Set<String> unread)
            throws MalformedModelException {
        JsonDocument reader = new JsonDocument(content, decimals, unread);
        DocumentValue document = reader.value(0, false);
        if (reader.next() != END) {
            throw new MalformedModelException("it has content after the end of the JSON document");
        }
        return document;
    }

    /// The first byte after a byte order mark and white space, or -1 if there is none.
    ///
    /// @param content the content of a file
    public static int firstCharacter(byte[] content) {
        int at = start(content);
        while (at < content.length && isSpace(content[at])) {
            at++;
        }
        return at < content.length ? content[at] : END;
    }

    private static int start(byte[] content) {
        boolean hasMark = content.length > 2
                && content[0] == (byte) 0xEF
                && content[1] == (byte) 0xBB
                && content[2] == (byte) 0xBF;
        return hasMark ? 3 : 0;
    }

    private static boolean isSpace(int character) {
        return character == ' ' || character == '\n' || character == '\r' || character == '\t';
    }

    private static boolean isDigit(int character) {
        return character >= '0' && character <= '9';
    }

    /// The byte at the position, or [#END]. Bytes outside of ASCII are negative; no value starts with one.
    private int peek() {
        return at < in.length ? in[at] : END;
    }

    /// Moves to the next byte that is not white space.
    private int next() {
        while (at < in.length && isSpace(in[at])) {
            at++;
        }
        return peek();
    }

    private DocumentValue value(int depth, boolean skips) throws MalformedModelException {
        if (depth > DocumentValue.MAX_DEPTH) {
            throw malformed("it is nested deeper than " + DocumentValue.MAX_DEPTH + " levels");
        }
        int first = next();
        return switch (first) {
            case '{' -> members(depth);
            case '[' -> array(depth, skips);
            case '"' -> new DocumentValue.Text(text());
            case 't' -> {
                take("true");
                yield new DocumentValue.Flag(true);
            }
            case 'f' -> {
                take("false");
                yield new DocumentValue.Flag(false);
            }
            case 'n' -> {
                take("null");
                yield new DocumentValue.Null();
            }
            default -> {
                if (!startsNumber(first)) {
                    throw expected("a value");
                }
                yield new DocumentValue.NumberValue(number());
            }
        };
    }

    private DocumentValue members(int depth) throws MalformedModelException {
        Map<String, DocumentValue> members = new LinkedHashMap<>();
        at++;
        if (next() == '}') {
            at++;
            return new DocumentValue.ObjectValue(members);
        }
        do {
            String name = name();
            if (members.put(name, value(depth + 1, unread.contains(name))) != null) {
                throw new MalformedModelException("the member «" + name + "» occurs twice in one JSON object");
            }
        } while (hasMore('}'));
        return new DocumentValue.ObjectValue(members);
    }

    /// Reads the name of a member, and the colon after it.
    private String name() throws MalformedModelException {
        if (next() != '"') {
            throw expected("the name of a member");
        }
        String name = text();
        if (name.length() > MAX_NAME) {
            throw malformed("a name has more than " + MAX_NAME + " characters");
        }
        if (next() != ':') {
            throw expected("a colon");
        }
        at++;
        return name;
    }

    private DocumentValue array(int depth, boolean skips) throws MalformedModelException {
        at++;
        if (next() == ']') {
            at++;
            return new DocumentValue.NumberArray(new double[0]);
        }
        double[] numbers = new double[8];
        int count = 0;
        while (startsNumber(next())) {
            if (count == numbers.length) {
                numbers = Arrays.copyOf(numbers, 2 * count);
            }
            if (skips) {
                scanNumber();
            } else {
                numbers[count++] = number();
            }
            if (!hasMore(']')) {
                return new DocumentValue.NumberArray(Arrays.copyOf(numbers, count));
            }
        }
        List<DocumentValue> elements = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            elements.add(new DocumentValue.NumberValue(numbers[i]));
        }
        do {
            elements.add(value(depth + 1, false));
        } while (hasMore(']'));
        return new DocumentValue.ArrayValue(elements);
    }

    /// Takes the comma before another element, or the bracket after the last one.
    private boolean hasMore(char bracket) throws MalformedModelException {
        int found = next();
        if (found != ',' && found != bracket) {
            throw expected("a comma or " + bracket);
        }
        at++;
        return found == ',';
    }

    private static boolean startsNumber(int first) {
        return isDigit(first) || first == '-' || first == 'N' || first == 'I';
    }

    private double number() throws MalformedModelException {
        int start = at;
        boolean isNegative = peek() == '-';
        if (!scanNumber()) {
            return in[start] == 'N' ? Double.NaN : isNegative ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        }
        double magnitude;
        if (isWhole || decimals == Precision.FLOAT64) {
            magnitude = Decimal.toDouble(significand, exponent);
            if (Double.isNaN(magnitude)) {
                return Double.parseDouble(ascii(start));
            }
        } else {
            magnitude = Decimal.toFloat(significand, exponent);
            if (Double.isNaN(magnitude)) {
                return Float.parseFloat(ascii(start));
            }
        }
        return isNegative ? -magnitude : magnitude;
    }

    /// Reads the characters of a number.
    ///
    /// @return whether they are digits, and not the name of a number
    private boolean scanNumber() throws MalformedModelException {
        int start = at;
        if (peek() == 'N') {
            take("NaN");
            return false;
        }
        if (peek() == '-') {
            at++;
        }
        if (peek() == 'I') {
            take("Infinity");
            return false;
        }
        int first = at;
        significand = digits(0);
        exponent = 0;
        isWhole = true;
        if (at - first > 1 && in[first] == '0') {
            throw malformed("a number begins with a needless 0");
        }
        if (peek() == '.') {
            at++;
            int fraction = at;
            significand = digits(significand);
            exponent = fraction - at;
            isWhole = false;
        }
        if (peek() == 'e' || peek() == 'E') {
            at++;
            exponent += powerOfTen();
            isWhole = false;
        }
        if (at - start > MAX_NUMBER) {
            throw malformed("a number has more than " + MAX_NUMBER + " characters");
        }
        return true;
    }

    /// Reads one or more digits.
    ///
    /// @param significand the number that the digits before them make, or -1 if there are too many
    /// @return the number that all digits make, or -1 if there are too many
    private long digits(long significand) throws MalformedModelException {
        if (!isDigit(peek())) {
            throw expected("a digit");
        }
        long all = significand;
        int end = at;
        while (end < in.length && isDigit(in[end])) {
            all = all >= 0 && all < ROOM_FOR_DIGIT ? 10 * all + (in[end] - '0') : -1;
            end++;
        }
        at = end;
        return all;
    }

    private int powerOfTen() throws MalformedModelException {
        boolean isNegative = peek() == '-';
        if (isNegative || peek() == '+') {
            at++;
        }
        long power = digits(0);
        // A larger one is too large for [Decimal] even behind a hundred digits.
        int limited = power < 0 || power > 1000 ? 1000 : (int) power;
        return isNegative ? -limited : limited;
    }

    private void take(String word) throws MalformedModelException {
        for (int i = 0; i < word.length(); i++) {
            if (peek() != word.charAt(i)) {
                throw expected(word);
            }
            at++;
        }
    }

    private String text() throws MalformedModelException {
        at++;
        String text = untilQuoteOrEscape();
        if (peek() == '\\') {
            StringBuilder whole = new StringBuilder(text);
            while (peek() == '\\') {
                at++;
                whole.append(escape());
                whole.append(untilQuoteOrEscape());
            }
            text = whole.toString();
        }
        at++;
        return text;
    }

    private String untilQuoteOrEscape() throws MalformedModelException {
        int start = at;
        boolean isAscii = true;
        while (peek() != '"' && peek() != '\\') {
            if (at == in.length) {
                throw malformed("it ends early, in a text");
            }
            if (in[at] >= 0 && in[at] < ' ') {
                throw malformed("a text has a control character");
            }
            isAscii &= in[at] >= 0;
            at++;
        }
        if (isAscii) {
            return ascii(start);
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(in, start, at - start))
                    .toString();
        } catch (CharacterCodingException broken) {
            throw malformed("a text is not in UTF-8");
        }
    }

    private String ascii(int start) {
        return new String(in, start, at - start, StandardCharsets.ISO_8859_1);
    }

    private char escape() throws MalformedModelException {
        int escaped = peek();
        at++;
        return switch (escaped) {
            case '"', '\\', '/' -> (char) escaped;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unicode();
            default -> throw malformed("a text has an unknown escape");
        };
    }

    private char unicode() throws MalformedModelException {
        int code = 0;
        for (int i = 0; i < 4; i++) {
            int digit = Character.digit(peek(), 16);
            if (digit < 0) {
                throw expected("a hexadecimal digit");
            }
            code = 16 * code + digit;
            at++;
        }
        return (char) code;
    }

    private MalformedModelException expected(String what) {
        return malformed(at < in.length ? "expected " + what : "it ends early, before " + what);
    }

    private MalformedModelException malformed(String what) {
        return new MalformedModelException("it is not valid JSON at byte " + at + ": " + what);
    }
}
