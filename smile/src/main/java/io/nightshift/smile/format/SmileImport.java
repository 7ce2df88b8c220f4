package io.nightshift.smile.format;

import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.Forest.Comparison;
import io.nightshift.scoring.form.ForestBuilder;
import io.nightshift.scoring.form.ForestShape;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.form.ModelForm;
import io.nightshift.scoring.form.ModelPart;
import io.nightshift.scoring.form.RowForm;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.link.Link;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import io.nightshift.smile.model.SmileModel;
import io.nightshift.smile.model.SmilePartCodec;
import io.nightshift.smile.model.SmileReflection;
import io.nightshift.smile.model.SmileSizeLimit;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import smile.classification.AdaBoost;
import smile.classification.Classifier;
import smile.classification.DecisionTree;
import smile.classification.GradientTreeBoost;
import smile.classification.LinearSVM;
import smile.classification.LogisticRegression;
import smile.classification.Maxent;
import smile.classification.RandomForest;
import smile.classification.SparseLogisticRegression;
import smile.data.formula.Formula;
import smile.data.measure.NominalScale;
import smile.model.ClassificationModel;
import smile.model.RegressionModel;
import smile.model.cart.CART;
import smile.regression.GLM;
import smile.regression.LinearModel;
import smile.regression.RegressionTree;

/// Converts Smile's objects to models with bit-identical scores.
///
/// The prediction is that of Smile's `predict(x)`, and the probabilities are those of `predict(x,
/// posteriori)`. For a random forest the two may disagree: the first counts the votes of the trees, the
/// second adds up their weighted probabilities. Leaves are multiplied by the shrinkage, or by the weight of
/// their tree, once here instead of for each row; the product is the same.
public final class SmileImport {

    static final String SUPPORTED = "supported are Smile's RandomForest, GradientTreeBoost, AdaBoost, DecisionTree,"
            + " RegressionTree, LinearModel (OLS, ridge, lasso, elastic net), GLM, LogisticRegression,"
            + " SparseLogisticRegression, Maxent, LinearSVM, SVM, KernelMachine, GaussianProcessRegression,"
            + " RBFNetwork, MLP, LDA, QDA, RDA, FLD, KNN, NaiveBayes, DiscreteNaiveBayes, IsolationForest,"
            + " OneVersusOne and OneVersusRest";

    private SmileImport() {}

    static ModelDefinition read(byte[] content) throws MalformedModelException {
        return convert(
                unwrapped(SmileObjectReader.read(content)), List.of(), Map.of(), new SmileSizeLimit(content.length));
    }

    /// Unwraps the record of a model, its schema and its metrics that Smile's own training saves.
    private static Object unwrapped(@Nullable Object object) throws MalformedModelException {
        Object model = switch (object) {
            case null -> null;
            case ClassificationModel record -> record.classifier();
            case RegressionModel record -> record.regression();
            default -> object;
        };
        if (model == null) {
            throw new MalformedModelException("a part of the model is missing");
        }
        return model;
    }

    /// Converts a tree model that was trained in this process.
    ///
    /// @param classes the labels, if the model does not have them; empty for the model's own
    /// @param facts facts to add to those of the model
    public static ModelDefinition convert(@Nullable Object model, List<String> classes, Map<String, String> facts)
            throws MalformedModelException {
        return convert(model, classes, facts, new SmileSizeLimit(0));
    }

    private static ModelDefinition convert(
            @Nullable Object model, List<String> classes, Map<String, String> facts, SmileSizeLimit size)
            throws MalformedModelException {
        try {
            return switch (model) {
                case RandomForest forest -> randomForest(forest, facts);
                case GradientTreeBoost boost -> gradientTreeBoost(boost, classes, facts);
                case AdaBoost boost -> adaBoost(boost, facts);
                case DecisionTree tree -> decisionTree(tree, facts);
                case smile.regression.RandomForest forest -> regressionForest(forest, facts);
                case smile.regression.GradientTreeBoost boost -> regressionBoost(boost, facts);
                case RegressionTree tree -> regressionTree(tree, facts);
                case LinearModel linear -> SmileLinear.linearModel(linear, facts);
                case GLM linear -> SmileLinear.generalized(linear, facts);
                case null -> throw new MalformedModelException("it holds null; " + SUPPORTED);
                default -> onFrame(SmileFrameModel.of(model), facts, size);
            };
        } catch (NullPointerException | IndexOutOfBoundsException | ClassCastException incomplete) {
            throw new MalformedModelException("a part of the model is missing or of the wrong type", incomplete);
        }
    }

