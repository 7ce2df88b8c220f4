package io.nightshift.worker.model;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads a Universal Binary JSON model file (draft 12, as XGBoost writes it) into a [Document].
///
/// Nothing is allocated on the word of a length: a count is believed only when the bytes it promises are there.
final class UbjsonDocument {

    private static final int END = -1;

    private final ByteBuffer in;

    private UbjsonDocument(ByteBuffer in) {
        this.in = in;
    }

    /// Reads the whole of `in`, which must hold one value and nothing else.
    static Document read(ByteBuffer in) throws MalformedModelException {
        UbjsonDocument reader = new UbjsonDocument(in);
        try {
            Document document = reader.value(reader.marker(), 0);
            if (in.hasRemaining()) {
                throw reader.malformed("it goes on behind the end of the document");
            }
            return document;
        } catch (BufferUnderflowException truncated) {
            throw new MalformedModelException(
                    "the UBJSON document ends early, after " + in.limit() + " bytes", truncated);
        }
    }

    private Document value(int marker, int depth) throws MalformedModelException {
        if (depth > Document.MAX_DEPTH) {
            throw malformed("it is nested deeper than " + Document.MAX_DEPTH + " levels");
        }
        return switch (marker) {
            case '{' -> members(depth);
            case '[' -> array(depth);
            case 'S' -> new Document.Text(text());
            case 'C' -> new Document.Text(String.valueOf((char) (in.get() & 0x7f)));
            case 'T' -> new Document.Flag(true);
            case 'F' -> new Document.Flag(false);
            case 'Z' -> new Document.Null();
            default -> new Document.Figure(number(marker));
        };
    }

    private Document members(int depth) throws MalformedModelException {
        long left = count();
        Map<String, Document> members = new LinkedHashMap<>();
        while (left == END ? peek() != '}' : left-- > 0) {
            String name = text();
            if (members.put(name, value(marker(), depth + 1)) != null) {
                throw malformed("the member «" + name + "» stands twice in one object");
            }
        }
        skipEnd(left);
        return new Document.Members(members);
    }

    private Document array(int depth) throws MalformedModelException {
        if (peek() == '$') {
            in.get();
            int type = marker();
            int size = size(type);
            if (size == 0) {
                throw malformed("an array of the type " + name(type) + " has a type for all elements");
            }
            if (peek() != '#') {
                throw malformed("a typed array has no length");
            }
            return new Document.Numbers(typed(type, size, count()));
        }
        return elements(count(), depth);
    }

    private double[] typed(int type, int size, long count) throws MalformedModelException {
        if (count > in.remaining() / size) {
            throw new BufferUnderflowException();
        }
        double[] values = new double[(int) count];
        for (int i = 0; i < values.length; i++) {
            values[i] = number(type);
        }
        return values;
    }

    private Document elements(long count, int depth) throws MalformedModelException {
        double[] numbers = new double[8];
        int known = 0;
        long left = count;
        while (hasNext(left) && size(peek()) > 0) {
            if (known == numbers.length) {
                numbers = Arrays.copyOf(numbers, 2 * known);
            }
            numbers[known++] = number(marker());
            left = left == END ? END : left - 1;
        }
        numbers = Arrays.copyOf(numbers, known);
        if (!hasNext(left)) {
            skipEnd(left);
            return new Document.Numbers(numbers);
        }
        List<Document> elements = new ArrayList<>();
        for (double number : numbers) {
            elements.add(new Document.Figure(number));
        }
        while (hasNext(left)) {
            elements.add(value(marker(), depth + 1));
            left = left == END ? END : left - 1;
        }
        skipEnd(left);
        return new Document.Elements(elements);
    }

    private void skipEnd(long left) {
        if (left == END) {
            in.get();
        }
    }

    private boolean hasNext(long left) {
        return left == END ? peek() != ']' : left > 0;
    }

    /// The length of a container that says it, or -1 for one that ends with a bracket.
    private long count() throws MalformedModelException {
        if (peek() != '#') {
            return END;
        }
        in.get();
        return length();
    }

    private long length() throws MalformedModelException {
        int marker = marker();
        double length = switch (marker) {
            case 'i', 'U', 'I', 'l', 'L' -> number(marker);
            default -> throw malformed("a length is of the type " + name(marker));
        };
        if (length < 0) {
            throw malformed("a length is negative");
        }
        return (long) length;
    }

    private String text() throws MalformedModelException {
        long length = length();
        if (length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] bytes = new byte[(int) length];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private double number(int marker) throws MalformedModelException {
        return switch (marker) {
            case 'i' -> in.get();
            case 'U' -> in.get() & 0xff;
            case 'I' -> in.getShort();
            case 'l' -> in.getInt();
            case 'L' -> in.getLong();
            case 'd' -> in.getFloat();
            case 'D' -> in.getDouble();
            default -> throw malformed("a value has the type " + name(marker));
        };
    }

    private static int size(int marker) {
        return switch (marker) {
            case 'i', 'U' -> 1;
            case 'I' -> 2;
            case 'l', 'd' -> 4;
            case 'L', 'D' -> 8;
            default -> 0;
        };
    }

    private int marker() {
        int marker = in.get();
        while (marker == 'N') {
            marker = in.get();
        }
        return marker;
    }

    private int peek() {
        if (!in.hasRemaining()) {
            throw new BufferUnderflowException();
        }
        return in.get(in.position());
    }

    private MalformedModelException malformed(String what) {
        return new MalformedModelException("it is not valid UBJSON at byte " + in.position() + ": " + what);
    }

    private static String name(int marker) {
        return marker > ' ' && marker < 127 ? "«" + (char) marker + "»" : "number " + (marker & 0xff);
    }
}
