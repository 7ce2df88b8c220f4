package io.nightshift.scoring.model;

import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The texts of a block of rows, by their numbers. A column of texts has for each row the number of its text.
///
/// The caller of a scorer fills the table before it scores a block. The numbers are valid until the table is
/// cleared. Only one thread at a time may use a table, together with the scorers that were made for it.
///
/// A block of long texts can be larger than the memory. So a caller can add a text without reading it: the table
/// then keeps the first [#MOST_KEPT] bytes of texts, and reads the others each time that a step wants them.
public final class TextTable {

    /// The longest text that a model reads, in characters of UTF-16.
    public static final int MOST_CHARACTERS = 1 << 20;

    /// The size in UTF-8 of the texts that a table keeps of those that it can read again.
    static final int MOST_KEPT = 1 << 20;

    /// A character of UTF-16 has at most so many bytes in UTF-8.
    private static final int CHARACTER_BYTES = 3;

    private @Nullable String[] texts = new String[16];
    private @Nullable Supplier<String>[] readers = readers(16);
    private int[] lengths = new int[16];
    private int size;
    private long kept;

    @SuppressWarnings({"unchecked", "rawtypes"}) // Java has no arrays of generic types.
    private static @Nullable Supplier<String>[] readers(int count) {
        return new Supplier[count];
    }

    /// Removes all texts, so that their numbers are given to others.
    public void clear() {
        Arrays.fill(texts, 0, size, null);
        Arrays.fill(readers, 0, size, null);
        size = 0;
        kept = 0;
    }

    /// Adds a text, which the table keeps.
    ///
    /// @param text the text
    /// @return the number of the text, as a column has it
    public double add(String text) {
        return add(text.length(), text, null);
    }

    /// Adds a text, which the table reads now, or each time that it is wanted until the table is cleared.
    ///
    /// @param bytes the size of the text in UTF-8
    /// @param reader reads the text
    /// @return the number of the text, as a column has it
    public double add(int bytes, Supplier<String> reader) {
        if (kept + bytes > MOST_KEPT) {
            return add(bytes, null, reader);
        }
        kept += bytes;
        return add(reader.get());
    }

    private double add(int length, @Nullable String text, @Nullable Supplier<String> reader) {
        if (size == texts.length) {
            texts = Arrays.copyOf(texts, 2 * size);
            readers = Arrays.copyOf(readers, 2 * size);
            lengths = Arrays.copyOf(lengths, 2 * size);
        }
        texts[size] = text;
        readers[size] = reader;
        lengths[size] = length;
        return size++;
    }

    /// The length of the text of a number, in characters of UTF-16; 0 if there is no text with this number.
    /// The length of a text that the table has not read is its size in bytes, which is as large or larger.
    ///
    /// @param number a value of a column
    public int length(double number) {
        int at = (int) number;
        return at == number && at >= 0 && at < size ? lengths[at] : 0;
    }

    /// The text of a number.
    ///
    /// @param number a value of a column
    /// @throws IllegalStateException if there is no text with this number, as for NaN, a missing text; or if the
    ///     text has not been read and is certainly longer than [#MOST_CHARACTERS]
    public String get(double number) {
        int at = (int) number;
        if (at != number || at < 0 || at >= size) {
            throw new IllegalStateException(
                    Double.isNaN(number) ? "the text is missing" : "there is no text with the number " + number);
        }
        String text = texts[at];
        if (text != null) {
            return text;
        }
        if (lengths[at] / CHARACTER_BYTES > MOST_CHARACTERS) {
            throw new IllegalStateException(
                    "the text has %,d bytes; supported are %,d characters".formatted(lengths[at], MOST_CHARACTERS));
        }
        Supplier<String> reader = readers[at];
        if (reader == null) {
            throw new IllegalStateException("the text was neither kept nor can it be read");
        }
        return reader.get();
    }
}
