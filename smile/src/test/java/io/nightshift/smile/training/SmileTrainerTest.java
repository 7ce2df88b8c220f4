package io.nightshift.smile.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.scoring.Forms;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.model.Task;
import io.nightshift.scoring.training.TrainingColumn;
import io.nightshift.scoring.training.TrainingException;
import io.nightshift.scoring.training.TrainingOptions;
import io.nightshift.scoring.training.TrainingOptions.Algorithm;
import io.nightshift.smile.SmileSample;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SmileTrainerTest {

    private final SmileSample sample = SmileSample.random(600, 3);

    @ParameterizedTest
    @EnumSource(Algorithm.class)
    void aClassifierIsMeasuredOnRowsItHasNotSeen(Algorithm algorithm) {
        Model model = new SmileTrainer().train(features(), two(), small(algorithm));

        assertThat(model.description().task()).isEqualTo(Task.BINARY);
        assertThat(model.description().classes()).containsExactly("no", "yes");
        assertThat(model.description().facts()).containsEntry("holdout-rows", "120");
        assertThat(fact(model, "accuracy")).isBetween(0.7, 1.0);
        assertThat(fact(model, "auc")).isBetween(0.75, 1.0);
        assertThat(fact(model, "log-loss")).isBetween(0.01, 0.7);
    }

    @ParameterizedTest
    @EnumSource(Algorithm.class)
    void moreThanTwoClassesAreTrained(Algorithm algorithm) {
        Model model = new SmileTrainer().train(features(), three(), small(algorithm));

        assertThat(model.description().task()).isEqualTo(Task.MULTICLASS);
        assertThat(model.description().classes()).containsExactly("0", "1", "2");
        assertThat(fact(model, "accuracy")).isGreaterThan(0.55);
    }

    @ParameterizedTest
    @EnumSource(value = Algorithm.class, names = "LOGISTIC_REGRESSION", mode = EnumSource.Mode.EXCLUDE)
    void aNumericTargetMakesARegression(Algorithm algorithm) {
        Model model = new SmileTrainer().train(features(), value(), small(algorithm));

        assertThat(model.description().task()).isEqualTo(Task.REGRESSION);
        assertThat(fact(model, "r2")).isBetween(0.3, 1.0);
        assertThat(fact(model, "rmse")).isPositive();
    }

    @ParameterizedTest
    @EnumSource(Algorithm.class)
    void theSameSeedGivesTheSameModel(Algorithm algorithm) {
        byte[] once = ModelFile.encode(new SmileTrainer().train(features(), two(), small(algorithm)));
        byte[] again = ModelFile.encode(new SmileTrainer().train(features(), two(), small(algorithm)));

        assertThat(again).isEqualTo(once);
    }

    @Test
    void depthCountsTheTestsOnTheWayToALeaf() {
        TrainingOptions options = new TrainingOptions(Algorithm.RANDOM_FOREST, 10, 3, 0, 1, 1, 1, 0, 1, 0);
        Model model = new SmileTrainer().train(features(), two(), options);
        Forest forest = (Forest) Forms.of(model);

        int deepest = 0;
        for (int tree = 0; tree < forest.trees(); tree++) {
            deepest = Math.max(deepest, forest.depth(tree));
        }
        assertThat(deepest).isEqualTo(3);
        assertThat(model.description().facts()).doesNotContainKey("accuracy");
    }

    @Test
    void aMissingValueIsRefusedWithItsRow() {
        double[] values = sample.length().clone();
        values[17] = Double.NaN;

        assertThatThrownBy(() -> new SmileTrainer()
                        .train(
                                List.of(new TrainingColumn.Numbers("length", values)),
                                two(),
                                small(Algorithm.DECISION_TREE)))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("length")
                .hasMessageContaining("row 17");
    }

    @Test
    void aLogisticRegressionOfANumberIsRefused() {
        assertThatThrownBy(() -> new SmileTrainer().train(features(), value(), small(Algorithm.LOGISTIC_REGRESSION)))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("predicts a class");
    }

    @Test
    void aTargetOfOneClassIsRefused() {
        TrainingColumn one = TrainingColumn.texts("one", java.util.Collections.nCopies(sample.rows(), "yes"));

        assertThatThrownBy(() -> new SmileTrainer().train(features(), one, small(Algorithm.RANDOM_FOREST)))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("at least two");
    }

    @Test
    void anOptionOutOfItsRangeIsRefusedWithTheRange() {
        assertThatThrownBy(() -> new TrainingOptions(Algorithm.RANDOM_FOREST, 0, 3, 0, 1, 1, 1, 0, 1, 0))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("trees")
                .hasMessageContaining("from 1 to 100000");
        assertThatThrownBy(() -> Algorithm.of("forest"))
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("random-forest");
    }

    @Test
    void numbersTakenForClassesAreInTheirOrder() {
        var classes = new TrainingColumn.Numbers("size", new double[] {10, 2, 2.5, 10, Double.NaN}).toCategories();

        assertThat(classes.levels()).containsExactly("2", "2.5", "10");
        assertThat(classes.positions()).containsExactly(2, 0, 1, 2, -1);
    }

    private static double fact(Model model, String name) {
        return Double.parseDouble(model.description().facts().getOrDefault(name, "NaN"));
    }

    private static TrainingOptions small(Algorithm algorithm) {
        TrainingOptions usual = TrainingOptions.defaults(algorithm);
        return new TrainingOptions(
                algorithm,
                Math.min(usual.trees(), 40),
                usual.depth(),
                usual.nodes(),
                usual.nodeSize(),
                usual.shrinkage(),
                usual.sample(),
                usual.penalty(),
                7,
                usual.holdout());
    }

    private List<TrainingColumn> features() {
        return List.of(
                new TrainingColumn.Numbers("length", sample.length()),
                new TrainingColumn.Numbers(
                        "age", Arrays.stream(sample.age()).asDoubleStream().toArray()),
                new TrainingColumn.Categories("colour", SmileSample.COLOURS, sample.colour()));
    }

    private TrainingColumn two() {
        return TrainingColumn.texts(
                "two",
                Arrays.stream(sample.two()).mapToObj(y -> y == 1 ? "yes" : "no").toList());
    }

    private TrainingColumn three() {
        return new TrainingColumn.Numbers(
                        "three", Arrays.stream(sample.three()).asDoubleStream().toArray())
                .toCategories();
    }

    private TrainingColumn value() {
        return new TrainingColumn.Numbers("value", sample.value());
    }
}
