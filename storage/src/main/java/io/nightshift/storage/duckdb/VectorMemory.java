package io.nightshift.storage.duckdb;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
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
