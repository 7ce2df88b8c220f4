package io.nightshift.mariadb;

import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.Arrays;

/// Bytes that grow as needed: the lines of LOAD DATA, or a row as it is digested. For one thread.
final class LoadBuffer {

    static final byte FIELD = '\t';
    static final byte LINE = '\n';
    static final byte ESCAPE = '\\';

    private static final long MICROS_OF_DAY = 86_400_000_000L;
    private static final long MICROS = 1_000_000;

    private byte[] bytes = new byte[1 << 12];
    private int length;

    byte[] bytes() {
        return bytes;
    }

    int length() {
        return length;
    }

    void clear() {
        length = 0;
    }

    private void reserve(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
        }
    }

    void put(int value) {
        reserve(1);
        bytes[length++] = (byte) value;
    }

    void put(byte[] value) {
        put(value, 0, value.length);
    }

    void put(byte[] value, int from, int count) {
        reserve(count);
        System.arraycopy(value, from, bytes, length, count);
        length += count;
    }

    /// Puts a text's length, or -1 for NULL, before the text.
    void putInt(int value) {
        reserve(Integer.BYTES);
        for (int shift = 24; shift >= 0; shift -= Byte.SIZE) {
            bytes[length++] = (byte) (value >> shift);
        }
    }

    /// Puts a field of a digested row.
    void putField(byte[] text) {
        putInt(text.length);
        put(text);
    }

    /// Puts a field of a digested row that is a fraction. Zero and minus zero differ.
    void putField(double fraction) {
        long bits = Double.doubleToLongBits(fraction);
        putInt(Long.BYTES);
        putInt((int) (bits >> Integer.SIZE));
        putInt((int) bits);
    }

    void putNull() {
        putInt(-1);
    }

    /// Puts a field of a line. The escaped characters are those that end fields and lines, the escape itself,
    /// and NUL.
    void putEscaped(byte[] text) {
        reserve(2 * text.length);
        for (byte value : text) {
            switch (value) {
                case FIELD -> {
                    bytes[length++] = ESCAPE;
                    bytes[length++] = 't';
                }
                case LINE -> {
                    bytes[length++] = ESCAPE;
                    bytes[length++] = 'n';
                }
                case 0 -> {
                    bytes[length++] = ESCAPE;
                    bytes[length++] = '0';
                }
                case ESCAPE -> {
                    bytes[length++] = ESCAPE;
                    bytes[length++] = ESCAPE;
                }
                default -> bytes[length++] = value;
            }
        }
    }

    void putAscii(String text) {
        reserve(text.length());
        for (int i = 0; i < text.length(); i++) {
            bytes[length++] = (byte) text.charAt(i);
        }
    }

    /// Puts a whole number in decimal.
    void putNumber(long value) {
        if (value == Long.MIN_VALUE) {
            putAscii(Long.toString(value));
            return;
        }
        reserve(20);
        long rest = Math.abs(value);
        if (value < 0) {
            bytes[length++] = '-';
        }
        int digits = 1;
        for (long power = 10; digits < 19 && rest >= power; power *= 10) {
            digits++;
        }
        putDigits(rest, digits);
    }

    private void putDigits(long value, int digits) {
        reserve(digits);
        long rest = value;
        for (int i = length + digits - 1; i >= length; i--) {
            bytes[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        length += digits;
    }

    /// Puts a date as `2026-11-27`.
    ///
    /// @param days since 1970
    void putDate(long days) {
        LocalDate date = LocalDate.ofEpochDay(days);
        putDigits(date.getYear(), 4);
        put('-');
        putDigits(date.getMonthValue(), 2);
        put('-');
        putDigits(date.getDayOfMonth(), 2);
    }

    /// Puts a time as `12:34:56.789000`.
    ///
    /// @param micros since midnight
    void putTime(long micros) {
        long seconds = micros / MICROS;
        putDigits(seconds / 3600, 2);
        put(':');
        putDigits(seconds / 60 % 60, 2);
        put(':');
        putDigits(seconds % 60, 2);
        put('.');
        putDigits(micros % MICROS, 6);
    }

    /// Puts a timestamp as `2026-11-27 12:34:56.789000`.
    ///
    /// @param micros since 1970
    void putTimestamp(long micros) {
        putDate(Math.floorDiv(micros, MICROS_OF_DAY));
        put(' ');
        putTime(Math.floorMod(micros, MICROS_OF_DAY));
    }

    @Override
    public String toString() {
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }
}
