package io.nightshift.scoring.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.scoring.text.CharacterFolding.Accents;
import io.nightshift.scoring.text.CharacterFolding.Characters;
import io.nightshift.scoring.text.TextRules.Unit;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// N-grams as scikit-learn 1.4.2 gives them.
class TextAnalyzerTest {

    private static final CodePointSet NONE = new CodePointSet();

    /// Some of the characters of `\w`.
    private static final CodePointSet WORDS = new CodePointSet(
            '0', '9' + 1, 'A', 'Z' + 1, '_', '_' + 1, 'a', 'z' + 1, 0xc0, 0x250, 0x370, 0x400, 0x4e00, 0xa000);

    /// All characters but white space.
    private static final CodePointSet NO_SPACES = new CodePointSet(0x21, 0x85, 0xa1, 0x2000, 0x3001, 0x110000);

    /// Letters before and after a sigma, and marks that may be between.
    private static final Characters CHARACTERS = new Characters(
            new CodePointSet(0x1f000, 0x1f001),
            new CodePointSet('A', 'Z' + 1, 'a', 'z' + 1, 0x391, 0x3ca),
            new CodePointSet('\'', '\'' + 1, '.', '.' + 1, 0x300, 0x370),
            new CodePointSet(0x300, 0x370));

    @Test
    void wordsHaveTwoOrMoreCharacters() {
        assertThat(ngrams("The bag-was late; a_1 x é. 42 日本語!", words(1, 1)))
                .containsExactly("the", "bag", "was", "late", "a_1", "42", "日本語");
    }

    @Test
    void ngramsOfWordsHaveSpacesBetweenThem() {
        assertThat(ngrams("Ab cd ef gh", words(1, 3)))
                .containsExactly("ab", "cd", "ef", "gh", "ab cd", "cd ef", "ef gh", "ab cd ef", "cd ef gh");
    }

    @Test
    void stopWordsAreLeftOutBeforeNgramsAreMade() {
        TextRules rules = new TextRules(
                Unit.WORDS, 2, 2, folding(true, Accents.KEEP), WORDS, 2, new Vocabulary(List.of("the", "and")));

        assertThat(ngrams("the cat and the dog", rules)).containsExactly("cat dog");
        assertThat(ngrams("the and the", rules)).isEmpty();
        assertThat(ngrams("", rules)).isEmpty();
    }

    @Test
    void runsOfWhiteSpaceAreOneCharacter() {
        assertThat(ngrams("a  b\t\nc", rules(Unit.CHARACTERS, 2, 3)))
                .containsExactly("a ", " b", "b ", " c", "a b", " b ", "b c");
    }

    @Test
    void aCharacterOutsideTheFirstPlaneIsOneCharacter() {
        assertThat(ngrams("a😀b", rules(Unit.CHARACTERS, 1, 2))).containsExactly("a", "😀", "b", "a😀", "😀b");
    }

    @Test
    void charactersOfWordsHaveSpacesAround() {
        assertThat(ngrams(" to a  bee ", rules(Unit.CHARACTERS_OF_WORDS, 3, 4)))
                .containsExactly(" to", "to ", " to ", " a ", " be", "bee", "ee ", " bee", "bee ");
        assertThat(ngrams("to a bee", rules(Unit.CHARACTERS_OF_WORDS, 6, 7))).containsExactly(" to ", " a ", " bee ");
    }

    @Test
    void lettersLoseTheirAccents() {
        TextRules unicode = noSpaces(folding(true, Accents.UNICODE));
        TextRules ascii = noSpaces(folding(true, Accents.ASCII));

        assertThat(ngrams("ẞIİ Ångström ﬁne 가\u0301", unicode))
                .containsExactly("ßii", "angstrom", "fine", "\u1100\u1161");
        assertThat(ngrams("ẞIİ Ångström ﬁne 日 x\u0301y", ascii)).containsExactly("ii", "angstrom", "fine", "xy");
    }

    /// As CPython: İ becomes two characters, and a sigma at the end of a word another one.
    @Test
    void capitalLettersBecomeThoseOfPython() {
        CharacterFolding folding = folding(true, Accents.KEEP);

        assertThat(FoldingCase.folded(folding, "İI")).isEqualTo("i\u0307i");
        assertThat(FoldingCase.folded(folding, "ΟΔΟΣ Σ ΣΑΣ. Α\u0301Σ'")).isEqualTo("οδος σ σας. α\u0301ς'");
        assertThat(FoldingCase.folded(folding, "ΑΣ'Α")).isEqualTo("ασ'α");
        assertThat(FoldingCase.folded(folding, "Straße ǅ 𐐀")).isEqualTo("straße ǆ 𐐨");
    }

