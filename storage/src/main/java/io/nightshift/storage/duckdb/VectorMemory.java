package io.nightshift.storage.duckdb;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.duckdb.DuckDBColumnType;
import org.duckdb.DuckDBReadableVector;
import org.duckdb.DuckDBWritableVector;
import org.jspecify.annotations.Nullable;

/// Copies the values of DuckDB's vectors from and to arrays, all at once.
///
/// The driver reads and writes values one by one, with several checks each, which takes longer than scoring
/// them. It keeps their memory in private fields. Another version of the driver may rename those fields;
/// without them, values are copied one by one.
public final class VectorMemory {

    /// The longest text that stands in a vector itself, in bytes.
    private static final int INLINED = 12;

    /// The bytes of a text in a vector: its size, and the text itself or the address of the text.
    private static final int TEXT_BYTES = 16;

    private static final VectorMemory OF_THE_DRIVER = new VectorMemory("data", "validity");

    private final @Nullable VarHandle readable;
    private final @Nullable VarHandle readableValidity;
    private final @Nullable VarHandle writable;
    private final @Nullable VarHandle writableValidity;

    /// @param data the field that holds a vector's values
    /// @param validity the field that holds a bit for each value, not set for NULL, or null if none is
    VectorMemory(String data, String validity) {
        readable = field(DuckDBReadableVector.class, data);
        readableValidity = field(DuckDBReadableVector.class, validity);
        writable = field(DuckDBWritableVector.class, data);
        writableValidity = field(DuckDBWritableVector.class, validity);
    }

    public static VectorMemory ofTheDriver() {
        return OF_THE_DRIVER;
    }

