package io.nightshift.source.text;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// The character encoding of a text file. A file in UTF-16 is translated into UTF-8 while it is read; in all other
/// encodings, ASCII characters are single bytes, so that records are found in the bytes as they are.
final class Encoding {

    private final String name;
    private final Charset charset;

    /// For an encoding of single bytes, each byte's character in UTF-8; an empty array where there is none.
    private final byte @Nullable [][] characters;

    private Encoding(String name, Charset charset, byte @Nullable [][] characters) {
        this.name = name;
        this.charset = charset;
        this.characters = characters;
    }

    /// @param name one of [io.nightshift.protocol.job.CsvInput#ENCODINGS]
    static Encoding of(String name) {
        return switch (name) {
            case "utf-8" -> new Encoding(name, StandardCharsets.UTF_8, null);
            case "utf-16", "utf-16le" -> new Encoding(name, StandardCharsets.UTF_16LE, null);
            case "utf-16be" -> new Encoding(name, StandardCharsets.UTF_16BE, null);
            case "latin1" -> ofSingleBytes(name, StandardCharsets.ISO_8859_1);
            default -> ofSingleBytes(name, Charset.forName(name));
        };
    }

    private static Encoding ofSingleBytes(String name, Charset charset) {
        byte[][] characters = new byte[256][];
        for (int i = 0; i < characters.length; i++) {
            try {
                characters[i] = charset.newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT)
                        .decode(ByteBuffer.wrap(new byte[] {(byte) i}))
                        .toString()
                        .getBytes(StandardCharsets.UTF_8);
            } catch (CharacterCodingException e) {
                characters[i] = new byte[0];
            }
        }
        return new Encoding(name, charset, characters);
    }

    String name() {
        return name;
    }

    /// Whether the bytes of a file are not read as they are.
    boolean isTranslated() {
        return name.startsWith("utf-16");
    }

    /// The bytes that records are found in.
    InputStream translate(InputStream in) throws IOException {
        return isTranslated() ? new Utf16Input(in, charset) : in;
    }

    /// A range of bytes as a text for people; what is not in the encoding is replaced.
    String text(byte[] bytes, int from, int to) {
        Charset read = isTranslated() ? StandardCharsets.UTF_8 : charset;
        return new String(bytes, from, to - from, read);
    }

    /// For each byte its character in UTF-8, empty where it has none; null if the bytes are UTF-8 already.
    byte @Nullable [][] characters() {
        return characters;
    }

    /// The faults in UTF-8 that [#check] finds.
    enum Fault {
        NONE,
        NUL,
        MALFORMED
    }

    /// Checks that bytes are valid UTF-8 (The Unicode Standard, table 3-7) without NUL.
    static Fault check(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to) {
            int b = bytes[i];
            if (b > 0) {
                i++;
                continue;
            }
            if (b == 0) {
                return Fault.NUL;
            }
            int length = length(bytes, i, to);
            if (length == 0) {
                return Fault.MALFORMED;
            }
            i += length;
        }
        return Fault.NONE;
    }

    /// The length of the character that begins with a byte beyond ASCII; 0 if it is malformed.
    private static int length(byte[] bytes, int i, int to) {
        int lead = bytes[i] & 0xff;
        int length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
        if (lead < 0xc2 || lead > 0xf4 || i + length > to) {
            return 0;
        }
        int second = bytes[i + 1] & 0xff;
        int least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        int most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        if (second < least || second > most) {
            return 0;
        }
        for (int k = 2; k < length; k++) {
            if ((bytes[i + k] & 0xc0) != 0x80) {
                return 0;
            }
        }
        return length;
    }
}
