package io.nightshift.scoring.text;

import java.util.Arrays;

/// MurmurHash3 for 32 bits of the UTF-8 of texts, with the seed 0 (Austin Appleby, «MurmurHash3», 2011). For one
/// thread: it keeps room for the bytes.
public final class MurmurHash {

    private static final int C1 = 0xcc9e2d51;
    private static final int C2 = 0x1b873593;

    private byte[] bytes = new byte[256];

    /// The hash of a text.
    ///
    /// @param text an array with the text; half of a pair of surrogates counts as `?`
    /// @param from the position of its first character
    /// @param to the position behind its last one
    public int of(char[] text, int from, int to) {
        int length = encode(text, from, to);
        int hash = 0;
        int at = 0;
        for (; at + 4 <= length; at += 4) {
            hash ^= mixed((bytes[at] & 0xff)
                    | (bytes[at + 1] & 0xff) << 8
                    | (bytes[at + 2] & 0xff) << 16
                    | bytes[at + 3] << 24);
            hash = Integer.rotateLeft(hash, 13) * 5 + 0xe6546b64;
        }
        int rest = 0;
        for (int i = length - 1; i >= at; i--) {
            rest = rest << 8 | (bytes[i] & 0xff);
        }
        hash ^= mixed(rest);
        hash ^= length;
        hash = (hash ^ (hash >>> 16)) * 0x85ebca6b;
        hash = (hash ^ (hash >>> 13)) * 0xc2b2ae35;
        return hash ^ (hash >>> 16);
    }

    private static int mixed(int block) {
        return Integer.rotateLeft(block * C1, 15) * C2;
    }

    /// Puts the UTF-8 into the array, and returns its length.
    private int encode(char[] text, int from, int to) {
        int most = 3 * (to - from);
        if (bytes.length < most) {
            bytes = Arrays.copyOf(bytes, Math.max(most, 2 * bytes.length));
        }
        int length = 0;
        for (int i = from; i < to; i++) {
            char character = text[i];
            if (character < 0x80) {
                bytes[length++] = (byte) character;
            } else if (character < 0x800) {
                bytes[length++] = (byte) (0xc0 | character >> 6);
                bytes[length++] = (byte) (0x80 | character & 0x3f);
            } else if (Character.isHighSurrogate(character) && i + 1 < to && Character.isLowSurrogate(text[i + 1])) {
                int codePoint = Character.toCodePoint(character, text[++i]);
                bytes[length++] = (byte) (0xf0 | codePoint >> 18);
                bytes[length++] = (byte) (0x80 | codePoint >> 12 & 0x3f);
                bytes[length++] = (byte) (0x80 | codePoint >> 6 & 0x3f);
                bytes[length++] = (byte) (0x80 | codePoint & 0x3f);
            } else if (Character.isSurrogate(character)) {
                bytes[length++] = '?';
            } else {
                bytes[length++] = (byte) (0xe0 | character >> 12);
                bytes[length++] = (byte) (0x80 | character >> 6 & 0x3f);
                bytes[length++] = (byte) (0x80 | character & 0x3f);
            }
        }
        return length;
    }
}