    private static @Nullable VarHandle field(Class<?> type, String name) {
        try {
            return MethodHandles.privateLookupIn(type, MethodHandles.lookup())
                    .findVarHandle(type, name, ByteBuffer.class);
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }

    /// Whether values are copied all at once.
    boolean isFast() {
        return readable != null && readableValidity != null && writable != null && writableValidity != null;
    }

    /// Reads numbers; NULL becomes NaN.
    ///
    /// @param from of type DOUBLE
    /// @param count how many, from the first
    public void read(DuckDBReadableVector from, int count, double[] to) {
        require(DuckDBColumnType.DOUBLE, from.getType());
        if (readable == null || readableValidity == null) {
            for (int row = 0; row < count; row++) {
                to[row] = from.getDouble(row, Double.NaN);
            }
            return;
        }
        ((ByteBuffer) readable.get(from)).asDoubleBuffer().get(0, to, 0, count);
        ByteBuffer validity = (ByteBuffer) readableValidity.get(from);
        if (validity == null) {
            return;
        }
        LongBuffer valid = validity.asLongBuffer();
        for (int row = 0; row < count; row += Long.SIZE) {
            long nulls = ~valid.get(row / Long.SIZE);
            while (nulls != 0) {
                int place = row + Long.numberOfTrailingZeros(nulls);
                if (place < count) {
                    to[place] = Double.NaN;
                }
                nulls &= nulls - 1;
            }
        }
    }

    /// Reads numbers.
    ///
    /// @param from of type BIGINT, without NULL
    /// @param count how many, from the first
    public void read(DuckDBReadableVector from, int count, long[] to) {
        require(DuckDBColumnType.BIGINT, from.getType());
        if (readable == null) {
            for (int row = 0; row < count; row++) {
                to[row] = from.getLong(row);
            }
            return;
        }
        ((ByteBuffer) readable.get(from)).asLongBuffer().get(0, to, 0, count);
    }

    /// Reads the sizes of texts in UTF-8, in bytes. The size of a NULL is any number.
    ///
    /// @param from of type VARCHAR
    /// @param count how many, from the first
    /// @param to the sizes; 2^31 - 1 for larger ones
    public void readSizes(DuckDBReadableVector from, int count, int[] to) {
        require(DuckDBColumnType.VARCHAR, from.getType());
        ByteBuffer memory = readable == null ? null : (ByteBuffer) readable.get(from);
        for (int row = 0; row < count; row++) {
            if (memory != null) {
                int size = memory.getInt(row * TEXT_BYTES);
                to[row] = size < 0 ? Integer.MAX_VALUE : size; // An unsigned number.
            } else {
                to[row] = from.isNull(row) ? 0 : from.getString(row).getBytes(StandardCharsets.UTF_8).length;
            }
        }
    }

    /// Writes numbers.
    ///
    /// @param count how many, from the first
    /// @param to of type DOUBLE
    public void write(double[] from, int count, DuckDBWritableVector to) {
        require(DuckDBColumnType.DOUBLE, to.getType());
        if (writable == null || writableValidity == null) {
            for (int row = 0; row < count; row++) {
                to.setDouble(row, from[row]);
            }
            return;
        }
        ((ByteBuffer) writable.get(to)).asDoubleBuffer().put(0, from, 0, count);
        makeValid(to, count, writableValidity);
    }

    /// Writes numbers.
    ///
    /// @param count how many, from the first
    /// @param to of type BIGINT
    public void write(long[] from, int count, DuckDBWritableVector to) {
        require(DuckDBColumnType.BIGINT, to.getType());
        if (writable == null || writableValidity == null) {
            for (int row = 0; row < count; row++) {
                to.setLong(row, from[row]);
            }
            return;
        }
        ((ByteBuffer) writable.get(to)).asLongBuffer().put(0, from, 0, count);
        makeValid(to, count, writableValidity);
    }

    /// The memory of a vector's values, to be written to. All of them count as valid from then on.
    ///
    /// @param to of a type whose values have a fixed size
    /// @param count how many values are written, from the first
    /// @return values in the order of the platform's bytes; null if the driver gives no access
    public @Nullable ByteBuffer open(DuckDBWritableVector to, int count) {
        if (writable == null || writableValidity == null) {
            return null;
        }
        makeValid(to, count, writableValidity);
        return (ByteBuffer) writable.get(to);
    }

    /// Writes numbers.
    ///
    /// @param count how many, from the first
    /// @param to of type INTEGER
    public void write(int[] from, int count, DuckDBWritableVector to) {
        require(DuckDBColumnType.INTEGER, to.getType());
        if (writable == null || writableValidity == null) {
            for (int row = 0; row < count; row++) {
                to.setInt(row, from[row]);
            }
            return;
        }
        ((ByteBuffer) writable.get(to)).asIntBuffer().put(0, from, 0, count);
        makeValid(to, count, writableValidity);
    }

    /// Writes numbers.
    ///
    /// @param count how many, from the first
    /// @param to of type FLOAT
    public void write(float[] from, int count, DuckDBWritableVector to) {
        require(DuckDBColumnType.FLOAT, to.getType());
        if (writable == null || writableValidity == null) {
            for (int row = 0; row < count; row++) {
                to.setFloat(row, from[row]);
            }
            return;
        }
        ((ByteBuffer) writable.get(to)).asFloatBuffer().put(0, from, 0, count);
        makeValid(to, count, writableValidity);
    }

    /// Writes truth values.
    ///
    /// @param from 1 for true, 0 for false
    /// @param count how many, from the first
    /// @param to of type BOOLEAN
    public void writeBooleans(byte[] from, int count, DuckDBWritableVector to) {
        require(DuckDBColumnType.BOOLEAN, to.getType());
        if (writable == null || writableValidity == null) {
            for (int row = 0; row < count; row++) {
                to.setBoolean(row, from[row] != 0);
            }
            return;
        }
        ((ByteBuffer) writable.get(to)).put(0, from, 0, count);
        makeValid(to, count, writableValidity);
    }

    /// Writes texts.
    ///
    /// @param utf8 the texts one after the other, in valid UTF-8
    /// @param ends where each text ends in `utf8`; it begins where the one before ends, the first at 0
    /// @param count how many, from the first
    /// @param to of type VARCHAR
    public void writeTexts(byte[] utf8, int[] ends, int count, DuckDBWritableVector to) {
        require(DuckDBColumnType.VARCHAR, to.getType());
        ByteBuffer memory = writable == null || writableValidity == null ? null : (ByteBuffer) writable.get(to);
        int row = 0;
        int start = 0;
        while (row < count) {
            int last = row;
            // A text of up to 12 bytes stands in the vector itself: its length, and its bytes followed by zeros.
            if (memory != null && ends[row] - start <= INLINED) {
                int place = row * TEXT_BYTES;
                memory.putLong(place, 0).putLong(place + 8, 0).putInt(place, ends[row] - start);
                memory.put(place + Integer.BYTES, utf8, start, ends[row] - start);
            } else {
                int from = start;
                while (last + 1 < count && (memory == null || ends[last + 1] - ends[last] > INLINED)) {
                    last++;
                }
                byte[][] texts = new byte[last - row + 1][];
                for (int i = 0; i < texts.length; i++) {
                    texts[i] = Arrays.copyOfRange(utf8, from, ends[row + i]);
                    from = ends[row + i];
                }
                to.setStringUtf8Batch(row, texts);
            }
            start = ends[last];
            row = last + 1;
        }
        if (memory != null && writableValidity != null) {
            makeValid(to, count, writableValidity);
        }
    }

    /// Makes values of a vector NULL that was written before.
    ///
    /// @param nulls a bit for each row, from the lowest of the first element
    /// @param count how many rows, from the first
    public void writeNulls(long[] nulls, int count, DuckDBWritableVector to) {
        LongBuffer validity = writableValidity == null ? null : ((ByteBuffer) writableValidity.get(to)).asLongBuffer();
        for (int word = 0; word * Long.SIZE < count; word++) {
            if (validity != null) {
                validity.put(word, validity.get(word) & ~nulls[word]);
                continue;
            }
            for (long left = nulls[word]; left != 0; left &= left - 1) {
                to.setNull(word * (long) Long.SIZE + Long.numberOfTrailingZeros(left));
            }
        }
    }

    private static void require(DuckDBColumnType wanted, DuckDBColumnType given) {
        if (given != wanted) {
            throw new IllegalArgumentException("a vector of %s, not %s".formatted(given, wanted));
        }
    }

    private static void makeValid(DuckDBWritableVector vector, int count, VarHandle field) {
        LongBuffer validity = ((ByteBuffer) field.get(vector)).asLongBuffer();
        for (int row = 0; row < count; row += Long.SIZE) {
            validity.put(row / Long.SIZE, -1L);
        }
    }
}
