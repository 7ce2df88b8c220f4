package io.nightshift.scoring.document;

import io.nightshift.scoring.format.MalformedModelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/// The files in a ZIP archive, as the archive's central directory lists them. A name is only a key: it never
/// becomes a path.
///
/// A file is unpacked when it is read. All files that are read together may have a hundred times the bytes of the
/// archive, also if they share the same packed bytes. The checksum of each is compared.
public final class ZipArchive {

    private static final int LOCAL = 0x04034b50;
    private static final int LOCAL_BYTES = 30;
    private static final int CENTRAL = 0x02014b50;
    private static final int CENTRAL_BYTES = 46;
    private static final int END = 0x06054b50;
    private static final int END_BYTES = 22;
    private static final int MAX_COMMENT = 0xffff;
    private static final int END_64 = 0x06064b50;
    private static final int END_64_BYTES = 56;
    private static final int LOCATOR_64 = 0x07064b50;
    private static final int LOCATOR_64_BYTES = 20;
    private static final int COUNT_IN_64 = 0xffff;

    private static final int ENCRYPTED = 1;
    private static final int STORED = 0;
    private static final int DEFLATED = 8;

    private static final long MOST_TIMES = 100;
    private static final long MOST_BYTES = 1 << 30;
    private static final long ALWAYS_ALLOWED = 1 << 16;

    private final ByteBuffer file;
    private final Map<String, PackedFile> files = new LinkedHashMap<>();
    private long allowance;

    private record PackedFile(int flags, int method, int checksum, long packed, long size, long at) {}

    /// @param content all bytes of an archive; the caller must not change them
    /// @throws MalformedModelException if the central directory is broken, or the archive ends early
    public ZipArchive(byte[] content) throws MalformedModelException {
        this.file = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        this.allowance = MOST_TIMES * content.length + ALWAYS_ALLOWED;
        readDirectory(end());
    }

    /// Whether bytes begin as a ZIP archive with files does.
    ///
    /// @param content the bytes of a file
    public static boolean isZip(byte[] content) {
        return content.length >= Integer.BYTES
                && ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getInt() == LOCAL;
    }

    /// The names of all files.
    public Set<String> names() {
        return files.keySet();
    }

    /// The content of a file, or null if there is none of this name.
    ///
    /// @param name the name with its folders, as `domains/d000.txt`
    /// @throws MalformedModelException if the file cannot be unpacked, or all files become too large
    public byte @Nullable [] read(String name) throws MalformedModelException {
        PackedFile packed = files.get(name);
        return packed == null ? null : unpacked(name, packed);
    }

    private byte[] unpacked(String name, PackedFile packed) throws MalformedModelException {
        if ((packed.flags & ENCRYPTED) != 0) {
            throw new MalformedModelException("its file " + name + " is encrypted");
        }
        if (packed.size > Math.min(allowance, MOST_BYTES)) {
            throw new MalformedModelException(
                    "its files become more than " + MOST_TIMES + " times as large unpacked, or one of them too large");
        }
        allowance -= packed.size;
        long start = start(name, packed.at);
        if (start + packed.packed > file.capacity()) {
            throw broken(name);
        }
        byte[] content = new byte[(int) packed.size];
        switch (packed.method) {
            case STORED -> {
                if (packed.packed != packed.size) {
                    throw broken(name);
                }
                file.get((int) start, content);
            }
            case DEFLATED -> inflate(name, (int) start, (int) packed.packed, content);
            default ->
                throw new MalformedModelException("its file " + name + " is packed by the method " + packed.method
                        + "; supported are «stored» and «deflated»");
        }
        CRC32 checksum = new CRC32();
        checksum.update(content);
        if ((int) checksum.getValue() != packed.checksum) {
            throw new MalformedModelException("the checksum of its file " + name + " is wrong");
        }
        return content;
    }

    /// The position of a file's packed bytes.
    private long start(String name, long at) throws MalformedModelException {
        if (at > file.capacity() - LOCAL_BYTES || file.getInt((int) at) != LOCAL) {
            throw broken(name);
        }
        return at + LOCAL_BYTES + count((int) at + 26) + count((int) at + 28);
    }

    private void inflate(String name, int start, int packed, byte[] content) throws MalformedModelException {
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(file.array(), start, packed);
            int size = 0;
            while (size < content.length) {
                int more = inflater.inflate(content, size, content.length - size);
                if (more == 0) {
                    throw broken(name);
                }
                size += more;
            }
            if (!inflater.finished() && (inflater.inflate(new byte[1]) != 0 || !inflater.finished())) {
                throw broken(name);
            }
        } catch (DataFormatException malformed) {
            throw new MalformedModelException("its file " + name + " cannot be unpacked", malformed);
        } finally {
            inflater.end();
        }
    }

    /// The position of the end of the central directory, which is the last part of an archive but for a comment.
    private int end() throws MalformedModelException {
        int last = file.capacity() - END_BYTES;
        for (int at = last; at >= 0 && at >= last - MAX_COMMENT; at--) {
            if (file.getInt(at) == END && count(at + 20) == last - at) {
                return at;
            }
        }
        throw new MalformedModelException("it is a ZIP archive that ends early, after " + file.capacity() + " bytes");
    }

    private void readDirectory(int end) throws MalformedModelException {
        long total = count(end + 10);
        long at = word(end + 16);
        if (total == COUNT_IN_64) {
            int end64 = end64(end);
            total = file.getLong(end64 + 32);
            at = file.getLong(end64 + 48);
        }
        for (long i = 0; i < total; i++) {
            if (at < 0 || at > end - CENTRAL_BYTES || file.getInt((int) at) != CENTRAL) {
                throw new MalformedModelException("the list of files of the ZIP archive is broken at file " + i);
            }
            at = readEntry((int) at, end);
        }
    }

    /// The position of the end record of an archive with too many files for the older one.
    private int end64(int end) throws MalformedModelException {
        int locator = end - LOCATOR_64_BYTES;
        if (locator >= 0 && file.getInt(locator) == LOCATOR_64) {
            long at = file.getLong(locator + 8);
            if (at >= 0 && at <= locator - END_64_BYTES && file.getInt((int) at) == END_64) {
                return (int) at;
            }
        }
        throw new MalformedModelException("the list of files of the ZIP archive is broken");
    }

    /// @return the position of the next entry
    private long readEntry(int at, int end) throws MalformedModelException {
        int nameLength = count(at + 28);
        long next = (long) at + CENTRAL_BYTES + nameLength + count(at + 30) + count(at + 32);
        if (next > end) {
            throw new MalformedModelException("the list of files of the ZIP archive is broken");
        }
        String name = new String(file.array(), at + CENTRAL_BYTES, nameLength, StandardCharsets.UTF_8);
        PackedFile packed = new PackedFile(
                count(at + 8), count(at + 10), file.getInt(at + 16), word(at + 20), word(at + 24), word(at + 42));
        if (files.put(name, packed) != null) {
            throw new MalformedModelException("the ZIP archive has two files " + name);
        }
        return next;
    }

    private int count(int at) {
        return file.getShort(at) & 0xffff;
    }

    private long word(int at) {
        return file.getInt(at) & 0xffffffffL;
    }

    private static MalformedModelException broken(String name) {
        return new MalformedModelException("its file " + name + " is not complete");
    }
}
