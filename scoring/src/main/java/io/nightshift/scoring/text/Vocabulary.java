package io.nightshift.scoring.text;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/// Texts by their positions in a list, found by parts of an array of characters. Threads may share it.
///
/// The hash depends on random numbers, so that nobody can write a file whose texts all have the same hash.
public final class Vocabulary {

    private static final long START = ThreadLocalRandom.current().nextLong();
    private static final long FACTOR = ThreadLocalRandom.current().nextLong() | 1;

    private final char[] chars;
    private final int[] ends;
    /// A hash table. A slot has a hash in its high bits and the position plus 1 in its low ones; 0 is a free slot.
    /// So for most n-grams that are not in the vocabulary, reading one slot is enough.
    private final long[] slots;

    /// @param texts the texts
    /// @throws IllegalArgumentException if a text is there twice, or they have too many characters
    public Vocabulary(List<String> texts) {
        long length = texts.stream().mapToLong(String::length).sum();
        if (length > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("a vocabulary of %,d characters is too large".formatted(length));
        }
        this.chars = new char[(int) length];
        this.ends = new int[texts.size() + 1];
        this.slots = new long[Math.max(4, Integer.highestOneBit(Math.max(1, texts.size())) * 4)];
        int at = 0;
        for (int i = 0; i < texts.size(); i++) {
            String text = texts.get(i);
            text.getChars(0, text.length(), chars, at);
            if (find(chars, at, at + text.length()) >= 0) {
                throw new IllegalArgumentException("the vocabulary has «%s» twice".formatted(text));
            }
            int hash = hash(chars, at, at + text.length());
            at += text.length();
            ends[i + 1] = at;
            int slot = hash & (slots.length - 1);
            while (slots[slot] != 0) {
                slot = (slot + 1) & (slots.length - 1);
            }
            slots[slot] = (long) hash << 32 | (i + 1);
        }
    }

    /// The number of texts.
    public int size() {
        return ends.length - 1;
    }

    /// The position of a text; -1 if it is none of the list.
    ///
    /// @param text an array with the text
    /// @param from the position of its first character
    /// @param to the position behind its last one
    public int find(char[] text, int from, int to) {
        int hash = hash(text, from, to);
        int slot = hash & (slots.length - 1);
        for (long found = slots[slot]; found != 0; found = slots[slot]) {
            int position = (int) found - 1;
            if ((int) (found >>> 32) == hash
                    && Arrays.equals(chars, ends[position], ends[position + 1], text, from, to)) {
                return position;
            }
            slot = (slot + 1) & (slots.length - 1);
        }
        return -1;
    }

    private static int hash(char[] text, int from, int to) {
        long hash = START;
        for (int i = from; i < to; i++) {
            hash = (hash ^ text[i]) * FACTOR;
            hash ^= hash >>> 32;
        }
        return (int) (hash ^ (hash >>> 29));
    }

    /// An estimate of the heap in bytes.
    public long heapBytes() {
        return 2L * chars.length + 4L * ends.length + 8L * slots.length;
    }
}
