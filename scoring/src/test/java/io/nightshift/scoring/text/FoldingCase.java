package io.nightshift.scoring.text;

import io.nightshift.scoring.document.DocumentReader;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.text.CharacterFolding.Accents;
import io.nightshift.scoring.text.CharacterFolding.Characters;
import java.util.List;

/// The foldings that a file's ranges of characters describe, and texts that Python has folded.
public final class FoldingCase {

    private final List<CharacterFolding> foldings;

    private FoldingCase(Characters characters) {
        this.foldings = List.of(
                new CharacterFolding(true, Accents.KEEP, characters),
                new CharacterFolding(false, Accents.ASCII, characters),
                new CharacterFolding(false, Accents.UNICODE, characters),
                new CharacterFolding(true, Accents.UNICODE, characters));
    }

    /// @param numbers the parameters of a step that reads texts
    public static FoldingCase of(DocumentReader numbers) throws MalformedModelException {
        return new FoldingCase(new Characters(
                new CodePointSet(numbers.integers("unassigned")),
                new CodePointSet(numbers.integers("cased")),
                new CodePointSet(numbers.integers("ignored")),
                new CodePointSet(numbers.integers("combining"))));
    }

    /// Compares what a character becomes, and the small letters of a capital sigma next to it.
    ///
    /// @param character the character
    /// @param expected what Python makes of it
    /// @param differences where differences are added
    public void compare(int character, List<String> expected, List<String> differences) {
        String text = Character.toString(character);
        for (int i = 0; i < foldings.size(); i++) {
            check(character, folded(foldings.get(i), text), expected.get(i), differences);
        }
        check(character, folded(foldings.getFirst(), "A" + text + "Σ"), expected.get(4), differences);
        check(character, folded(foldings.getFirst(), "AΣ" + text + "A"), expected.get(5), differences);
        check(character, folded(foldings.getFirst(), text + "Σ"), expected.get(6), differences);
    }

    private static void check(int character, String found, String expected, List<String> differences) {
        if (!found.equals(expected)) {
            differences.add("U+%04X: «%s» instead of «%s»".formatted(character, found, expected));
        }
    }

    static String folded(CharacterFolding folding, String text) {
        CharArray folded = new CharArray();
        folding.fold(text, folded);
        return new String(folded.chars, 0, folded.length);
    }
}
