package io.nightshift.scoring.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.model.TextTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// The steps for texts and for sparse rows: values that are known by hand, and files that no exporter writes.
class TextStepsTest {

    private static final double[] LETTERS = {'A', 'Z' + 1, 'a', 'z' + 1};

    @Test
    void wordsOfTheVocabularyAreCounted() {
        assertThat(scored(List.of(counts(Map.of())), 3, "late bag late", "", "no such word"))
                .isDeepEqualTo(rows(new double[] {1, 2, 0}, new double[] {0, 0, 0}, new double[] {0, 0, 0}));
        assertThat(scored(List.of(counts(Map.of("binary", array(1)))), 3, "late bag late"))
                .isDeepEqualTo(rows(new double[] {1, 1, 0}));
    }

    @Test
    void hashesHaveSignsAndSumsMayBeZero() {
        // The hash of a is 1009084850, and that of ab -1681926305.
        PipelineStep signed = hashes(Map.of("columns", array(1), "signed", array(1)));
        PipelineStep binary = hashes(Map.of("columns", array(1), "signed", array(1), "binary", array(1)));

        assertThat(scored(List.of(signed), 1, "a", "ab", "a ab", "ab ab"))
                .isDeepEqualTo(rows(array(1), array(-1), array(0), array(-2)));
        assertThat(scored(List.of(binary), 1, "a", "ab", "a ab", "x"))
                .isDeepEqualTo(rows(array(1), array(1), array(1), array(1)));
        assertThat(scored(List.of(hashes(Map.of("columns", array(7)))), 7, "a")[0][(int) (1009084850L % 7)])
                .isOne();
    }

    @Test
    void rowsAreWeightedAndDivided() {
        PipelineStep scale = step(
                "sparse-scale",
                1,
                1,
                Map.of("width", array(3), "log", array(1), "multiply", array(1, 2, 3), "norm", array(2)));
        double late = 2 * (Math.log(2) + 1);
        double length = Math.sqrt(1 + late * late);

        assertThat(scored(List.of(counts(Map.of()), scale), 3, "late bag late"))
                .isDeepEqualTo(rows(new double[] {1 / length, late / length, 0}));
    }

    @Test
    void valuesAboveANumberAreOne() {
        PipelineStep above = step("sparse-scale", 1, 1, Map.of("width", array(3), "above", array(1)));

        assertThat(scored(List.of(counts(Map.of()), above), 3, "late bag late")).isDeepEqualTo(rows(array(0, 1, 0)));
    }

    @Test
    void someColumnsAreSelected() {
        PipelineStep select = step("sparse-select", 1, 1, Map.of("width", array(3), "columns", array(1, 2)));

        assertThat(scored(List.of(counts(Map.of()), select), 2, "late bag late"))
                .isDeepEqualTo(rows(array(2, 0)));
    }

    @Test
    void sumsTakeRowsAndNumbers() {
        PipelineStep dense = step("sparse-dense", 1, 1, Map.of("width", array(3), "columns", array(0)));
        PipelineStep sums = new PipelineStep(
                "sparse-linear",
                "sums",
                List.of(2, 1),
                2,
                Map.of(
                        "widths",
                        array(0, 3),
                        "weights",
                        array(100, 1, 10, 5, 0, 7, 0, 0),
                        "intercepts",
                        array(0.5, -1)),
                null);
        PipelineForm form = new PipelineForm(1, List.of(counts(Map.of()), dense, sums), 3, List.of(), List.of(4));
        TextTable texts = new TextTable();
        double[][] features = {{texts.add("late bag late"), texts.add("")}};
        double[][] scores = new double[2][2];

        new PipelineScorers(form).scorer(texts).score(features, 2, scores);

        assertThat(scores).isDeepEqualTo(rows(new double[] {121.5, 0.5}, new double[] {6, -1}));
    }

    /// The n-grams of all rows of a block are in memory.
    @Test
    void longTextsAreScoredInSmallerBlocks() {
        String[] texts = new String[20];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = "late ".repeat(i % 3 == 0 ? 10_000 + i : i);
        }

        double[][] rows = scored(List.of(counts(Map.of())), 3, texts);

