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
    private final int[] hashes;
    /// Positions plus 1, by hashes; 0 is free.
    private final int[] slots;

    /// @param texts the texts
    /// @throws IllegalArgumentException if a text is there twice, or they have too many characters
    public Vocabulary(List<String> texts) {
        long length = texts.stream().mapToLong(String::length).sum();
        if (length > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("a vocabulary of %,d characters is too large".formatted(length));
        }
        this.chars = new char[(int) length];
        this.ends = new int[texts.size() + 1];
        this.hashes = new int[texts.size()];
        this.slots = new int[Math.max(4, Integer.highestOneBit(Math.max(1, texts.size())) * 4)];
        int at = 0;
        for (int i = 0; i < hashes.length; i++) {
            String text = texts.get(i);
            text.getChars(0, text.length(), chars, at);
            if (find(chars, at, at + text.length()) >= 0) {
                throw new IllegalArgumentException("the vocabulary has «%s» twice".formatted(text));
            }
            hashes[i] = hash(chars, at, at + text.length());
            at += text.length();
            ends[i + 1] = at;
            int slot = hashes[i] & (slots.length - 1);
            while (slots[slot] != 0) {
                slot = (slot + 1) & (slots.length - 1);
            }
            slots[slot] = i + 1;
        }
    }

    /// The number of texts.
    public int size() {
        return hashes.length;
    }

    /// The position of a text; -1 if it is none of the list.
    ///
    /// @param text an array with the text
    /// @param from the position of its first character
    /// @param to the position behind its last one
    public int find(char[] text, int from, int to) {
        int hash = hash(text, from, to);
        int slot = hash & (slots.length - 1);
        while (slots[slot] != 0) {
            int position = slots[slot] - 1;
            if (hashes[position] == hash && Arrays.equals(chars, ends[position], ends[position + 1], text, from, to)) {
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
        return 2L * chars.length + 4L * (ends.length + hashes.length + slots.length);
    }
}
