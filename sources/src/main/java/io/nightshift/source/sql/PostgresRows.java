package io.nightshift.source.sql;

import io.nightshift.source.sql.SqlColumn.Carrier;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;

/// The rows of a query as PostgreSQL's `COPY … TO STDOUT (FORMAT binary)` sends them: one message for each
/// row, without a round trip for each block, and with numbers that need no parsing. The format is described
/// in PostgreSQL's manual under COPY, and that of each type by its `send` function.
final class PostgresRows implements RowStream {

    private static final byte[] SIGNATURE = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0};
    private static final int HEADER = SIGNATURE.length + 2 * Integer.BYTES;

    /// PostgreSQL counts from 2000.
    private static final int DAYS = 10_957;
    private static final long MICROS = DAYS * 86_400_000_000L;

    private static final int NUMERIC_NEGATIVE = 0x4000;
    private static final int NUMERIC_POSITIVE = 0;
    private static final long[] POWERS = new long[19];

    static {
        POWERS[0] = 1;
        for (int i = 1; i < POWERS.length; i++) {
            POWERS[i] = POWERS[i - 1] * 10;
        }
    }

    private final CopyOut copy;
    private final SqlColumn[] columns;
    private boolean isOpen = true;
    private boolean isFirst = true;

    /// @param select a query of these columns, in order
    PostgresRows(Connection connection, String select, List<SqlColumn> columns) throws SQLException {
        this.columns = columns.toArray(SqlColumn[]::new);
        this.copy = connection
                .unwrap(PGConnection.class)
                .getCopyAPI()
                .copyOut("COPY (" + select + ") TO STDOUT (FORMAT binary)");
    }

    @Override
    public int read(ColumnVector[] vectors, int most) throws SQLException {
        int row = 0;
        long bytes = 0;
        while (row < most && bytes < MOST_BYTES) {
            byte[] message = isOpen ? copy.readFromCopy() : null;
            if (message == null) {
                isOpen = false;
                break;
            }
            ByteBuffer in = ByteBuffer.wrap(message);
            if (isFirst) {
                readHeader(message, in);
                isFirst = false;
            }
            bytes += message.length;
            if (in.hasRemaining() && readRow(in, vectors, row)) {
                row++;
            }
        }
        return row;
    }

    private static void readHeader(byte[] message, ByteBuffer in) throws SQLException {
        if (in.remaining() < HEADER || !Arrays.equals(message, 0, SIGNATURE.length, SIGNATURE, 0, SIGNATURE.length)) {
            throw new SQLException("the server does not send PostgreSQL's binary format", "08P01");
        }
        in.position(SIGNATURE.length + Integer.BYTES);
        in.position(in.getInt() + HEADER);
    }

    /// @return false for the trailer
    private boolean readRow(ByteBuffer in, ColumnVector[] vectors, int row) throws SQLException {
        int fields = in.getShort();
        if (fields < 0) {
            return false;
        }
        if (fields != columns.length) {
            throw new SQLException("%d columns came in place of %d".formatted(fields, columns.length), "08P01");
        }
        for (int i = 0; i < fields; i++) {
            int length = in.getInt();
            if (length < 0) {
                vectors[i].putNull(row);
            } else {
                put(columns[i], in, length, vectors[i], row);
            }
        }
        return true;
    }

    private static void put(SqlColumn column, ByteBuffer in, int length, ColumnVector to, int row) throws SQLException {
        Carrier carrier = Objects.requireNonNull(column.carrier());
        switch (carrier) {
            case BOOLEAN, BYTE -> to.putLong(row, in.get());
            case SHORT -> to.putLong(row, in.getShort());
            case INT -> to.putLong(row, in.getInt());
            case LONG -> to.putLong(row, in.getLong());
            case FLOAT -> to.putDouble(row, in.getFloat());
            case DOUBLE -> to.putDouble(row, in.getDouble());
            case DATE -> to.putLong(row, days(in.getInt()));
            case TIMESTAMP, TIMESTAMP_TZ -> to.putLong(row, micros(in.getLong()));
            case TEXT -> {
                byte[] text = new byte[length];
                in.get(text);
                to.putText(row, text);
            }
            case DECIMAL -> decimal(column, in, to, row);
            case UNSIGNED_BYTE, UNSIGNED_SHORT, UNSIGNED_INT, UNSIGNED_LONG ->
                throw new IllegalStateException("PostgreSQL has no " + carrier);
        }
    }

    /// DuckDB has infinite dates, too.
    private static int days(int days) {
        return switch (days) {
            case Integer.MAX_VALUE -> Integer.MAX_VALUE;
            case Integer.MIN_VALUE -> -Integer.MAX_VALUE;
            default -> days + DAYS;
        };
    }

    private static long micros(long micros) {
        if (micros == Long.MAX_VALUE) {
            return Long.MAX_VALUE;
        }
        return micros == Long.MIN_VALUE ? -Long.MAX_VALUE : micros + MICROS;
    }

    /// Digits of base 10,000, of which the first stands for 10,000 to the power of the weight.
    private static void decimal(SqlColumn column, ByteBuffer in, ColumnVector to, int row) throws SQLException {
        int digits = in.getShort();
        int weight = in.getShort();
        int sign = in.getShort() & 0xffff;
        in.getShort();
        if (sign != NUMERIC_POSITIVE && sign != NUMERIC_NEGATIVE) {
            in.position(in.position() + digits * Short.BYTES);
            throw RowStream.unfit(
                    column,
                    sign == 0xc000 ? "NaN" : "an infinite number",
                    "convert the column in source.postgres.query, for example to double precision");
        }
        if (column.precision() <= 18) {
            long value = unscaled(in, digits, weight, column.scale());
            to.putLong(row, sign == NUMERIC_NEGATIVE ? -value : value);
            return;
        }
        BigInteger value = BigInteger.ZERO;
        for (int i = 0; i < digits; i++) {
            value = value.multiply(BigInteger.valueOf(10_000)).add(BigInteger.valueOf(in.getShort()));
        }
        BigDecimal scaled = new BigDecimal(sign == NUMERIC_NEGATIVE ? value.negate() : value)
                .scaleByPowerOfTen(4 * (weight - digits + 1))
                .setScale(column.scale(), RoundingMode.UNNECESSARY);
        to.putDecimal(row, scaled);
    }

    /// The value fits 18 digits, since the type of the column says so.
    private static long unscaled(ByteBuffer in, int digits, int weight, int scale) {
        long value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = in.getShort();
            int power = 4 * (weight - i) + scale;
            value += power >= 0 ? digit * POWERS[power] : digit / POWERS[-power];
        }
        return value;
    }

    @Override
    public void close() throws SQLException {
        while (isOpen) {
            isOpen = copy.readFromCopy() != null;
        }
    }
}
