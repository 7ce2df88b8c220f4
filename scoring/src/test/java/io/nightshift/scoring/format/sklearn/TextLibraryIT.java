package io.nightshift.scoring.format.sklearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.document.DocumentReader;
import io.nightshift.scoring.document.JsonDocument;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.text.FoldingCase;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Models of texts, trained by scikit-learn, exported and imported: their scores of other texts, with characters of
/// all scripts, are those of scikit-learn itself.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TextLibraryIT {

    @TempDir
    static Path folder;

    private int other;

    @BeforeAll
    static void exportModels() throws Exception {
        assumeTrue(
                SklearnPython.isInstalled(), "Python 3 with scikit-learn is not installed (Debian: python3-sklearn)");
        SklearnPython.run("texts.py", SklearnPython.exporter().toString(), folder.toString());
    }

    @AfterAll
    void printTheNumberOfOtherBits() {
        System.out.printf("%d results of texts are not the same bits as the library's%n", other);
    }

    static Stream<String> cases() throws Exception {
        return SklearnPython.isInstalled()
                ? SklearnPython.run("texts.py", "--list").lines()
                : Stream.of("none");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void scoresAreTheLibrarysOwn(String name) throws Exception {
        Model imported = Model.load(folder.resolve(name + ".json"));
        Path registered = folder.resolve(name + ".nsm");
        ModelFile.write(imported, registered);
        TextCase expected = TextCase.of(folder, name);

        assertThat(imported.description().facts()).containsKey("proof");
        other += expected.compare(imported);
        assertThat(expected.compare(Model.load(registered))).isEqualTo(expected.compare(imported));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "CountVectorizer(tokenizer=str.split) | the step countvectorizer has a function of its own (tokenizer)",
                "CountVectorizer(preprocessor=str.strip) | has a function of its own (preprocessor)",
                "CountVectorizer(analyzer=str.split) | has a function of its own (analyzer)",
                "TfidfVectorizer(strip_accents=str.strip) | has a function of its own (strip_accents)",
                "TfidfVectorizer(dtype=np.float32, sublinear_tf=True) | has logarithms of single precision",
                "HashingVectorizer(dtype=np.int16) | has the dtype int16",
                "TfidfVectorizer(token_pattern='[a-z]+-?') | the step tfidfvectorizer has the token_pattern '[a-z]+-?'",
                "TfidfVectorizer(token_pattern='(bb)+') | has the token_pattern",
                "TfidfVectorizer(token_pattern=r'\\b[a-z]+\\b') | has the token_pattern",
                "TfidfVectorizer(token_pattern=r'(?i)\\w+') | has the token_pattern",
                "TfidfVectorizer(token_pattern=r'(\\w)\\w+') | has the token_pattern",
                "HashingVectorizer(n_features=2**23) | gives 8,388,608 columns",
            })
    void whatAFileCannotHoldIsRefused(String vectorizer, String message) throws Exception {
        String expression =
                "make_pipeline(%s, linear_model.LogisticRegression()).fit(['a bb ccc', 'bb a'] * 3, [0, 1] * 3)";

        String refused = SklearnPython.run(
                "refusals.py",
                SklearnPython.exporter().toString(),
                folder.toString(),
                expression.formatted(vectorizer));

        assertThat(refused).contains("can't be exported: ").contains(message);
    }

    @Test
    void aModelThatAddsInSinglePrecisionIsRefused() throws Exception {
        String refused = SklearnPython.run(
                "refusals.py",
                SklearnPython.exporter().toString(),
                folder.toString(),
                "make_pipeline(TfidfVectorizer(dtype=np.float32), linear_model.Ridge()).fit(['a bb ccc', 'bb a'] * 3, [0, 1] * 3)");

        assertThat(refused)
                .contains("the step ridge has weights of single precision, because the texts before it have");
    }

    @Test
    void aModelThatNeedsAColumnForEachOfManyTermsIsRefused() throws Exception {
        String refused = SklearnPython.run(
                "refusals.py",
                SklearnPython.exporter().toString(),
                folder.toString(),
                "make_pipeline(HashingVectorizer(n_features=5000), tree.DecisionTreeClassifier())"
                        + ".fit(['a bb ccc', 'bb a'] * 3, [0, 1] * 3)");

        assertThat(refused)
                .contains("the step decisiontreeclassifier (DecisionTreeClassifier) reads 5,000 columns of texts")
                .contains("supported are 4,096");
    }

    @Test
    void aSampleOfTheUserHasTexts() throws Exception {
        Path sample =
                Files.writeString(folder.resolve("sample.csv"), "text\nthe bag was late\n\"Thanks, great\"\n42\n");
        Path file = folder.resolve("sampled.json");

        SklearnPython.runScript(
                SklearnPython.exporter(),
                folder.resolve("words.joblib").toString(),
                file.toString(),
                "--sample",
                sample.toString());

        assertThat(Model.load(file).description().facts())
                .containsEntry("proof", "3 rows, compared when the file was read");
    }

    /// Java knows a later version of Unicode than Python, so only characters that Python knows are compared.
    @Test
    void allCharactersAreFoldedAsPythonFoldsThem() throws Exception {
        Path file = folder.resolve("characters");
        SklearnPython.run("texts.py", "--characters", file.toString());
        DocumentReader model = new DocumentReader(
                "model", JsonDocument.read(Files.readAllBytes(folder.resolve("characters.json")), Precision.FLOAT64));
        FoldingCase folding = FoldingCase.of(model.elements("steps").getFirst().member("numbers"));
        List<String> differences = new ArrayList<>();
        try (Stream<String> lines = Files.lines(file)) {
            for (String line : (Iterable<String>) lines::iterator) {
                DocumentReader character = new DocumentReader(
                        "character", JsonDocument.read(line.getBytes(StandardCharsets.UTF_8), Precision.FLOAT64));
                folding.compare((int) character.number("character"), character.texts("folded"), differences);
            }
        }

        assertThat(differences).isEmpty();
    }
}
