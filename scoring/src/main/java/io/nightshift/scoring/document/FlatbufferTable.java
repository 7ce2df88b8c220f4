package io.nightshift.scoring.document;

import io.nightshift.scoring.format.MalformedModelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Reads a table of a [FlatBuffers](https://flatbuffers.dev/internals/) document by the numbers of its fields.
/// A field that the table lacks has its default value: 0, false, an empty text or an empty vector.
///
/// Every offset is compared with the document's length before it is followed. Many tables may refer to one
/// vector, so that a small document describes a large one. All tables of a document therefore share an
/// allowance: they read at most a few times as many bytes as the document has.
public final class FlatbufferTable {

    private static final int READINGS_OF_A_BYTE = 4;

    private final ByteBuffer in;
    private final Allowance allowance;
    private final int start;
    private final int vtable;
    private final int vtableSize;

    private FlatbufferTable(ByteBuffer in, Allowance allowance, long start) throws MalformedModelException {
        this.in = in;
        this.allowance = allowance;
        this.start = checked(start, Integer.BYTES);
        this.vtable = checked(start - in.getInt(this.start), 2 * Short.BYTES);
        this.vtableSize = in.getShort(vtable) & 0xffff;
        checked(vtable, vtableSize);
    }

    /// The root table of a document.
    ///
    /// @param document the document, from the position to the limit
    public static FlatbufferTable root(ByteBuffer document) throws MalformedModelException {
        ByteBuffer in = document.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (in.remaining() < Integer.BYTES) {
            throw malformed("it has no root table");
        }
        return new FlatbufferTable(in, new Allowance(in.remaining()), in.getInt(0) & 0xffffffffL);
    }

    /// Whether the table has a field.
    ///
    /// @param field the number of the field, from 0
    public boolean has(int field) {
        int entry = 2 * Short.BYTES + field * Short.BYTES;
        return entry + Short.BYTES <= vtableSize && in.getShort(vtable + entry) != 0;
    }

    /// A 32-bit integer.
    ///
    /// @param field the number of the field, from 0
    /// @param otherwise the value if the table lacks the field
    public int integer(int field, int otherwise) throws MalformedModelException {
        return has(field) ? in.getInt(place(field, Integer.BYTES)) : otherwise;
    }

    /// An 8-bit integer without a sign, or the number of an enumeration's value.
    ///
    /// @param field the number of the field, from 0
    public int octet(int field) throws MalformedModelException {
        return has(field) ? in.get(place(field, 1)) & 0xff : 0;
    }

    /// A double-precision number.
    ///
    /// @param field the number of the field, from 0
    /// @param otherwise the value if the table lacks the field
    public double number(int field, double otherwise) throws MalformedModelException {
        return has(field) ? in.getDouble(place(field, Double.BYTES)) : otherwise;
    }

    /// A single-precision number.
    ///
    /// @param field the number of the field, from 0
    /// @param otherwise the value if the table lacks the field
    public float single(int field, float otherwise) throws MalformedModelException {
        return has(field) ? in.getFloat(place(field, Float.BYTES)) : otherwise;
    }

    /// A text.
    ///
    /// @param field the number of the field, from 0
    public String text(int field) throws MalformedModelException {
        return has(field) ? textAt(target(place(field, Integer.BYTES))) : "";
    }

    /// A table.
    ///
    /// @param field the number of the field, from 0
    /// @throws MalformedModelException if the table lacks the field
    public FlatbufferTable table(int field) throws MalformedModelException {
        if (!has(field)) {
            throw malformed("a table has no field " + field);
        }
        return new FlatbufferTable(in, allowance, target(place(field, Integer.BYTES)));
    }

    /// A vector of tables.
    ///
    /// @param field the number of the field, from 0
    public List<FlatbufferTable> tables(int field) throws MalformedModelException {
        ByteBuffer offsets = vector(field, Integer.BYTES);
        List<FlatbufferTable> tables = new ArrayList<>();
        for (int i = 0; offsets.hasRemaining(); i++) {
            tables.add(new FlatbufferTable(in, allowance, target(element(field, i))));
            offsets.getInt();
        }
        return tables;
    }

    /// A vector of texts.
    ///
    /// @param field the number of the field, from 0
    public List<String> texts(int field) throws MalformedModelException {
        ByteBuffer offsets = vector(field, Integer.BYTES);
        List<String> texts = new ArrayList<>();
        for (int i = 0; offsets.hasRemaining(); i++) {
            texts.add(textAt(target(element(field, i))));
            offsets.getInt();
        }
        return texts;
    }

    /// A vector of 32-bit integers, or of structures of 32 bits.
    ///
    /// @param field the number of the field, from 0
    public int[] integers(int field) throws MalformedModelException {
        ByteBuffer vector = vector(field, Integer.BYTES);
        int[] integers = new int[vector.remaining() / Integer.BYTES];
        vector.asIntBuffer().get(integers);
        return integers;
    }

    /// A vector of single-precision numbers.
    ///
    /// @param field the number of the field, from 0
    public float[] floats(int field) throws MalformedModelException {
        ByteBuffer vector = vector(field, Float.BYTES);
        float[] numbers = new float[vector.remaining() / Float.BYTES];
        vector.asFloatBuffer().get(numbers);
        return numbers;
    }

    /// A vector of double-precision numbers.
    ///
    /// @param field the number of the field, from 0
    public double[] numbers(int field) throws MalformedModelException {
        ByteBuffer vector = vector(field, Double.BYTES);
        double[] numbers = new double[vector.remaining() / Double.BYTES];
        vector.asDoubleBuffer().get(numbers);
        return numbers;
    }

    /// A vector of structures, or of octets, as bytes in little-endian order.
    ///
    /// @param field the number of the field, from 0
    /// @param bytes the size of a structure
    public ByteBuffer structures(int field, int bytes) throws MalformedModelException {
        return vector(field, bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private String textAt(long at) throws MalformedModelException {
        return StandardCharsets.UTF_8.decode(vectorAt(at, 1)).toString();
    }

    private ByteBuffer vector(int field, int bytes) throws MalformedModelException {
        return has(field) ? vectorAt(target(place(field, Integer.BYTES)), bytes) : ByteBuffer.allocate(0);
    }

    private ByteBuffer vectorAt(long at, int bytes) throws MalformedModelException {
        long length = (in.getInt(checked(at, Integer.BYTES)) & 0xffffffffL) * bytes;
        int first = checked(at + Integer.BYTES, length);
        allowance.spend(Integer.BYTES + length);
        return in.slice(first, (int) length).order(ByteOrder.LITTLE_ENDIAN);
    }

    /// The position of an element of a vector of offsets that has been checked.
    private int element(int field, int index) throws MalformedModelException {
        return (int) target(place(field, Integer.BYTES)) + Integer.BYTES + index * Integer.BYTES;
    }

    /// The position of a field's value.
    private int place(int field, int bytes) throws MalformedModelException {
        int offset = in.getShort(vtable + 2 * Short.BYTES + field * Short.BYTES) & 0xffff;
        return checked((long) start + offset, bytes);
    }

    /// The position that an offset leads to.
    private long target(int at) {
        return at + (in.getInt(at) & 0xffffffffL);
    }

    private int checked(long at, long bytes) throws MalformedModelException {
        if (at < 0 || at + bytes > in.limit()) {
            throw malformed("it ends early");
        }
        return (int) at;
    }

    private static MalformedModelException malformed(String what) {
        return new MalformedModelException("it is not a valid FlatBuffers document: " + what);
    }

    /// The number of bytes that the tables of a document may still read.
    private static final class Allowance {

        private long left;

        Allowance(int bytes) {
            this.left = (long) READINGS_OF_A_BYTE * bytes;
        }

        void spend(long bytes) throws MalformedModelException {
            left -= bytes;
            if (left < 0) {
                throw malformed("its tables share their content");
            }
        }
    }
}