    @Test
    void charactersThatPythonDidNotKnowStay() {
        Characters without = new Characters(new CodePointSet('A', 'B'), NONE, NONE, NONE);

        assertThat(FoldingCase.folded(new CharacterFolding(true, Accents.ASCII, without), "AB"))
                .isEqualTo("Ab");
    }

    @Test
    void theWorkForATextIsLimited() {
        TextRules many = rules(Unit.CHARACTERS, 1, TextRules.MOST_UNITS);
        String text = "x".repeat(TextAnalyzer.MOST_CHARACTERS);

        assertThatThrownBy(() -> new TextAnalyzer(many, (chars, from, to) -> {}).analyze(text))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the n-grams of the text have more than 268,435,456 characters");
        assertThatThrownBy(() -> new TextAnalyzer(many, (chars, from, to) -> {}).analyze(text + "x"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the text has 1,048,577 characters; supported are 1,048,576");
    }

    @Test
    void charactersThatBecomeManyAreLimited() {
        String wide = "\ufdfa".repeat(TextAnalyzer.MOST_CHARACTERS / 8); // Each becomes 18 characters.
        TextRules rules = rules(Unit.CHARACTERS, 1, 1);
        TextRules unicode = new TextRules(
                rules.unit(),
                rules.fewest(),
                rules.most(),
                folding(false, Accents.UNICODE),
                rules.tokens(),
                rules.shortest(),
                rules.stopWords());

        assertThatThrownBy(() -> new TextAnalyzer(unicode, (chars, from, to) -> {}).analyze(wide))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("characters after accents were replaced; supported are 1,048,576");
    }

    @Test
    void hashesAreThoseOfTheLibrary() {
        assertThat(hash("")).isZero();
        assertThat(hash("a")).isEqualTo(1009084850);
        assertThat(hash("ab")).isEqualTo(-1681926305);
        assertThat(hash("abc")).isEqualTo(-1277324294);
        assertThat(hash("abcd")).isEqualTo(1139631978);
        assertThat(hash("Straße")).isEqualTo(1561572846);
        assertThat(hash("日本")).isEqualTo(-992347838);
        assertThat(hash("😀")).isEqualTo(-1095487750);
        assertThat(hash("late arrival and more words")).isEqualTo(721415186);
    }

    @Test
    void aVocabularyFindsItsTexts() {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            texts.add(Integer.toString(i, 36));
        }
        Vocabulary vocabulary = new Vocabulary(texts);

        for (int i = 0; i < texts.size(); i++) {
            assertThat(vocabulary.find(
                            ("<" + texts.get(i) + ">").toCharArray(),
                            1,
                            1 + texts.get(i).length()))
                    .isEqualTo(i);
        }
        assertThat(vocabulary.find("no such".toCharArray(), 0, 7)).isEqualTo(-1);
        assertThatThrownBy(() -> new Vocabulary(List.of("a", "b", "a")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the vocabulary has «a» twice");
    }

    @Test
    void aSetOfCharactersHasTheEndsOfItsRanges() {
        CodePointSet set = new CodePointSet(5, 7, 0xfffe, 0x10002, 0x20000, 0x20001);

        assertThat(List.of(5, 6, 0xfffe, 0xffff, 0x10000, 0x10001, 0x20000)).allMatch(set::has);
        assertThat(List.of(0, 4, 7, 0xfffd, 0x10002, 0x1ffff, 0x20001, 0x10ffff))
                .noneMatch(set::has);
        assertThatThrownBy(() -> new CodePointSet(5, 5)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new CodePointSet(5)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new CodePointSet(5, 0x110001)).isInstanceOf(IllegalArgumentException.class);
    }

    private static int hash(String text) {
        return new MurmurHash().of(text.toCharArray(), 0, text.length());
    }

    private static CharacterFolding folding(boolean lowercase, Accents accents) {
        return new CharacterFolding(lowercase, accents, CHARACTERS);
    }

    private static TextRules words(int fewest, int most) {
        return rules(Unit.WORDS, fewest, most);
    }

    private static TextRules rules(Unit unit, int fewest, int most) {
        return new TextRules(unit, fewest, most, folding(true, Accents.KEEP), WORDS, 2, new Vocabulary(List.of()));
    }

    private static TextRules noSpaces(CharacterFolding folding) {
        return new TextRules(Unit.WORDS, 1, 1, folding, NO_SPACES, 1, new Vocabulary(List.of()));
    }

    private static List<String> ngrams(String text, TextRules rules) {
        List<String> found = new ArrayList<>();
        new TextAnalyzer(rules, (chars, from, to) -> found.add(new String(chars, from, to - from))).analyze(text);
        return found;
    }
}
