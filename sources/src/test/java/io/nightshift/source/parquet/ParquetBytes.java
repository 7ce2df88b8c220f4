package io.nightshift.source.parquet;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoField;
import java.time.temporal.JulianFields;
import java.util.List;

/// Writes small Parquet files with what DuckDB's writer does not: timestamps of 96 bits, as older versions of
/// Spark and Hive write them, and a footer that is readable though columns are encrypted.
final class ParquetBytes {

    private static final int INT32 = 5;
    private static final int INT64 = 6;
    private static final int BINARY = 8;
    private static final int LIST = 9;
    private static final int STRUCT = 12;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private int lastField;

    private ParquetBytes() {}

    /// Writes one column of timestamps.
    static Path timestamps(Path file, String column, List<Instant> values, boolean isEncrypted) {
        ByteBuffer data = ByteBuffer.allocate(12 * values.size()).order(ByteOrder.LITTLE_ENDIAN);
        for (Instant value : values) {
            data.putLong(value.atOffset(ZoneOffset.UTC).getLong(ChronoField.NANO_OF_DAY));
            data.putInt((int) value.atOffset(ZoneOffset.UTC).getLong(JulianFields.JULIAN_DAY));
        }
        byte[] page = page(values.size(), data.array());
        byte[] footer = footer(column, values.size(), page.length, isEncrypted);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] magic = "PAR1".getBytes(StandardCharsets.US_ASCII);
        all.writeBytes(magic);
        all.writeBytes(page);
        all.writeBytes(footer);
        all.writeBytes(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(footer.length)
                .array());
        all.writeBytes(magic);
        try {
            Files.createDirectories(file.getParent());
            return Files.write(file, all.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A page of plain values, none of them NULL.
    private static byte[] page(int values, byte[] data) {
        ParquetBytes header = new ParquetBytes();
        header.integer(1, 0).integer(2, data.length).integer(3, data.length);
        header.struct(
                5,
                new ParquetBytes()
                        .integer(1, values)
                        .integer(2, 0)
                        .integer(3, 3)
                        .integer(4, 3));
        header.out.write(0);
        header.out.writeBytes(data);
        return header.out.toByteArray();
    }

    private static byte[] footer(String column, int rows, int bytes, boolean isEncrypted) {
        ParquetBytes root = new ParquetBytes().text(4, "schema").integer(5, 1);
        ParquetBytes leaf = new ParquetBytes().integer(1, 3).integer(3, 0).text(4, column);
        ParquetBytes path = new ParquetBytes();
        path.bytes(column);
        ParquetBytes chunk = new ParquetBytes().integer(1, 3);
        chunk.header(2, LIST);
        chunk.out.write((1 << 4) | INT32);
        chunk.varint(0);
        chunk.header(3, LIST);
        chunk.out.write((1 << 4) | BINARY);
        chunk.out.writeBytes(path.out.toByteArray());
        chunk.integer(4, 0).wide(5, rows).wide(6, bytes).wide(7, bytes).wide(9, 4);
        ParquetBytes group = new ParquetBytes()
                .structs(1, new ParquetBytes().wide(2, 4).struct(3, chunk))
                .wide(2, bytes)
                .wide(3, rows);
        ParquetBytes footer = new ParquetBytes()
                .integer(1, 1)
                .structs(2, root, leaf)
                .wide(3, rows)
                .structs(4, group);
        if (isEncrypted) {
            footer.struct(8, new ParquetBytes().struct(1, new ParquetBytes()));
        }
        footer.out.write(0);
        return footer.out.toByteArray();
    }

    private void header(int field, int type) {
        out.write(((field - lastField) << 4) | type);
        lastField = field;
    }

    private void varint(long value) {
        long rest = value;
        while (rest >= 0x80) {
            out.write((int) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }

    private ParquetBytes integer(int field, int value) {
        header(field, INT32);
        varint(2L * value);
        return this;
    }

    private ParquetBytes wide(int field, long value) {
        header(field, INT64);
        varint(2 * value);
        return this;
    }

    private void bytes(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        varint(utf8.length);
        out.writeBytes(utf8);
    }

    private ParquetBytes text(int field, String text) {
        header(field, BINARY);
        bytes(text);
        return this;
    }

    private ParquetBytes struct(int field, ParquetBytes value) {
        header(field, STRUCT);
        out.writeBytes(value.out.toByteArray());
        out.write(0);
        return this;
    }

    private ParquetBytes structs(int field, ParquetBytes... values) {
        header(field, LIST);
        out.write((values.length << 4) | STRUCT);
        for (ParquetBytes value : values) {
            out.writeBytes(value.out.toByteArray());
            out.write(0);
        }
        return this;
    }
}
