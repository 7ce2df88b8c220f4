package io.nightshift.scoring.text;

/// How a text becomes n-grams: what scikit-learn calls an analyzer. Threads may share it.
///
/// @param unit what n-grams consist of
/// @param fewest the smallest number of units of an n-gram, at least 1
/// @param most the largest one
/// @param folding replaces characters first
/// @param tokens the characters of words; a word is as many of them in a row as possible
/// @param shortest the fewest characters of a word; shorter ones are left out
/// @param stopWords words that are left out, too
public record TextRules(
        Unit unit,
        int fewest,
        int most,
        CharacterFolding folding,
        CodePointSet tokens,
        int shortest,
        Vocabulary stopWords) {

    /// The largest number of units of an n-gram.
    public static final int MOST_UNITS = 1_000;

    /// The parts of n-grams.
    public enum Unit {
        /// Words, with a space between them.
        WORDS,
        /// Characters.
        CHARACTERS,
        /// The characters of a word, with a space before it and one behind it.
        CHARACTERS_OF_WORDS
    }

    /// @throws IllegalArgumentException if there can be no n-grams or words of the given lengths
    public TextRules {
        if (fewest < 1 || most < fewest || most > MOST_UNITS || shortest < 1) {
            throw new IllegalArgumentException(
                    "n-grams of %d to %d units, and words of at least %d characters, are not supported"
                            .formatted(fewest, most, shortest));
        }
    }
}
