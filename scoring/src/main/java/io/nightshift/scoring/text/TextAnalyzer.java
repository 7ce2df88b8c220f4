package io.nightshift.scoring.text;

import io.nightshift.scoring.model.TextTable;
import java.util.Arrays;

/// Splits texts into n-grams by [TextRules]. For one thread: it keeps room for the characters.
///
/// The time and the memory for a text are limited, whatever the rules and the text are: a text has at most
/// [#MOST_CHARACTERS] characters, also after its characters were replaced, and its n-grams together at most
/// [#MOST_NGRAM_CHARACTERS].
public final class TextAnalyzer {

    /// The longest text, in characters of UTF-16.
    public static final int MOST_CHARACTERS = TextTable.MOST_CHARACTERS;

    /// The most characters of all n-grams of a text.
    public static final long MOST_NGRAM_CHARACTERS = 1L << 28;

    private final TextRules rules;
    private final NgramSink sink;
    private final CharArray folded = new CharArray();
    private final CharArray joined = new CharArray();
    private int[] starts = new int[64];
    private int[] ends = new int[64];
    private int units;
    private long characters;

    /// @param rules how a text becomes n-grams
    /// @param sink takes the n-grams
    public TextAnalyzer(TextRules rules, NgramSink sink) {
        this.rules = rules;
        this.sink = sink;
    }

    /// Gives the n-grams of a text to the sink.
    ///
    /// @param text the text
    /// @throws IllegalStateException if the text is too long, or has too many n-grams
    public void analyze(String text) {
        requireShort("the text has %,d characters; supported are %,d", text.length());
        characters = 0;
        folded.clear();
        joined.clear();
        units = 0;
        rules.folding().fold(text, folded);
        requireShort("the text has %,d characters after accents were replaced; supported are %,d", folded.length);
        switch (rules.unit()) {
            case WORDS -> words();
            case CHARACTERS -> characters();
            case CHARACTERS_OF_WORDS -> charactersOfWords();
        }
    }

    private static void requireShort(String message, int length) {
        if (length > MOST_CHARACTERS) {
            throw new IllegalStateException(message.formatted(length, MOST_CHARACTERS));
        }
    }

    private void words() {
        int at = 0;
        while (at < folded.length) {
            int codePoint = folded.codePoint(at);
            if (!rules.tokens().has(codePoint)) {
                at += Character.charCount(codePoint);
                continue;
            }
            int start = at;
            int length = 0;
            do {
                at += Character.charCount(codePoint);
                length++;
                codePoint = at < folded.length ? folded.codePoint(at) : 0;
            } while (at < folded.length && rules.tokens().has(codePoint));
            if (length >= rules.shortest() && rules.stopWords().find(folded.chars, start, at) < 0) {
                if (units > 0) {
                    joined.add(' ');
                }
                unit(joined.length, joined.length + at - start);
                joined.add(folded.chars, start, at);
            }
        }
        ngrams();
    }

    /// A run of white space becomes one space.
    private void characters() {
        int at = 0;
        while (at < folded.length) {
            int end = at;
            while (end < folded.length && isSpace(folded.chars[end])) {
                end++;
            }
            if (end - at >= 2) {
                joined.add(' ');
                at = end;
            } else {
                joined.add(folded.chars[at++]);
            }
        }
        codePoints();
        ngrams();
    }

    /// Each code point is a unit.
    private void codePoints() {
        units = 0;
        for (int at = 0; at < joined.length; ) {
            int size = Character.charCount(joined.codePoint(at));
            unit(at, at + size);
            at += size;
        }
    }

    private void charactersOfWords() {
        int at = 0;
        while (at < folded.length) {
            if (isSpace(folded.chars[at])) {
                at++;
                continue;
            }
            int start = at;
            while (at < folded.length && !isSpace(folded.chars[at])) {
                at++;
            }
            joined.clear();
            joined.add(' ');
            joined.add(folded.chars, start, at);
            joined.add(' ');
            codePoints();
            ngrams();
            if (rules.fewest() > units) {
                give(0, units); // A word that is shorter than all n-grams counts as a whole.
            }
        }
    }

    private void unit(int start, int end) {
        if (units == starts.length) {
            starts = Arrays.copyOf(starts, 2 * units);
            ends = Arrays.copyOf(ends, 2 * units);
        }
        starts[units] = start;
        ends[units++] = end;
    }

    private void ngrams() {
        for (int size = rules.fewest(); size <= Math.min(rules.most(), units); size++) {
            for (int first = 0; first + size <= units; first++) {
                give(first, size);
            }
        }
    }

    private void give(int first, int size) {
        int from = starts[first];
        int to = ends[first + size - 1];
        characters += to - from;
        if (characters > MOST_NGRAM_CHARACTERS) {
            throw new IllegalStateException(
                    "the n-grams of the text have more than %,d characters".formatted(MOST_NGRAM_CHARACTERS));
        }
        sink.accept(joined.chars, from, to);
    }

    /// White space in the sense of Python.
    private static boolean isSpace(char character) {
        return character < 128
                ? character == ' ' || (character >= 9 && character <= 13) || (character >= 28 && character <= 31)
                : character == 0x85
                        || character == 0xa0
                        || character == 0x1680
                        || (character >= 0x2000 && character <= 0x200a)
                        || character == 0x2028
                        || character == 0x2029
                        || character == 0x202f
                        || character == 0x205f
                        || character == 0x3000;
    }
}
