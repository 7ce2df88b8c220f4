package io.nightshift.source.sql;

import io.nightshift.source.sql.SqlColumn.Carrier;
import io.nightshift.storage.duckdb.VectorMemory;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Objects;
import org.duckdb.DuckDBWritableVector;
import org.jspecify.annotations.Nullable;

/// A vector of DuckDB's that values are written to, one after another, for one column and one block of rows.
/// For one thread.
///
/// Numbers are written to the vector's memory directly where the driver gives access to it: its own methods
/// check so much for each value that they take longer than the rest of the reading.
final class ColumnVector {

    private static final VectorMemory MEMORY = VectorMemory.ofTheDriver();
    private static final long MICROS = 1_000_000;
    private static final int LONG_DIGITS = 18;
    private static final BigInteger UNSIGNED = BigInteger.ONE.shiftLeft(Long.SIZE);

    private final Carrier carrier;
    private final int precision;
    private final DuckDBWritableVector vector;
    private final @Nullable ByteBuffer memory;
    private final byte @Nullable [][] texts;

    /// @param precision of a decimal
    /// @param rows that may be written
    ColumnVector(Carrier carrier, int precision, DuckDBWritableVector vector, int rows) {
        this.carrier = carrier;
        this.precision = precision;
        this.vector = vector;
        boolean isFixed = carrier.bytes > 0 || (carrier == Carrier.DECIMAL && precision <= LONG_DIGITS);
        this.memory = isFixed ? MEMORY.open(vector, rows) : null;
        this.texts = carrier == Carrier.TEXT ? new byte[rows][] : null;
    }

    void putNull(int row) {
        if (texts == null) {
            vector.setNull(row);
        }
    }

    /// A text in UTF-8.
    void putText(int row, byte[] utf8) {
        Objects.requireNonNull(texts)[row] = utf8;
    }

    void putDouble(int row, double value) {
        if (carrier == Carrier.FLOAT) {
            if (memory == null) {
                vector.setFloat(row, (float) value);
            } else {
                memory.putFloat(row * Float.BYTES, (float) value);
            }
        } else if (memory == null) {
            vector.setDouble(row, value);
        } else {
            memory.putDouble(row * Double.BYTES, value);
        }
    }

    /// A whole number, a truth value, days or microseconds since 1970, or the unscaled value of a decimal of
    /// at most 18 digits, as the carrier has it.
    void putLong(int row, long value) {
        if (memory == null) {
            putSlowly(row, value);
            return;
        }
        switch (carrier) {
            case BOOLEAN, BYTE, UNSIGNED_BYTE -> memory.put(row, (byte) value);
            case SHORT, UNSIGNED_SHORT -> memory.putShort(row * Short.BYTES, (short) value);
            case INT, UNSIGNED_INT, DATE -> memory.putInt(row * Integer.BYTES, (int) value);
            case LONG, UNSIGNED_LONG, TIMESTAMP, TIMESTAMP_TZ -> memory.putLong(row * Long.BYTES, value);
            case DECIMAL -> putUnscaled(memory, row, value);
            case FLOAT, DOUBLE, TEXT -> throw new IllegalStateException(carrier + " is no whole number");
        }
    }

    /// DuckDB keeps a decimal in the smallest whole number that holds its digits.
    private void putUnscaled(ByteBuffer to, int row, long value) {
        if (precision <= 4) {
            to.putShort(row * Short.BYTES, (short) value);
        } else if (precision <= 9) {
            to.putInt(row * Integer.BYTES, (int) value);
        } else {
            to.putLong(row * Long.BYTES, value);
        }
    }

    private void putSlowly(int row, long value) {
        switch (carrier) {
            case BOOLEAN -> vector.setBoolean(row, value != 0);
            case BYTE -> vector.setByte(row, (byte) value);
            case SHORT -> vector.setShort(row, (short) value);
            case INT -> vector.setInt(row, (int) value);
            case LONG -> vector.setLong(row, value);
            case UNSIGNED_BYTE -> vector.setUint8(row, (int) value);
            case UNSIGNED_SHORT -> vector.setUint16(row, (int) value);
            case UNSIGNED_INT -> vector.setUint32(row, value);
            case UNSIGNED_LONG -> {
                BigInteger number = BigInteger.valueOf(value);
                vector.setUint64(row, value < 0 ? number.add(UNSIGNED) : number);
            }
            case DATE -> vector.setDate(row, LocalDate.ofEpochDay(value));
            case TIMESTAMP -> vector.setTimestamp(row, LocalDateTime.ofInstant(instant(value), ZoneOffset.UTC));
            case TIMESTAMP_TZ -> vector.setOffsetDateTime(row, instant(value).atOffset(ZoneOffset.UTC));
            case DECIMAL, FLOAT, DOUBLE, TEXT -> throw new IllegalStateException(carrier + " is no whole number");
        }
    }

    private static Instant instant(long micros) {
        return Instant.ofEpochSecond(Math.floorDiv(micros, MICROS), Math.floorMod(micros, MICROS) * 1000);
    }

    /// @param value of the column's scale, and of no more digits than its precision
    void putDecimal(int row, BigDecimal value) {
        if (memory == null) {
            vector.setBigDecimal(row, value);
        } else {
            putUnscaled(memory, row, value.unscaledValue().longValueExact());
        }
    }

    /// Ends the block.
    ///
    /// @param rows that were written
    void end(int rows) {
        byte[][] written = texts;
        if (written == null || rows == 0) {
            return;
        }
        if (rows < written.length) {
            written = new byte[rows][];
            System.arraycopy(texts, 0, written, 0, rows);
        }
        vector.setStringUtf8Batch(0, written);
    }
}
