package io.nightshift.source.text;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/// Decompresses a gzip file (RFC 1952) of one or more members. The JDK's `GZIPInputStream` takes whatever follows a
/// member and is no header for the end of the data, so that a file with a broken second member loses rows silently;
/// this one refuses it. Zeros after the last member are padding.
final class GzipInput extends InputStream {

    private static final int BUFFER = 64 * 1024;
    private static final int HEADER_CHECKSUM = 2;
    private static final int EXTRA = 4;
    private static final int NAME = 8;
    private static final int COMMENT = 16;
    private static final int TRAILER = 8;

    private final PushbackInputStream in;
    private final Inflater inflater = new Inflater(true);
    private final CRC32 checksum = new CRC32();
    private final byte[] compressed = new byte[BUFFER];
    private int filled;
    private boolean isOpen;
    private boolean hasEnded;
    private long length;

    GzipInput(InputStream in) throws IOException {
        this.in = new PushbackInputStream(in, BUFFER);
        if (!header()) {
            throw new EOFException("the gzip file is empty");
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int count) throws IOException {
        if (count == 0) {
            return 0;
        }
        while (!hasEnded) {
            if (!isOpen && !header()) {
                hasEnded = true;
                break;
            }
            int read = inflate(bytes, offset, count);
            if (read > 0) {
                checksum.update(bytes, offset, read);
                length += read;
                return read;
            }
        }
        return -1;
    }

    /// @return 0 at the end of a member
    private int inflate(byte[] bytes, int offset, int count) throws IOException {
        try {
            while (true) {
                int read = inflater.inflate(bytes, offset, count);
                if (read > 0) {
                    return read;
                }
                if (inflater.finished()) {
                    trailer();
                    return 0;
                }
                if (inflater.needsDictionary()) {
                    throw new IOException("the gzip data needs a dictionary");
                }
                filled = in.read(compressed);
                if (filled < 0) {
                    throw new EOFException("the gzip data ends too early");
                }
                inflater.setInput(compressed, 0, filled);
            }
        } catch (DataFormatException e) {
            throw new IOException("the gzip data is broken: " + e.getMessage(), e);
        }
    }

    private void trailer() throws IOException {
        int left = inflater.getRemaining();
        if (left > 0) {
            in.unread(compressed, filled - left, left);
        }
        byte[] trailer = in.readNBytes(TRAILER);
        if (trailer.length < TRAILER) {
            throw new EOFException("the gzip data ends too early");
        }
        if (number(trailer, 0) != checksum.getValue() || number(trailer, 4) != (length & 0xffffffffL)) {
            throw new IOException("the gzip data is broken: its checksum is wrong");
        }
        isOpen = false;
    }

    private static long number(byte[] bytes, int from) {
        return (bytes[from] & 0xffL)
                | ((bytes[from + 1] & 0xffL) << 8)
                | ((bytes[from + 2] & 0xffL) << 16)
                | ((bytes[from + 3] & 0xffL) << 24);
    }

    /// Reads the header of the next member.
    ///
    /// @return false if there is none
    private boolean header() throws IOException {
        int first = in.read();
        while (first == 0) {
            first = in.read();
        }
        if (first < 0) {
            return false;
        }
        if (first != 0x1f || next() != 0x8b) {
            throw new IOException("the gzip data is followed by something else");
        }
        if (next() != 8) {
            throw new IOException("the gzip data has an unknown method of compression");
        }
        int flags = next();
        in.skipNBytes(6);
        if ((flags & EXTRA) != 0) {
            int low = next();
            in.skipNBytes(low | (next() << 8));
        }
        if ((flags & NAME) != 0) {
            skipText();
        }
        if ((flags & COMMENT) != 0) {
            skipText();
        }
        if ((flags & HEADER_CHECKSUM) != 0) {
            in.skipNBytes(2);
        }
        inflater.reset();
        checksum.reset();
        length = 0;
        isOpen = true;
        return true;
    }

    private void skipText() throws IOException {
        while (next() != 0) {
            // The name or the comment says nothing about the data.
        }
    }

    private int next() throws IOException {
        int next = in.read();
        if (next < 0) {
            throw new EOFException("the gzip data ends too early");
        }
        return next;
    }

    @Override
    public void close() throws IOException {
        inflater.end();
        in.close();
    }
}
