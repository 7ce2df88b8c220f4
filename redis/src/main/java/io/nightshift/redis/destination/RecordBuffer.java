package io.nightshift.redis.destination;

import java.util.Arrays;

/// Bytes that grow: MessagePack for the scripts, and fields for the digest of a record. For one thread.
final class RecordBuffer {

    private static final int FIRST = 1 << 10;
    private static final int SHORT_TEXT = 32;
    private static final int FIXED_TEXT = 0xa0;
    private static final int TEXT_16 = 0xda;
    private static final int TEXT_32 = 0xdb;
    private static final int ARRAY_16 = 0xdc;
    private static final int MOST_16 = 1 << 16;

    private byte[] bytes = new byte[FIRST];
    private int length;

    byte[] bytes() {
        return bytes;
    }

    int length() {
        return length;
    }

    byte[] copy() {
        return Arrays.copyOf(bytes, length);
    }

    void clear() {
        length = 0;
    }

    private void room(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, Math.addExact(length, more)));
        }
    }

    void put(int value) {
        room(1);
        bytes[length++] = (byte) value;
    }

    void put(byte[] value) {
        room(value.length);
        System.arraycopy(value, 0, bytes, length, value.length);
        length += value.length;
    }

    private void putShort(int value) {
        put(value >>> 8);
        put(value);
    }

    private void putInt(int value) {
        putShort(value >>> 16);
        putShort(value);
    }

    // MessagePack.

    /// @param elements at most 65,535
    void putArray(int elements) {
        put(ARRAY_16);
        putShort(elements);
    }

    /// Changes the number of elements of an array.
    ///
    /// @param at where the array begins
    void setArray(int at, int elements) {
        bytes[at + 1] = (byte) (elements >>> 8);
        bytes[at + 2] = (byte) elements;
    }

    void putText(byte[] text) {
        if (text.length < SHORT_TEXT) {
            put(FIXED_TEXT | text.length);
        } else if (text.length < MOST_16) {
            put(TEXT_16);
            putShort(text.length);
        } else {
            put(TEXT_32);
            putInt(text.length);
        }
        put(text);
    }

    // The fields of a digest.

    void putField(byte[] text) {
        putInt(text.length);
        put(text);
    }

    /// A field without a value: no text has this length.
    void putNoField() {
        putInt(-1);
    }
}
