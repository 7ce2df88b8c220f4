package io.nightshift.scoring.document;

import io.nightshift.scoring.format.MalformedModelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Reads the fields of a message in the [Protocol Buffers wire
/// format](https://protobuf.dev/programming-guides/encoding/). It allocates no more memory for a length than
/// there are bytes for it.
public final class ProtobufReader {

    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;

    private final ByteBuffer in;
    private int start;
    private int field;
    private int wire;

    /// @param in the message, from the position to the limit
    public ProtobufReader(ByteBuffer in) {
        this.in = in.slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    /// Moves to the next field. The caller reads or skips its value.
    ///
    /// @return false at the end of the message
    public boolean next() throws MalformedModelException {
        if (!in.hasRemaining()) {
            return false;
        }
        start = in.position();
        long tag = varint();
        field = (int) (tag >>> 3);
        wire = (int) tag & 7;
        if (field <= 0 || tag >>> 35 != 0) {
            throw malformed("it has no field of this number");
        }
        return true;
    }

    /// The number of the current field.
    public int field() {
        return field;
    }

    /// Skips the value of the current field.
    public void skip() throws MalformedModelException {
        switch (wire) {
            case VARINT -> varint();
            case FIXED64 -> require(Long.BYTES);
            case BYTES -> bytes();
            case FIXED32 -> require(Integer.BYTES);
            default -> throw malformed("it has the unknown wire type " + wire);
        }
    }

    /// Skips the field and returns its bytes, including the tag before them.
    public byte[] raw() throws MalformedModelException {
        skip();
        byte[] bytes = new byte[in.position() - start];
        in.get(start, bytes);
        return bytes;
    }

    /// The value of the current field, a message.
    public ProtobufReader message() throws MalformedModelException {
        return new ProtobufReader(bytes());
    }

    /// The value of the current field, a text.
    public String text() throws MalformedModelException {
        return StandardCharsets.UTF_8.decode(bytes()).toString();
    }

    /// The value of the current field, an integer.
    public long integer() throws MalformedModelException {
        expect(VARINT);
        return varint();
    }

    float number() throws MalformedModelException {
        expect(FIXED32);
        return require(Integer.BYTES).getFloat();
    }

    /// Adds this field's integers: one, or several if they are packed.
    ///
    /// @param integers receives the numbers at its end
    public void addTo(Integers integers) throws MalformedModelException {
        if (wire == VARINT) {
            integers.add(varint());
            return;
        }
        ProtobufReader packed = message();
        while (packed.in.hasRemaining()) {
            integers.add(packed.varint());
        }
    }

    /// Adds this field's numbers.
    ///
    /// @param numbers receives the numbers at its end
    public void addTo(Numbers numbers) throws MalformedModelException {
        if (wire == FIXED32) {
            numbers.add(number());
            return;
        }
        ByteBuffer packed = bytes();
        while (packed.remaining() >= Float.BYTES) {
            numbers.add(packed.getFloat());
        }
    }

    /// A list that grows.
    public static final class Integers {
        private long[] values = new long[8];
        private int size;

        private void add(long value) {
            values = size == values.length ? Arrays.copyOf(values, 2 * size) : values;
            values[size++] = value;
        }

        /// The integers so far.
        public long[] toArray() {
            return Arrays.copyOf(values, size);
        }
    }

    /// A list that grows.
    public static final class Numbers {
        private float[] values = new float[8];
        private int size;

        private void add(float value) {
            values = size == values.length ? Arrays.copyOf(values, 2 * size) : values;
            values[size++] = value;
        }

        /// The numbers so far.
        public float[] toArray() {
            return Arrays.copyOf(values, size);
        }
    }

    private ByteBuffer bytes() throws MalformedModelException {
        expect(BYTES);
        long length = varint();
        if (length < 0 || length > in.remaining()) {
            throw malformed("it ends early");
        }
        return require((int) length);
    }

    private ByteBuffer require(int bytes) throws MalformedModelException {
        if (bytes > in.remaining()) {
            throw malformed("it ends early");
        }
        ByteBuffer part = in.slice(in.position(), bytes).order(ByteOrder.LITTLE_ENDIAN);
        in.position(in.position() + bytes);
        return part;
    }

    private long varint() throws MalformedModelException {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            if (!in.hasRemaining()) {
                throw malformed("it ends early");
            }
            byte part = in.get();
            value |= (part & 0x7fL) << shift;
            if (part >= 0) {
                return value;
            }
        }
        throw malformed("an integer is longer than 64 bits");
    }

    private void expect(int expected) throws MalformedModelException {
        if (wire != expected) {
            throw malformed("field " + field + " has the wire type " + wire + " and not " + expected);
        }
    }

    private static MalformedModelException malformed(String what) {
        return new MalformedModelException("it is not a valid ONNX model: " + what);
    }
}
