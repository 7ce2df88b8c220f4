package io.nightshift.scoring.document;

import io.nightshift.scoring.format.MalformedModelException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Reads a Universal Binary JSON model file (draft 12, as XGBoost writes it) into a [DocumentValue].
///
/// It allocates no more memory for a length than there are bytes for it.
public final class UbjsonDocument {

    private static final int END = -1;

    private final ByteBuffer in;
    private final Set<String> unread;

    private UbjsonDocument(ByteBuffer in, Set<String> unread) {
        this.in = in;
        this.unread = unread;
    }

    /// Reads all of `in`, which must hold exactly one value.
    ///
    /// @param in the document, from the position to the limit
    /// @param unread the names of members whose typed arrays are skipped, and left empty
    public static DocumentValue read(ByteBuffer in, Set<String> unread) throws MalformedModelException {
        UbjsonDocument reader = new UbjsonDocument(in, unread);
        try {
            DocumentValue document = reader.value(reader.marker(), 0, false);
            if (in.hasRemaining()) {
                throw reader.malformed("it has bytes after the end of the document");
            }
            return document;
        } catch (BufferUnderflowException truncated) {
            throw new MalformedModelException(
                    "the UBJSON document ends early, after " + in.limit() + " bytes", truncated);
        }
    }

    private DocumentValue value(int marker, int depth, boolean skips) throws MalformedModelException {
        if (depth > DocumentValue.MAX_DEPTH) {
            throw malformed("it is nested deeper than " + DocumentValue.MAX_DEPTH + " levels");
        }
        return switch (marker) {
            case '{' -> members(depth);
            case '[' -> array(depth, skips);
            case 'S' -> new DocumentValue.Text(text());
            case 'C' -> new DocumentValue.Text(String.valueOf((char) (in.get() & 0x7f)));
            case 'T' -> new DocumentValue.Flag(true);
            case 'F' -> new DocumentValue.Flag(false);
            case 'Z' -> new DocumentValue.Null();
            default -> new DocumentValue.NumberValue(number(marker));
        };
    }

    private DocumentValue members(int depth) throws MalformedModelException {
        long left = count();
        Map<String, DocumentValue> members = new LinkedHashMap<>();
        while (left == END ? peek() != '}' : left-- > 0) {
            String name = text();
            if (members.put(name, value(marker(), depth + 1, unread.contains(name))) != null) {
                throw malformed("the member «" + name + "» stands twice in one object");
            }
        }
        skipEnd(left);
        return new DocumentValue.ObjectValue(members);
    }

    private DocumentValue array(int depth, boolean skips) throws MalformedModelException {
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
            return new DocumentValue.NumberArray(typed(type, size, count(), skips));
        }
        return elements(count(), depth);
    }

    private double[] typed(int type, int size, long count, boolean skips) throws MalformedModelException {
        if (count > in.remaining() / size) {
            throw new BufferUnderflowException();
        }
        if (skips) {
            in.position(in.position() + (int) count * size);
            return new double[0];
        }
        double[] values = new double[(int) count];
        switch (type) {
            case 'd' -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = in.getFloat();
                }
            }
            case 'l' -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = in.getInt();
                }
            }
            default -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = number(type);
                }
            }
        }
        return values;
    }

    private DocumentValue elements(long count, int depth) throws MalformedModelException {
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
            return new DocumentValue.NumberArray(numbers);
        }
        List<DocumentValue> elements = new ArrayList<>();
        for (double number : numbers) {
            elements.add(new DocumentValue.NumberValue(number));
        }
        while (hasNext(left)) {
            elements.add(value(marker(), depth + 1, false));
            left = left == END ? END : left - 1;
        }
        skipEnd(left);
        return new DocumentValue.ArrayValue(elements);
    }

    private void skipEnd(long left) {
        if (left == END) {
            in.get();
        }
    }

    private boolean hasNext(long left) {
        return left == END ? peek() != ']' : left > 0;
    }

    /// The length of a container that declares it, or -1 for one that ends with a bracket.
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
