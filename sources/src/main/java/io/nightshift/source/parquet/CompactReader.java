package io.nightshift.source.parquet;

import java.nio.charset.StandardCharsets;

/// Reads Thrift's compact protocol, in which a Parquet footer is written, from bytes that may be broken or
/// hostile: it never reads beyond them, allocates nothing by a size that they state, and nests a limited
/// number of times. See the Thrift specification, `thrift-compact-protocol.md`. For one thread.
///
/// It is our own because a plan needs a few fields of a footer that was fetched with the end of the file.
/// DuckDB reads footers from files only, and the classes that libthrift generates decode all of it into
/// objects.
final class CompactReader {

    /// The bytes are not what they should be.
    static final class BrokenException extends Exception {
        private static final long serialVersionUID = 1L;

        BrokenException(String message) {
            super(message);
        }
    }

    /// Reads the value of one field of a struct, or skips it.
    @FunctionalInterface
    interface FieldReader {
        void read(int id, int type) throws BrokenException;
    }

    /// Reads one element of a list, or skips it.
    @FunctionalInterface
    interface ElementReader {
        void read(int type) throws BrokenException;
    }

    private static final int TRUE = 1;
    private static final int FALSE = 2;
    private static final int BYTE = 3;
    private static final int INT16 = 4;
    private static final int INT32 = 5;
    private static final int INT64 = 6;
    private static final int DOUBLE = 7;
    private static final int BINARY = 8;
    private static final int LIST = 9;
    private static final int SET = 10;
    private static final int MAP = 11;
    private static final int STRUCT = 12;
    private static final int UUID = 13;

    /// Parquet's own structs nest half as deep.
    private static final int DEEPEST = 32;

    private final byte[] bytes;
    private final int end;
    private int at;
    private int depth;

    /// @param from the position of the first byte
    /// @param end the position after the last
    CompactReader(byte[] bytes, int from, int end) {
        this.bytes = bytes;
        this.at = from;
        this.end = end;
    }

    /// The position of the next byte.
    int position() {
        return at;
    }

    void struct(FieldReader reader) throws BrokenException {
        deeper();
        int id = 0;
        for (int header = next(); header != 0; header = next()) {
            int step = header >> 4;
            id = step == 0 ? (int) zigzag() : id + step;
            reader.read(id, header & 0x0f);
        }
        depth--;
    }

    /// @param type of the field that holds the struct
    void struct(int type, FieldReader reader) throws BrokenException {
        require(type, STRUCT);
        struct(reader);
    }

    /// @param type of the field that holds the list
    void list(int type, ElementReader reader) throws BrokenException {
        require(type, LIST);
        elements(reader);
    }

    private void elements(ElementReader reader) throws BrokenException {
        deeper();
        int header = next();
        int size = header >> 4 == 15 ? size(varint()) : header >> 4;
        for (int i = 0; i < size; i++) {
            reader.read(header & 0x0f);
        }
        depth--;
    }

    /// A whole number of any width.
    long integer(int type) throws BrokenException {
        return switch (type) {
            case BYTE -> (byte) next();
            case INT16, INT32, INT64 -> zigzag();
            default -> throw broken();
        };
    }

    /// A text, or bytes.
    String text(int type) throws BrokenException {
        require(type, BINARY);
        int length = size(varint());
        String text = new String(bytes, at, length, StandardCharsets.UTF_8);
        at += length;
        return text;
    }

    /// Passes over a value.
    void skip(int type) throws BrokenException {
        switch (type) {
            case TRUE, FALSE -> {
                // The type is the value.
            }
            case BYTE -> next();
            case INT16, INT32, INT64 -> varint();
            case DOUBLE -> advance(Double.BYTES);
            case BINARY -> advance(size(varint()));
            case LIST, SET -> elements(this::skipElement);
            case MAP -> skipMap();
            case STRUCT -> struct((id, field) -> skip(field));
            case UUID -> advance(16);
            default -> throw broken();
        }
    }

    private void skipElement(int type) throws BrokenException {
        if (type == TRUE || type == FALSE) {
            next();
        } else {
            skip(type);
        }
    }

    private void skipMap() throws BrokenException {
        deeper();
        int size = size(varint());
        int types = size == 0 ? 0 : next();
        for (int i = 0; i < size; i++) {
            skipElement(types >> 4);
            skipElement(types & 0x0f);
        }
        depth--;
    }

    private void deeper() throws BrokenException {
        if (++depth > DEEPEST) {
            throw broken();
        }
    }

    private void require(int type, int wanted) throws BrokenException {
        if (type != wanted) {
            throw broken();
        }
    }

    /// A number of elements or bytes. Each takes a byte at least.
    private int size(long size) throws BrokenException {
        if (size < 0 || size > end - at) {
            throw broken();
        }
        return (int) size;
    }

    private void advance(int count) throws BrokenException {
        at += size(count);
    }

    private int next() throws BrokenException {
        if (at >= end) {
            throw broken();
        }
        return bytes[at++] & 0xff;
    }

    private long varint() throws BrokenException {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            int next = next();
            value |= (long) (next & 0x7f) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw broken();
    }

    private long zigzag() throws BrokenException {
        long value = varint();
        return (value >>> 1) ^ -(value & 1);
    }

    private BrokenException broken() {
        return new BrokenException("it can't be decoded at its byte " + at);
    }
}