    /// Converts a model on arrays of numbers, with or without the schema of a data frame.
    private static ModelDefinition onFrame(SmileFrameModel frame, Map<String, String> facts, SmileSizeLimit size)
            throws MalformedModelException {
        return switch (frame.model()) {
            case LogisticRegression regression -> SmileLinear.logistic(regression, frame, facts);
            case SparseLogisticRegression regression -> SmileLinear.logistic(regression, frame, facts);
            case Maxent entropy -> SmileLinear.entropy(entropy, facts);
            case LinearSVM machine -> SmileLinear.machine(machine, frame, facts);
            case smile.regression.LinearSVM machine -> SmileLinear.machine(machine, frame, facts);
            default -> parts(frame, facts, size);
        };
    }

    private static ModelDefinition parts(SmileFrameModel frame, Map<String, String> facts, SmileSizeLimit size)
            throws MalformedModelException {
        ModelPart part = SmilePartCodec.decompose(frame.model(), size);
        if (part == null) {
            throw unsupported(frame.model());
        }
        RowForm form = SmileModel.form(part);
        List<String> labels =
                frame.model() instanceof Classifier<?> classifier ? numbered(classifier.classes()) : List.of();
        return model(frame.model().getClass().getSimpleName(), frame.features(form.features()), labels, form, facts);
    }

    static MalformedModelException unsupported(Object model) {
        return new MalformedModelException(
                "it holds an object of the class " + model.getClass().getName() + "; " + SUPPORTED);
    }

    private static ModelDefinition randomForest(RandomForest forest, Map<String, String> facts)
            throws MalformedModelException {
        int classes = forest.numClasses();
        Ensemble ensemble = new Ensemble(forest.formula(), forest.models()[0].tree());
        ForestBuilder builder = ensemble.builder(classes, zeros(classes), Link.VOTED_SHARES);
        for (RandomForest.Model member : forest.models()) {
            ensemble.trees(builder).addClassification(member.tree(), classes, (to, leaf) -> {
                double[] shares = leaf.posteriori(new double[classes]);
                to.leaf(
                        leaf.output(),
                        Arrays.stream(shares)
                                .map(share -> member.weight() * share)
                                .toArray());
            });
        }
        return ensemble.model("RandomForest", ensemble.labels(forest.classes()), builder, facts);
    }

    private static ModelDefinition decisionTree(DecisionTree tree, Map<String, String> facts)
            throws MalformedModelException {
        int classes = tree.numClasses();
        Ensemble ensemble = new Ensemble(tree.formula(), tree);
        ForestBuilder builder = ensemble.builder(classes, zeros(classes), Link.PROBABILITIES);
        ensemble.trees(builder)
                .addClassification(
                        tree, classes, (to, leaf) -> to.leaf(leaf.output(), leaf.posteriori(new double[classes])));
        return ensemble.model("DecisionTree", ensemble.labels(tree.classes()), builder, facts);
    }

    private static ModelDefinition adaBoost(AdaBoost boost, Map<String, String> facts) throws MalformedModelException {
        int classes = boost.numClasses();
        double[] weights = SmileReflection.weights(boost);
        Ensemble ensemble = new Ensemble(boost.formula(), boost.trees()[0]);
        ForestBuilder builder = ensemble.builder(classes, zeros(classes), Link.SHARES);
        for (int i = 0; i < boost.trees().length; i++) {
            double weight = weights[i];
            ensemble.trees(builder).addClassification(boost.trees()[i], classes, (to, leaf) -> {
                double[] vote = new double[classes];
                vote[leaf.output()] = weight;
                to.leaf(leaf.output(), vote);
            });
        }
        return ensemble.model("AdaBoost", ensemble.labels(boost.classes()), builder, facts);
    }

    private static ModelDefinition gradientTreeBoost(
            GradientTreeBoost boost, List<String> labels, Map<String, String> facts) throws MalformedModelException {
        int classes = boost.numClasses();
        RegressionTree[][] trees = boost.trees();
        if (trees.length != (classes == 2 ? 1 : classes)) {
            throw new MalformedModelException(
                    "it has " + trees.length + " groups of trees for " + classes + " classes");
        }
        Ensemble ensemble = new Ensemble(boost.formula(), trees[0][0]);
        ForestBuilder builder = classes == 2
                ? ensemble.builder(1, List.of(SmileReflection.base(boost)), Link.HALF_LOGISTIC)
                : ensemble.builder(1, zeros(classes), Link.SOFTMAX);
        for (int group = 0; group < trees.length; group++) {
            for (RegressionTree tree : trees[group]) {
                ensemble.trees(builder).addRegression(tree, group, SmileReflection.shrinkage(boost));
            }
        }
        return ensemble.model(
                "GradientTreeBoost", labels.isEmpty() ? numbered(boost.classes()) : labels, builder, facts);
    }

