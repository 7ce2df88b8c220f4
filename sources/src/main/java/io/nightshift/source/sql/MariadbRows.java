package io.nightshift.source.sql;

import io.nightshift.source.sql.SqlColumn.Carrier;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.List;
import java.util.Objects;

/// The rows of a query as MariaDB's driver streams them: in the binary form of prepared statements, some at a
/// time.
final class MariadbRows implements RowStream {

    /// The number of rows that the driver keeps. The server sends the next ones without a request.
    private static final int FETCHED = 100;

    private static final long MICROS = 1_000_000;
    private static final long SECONDS_OF_DAY = 86_400;

    private final PreparedStatement statement;
    private final ResultSet result;
    private final SqlColumn[] columns;
    private boolean isOpen = true;

    /// @param select a query of these columns, in order
    MariadbRows(Connection connection, String select, List<SqlColumn> columns) throws SQLException {
        this.columns = columns.toArray(SqlColumn[]::new);
        this.statement = connection.prepareStatement(select);
        try {
            statement.setFetchSize(FETCHED);
            this.result = statement.executeQuery();
        } catch (SQLException e) {
            statement.close();
            throw e;
        }
    }

    @Override
    public int read(ColumnVector[] vectors, int most) throws SQLException {
        int row = 0;
        long bytes = 0;
        while (row < most && isOpen && bytes < MOST_BYTES) {
            if (!result.next()) {
                isOpen = false;
                break;
            }
            for (int i = 0; i < columns.length; i++) {
                bytes += put(columns[i], i + 1, vectors[i], row);
            }
            row++;
        }
        return row;
    }

    /// @return the bytes of a text; 0 for other values
    private int put(SqlColumn column, int position, ColumnVector to, int row) throws SQLException {
        Carrier carrier = Objects.requireNonNull(column.carrier());
        int bytes = 0;
        switch (carrier) {
            case FLOAT, DOUBLE -> {
                double value = result.getDouble(position);
                if (result.wasNull()) {
                    to.putNull(row);
                } else {
                    to.putDouble(row, value);
                }
            }
            case TEXT -> {
                byte[] text = result.getBytes(position);
                if (text == null) {
                    to.putNull(row);
                } else {
                    to.putText(row, text);
                    bytes = text.length;
                }
            }
            case DECIMAL -> {
                BigDecimal value = result.getBigDecimal(position);
                if (value == null) {
                    to.putNull(row);
                } else {
                    to.putDecimal(row, value.setScale(column.scale(), RoundingMode.UNNECESSARY));
                }
            }
            case DATE, TIMESTAMP, TIMESTAMP_TZ -> {
                byte[] text = result.getBytes(position);
                if (text == null) {
                    to.putNull(row);
                } else {
                    to.putLong(row, carrier == Carrier.DATE ? days(column, text) : micros(column, text));
                }
            }
            case BOOLEAN, BYTE, SHORT, INT, LONG, UNSIGNED_BYTE, UNSIGNED_SHORT, UNSIGNED_INT, UNSIGNED_LONG -> {
                long value = result.getLong(position);
                if (result.wasNull()) {
                    to.putNull(row);
                } else {
                    to.putLong(row, value);
                }
            }
        }
        return bytes;
    }

    /// The argument is a text such as 2026-11-27. MariaDB also has invalid dates, such as 0000-00-00, which its
    /// driver returns as NULL.
    private static long days(SqlColumn column, byte[] text) throws SQLException {
        try {
            return LocalDate.of(number(text, 0, 4), number(text, 5, 7), number(text, 8, 10))
                    .toEpochDay();
        } catch (java.time.DateTimeException | ArrayIndexOutOfBoundsException e) {
            throw RowStream.unfit(
                    column,
                    new String(text, StandardCharsets.UTF_8),
                    "set it to NULL in source.mariadb.query, for example by NULLIF(%s, 0)".formatted(column.name()));
        }
    }

    /// Parses a text such as 2026-11-27 12:34:56.789.
    private static long micros(SqlColumn column, byte[] text) throws SQLException {
        long seconds = days(column, text) * SECONDS_OF_DAY
                + number(text, 11, 13) * 3600L
                + number(text, 14, 16) * 60L
                + number(text, 17, 19);
        long fraction = 0;
        if (text.length > 20) {
            fraction = number(text, 20, text.length);
            for (int digits = text.length - 20; digits < 6; digits++) {
                fraction *= 10;
            }
        }
        return seconds * MICROS + fraction;
    }

    private static int number(byte[] text, int from, int to) {
        int number = 0;
        for (int i = from; i < to; i++) {
            number = number * 10 + text[i] - '0';
        }
        return number;
    }

    @Override
    public void close() throws SQLException {
        isOpen = false;
        try (statement;
                result) {
            // The driver reads what is left.
        }
    }
}
