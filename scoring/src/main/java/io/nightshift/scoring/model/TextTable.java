package io.nightshift.scoring.model;

import java.util.Arrays;

/// The texts of a block of rows, by their numbers. A column of texts has for each row the number of its text.
///
/// The caller of a scorer fills the table before it scores a block. The numbers are valid until the table is
/// cleared. Only one thread at a time may use a table, together with the scorers that were made for it.
public final class TextTable {

    private String[] texts = new String[16];
    private int size;

    /// Removes all texts, so that their numbers are given to others.
    public void clear() {
        Arrays.fill(texts, 0, size, null);
        size = 0;
    }

    /// Adds a text.
    ///
    /// @param text the text
    /// @return the number of the text, as a column has it
    public double add(String text) {
        if (size == texts.length) {
            texts = Arrays.copyOf(texts, 2 * size);
        }
        texts[size] = text;
        return size++;
    }

    /// The length of the text of a number, in characters of UTF-16; 0 if there is no text with this number.
    ///
    /// @param number a value of a column
    public int length(double number) {
        int at = (int) number;
        return at == number && at >= 0 && at < size ? texts[at].length() : 0;
    }

    /// The text of a number.
    ///
    /// @param number a value of a column
    /// @throws IllegalStateException if there is no text with this number, as for NaN, a missing text
    public String get(double number) {
        int at = (int) number;
        if (at != number || at < 0 || at >= size) {
            throw new IllegalStateException(
                    Double.isNaN(number) ? "the text is missing" : "there is no text with the number " + number);
        }
        return texts[at];
    }
}
