package io.nightshift.source.text;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/// Translates UTF-16 into UTF-8 while it is read. What is not UTF-16 becomes a byte that is not UTF-8, so
/// that it makes its record malformed.
final class Utf16Input extends InputStream {

    private static final int UNITS = 32 * 1024;
    private static final byte MALFORMED = (byte) 0xff;

    private final InputStream in;
    private final CharsetDecoder decoder;
    private final CharsetEncoder encoder = StandardCharsets.UTF_8
            .newEncoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    private final ByteBuffer encoded = ByteBuffer.allocate(2 * UNITS).flip();
    private final CharBuffer characters = CharBuffer.allocate(UNITS).flip();
    private final ByteBuffer translated = ByteBuffer.allocate(4 * UNITS).flip();
    private boolean hasEnded;

    /// @param order of the bytes, unless the data begins with a byte order mark
    Utf16Input(InputStream in, Charset order) throws IOException {
        this.in = in;
        byte[] mark = in.readNBytes(2);
        Charset charset = order;
        if (mark.length == 2 && mark[0] == (byte) 0xfe && mark[1] == (byte) 0xff) {
            charset = StandardCharsets.UTF_16BE;
        } else if (mark.length == 2 && mark[0] == (byte) 0xff && mark[1] == (byte) 0xfe) {
            charset = StandardCharsets.UTF_16LE;
        } else {
            encoded.clear().put(mark).flip();
        }
        decoder = charset.newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int count) throws IOException {
        while (!translated.hasRemaining()) {
            if (hasEnded && !encoded.hasRemaining() && !characters.hasRemaining()) {
                return -1;
            }
            translate();
        }
        int read = Math.min(count, translated.remaining());
        translated.get(bytes, offset, read);
        return read;
    }

    private void translate() throws IOException {
        translated.clear();
        if (!characters.hasRemaining()) {
            encoded.compact();
            while (!hasEnded && encoded.hasRemaining()) {
                int read = in.read(encoded.array(), encoded.position(), encoded.remaining());
                if (read < 0) {
                    hasEnded = true;
                } else {
                    encoded.position(encoded.position() + read);
                }
            }
            encoded.flip();
            characters.clear();
            CoderResult result = decoder.decode(encoded, characters, hasEnded);
            characters.flip();
            boolean isCut = hasEnded && result.isUnderflow() && encoded.hasRemaining();
            if ((result.isError() || isCut) && !characters.hasRemaining()) {
                encoded.position(encoded.position() + (isCut ? encoded.remaining() : result.length()));
                translated.put(MALFORMED);
                decoder.reset();
            }
        }
        encoder.reset();
        CoderResult result = encoder.encode(characters, translated, true);
        if (result.isError()) {
            characters.position(characters.position() + result.length());
            translated.put(MALFORMED);
        }
        translated.flip();
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
