package io.nightshift.scoring.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.form.PipelineStep;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// The steps `knn-impute`, `fill` and `spline`: values that are known by hand, and files that no exporter writes.
class ImputationStepsTest {

    private static final double NONE = Double.NaN;

    /// Two rows of training. The row (0, missing) has no column in common with the second one.
    @Test
    void rowsWithoutADistanceCountOnlyWhereTheLibraryCountsThem() {
        Map<String, double[]> numbers = Map.of("rows", array(1, 1, NONE, 2), "neighbors", array(2));

        assertThat(scored(knn(numbers, 0), array(0, NONE))).containsExactly(0, 1);
        assertThat(scored(knn(numbers, 1), array(0, NONE))).containsExactly(0, 1.5);
    }

    @Test
    void withoutAnyDistanceTheMeanOfTheColumnIsTaken() {
        Map<String, double[]> numbers = Map.of("rows", array(1, 1, 5, 4), "neighbors", array(1));

        assertThat(scored(knn(numbers, 0), array(NONE, NONE))).containsExactly(3, 2.5);
    }

    @Test
    void byDistanceARowThatIsEqualCountsAlone() {
        Map<String, double[]> numbers =
                Map.of("rows", array(1, 10, 1, 20, 3, 90), "neighbors", array(3), "distance", array(1));

        assertThat(scored(knn(numbers, 0), array(1, NONE))).containsExactly(1, 15);
        assertThat(scored(knn(numbers, 0), array(2, NONE))).containsExactly(2, 40);
    }

    @Test
    void otherColumnsFillMissingValues() {
        PipelineStep step = new PipelineStep("fill", "fill", List.of(0, 1), 1, Map.of("missing", array(-9)), null);

        assertThat(scored(step, array(-9, 5))).containsExactly(5);
        assertThat(scored(step, array(4, 5))).containsExactly(4);
    }

    @Test
    void splinesAddUpToOneAndGoOnAsTheStepSays() {
        Map<String, double[]> knots = Map.of("knots", array(-2, -1, 0, 1, 2, 3), "degree", array(2));
        Map<String, double[]> periodic =
                Map.of("knots", array(-1, 0, 1, 2, 3), "degree", array(1), "periodic", array(1));

        assertThat(scored(spline(knots, 3), array(0.5))).containsExactly(0.125, 0.75, 0.125);
        assertThat(scored(spline(periodic, 2), array(7.25))).containsExactly(0.25, 0.75);
        assertThatThrownBy(() -> scored(spline(with(knots, "limited", array(1)), 3), array(1.5)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("spline has no value at 1.5");
    }

    @Test
    void splinesThatNoLibraryWritesAreRefused() {
        Map<String, double[]> few = Map.of("knots", array(0, 1, 2), "degree", array(1));
        Map<String, double[]> periodic =
                Map.of("knots", array(0, 1, 2, 3, 4, 5, 6, 7), "degree", array(3), "periodic", array(1));
        Map<String, double[]> falling = Map.of("knots", array(0, 2, 1, 3), "degree", array(1));

        assertThatThrownBy(() -> scored(spline(few, 1), array(1))).hasMessageContaining("has 3 knots for the degree 1");
        assertThatThrownBy(() -> scored(spline(periodic, 1), array(1)))
                .hasMessageContaining("has too few knots to be periodic");
        assertThatThrownBy(() -> scored(spline(falling, 2), array(1))).hasMessageContaining("do not ascend");
    }

    private static PipelineStep knn(Map<String, double[]> numbers, double all) {
        return new PipelineStep("knn-impute", "knn", List.of(0, 1), 2, with(numbers, "all", array(all)), null);
    }

    private static PipelineStep spline(Map<String, double[]> numbers, int splines) {
        return new PipelineStep("spline", "spline", List.of(0), splines, numbers, null);
    }

    private static Map<String, double[]> with(Map<String, double[]> numbers, String name, double[] values) {
        Map<String, double[]> all = new TreeMap<>(numbers);
        all.put(name, values);
        return all;
    }

    private static double[] array(double... numbers) {
        return numbers;
    }

    /// The columns that a step appends for one row.
    private static double[] scored(PipelineStep step, double[] row) {
        PipelineForm form = new PipelineForm(row.length, List.of(step), row.length, List.of(), List.of());
        double[][] features = new double[row.length][1];
        for (int i = 0; i < row.length; i++) {
            features[i][0] = row[i];
        }
        double[][] columns = new PipelineScorers(form).columns(features, 1);
        double[] found = new double[step.outputs()];
        for (int i = 0; i < found.length; i++) {
            found[i] = columns[row.length + i][0];
        }
        return found;
    }
}