    private static ModelDefinition regressionForest(smile.regression.RandomForest forest, Map<String, String> facts)
            throws MalformedModelException {
        Ensemble ensemble = new Ensemble(forest.formula(), forest.models()[0].tree());
        ForestBuilder builder = ensemble.builder(1, zeros(1), Link.MEAN);
        for (smile.regression.RandomForest.Model member : forest.models()) {
            ensemble.trees(builder).addRegression(member.tree(), 0, 1);
        }
        return ensemble.model("RandomForest", List.of(), builder, facts);
    }

    private static ModelDefinition regressionBoost(smile.regression.GradientTreeBoost boost, Map<String, String> facts)
            throws MalformedModelException {
        Ensemble ensemble = new Ensemble(boost.formula(), boost.trees()[0]);
        ForestBuilder builder = ensemble.builder(1, List.of(SmileReflection.base(boost)), Link.IDENTITY);
        for (RegressionTree tree : boost.trees()) {
            ensemble.trees(builder).addRegression(tree, 0, SmileReflection.shrinkage(boost));
        }
        return ensemble.model("GradientTreeBoost", List.of(), builder, facts);
    }

    /// The sum starts at -0.0, the identity of addition also for -0.0.
    private static ModelDefinition regressionTree(RegressionTree tree, Map<String, String> facts)
            throws MalformedModelException {
        Ensemble ensemble = new Ensemble(tree.formula(), tree);
        ForestBuilder builder = ensemble.builder(1, List.of(-0.0), Link.IDENTITY);
        ensemble.trees(builder).addRegression(tree, 0, 1);
        return ensemble.model("RegressionTree", List.of(), builder, facts);
    }

    public static ModelDefinition model(
            String algorithm,
            List<ModelFeature> features,
            List<String> labels,
            ModelForm form,
            Map<String, String> facts) {
        Map<String, String> all = new TreeMap<>(facts);
        all.put("library", "Smile 6");
        Task task = switch (labels.size()) {
            case 0 -> Task.REGRESSION;
            case 2 -> Task.BINARY;
            default -> Task.MULTICLASS;
        };
        return new ModelDefinition(new ModelDescription("smile", algorithm, task, features, labels, all), form);
    }

    static List<String> numbered(int[] classes) {
        return IntStream.of(classes).mapToObj(Integer::toString).toList();
    }

    private static List<Double> zeros(int sums) {
        return Collections.nCopies(sums, 0.0);
    }

    /// The common part of the trees of one model.
    private static final class Ensemble {

        private final CART first;
        private final SmileSchema schema;
        private final List<ModelFeature> features;

        private Ensemble(@Nullable Formula formula, CART first) throws MalformedModelException {
            SmileSchema.requirePlain(formula);
            this.first = first;
            this.schema = new SmileSchema(SmileReflection.schema(first));
            this.features = schema.features();
        }

        private ForestBuilder builder(int width, List<Double> base, Link link) throws MalformedModelException {
            return new ForestBuilder(new ForestShape(
                    schema.precision(), Precision.FLOAT64, Comparison.LESS_OR_EQUAL, width, base, link));
        }

        private SmileTree trees(ForestBuilder builder) {
            return new SmileTree(schema, features.size(), builder);
        }

        private ModelDefinition model(
                String algorithm, List<String> labels, ForestBuilder builder, Map<String, String> facts) {
            Forest forest = builder.build();
            Map<String, String> all = new TreeMap<>(facts);
            all.put("trees", Integer.toString(forest.trees()));
            all.put("nodes", Integer.toString(forest.nodes()));
            return SmileImport.model(algorithm, features, labels, forest, all);
        }

        /// The levels of the response. The trees of boosting do not have them.
        private List<String> labels(int[] classes) {
            return SmileReflection.response(first).measure() instanceof NominalScale scale
                    ? IntStream.of(classes).mapToObj(scale::level).toList()
                    : numbered(classes);
        }
    }
}
