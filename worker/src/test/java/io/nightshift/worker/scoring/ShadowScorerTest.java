package io.nightshift.worker.scoring;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.batch.ModelComparison;
import io.nightshift.protocol.batch.ModelDifferences;
import io.nightshift.protocol.batch.RowDifference;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Scorer;
import io.nightshift.scoring.model.Task;
import io.nightshift.source.BoundJob.Bound;
import io.nightshift.source.BoundJob.Feature;
import io.nightshift.source.Categories;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

final class ShadowScorerTest {

    private static final ModelFeature NUMBER =
            new ModelFeature("x", new FeatureType.Numeric(FeatureType.Precision.FLOAT64), true);

    private static ModelDescription description(Task task, String... classes) {
        return new ModelDescription("test", "test", task, List.of(NUMBER, NUMBER), List.of(classes), Map.of());
    }

    private static final List<Feature> FEATURES = List.of(
            new Feature("tenure", new Bound("tenure", "tenure", "FLOAT"), NUMBER, null),
            new Feature(
                    "plan",
                    new Bound("plan", "plan", "VARCHAR"),
                    NUMBER,
                    new Categories(List.of("basic", "plus"), List.of(), true, Categories.Unseen.MISSING)));

    /// The first feature times a factor, and the class above 0.5.
    private static Scorer times(double factor) {
        return (features, rows, outputs) -> {
            for (int row = 0; row < rows; row++) {
                outputs[1][row] = factor * features[0][row];
                outputs[0][row] = outputs[1][row] > 0.5 ? 1 : 0;
            }
        };
    }

    private static ShadowScorer binary(Scorer scorer, Scorer candidate, int most) {
        return new ShadowScorer(scorer, () -> candidate, description(Task.BINARY, "no", "yes"), 0, FEATURES, 7, most);
    }

    @Test
    void theModelsOutputsAreGivenAndTheLargestDifferencesKept() {
        ShadowScorer both = binary(times(1), times(0.5), 2);
        double[][] outputs = new double[2][4];

        both.score(new double[][] {{0.25, 0.75, 0, 0.5}, {0, 1, 0, Double.NaN}}, 4, outputs);
        assertThat(outputs[0]).containsExactly(0, 1, 0, 0);
        assertThat(outputs[1]).containsExactly(0.25, 0.75, 0, 0.5);
        both.score(new double[][] {{1, 0.75}, {1, 0}}, 2, outputs);

        ModelComparison comparison = both.comparison();
        ModelDifferences differences = Objects.requireNonNull(comparison.differences());
        assertThat(comparison.failure()).isNull();
        assertThat(comparison.rows()).isEqualTo(6);
        assertThat(comparison.agreed()).isEqualTo(3);
        assertThat(differences.sizes().mean()).isCloseTo(1.625 / 6, Offset.offset(1e-12));
        // Of equal differences, the earlier row is kept.
        assertThat(differences.largest())
                .containsExactly(
                        new RowDifference(7, 4, 1, 0.5, 0.5, Map.of("tenure", "1", "plan", "plus")),
                        new RowDifference(7, 1, 0.75, 0.375, 0.375, Map.of("tenure", "0.75", "plan", "plus")));
    }

    @Test
    void aMissingFeatureIsAbsentAndNaNDiffersMost() {
        Scorer candidate = (features, rows, outputs) -> {
            times(1).score(features, rows, outputs);
            outputs[1][1] = Double.NaN;
        };
        ShadowScorer both = binary(times(1), candidate, 10);

        both.score(new double[][] {{0.25, 0.5}, {0, Double.NaN}}, 2, new double[2][2]);

        ModelDifferences differences = Objects.requireNonNull(both.comparison().differences());
        assertThat(differences.sizes().missing()).isEqualTo(1);
        assertThat(differences.largest()).singleElement().satisfies(row -> {
            assertThat(row.size()).isInfinite();
            assertThat(row.other()).isNaN();
            assertThat(row.features()).isEqualTo(Map.of("tenure", "0.5"));
        });
    }

    @Test
    void aCandidateThatThrowsLeavesTheOutputsAndIsNotAskedAgain() {
        int[] calls = {0};
        Scorer candidate = (features, rows, outputs) -> {
            calls[0]++;
            assertThat(calls[0]).isEqualTo(1);
            throw new IllegalStateException("x is negative");
        };
        ShadowScorer both = binary(times(1), candidate, 10);
        double[][] outputs = new double[2][1];

        both.score(new double[][] {{0.25}, {0}}, 1, outputs);
        both.score(new double[][] {{0.75}, {0}}, 1, outputs);

        assertThat(outputs[1]).containsExactly(0.75);
        assertThat(calls[0]).isEqualTo(1);
        assertThat(both.comparison()).isEqualTo(ModelComparison.failed("x is negative"));
    }

    @Test
    void theCandidateGetsItsFeaturesAndCanNotChangeTheOutputs() {
        Scorer hostile = (features, rows, outputs) -> {
            Arrays.fill(features[0], 0, rows, -1);
            times(1).score(features, rows, outputs);
        };
        ShadowScorer both = binary(times(1), hostile, 0);
        double[][] outputs = new double[2][2];

        both.score(new double[][] {{0.25, 0.75}, {0, 0}}, 2, outputs);

        assertThat(outputs[1]).containsExactly(0.25, 0.75);
        assertThat(Objects.requireNonNull(both.comparison().differences()).largest())
                .isEmpty();
    }

    @Test
    void modelsOfSeveralClassesDifferByTheirProbabilities() {
        Scorer one = (features, rows, outputs) -> outputs[1][0] = 1;
        Scorer other = (features, rows, outputs) -> {
            outputs[0][0] = 2;
            outputs[1][0] = 0.25;
            outputs[3][0] = 0.75;
        };
        ShadowScorer both =
                new ShadowScorer(one, () -> other, description(Task.MULTICLASS, "a", "b", "c"), 0, FEATURES, 0, 10);

        both.score(new double[][] {{1}, {0}}, 1, new double[4][1]);

        ModelDifferences differences = Objects.requireNonNull(both.comparison().differences());
        assertThat(differences.largest()).singleElement().satisfies(row -> {
            assertThat(row.size()).isEqualTo(0.75);
            assertThat(row.scored()).isZero();
            assertThat(row.other()).isEqualTo(2);
        });
        assertThat(both.comparison().agreed()).isZero();
        assertThat(differences.hasClasses()).isTrue();
    }

    @Test
    void numbersHaveNoClasses() {
        Scorer same = (features, rows, outputs) -> System.arraycopy(features[0], 0, outputs[0], 0, rows);
        ShadowScorer both = new ShadowScorer(same, () -> same, description(Task.REGRESSION), 0, FEATURES, 0, 10);

        both.score(new double[][] {{1, Double.NaN}, {0, 0}}, 2, new double[1][2]);

        ModelDifferences differences = Objects.requireNonNull(both.comparison().differences());
        assertThat(differences.hasClasses()).isFalse();
        assertThat(differences.largest()).isEmpty();
        assertThat(differences.sizes().mean()).isZero();
    }
}
