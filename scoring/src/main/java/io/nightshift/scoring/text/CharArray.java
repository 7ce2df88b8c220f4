package io.nightshift.scoring.text;

import java.util.Arrays;

/// Characters in UTF-16, in an array that grows. For one thread.
final class CharArray {

    /// The characters; those behind the length have no meaning. It is another array after characters were added.
    char[] chars = new char[256];

    int length;

    void clear() {
        length = 0;
    }

    void add(char character) {
        room(1);
        chars[length++] = character;
    }

    void add(String text) {
        room(text.length());
        text.getChars(0, text.length(), chars, length);
        length += text.length();
    }

    void add(char[] from, int start, int end) {
        room(end - start);
        System.arraycopy(from, start, chars, length, end - start);
        length += end - start;
    }

    void room(int count) {
        if (chars.length - length < count) {
            chars = Arrays.copyOf(chars, Math.max(2 * chars.length, length + count));
        }
    }

    /// The code point at a position.
    int codePoint(int at) {
        return Character.codePointAt(chars, at, length);
    }
}
