package io.nightshift.coordinator.ledger;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStoreException;

/// One of the two copies of the header of an H2 store, which names the newest chunk of the store. A copy is one
/// block with the text `H:2,block:7,blockSize:1000,chunk:7,…,version:7,fletcher:3044e6cc`, all numbers in
/// hexadecimal.
///
/// @param copy 0 or 1
/// @param fields by name; empty if the copy can't be read
record StoreHeader(int copy, Map<String, String> fields) {

    private static final int BLOCK = 4096;
    private static final int COPIES = 2;

    /// The bytes of both copies, with which the file begins.
    static final int LENGTH = COPIES * BLOCK;

    /// The most bytes of a chunk's header that are of interest.
    private static final int CHUNK_HEADER = 1024;

    private static final int CHUNK_FOOTER = 128;

    /// The copy that names the newest chunk which is complete.
    static StoreHeader newest(FileChannel file) throws IOException {
        StoreHeader newest = new StoreHeader(0, Map.of());
        for (int copy = 0; copy < COPIES; copy++) {
            StoreHeader header = new StoreHeader(copy, fields(read(file, (long) copy * BLOCK, BLOCK)));
            if (header.version() > newest.version() && header.namesCompleteChunk(file)) {
                newest = header;
            }
        }
        return newest;
    }

    /// The header that H2 writes, both copies at once.
    static StoreHeader parse(ByteBuffer header) {
        return new StoreHeader(0, fields(header));
    }

    private long version() {
        return number(fields, "version", -1);
    }

    private boolean namesCompleteChunk(FileChannel file) throws IOException {
        long start = number(fields, "block", 0) * BLOCK;
        Map<String, String> chunk = fields(read(file, start, CHUNK_HEADER));
        long end = start + number(chunk, "len", 0) * BLOCK;
        Map<String, String> footer = fields(read(file, Math.max(start, end - CHUNK_FOOTER), CHUNK_FOOTER));
        return number(chunk, "version", -2) == version() && number(footer, "version", -2) == version();
    }

    /// The other copy, changed to name a chunk.
    ///
    /// @param chunk what is written
    /// @param position where it is written
    /// @return this header if that is no chunk newer than the one it names
    StoreHeader withChunk(ByteBuffer chunk, long position) {
        if (fields.isEmpty() || position < LENGTH) {
            return this;
        }
        Map<String, String> written = fields(chunk);
        if (number(written, "version", -1) <= version()) {
            return this;
        }
        Map<String, String> next = new HashMap<>(fields);
        next.put("block", Long.toHexString(position / BLOCK));
        next.put("chunk", written.getOrDefault("chunk", "0"));
        next.put("version", written.getOrDefault("version", "0"));
        next.remove("clean");
        return new StoreHeader(1 - copy, next);
    }

    long position() {
        return (long) copy * BLOCK;
    }

    ByteBuffer bytes() {
        HashMap<String, String> checked = new HashMap<>(fields);
        checked.remove("fletcher");
        StringBuilder text = DataUtils.appendMap(new StringBuilder(), checked);
        byte[] bytes = text.toString().getBytes(StandardCharsets.ISO_8859_1);
        DataUtils.appendMap(text, "fletcher", DataUtils.getFletcher32(bytes, 0, bytes.length));
        return ByteBuffer.allocate(BLOCK).put(0, text.append('\n').toString().getBytes(StandardCharsets.ISO_8859_1));
    }

    private static ByteBuffer read(FileChannel file, long position, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        for (long next = position; bytes.hasRemaining(); ) {
            int count = file.read(bytes, next);
            if (count < 0) {
                break;
            }
            next += count;
        }
        return bytes.flip();
    }

    /// The fields of the text that a line feed ends.
    private static Map<String, String> fields(ByteBuffer bytes) {
        byte[] start = new byte[Math.min(bytes.remaining(), BLOCK)];
        bytes.get(start);
        String text = new String(start, StandardCharsets.ISO_8859_1);
        int end = text.indexOf('\n');
        try {
            return end < 0
                    ? Map.of()
                    : DataUtils.parseMap(text.substring(0, end).strip());
        } catch (MVStoreException e) {
            return Map.of();
        }
    }

    private static long number(Map<String, String> fields, String name, long otherwise) {
        try {
            return fields.containsKey(name) ? Long.parseLong(fields.get(name), 16) : otherwise;
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }
}
