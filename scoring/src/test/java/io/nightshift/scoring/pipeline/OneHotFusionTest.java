package io.nightshift.scoring.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.form.PipelineStep;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class OneHotFusionTest {

    private static final PipelineStep ENCODER = new PipelineStep(
            "one-hot",
            "encoder",
            List.of(0),
            3,
            Map.of("keys", array(0, 1, 2, 3), "columns", array(2, 0, -1, 1), "unknown", array(-1)),
            null);

    @Test
    void anEncoderBeforeASumFillsOneColumn() {
        PipelineForm form = form(ENCODER, sum(List.of(1, 2, 3, 4), 1, 0.1, 0.2, 0.3, 0.4));

        assertThat(OneHotFusion.of(form).columns()).isEqualTo(form.columns() - 2);
        assertSameBits(form);
    }

    @Test
    void aSumMayReadSomeColumnsInAnyOrder() {
        PipelineForm form = form(ENCODER, sum(List.of(4, 2, 1), 1, 0.1, 1e300, -0.3));

        assertThat(OneHotFusion.of(form).columns()).isEqualTo(form.columns() - 2);
        assertSameBits(form);
    }

    @Test
    void eachOfSeveralSumsHasATableOfItsOwn() {
        PipelineForm form = form(ENCODER, sum(List.of(2, 3, 4, 1), 2, 1, 2, 3, 4, 5, 6, 7, 8));

        assertThat(OneHotFusion.of(form).columns()).isEqualTo(form.columns() - 2);
        assertSameBits(form);
    }

    @Test
    void twoEncodersSideBySideStayTwo() {
        PipelineForm form = form(ENCODER, ENCODER, sum(List.of(2, 3, 4, 5, 6, 7, 1), 1, 1, 2, 3, 4, 5, 6, 7));

        assertThat(OneHotFusion.of(form).columns()).isEqualTo(form.columns() - 4);
        assertSameBits(form);
    }

    @Test
    void theOrderOfTermsIsKept() {
        // 1e16 + 1 - 1e16 depends on the order, so the columns must not be added at one place.
        PipelineForm form = form(ENCODER, sum(List.of(2, 1, 3, 4), 1, 1e16, 1, -1e16, 1));

        assertThat(OneHotFusion.of(form).columns()).isEqualTo(form.columns());
        assertSameBits(form);
    }

    @Test
    void columnsThatAnotherStepReadsStay() {
        PipelineStep reader = new PipelineStep("square", "other", List.of(3), 1, Map.of(), null);

        PipelineForm form = form(ENCODER, reader, sum(List.of(2, 3, 4, 5), 1, 1, 2, 3, 4));

        assertThat(OneHotFusion.of(form).columns()).isEqualTo(form.columns());
        assertSameBits(form);
    }

    @Test
    void anInfiniteWeightGivesNaNForOtherCategories() {
        PipelineForm form = form(ENCODER, sum(List.of(2, 3, 4), 1, 1, Double.POSITIVE_INFINITY, 3));

        assertThat(OneHotFusion.of(form).columns()).isEqualTo(form.columns());
        assertSameBits(form);
    }

    @Test
    void columnsThatAreResultsStay() {
        PipelineStep sum = sum(List.of(2, 3, 4), 1, 1, 2, 3);

        PipelineForm form = new PipelineForm(2, List.of(ENCODER, sum), 3, List.of(), List.of(5));

        assertThat(OneHotFusion.of(form).columns()).isEqualTo(form.columns());
        assertSameBits(form);
    }

    /// Otherwise many small sums would have a table of the whole encoder each.
    @Test
    void aSumOfFewOfTheColumnsKeepsThem() {
        PipelineForm form = form(ENCODER, sum(List.of(3, 1), 1, 2, 3));

        assertThat(OneHotFusion.of(form).columns()).isEqualTo(form.columns());
        assertSameBits(form);
    }

    @Test
    void randomPipelinesKeepTheirBits() {
        Random random = new Random(1);
        for (int i = 0; i < 300; i++) {
            List<Integer> inputs =
                    random.ints(random.nextInt(1, 9), 0, 8).boxed().toList();
            double[] weights = random.doubles(2L * inputs.size(), -3, 3).toArray();
            assertSameBits(form(ENCODER, ENCODER, sum(inputs, 2, weights)));
        }
    }

    @Test
    void aPositionWithoutAWeightFails() {
        PipelineStep sum = new PipelineStep(
                "linear",
                "sum",
                List.of(0),
                1,
                Map.of("weights", array(1, 2), "intercepts", array(0), "widths", array(2)),
                null);
        PipelineScorers scorers = new PipelineScorers(new PipelineForm(1, List.of(sum), 1, List.of(), List.of()));

        for (double position : array(2, -2, 0.5, Double.NaN, 1e300)) {
            assertThatThrownBy(() -> scorers.scorer().score(new double[][] {{position}}, 1, new double[1][1]))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("sum has no weight for the position " + position);
        }
    }

    private static double[] array(double... numbers) {
        return numbers;
    }

    private static PipelineStep sum(List<Integer> inputs, int sums, double... weights) {
        double[] intercepts =
                IntStream.range(0, sums).mapToDouble(sum -> 0.5 - sum).toArray();
        return new PipelineStep(
                "linear", "sum", inputs, sums, Map.of("weights", weights, "intercepts", intercepts), null);
    }

    /// A pipeline of a category and a number, whose results are the columns of its last step.
    private static PipelineForm form(PipelineStep... steps) {
        int columns = 2
                + IntStream.range(0, steps.length).map(i -> steps[i].outputs()).sum();
        List<Integer> others = IntStream.range(columns - steps[steps.length - 1].outputs() + 1, columns)
                .boxed()
                .toList();
        return new PipelineForm(2, List.of(steps), columns - 1, List.of(), others);
    }

    private static void assertSameBits(PipelineForm form) {
        int rows = 700;
        double[][] features = new double[2][rows];
        for (int row = 0; row < rows; row++) {
            features[0][row] = row % 6 - 1;
            features[1][row] = Math.sin(row);
        }
        PipelineScorers scorers = new PipelineScorers(form);
        double[][] found = new double[form.results().size()][rows];
        scorers.scorer().score(features, rows, found);

        double[][] columns = scorers.columns(features, rows);
        for (int result = 0; result < found.length; result++) {
            assertThat(found[result]).containsExactly(columns[form.results().get(result)]);
        }
    }
}
