package io.nightshift.scoring.text;

import java.text.Normalizer;
import java.util.Arrays;

/// Replaces characters before a text is split: capital letters by small ones, and letters with accents by letters
/// without. The results are those of Python's `str.lower`, and then of scikit-learn's `strip_accents_unicode` or
/// `strip_accents_ascii`.
///
/// Characters that the Python of the export did not know stay as they are. So the version of Unicode is Python's.
public final class CharacterFolding {

    /// How letters lose their accents.
    public enum Accents {
        /// They keep them.
        KEEP,
        /// Characters are decomposed (NFKD), and those that are not ASCII are removed.
        ASCII,
        /// Characters are decomposed (NFKD), and combining characters are removed.
        UNICODE
    }

    /// Stands in the table for characters that nobody has asked for, or that become none or several.
    private static final char OTHERWISE = '\uffff';

    private static final int PLANE = 1 << 16;
    private static final int CAPITAL_SIGMA = 0x3a3;
    private static final int SMALL_SIGMA = 0x3c3;
    private static final int FINAL_SIGMA = 0x3c2;

    /// Characters by their properties in the version of Unicode of the Python of the export.
    ///
    /// @param unassigned those that stay as they are
    /// @param cased those after which a capital sigma is at the end of a word
    /// @param ignored those that may be between such a character and the sigma
    /// @param combining those that are removed with [Accents#UNICODE]
    public record Characters(
            CodePointSet unassigned, CodePointSet cased, CodePointSet ignored, CodePointSet combining) {}

    private final boolean lowercase;
    private final Accents accents;
    private final Characters characters;
    /// The results for characters of the first plane. The table is filled as texts are read: threads that fill a
    /// place at the same time put the same character there.
    private final char[] table = new char[PLANE];

    /// @param lowercase whether capital letters become small ones
    /// @param accents how letters lose their accents
    /// @param characters the properties of characters
    public CharacterFolding(boolean lowercase, Accents accents, Characters characters) {
        this.lowercase = lowercase;
        this.accents = accents;
        this.characters = characters;
        Arrays.fill(table, OTHERWISE);
    }

    /// The characters that stand for a character, without regard to its neighbours.
    private String folded(int character) {
        StringBuilder folded = new StringBuilder();
        lower(character).codePoints().forEach(each -> withoutAccents(each, folded));
        return folded.toString();
    }

    private String lower(int character) {
        if (!lowercase || characters.unassigned().has(character)) {
            return Character.toString(character);
        }
        // The only character with another small letter of several characters.
        return character == 0x130 ? "i\u0307" : Character.toString(Character.toLowerCase(character));
    }

    private void withoutAccents(int character, StringBuilder folded) {
        if (accents == Accents.KEEP || character < 128) {
            folded.appendCodePoint(character);
            return;
        }
        String parts = characters.unassigned().has(character)
                ? Character.toString(character)
                : Normalizer.normalize(Character.toString(character), Normalizer.Form.NFKD);
        parts.codePoints()
                .filter(part -> accents == Accents.ASCII
                        ? part < 128
                        : !characters.combining().has(part))
                .forEach(folded::appendCodePoint);
    }

    /// Folds a text.
    ///
    /// @param text the text
    /// @param folded where the result is added
    void fold(String text, CharArray folded) {
        folded.room(text.length());
        for (int i = 0; i < text.length(); i++) {
            char found = table[text.charAt(i)];
            if (found != OTHERWISE) {
                folded.add(found);
                continue;
            }
            int character = text.codePointAt(i);
            if (lowercase && character == CAPITAL_SIGMA) {
                folded.add(sigma(text, i));
                continue;
            }
            String other = folded(character);
            folded.add(other);
            if (other.length() == 1 && character < PLANE && !Character.isSurrogate((char) character)) {
                table[character] = other.charAt(0);
            }
            i += Character.charCount(character) - 1;
        }
    }

    /// The small letter of a capital sigma: another one at the end of a word (Unicode Standard, section 3.13,
    /// Final_Sigma).
    private String sigma(String text, int at) {
        int before = at;
        while (before > 0 && characters.ignored().has(text.codePointBefore(before))) {
            before -= Character.charCount(text.codePointBefore(before));
        }
        boolean isEnd = before > 0 && characters.cased().has(text.codePointBefore(before));
        if (isEnd) {
            int after = at + 1;
            while (after < text.length() && characters.ignored().has(text.codePointAt(after))) {
                after += Character.charCount(text.codePointAt(after));
            }
            isEnd = after >= text.length() || !characters.cased().has(text.codePointAt(after));
        }
        StringBuilder folded = new StringBuilder();
        withoutAccents(isEnd ? FINAL_SIGMA : SMALL_SIGMA, folded);
        return folded.toString();
    }
}
