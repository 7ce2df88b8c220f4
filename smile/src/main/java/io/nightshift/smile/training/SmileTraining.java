package io.nightshift.smile.training;

import io.nightshift.scoring.form.LinearForm;
import io.nightshift.scoring.form.LinearForm.Term;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.form.ModelForm;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.training.TrainingColumn;
import io.nightshift.scoring.training.TrainingOptions;
import io.nightshift.smile.format.SmileImport;
import io.nightshift.smile.format.SmileLinear;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import smile.classification.DecisionTree;
import smile.classification.GradientTreeBoost;
import smile.classification.LogisticRegression;
import smile.classification.RandomForest;
import smile.data.DataFrame;
import smile.data.formula.Formula;
import smile.math.MathEx;
import smile.model.cart.Loss;
import smile.model.cart.SplitRule;
import smile.regression.RegressionTree;

/// One training with Smile. Smile's depth counts the root of a tree, [TrainingOptions#depth()] does not.
///
/// Each tree of a forest has its own seed, because Smile grows trees in parallel. Boosting uses the random
/// generator of the calling thread.
final class SmileTraining {

    private final TrainingData data;
    private final TrainingOptions options;
    private final SplittableRandom random;

    SmileTraining(TrainingData data, TrainingOptions options) {
        this.data = data;
        this.options = options;
        this.random = new SplittableRandom(options.seed());
    }

    ModelDefinition train(Map<String, String> facts) throws MalformedModelException {
        MathEx.setSeed(options.seed());
        return switch (options.algorithm()) {
            case RANDOM_FOREST ->
                SmileImport.convert(data.hasClasses() ? forest() : regressionForest(), data.classes(), facts);
            case GRADIENT_BOOSTING ->
                SmileImport.convert(data.hasClasses() ? boost() : regressionBoost(), data.classes(), facts);
            case DECISION_TREE ->
                SmileImport.convert(data.hasClasses() ? tree() : regressionTree(), data.classes(), facts);
            case LOGISTIC_REGRESSION ->
                SmileImport.model(
                        "LogisticRegression", data.description(), data.classes(), logisticRegression(), facts);
        };
    }

    private RandomForest forest() {
        return RandomForest.fit(
                formula(),
                data.frame(),
                new RandomForest.Options(
                        options.trees(),
                        0,
                        SplitRule.GINI,
                        options.depth() + 1,
                        options.nodes(),
                        options.nodeSize(),
                        options.sample(),
                        null,
                        seeds(),
                        null));
    }

    private smile.regression.RandomForest regressionForest() {
        return smile.regression.RandomForest.fit(
                formula(),
                data.frame(),
                new smile.regression.RandomForest.Options(
                        options.trees(),
                        0,
                        options.depth() + 1,
                        options.nodes(),
                        options.nodeSize(),
                        options.sample(),
                        seeds(),
                        null));
    }

    private GradientTreeBoost boost() {
        return GradientTreeBoost.fit(
                formula(),
                data.frame(),
                new GradientTreeBoost.Options(
                        options.trees(),
                        options.depth() + 1,
                        leavesOfBoosting(),
                        options.nodeSize(),
                        options.shrinkage(),
                        options.sample(),
                        null,
                        null));
    }

    private smile.regression.GradientTreeBoost regressionBoost() {
        return smile.regression.GradientTreeBoost.fit(
                formula(),
                data.frame(),
                new smile.regression.GradientTreeBoost.Options(
                        Loss.ls(),
                        options.trees(),
                        options.depth() + 1,
                        leavesOfBoosting(),
                        options.nodeSize(),
                        options.shrinkage(),
                        options.sample(),
                        null,
                        null));
    }

    private DecisionTree tree() {
        return DecisionTree.fit(
                formula(),
                data.frame(),
                new DecisionTree.Options(SplitRule.GINI, options.depth() + 1, leavesOfTree(), options.nodeSize()));
    }

    private RegressionTree regressionTree() {
        DataFrame frame = data.frame();
        return RegressionTree.fit(
                formula(), frame, new RegressionTree.Options(options.depth() + 1, leavesOfTree(), options.nodeSize()));
    }

    /// The model is fitted on standardised numbers and one indicator per level except the first. So the
    /// penalty does not depend on the columns' units, and the optimiser converges.
    private ModelForm logisticRegression() throws MalformedModelException {
        List<Term> terms = terms();
        double[][] columns = data.features();
        double[][] x = new double[data.rows()][terms.size()];
        for (int row = 0; row < x.length; row++) {
            for (int i = 0; i < terms.size(); i++) {
                Term term = terms.get(i);
                x[row][i] = term.of(columns[term.feature()][row]);
            }
        }
        int[] y = new int[x.length];
        double[] target = data.target();
        for (int row = 0; row < y.length; row++) {
            y[row] = (int) target[row];
        }
        LogisticRegression fitted =
                LogisticRegression.fit(x, y, new LogisticRegression.Options(options.penalty(), 1e-5, 500));
        LinearForm plain = SmileLinear.form(fitted);
        return new LinearForm(columns.length, terms, plain.weights(), plain.link());
    }

    private List<Term> terms() {
        List<Term> terms = new ArrayList<>();
        List<TrainingColumn> columns = data.columns();
        for (int feature = 0; feature < columns.size(); feature++) {
            switch (columns.get(feature)) {
                case TrainingColumn.Numbers(String name, double[] values) -> terms.add(scaled(feature, values));
                case TrainingColumn.Categories(String name, List<String> levels, int[] positions) -> {
                    for (int level = 1; level < levels.size(); level++) {
                        terms.add(new Term.Indicator(feature, level));
                    }
                }
            }
        }
        return terms;
    }

    private static Term scaled(int feature, double[] values) {
        double mean = 0;
        for (double value : values) {
            mean += value / values.length;
        }
        double variance = 0;
        for (double value : values) {
            variance += (value - mean) * (value - mean) / values.length;
        }
        return new Term.Scaled(feature, mean, variance > 0 ? Math.sqrt(variance) : 1);
    }

    private Formula formula() {
        return Formula.lhs(data.targetName());
    }

    private long[] seeds() {
        return random.longs(options.trees()).toArray();
    }

    private int leavesOfBoosting() {
        return options.nodes() == 0 ? 6 : options.nodes();
    }

    private int leavesOfTree() {
        return options.nodes() == 0 ? Math.max(2, data.rows() / 5) : options.nodes();
    }
}
