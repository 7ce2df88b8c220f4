package io.nightshift.smile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelException;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.Task;
import java.io.Serializable;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import smile.classification.AdaBoost;
import smile.classification.DataFrameClassifier;
import smile.classification.DecisionTree;
import smile.classification.GradientTreeBoost;
import smile.classification.LogisticRegression;
import smile.classification.RandomForest;
import smile.data.DataFrame;
import smile.data.formula.Formula;
import smile.data.formula.Terms;
import smile.regression.DataFrameRegression;
import smile.regression.RegressionTree;

class SmileImportTest {

    private final SmileSample training = SmileSample.random(400, 1);
    private final SmileSample unseen = SmileSample.random(700, 2);

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"two", "three"})
    void scoresOfARandomForestAreSmilesOwn(String target) {
        assertEqual(
                RandomForest.fit(Formula.lhs(target), training.frame(target), new RandomForest.Options(40)), target);
    }

    @ParameterizedTest
    @ValueSource(strings = {"two", "three"})
    void scoresOfGradientBoostingAreSmilesOwn(String target) {
        assertEqual(
                GradientTreeBoost.fit(Formula.lhs(target), training.frame(target), new GradientTreeBoost.Options(40)),
                target);
    }

    @ParameterizedTest
    @ValueSource(strings = {"two", "three"})
    void scoresOfAdaBoostAreSmilesOwn(String target) {
        assertEqual(AdaBoost.fit(Formula.lhs(target), training.frame(target), new AdaBoost.Options(30)), target);
    }

    @ParameterizedTest
    @ValueSource(strings = {"two", "three"})
    void scoresOfADecisionTreeAreSmilesOwn(String target) {
        assertEqual(DecisionTree.fit(Formula.lhs(target), training.frame(target)), target);
    }

    @Test
    void scoresOfRegressionsAreSmilesOwn() {
        Formula formula = Formula.lhs("value");
        DataFrame frame = training.frame("value");

        assertEqual(smile.regression.RandomForest.fit(formula, frame, new smile.regression.RandomForest.Options(30)));
        assertEqual(smile.regression.GradientTreeBoost.fit(
                formula, frame, new smile.regression.GradientTreeBoost.Options(30)));
        assertEqual(RegressionTree.fit(formula, frame));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void scoresOfALogisticRegressionAreSmilesOwn(int classes) {
        double[][] rows = SmileModels.transposed(training.features());
        LogisticRegression regression = LogisticRegression.fit(rows, classes == 2 ? training.two() : training.three());
        double[][] outputs = score(SmileModels.imported(regression, folder));

        double[][] unseenRows = SmileModels.transposed(unseen.features());
        for (int row = 0; row < unseen.rows(); row++) {
            double[] posteriori = new double[classes];
            int predicted = regression.predict(unseenRows[row], posteriori);
            assertRow(outputs, row, predicted, posteriori);
        }
    }

    @Test
    void theSchemaOfTheTrainingFrameIsKept() {
        var description = SmileModels.imported(
                        RandomForest.fit(Formula.lhs("two"), training.frame("two"), new RandomForest.Options(3)),
                        folder)
                .description();

        assertThat(description.format()).isEqualTo("smile");
        assertThat(description.algorithm()).isEqualTo("RandomForest");
        assertThat(description.task()).isEqualTo(Task.BINARY);
        assertThat(description.classes()).containsExactly("no", "yes");
        assertThat(description.features())
                .extracting(feature -> feature.name())
                .containsExactly("length", "weight", "age", "colour");
        assertThat(description.features())
                .extracting(feature -> feature.type())
                .containsExactly(
                        new FeatureType.Numeric(Precision.FLOAT64),
                        new FeatureType.Numeric(Precision.FLOAT32),
                        new FeatureType.Numeric(Precision.FLOAT64),
                        new FeatureType.Nominal(SmileSample.COLOURS));
    }

    @Test
    void aFormulaOfMoreThanPlainColumnsIsRefused() {
        RegressionTree tree =
                RegressionTree.fit(Formula.of("value", Terms.log("age"), Terms.$("length")), training.frame("value"));

        assertThatThrownBy(() -> SmileModels.imported(tree, folder))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("formula")
                .hasMessageContaining("supported are formulas of plain columns");
    }

    private void assertEqual(DataFrameClassifier model, String target) {
        double[][] outputs = score(SmileModels.imported((Serializable) model, folder));
        DataFrame frame = unseen.frame(target);
        for (int row = 0; row < frame.size(); row++) {
            double[] posteriori = new double[model.numClasses()];
            model.predict(frame.get(row), posteriori);
            assertRow(outputs, row, model.predict(frame.get(row)), posteriori);
        }
    }

    private static void assertRow(double[][] outputs, int row, int predicted, double[] posteriori) {
        assertThat(outputs[0][row]).as("class of row %d", row).isEqualTo(predicted);
        for (int i = posteriori.length == 2 ? 1 : 0; i < posteriori.length; i++) {
            assertThat(outputs[posteriori.length == 2 ? 1 : 1 + i][row])
                    .as("probability %d of row %d", i, row)
                    .isEqualTo(posteriori[i]);
        }
    }

    private void assertEqual(DataFrameRegression model) {
        double[][] outputs = score(SmileModels.imported(model, folder));
        DataFrame frame = unseen.frame("value");
        for (int row = 0; row < frame.size(); row++) {
            assertThat(outputs[0][row]).as("row %d", row).isEqualTo(model.predict(frame.get(row)));
        }
    }

    private double[][] score(Model model) {
        double[][] outputs = new double[model.description().outputs()][unseen.rows()];
        model.scorer().score(unseen.features(), unseen.rows(), outputs);
        return outputs;
    }
}