        for (int i = 0; i < texts.length; i++) {
            assertThat(rows[i]).isEqualTo(scored(List.of(counts(Map.of())), 3, texts[i])[0]);
            assertThat(rows[i]).contains(i % 3 == 0 ? 10_000 + i : i);
        }
    }

    @Test
    void aMissingTextIsNoText() {
        TextTable texts = new TextTable();
        PipelineForm form = form(List.of(counts(Map.of())), 3);

        assertThatThrownBy(() -> new PipelineScorers(form)
                        .scorer(texts)
                        .score(new double[][] {{Double.NaN}}, 1, new double[1][1]))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("text: the text is missing");
        assertThatThrownBy(() ->
                        new PipelineScorers(form).scorer(texts).score(new double[][] {{7}}, 1, new double[1][1]))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("text: there is no text with the number 7.0");
    }

    @Test
    void rowsOfAnotherWidthAreRefused() {
        PipelineStep scale = step("sparse-scale", 1, 1, Map.of("width", array(4), "norm", array(1)));

        assertRefused(List.of(counts(Map.of()), scale), "reads rows of 3 columns where its numbers are for 4");
        assertRefused(List.of(counts(Map.of()), step("exp", 1, 1, Map.of())), "a step of numbers reads sparse rows");
    }

    @Test
    void parametersThatNoVectorizerHasAreRefused() {
        assertRefused(List.of(counts(Map.of("ngrams", array(2, 1)))), "n-grams of 2 to 1 units");
        assertRefused(List.of(counts(Map.of("ngrams", array(1, 5000)))), "has 5000.0 for ngrams");
        assertRefused(List.of(counts(Map.of("token", array(9, 5)))), "the ranges of characters do not ascend");
        assertRefused(List.of(counts(Map.of("analyzer", array(3)))), "has 3.0 for analyzer");
        assertRefused(List.of(hashes(Map.of("columns", array(1e9)))), "for columns");
        assertRefused(
                List.of(counts(Map.of()), step("sparse-scale", 1, 1, Map.of("width", array(3), "above", array(-1)))),
                "would give 1 for values that are zero");
        assertRefused(
                List.of(
                        counts(Map.of()),
                        step("sparse-dense", 1, 2, Map.of("width", array(3), "columns", array(1, 1)))),
                "has columns that do not ascend");
    }

    @Test
    void textsAreNotReadAsNumbers() {
        assertThatThrownBy(() -> form(List.of(counts(Map.of()), step("exp", 0, 1, Map.of())), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("reads texts as numbers");
    }

    @Test
    void scoresDoNotDependOnTheOtherRows() {
        List<PipelineStep> steps = List.of(
                counts(Map.of()),
                step("sparse-scale", 1, 1, Map.of("width", array(3), "norm", array(1), "reversed", array(1))));
        String[] texts = new String[200];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = "late ".repeat(i % 5) + "bag ".repeat(i % 3);
        }
        double[][] together = scored(steps, 3, texts);

        for (int i = 0; i < texts.length; i++) {
            assertThat(scored(steps, 3, texts[i])[0]).isEqualTo(together[i]);
        }
    }

    private static void assertRefused(List<PipelineStep> steps, String message) {
        assertThatThrownBy(() -> new PipelineScorers(form(steps, 0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    private static PipelineStep counts(Map<String, double[]> more) {
        Map<String, List<String>> texts = Map.of("vocabulary", List.of("bag", "late", "lost"));
        return new PipelineStep("text-counts", "text", List.of(0), 1, with(more), texts, null);
    }

    private static PipelineStep hashes(Map<String, double[]> more) {
        return new PipelineStep("text-hashes", "text", List.of(0), 1, with(more), null);
    }

    private static Map<String, double[]> with(Map<String, double[]> more) {
        Map<String, double[]> numbers = new TreeMap<>(Map.of("ngrams", array(1, 1), "token", LETTERS));
        numbers.putAll(more);
        return numbers;
    }

    private static PipelineStep step(String kind, int input, int outputs, Map<String, double[]> numbers) {
        return new PipelineStep(kind, kind, List.of(input), outputs, numbers, null);
    }

    /// The steps, of which each reads the one before, and the last one's rows as columns.
    private static PipelineForm form(List<PipelineStep> steps, int width) {
        List<PipelineStep> all = new ArrayList<>(steps);
        if (width == 0) {
            return new PipelineForm(
                    1, with(all, step("constant", 0, 1, Map.of("values", array(1)))), 1, List.of(), List.of());
        }
        double[] columns = new double[width];
        for (int i = 0; i < width; i++) {
            columns[i] = i;
        }
        all.add(step("sparse-dense", steps.size(), width, Map.of("width", array(width), "columns", columns)));
        List<Integer> raw = new ArrayList<>();
        for (int i = 1; i < width; i++) {
            raw.add(steps.size() + 1 + i);
        }
        return new PipelineForm(1, all, steps.size() + 1, List.of(), raw);
    }

    private static List<PipelineStep> with(List<PipelineStep> steps, PipelineStep last) {
        List<PipelineStep> all =
                new ArrayList<>(List.of(new PipelineStep("constant", "one", List.of(), 1, last.numbers(), null)));
        for (PipelineStep step : steps) {
            int input = step.inputs().getFirst();
            all.add(new PipelineStep(
                    step.kind(),
                    step.name(),
                    List.of(input == 0 ? 0 : input + 1),
                    step.outputs(),
                    step.numbers(),
                    step.texts(),
                    null));
        }
        return all;
    }

    /// The rows of the columns that the last step gives.
    private static double[][] scored(List<PipelineStep> steps, int width, String... texts) {
        PipelineForm form = form(steps, width);
        TextTable table = new TextTable();
        double[][] features = new double[1][texts.length];
        for (int i = 0; i < texts.length; i++) {
            features[0][i] = table.add(texts[i]);
        }
        double[][] columns = new double[width][texts.length];
        new PipelineScorers(form).scorer(table).score(features, texts.length, columns);
        double[][] rows = new double[texts.length][width];
        for (int row = 0; row < rows.length; row++) {
            for (int column = 0; column < width; column++) {
                rows[row][column] = columns[column][row];
            }
        }
        return rows;
    }

    private static double[][] rows(double[]... rows) {
        return rows;
    }

    private static double[] array(double... numbers) {
        return numbers;
    }
}
