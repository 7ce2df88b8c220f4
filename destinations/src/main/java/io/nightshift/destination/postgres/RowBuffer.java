package io.nightshift.destination.postgres;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.UUID;

/// Bytes in the binary format of COPY, which are those of each type's own `send` function. Grows as needed.
/// For one thread.
final class RowBuffer {

    /// Days and microseconds from 1970 to 2000, where PostgreSQL begins to count.
    private static final long EPOCH_DAYS = 10_957;

    private static final long EPOCH_MICROS = EPOCH_DAYS * 86_400_000_000L;

    private static final BigInteger BASE = BigInteger.valueOf(10_000);
    private static final int BASE_DIGITS = 4;
    private static final int NEGATIVE = 0x4000;

    private byte[] bytes = new byte[1 << 17];
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

    void putShort(int value) {
        reserve(Short.BYTES);
        bytes[length++] = (byte) (value >> 8);
        bytes[length++] = (byte) value;
    }

    void putInt(int value) {
        reserve(Integer.BYTES);
        bytes[length++] = (byte) (value >> 24);
        bytes[length++] = (byte) (value >> 16);
        bytes[length++] = (byte) (value >> 8);
        bytes[length++] = (byte) value;
    }

    void putLong(long value) {
        putInt((int) (value >> 32));
        putInt((int) value);
    }

    void put(byte[] value) {
        put(value, value.length);
    }

    void put(byte[] value, int count) {
        reserve(count);
        System.arraycopy(value, 0, bytes, length, count);
        length += count;
    }

    void putNull() {
        putInt(-1);
    }

    /// A field that was handed over as a whole number.
    void putField(CopyType type, long value) {
        switch (type) {
            case BOOLEAN -> {
                putInt(1);
                put(new byte[] {(byte) value});
            }
            case INT2 -> {
                putInt(Short.BYTES);
                putShort((int) value);
            }
            case INT4 -> {
                putInt(Integer.BYTES);
                putInt((int) value);
            }
            case DATE -> {
                putInt(Integer.BYTES);
                putInt(
                        value == Long.MAX_VALUE
                                ? Integer.MAX_VALUE
                                : value == -Long.MAX_VALUE ? Integer.MIN_VALUE : (int) (value - EPOCH_DAYS));
            }
            case TIMESTAMP -> {
                putInt(Long.BYTES);
                putLong(
                        value == Long.MAX_VALUE
                                ? value
                                : value == -Long.MAX_VALUE ? Long.MIN_VALUE : value - EPOCH_MICROS);
            }
            default -> {
                putInt(Long.BYTES);
                putLong(value);
            }
        }
    }

    /// A field that was handed over as a fraction.
    void putField(CopyType type, double value) {
        if (type == CopyType.FLOAT4) {
            putInt(Float.BYTES);
            putInt(Float.floatToIntBits((float) value));
        } else {
            putInt(Double.BYTES);
            putLong(Double.doubleToLongBits(value));
        }
    }

    /// A field that was handed over as a text.
    ///
    /// @param utf8 the text
    void putField(CopyType type, byte[] utf8) {
        switch (type) {
            case NUMERIC -> putNumeric(new BigDecimal(new String(utf8, StandardCharsets.US_ASCII)));
            case UUID -> {
                UUID uuid = UUID.fromString(new String(utf8, StandardCharsets.US_ASCII));
                putInt(2 * Long.BYTES);
                putLong(uuid.getMostSignificantBits());
                putLong(uuid.getLeastSignificantBits());
            }
            case BYTES -> {
                byte[] value = HexFormat.of().parseHex(new String(utf8, StandardCharsets.US_ASCII));
                putInt(value.length);
                put(value);
            }
            case JSONB -> {
                putInt(utf8.length + 1);
                put(new byte[] {1});
                put(utf8);
            }
            default -> {
                putInt(utf8.length);
                put(utf8);
            }
        }
    }

    /// Digits to the base of 10,000, without zeros at either end; the weight is the first one's
    /// exponent.
    private void putNumeric(BigDecimal value) {
        int scale = Math.max(0, value.scale());
        int aligned = (scale + BASE_DIGITS - 1) / BASE_DIGITS * BASE_DIGITS;
        BigInteger rest = value.abs().setScale(aligned).unscaledValue();
        int[] digits = new int[rest.bitLength() / 13 + 1];
        int count = 0;
        while (rest.signum() != 0) {
            BigInteger[] parts = rest.divideAndRemainder(BASE);
            digits[count++] = parts[1].intValue();
            rest = parts[0];
        }
        int lowest = 0;
        while (lowest < count && digits[lowest] == 0) {
            lowest++;
        }
        putInt((4 + count - lowest) * Short.BYTES);
        putShort(count - lowest);
        putShort(count == 0 ? 0 : count - 1 - aligned / BASE_DIGITS);
        putShort(value.signum() < 0 ? NEGATIVE : 0);
        putShort(scale);
        for (int i = count - 1; i >= lowest; i--) {
            putShort(digits[i]);
        }
    }
}
