package io.nightshift.scoring.format.catboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Writes FlatBuffers documents for the tests: every table with its vtable before it and its content behind it.
final class FlatbufferWriter {

    /// A table: its fields by number. A field is a number, a text, an array, a table, or a list of tables or texts.
    /// An array of `short` is a vector of structures of two 16-bit integers. An array of `long` is a vector of
    /// structures of two 32-bit integers, the first in the lower half.
    record Table(Map<Integer, Object> fields) {
        Table() {
            this(new TreeMap<>());
        }

        Table with(int field, Object value) {
            fields.put(field, value);
            return this;
        }
    }

    private ByteBuffer out = ByteBuffer.allocate(1 << 10).order(ByteOrder.LITTLE_ENDIAN);

    private FlatbufferWriter() {}

    static byte[] document(Table root) {
        FlatbufferWriter writer = new FlatbufferWriter();
        writer.room(Integer.BYTES);
        writer.out.putInt(0);
        int start = writer.table(root);
        writer.out.putInt(0, start);
        return Arrays.copyOf(writer.out.array(), writer.out.position());
    }

    private int table(Table table) {
        int entries = table.fields.keySet().stream()
                .mapToInt(field -> field + 1)
                .max()
                .orElse(0);
        align(Short.BYTES, 0);
        int vtable = out.position();
        skip(4 + 2 * entries);
        align(Long.BYTES, 0);
        int start = out.position();
        skip(Integer.BYTES);
        table.fields.forEach((field, value) -> {
            int size = size(value);
            align(size, 0);
            out.putShort(vtable + 4 + 2 * field, (short) (out.position() - start));
            skip(size);
        });
        out.putShort(vtable, (short) (4 + 2 * entries));
        out.putShort(vtable + 2, (short) (out.position() - start));
        out.putInt(start, start - vtable);
        table.fields.forEach((field, value) -> put(start + out.getShort(vtable + 4 + 2 * field), value));
        return start;
    }

    private static int size(Object value) {
        return switch (value) {
            case Byte number -> 1;
            case Double number -> Double.BYTES;
            default -> Integer.BYTES;
        };
    }

    private void put(int at, Object value) {
        switch (value) {
            case Byte number -> out.put(at, number);
            case Integer number -> out.putInt(at, number);
            case Float number -> out.putFloat(at, number);
            case Double number -> out.putDouble(at, number);
            default -> {
                // The buffer may grow.
                int start = content(value);
                out.putInt(at, start - at);
            }
        }
    }

    private int content(Object value) {
        if (value instanceof Table table) {
            return table(table);
        }
        if (value instanceof String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            int start = vector(bytes.length, 1);
            room(bytes.length + 1);
            out.put(bytes).put((byte) 0);
            return start;
        }
        if (value instanceof List<?> list) {
            int start = vector(list.size(), Integer.BYTES);
            int first = out.position();
            skip(Integer.BYTES * list.size());
            for (int i = 0; i < list.size(); i++) {
                put(first + Integer.BYTES * i, list.get(i));
            }
            return start;
        }
        return array(value);
    }

    private int array(Object value) {
        int start;
        switch (value) {
            case byte[] octets -> {
                start = vector(octets.length, 1);
                room(octets.length);
                out.put(octets);
            }
            case short[] pairs -> {
                start = vector(pairs.length / 2, Integer.BYTES);
                for (short number : pairs) {
                    room(Short.BYTES);
                    out.putShort(number);
                }
            }
            case long[] pairs -> {
                start = vector(pairs.length, Integer.BYTES);
                for (long pair : pairs) {
                    room(Long.BYTES);
                    out.putLong(pair);
                }
            }
            case int[] integers -> {
                start = vector(integers.length, Integer.BYTES);
                for (int number : integers) {
                    room(Integer.BYTES);
                    out.putInt(number);
                }
            }
            case float[] numbers -> {
                start = vector(numbers.length, Float.BYTES);
                for (float number : numbers) {
                    room(Float.BYTES);
                    out.putFloat(number);
                }
            }
            case double[] numbers -> {
                start = vector(numbers.length, Double.BYTES);
                for (double number : numbers) {
                    room(Double.BYTES);
                    out.putDouble(number);
                }
            }
            default -> throw new IllegalArgumentException("no value of a field: " + value);
        }
        return start;
    }

    private int vector(int length, int size) {
        align(Math.max(size, Integer.BYTES), Integer.BYTES);
        room(Integer.BYTES);
        int start = out.position();
        out.putInt(length);
        return start;
    }

    /// Moves on until the position plus an offset is a multiple of the size.
    private void align(int size, int offset) {
        skip(Math.floorMod(-(out.position() + offset), size));
    }

    private void skip(int bytes) {
        room(bytes);
        out.position(out.position() + bytes);
    }

    private void room(int bytes) {
        if (out.remaining() < bytes) {
            byte[] larger = Arrays.copyOf(out.array(), 2 * out.capacity() + bytes);
            int position = out.position();
            out = ByteBuffer.wrap(larger).order(ByteOrder.LITTLE_ENDIAN).position(position);
        }
    }
}
