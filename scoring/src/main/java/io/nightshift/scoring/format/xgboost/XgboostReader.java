package io.nightshift.scoring.format.xgboost;

import io.nightshift.scoring.document.DocumentReader;
import io.nightshift.scoring.document.DocumentValue;
import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.Forest.Comparison;
import io.nightshift.scoring.form.ForestBuilder;
import io.nightshift.scoring.form.ForestShape;
import io.nightshift.scoring.form.LinearForm;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.format.xgboost.XgboostObjective.Kind;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Reads an XGBoost document. JSON and UBJSON have the same schema ([XGBoost's description of
/// it](https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html)).
///
/// Scores are equal to XGBoost's: features and thresholds have single precision, `x < threshold` goes left,
/// NaN follows the node's default direction, and a row's margin is a single-precision sum over the trees in
/// their order. At a categorical split, the category of a number is its whole part. Unknown categories and
/// negative numbers follow the branch for categories that the split does not list.
final class XgboostReader {

    private static final String SUPPORTED = "supported are gbtree, dart and gblinear";

    private final DocumentReader learner;
    private final DocumentReader parameters;
    private final DocumentReader booster;
    private final DocumentReader model;
    private final String algorithm;
    private final int version;

    private XgboostReader(DocumentReader root) throws MalformedModelException {
        this.learner = root.member("learner");
        this.parameters = learner.member("learner_model_param");
        this.booster = learner.member("gradient_booster");
        String name = booster.text("name");
        this.model = switch (name) {
            case "gbtree", "gblinear" -> booster.member("model");
            case "dart" -> booster.member("gbtree").member("model");
            default -> throw new MalformedModelException("its booster is " + name + "; " + SUPPORTED);
        };
        this.algorithm = model.has("weight_drop") ? "dart" : name;
        int[] versions = root.has("version") ? root.integers("version") : new int[0];
        this.version = versions.length < 2 ? 0 : 100 * versions[0] + versions[1];
    }

    /// @param format `xgboost-json` or `xgboost-ubjson`, for the description
    static ModelDefinition read(DocumentValue document, String format) throws MalformedModelException {
        DocumentReader root = new DocumentReader("the XGBoost model", document);
        return new XgboostReader(root).model(format, root);
    }

    private ModelDefinition model(String format, DocumentReader root) throws MalformedModelException {
        XgboostObjective objective =
                XgboostObjective.of(learner.member("objective").text("name"));
        int features = parameters.count("num_feature");
        int classes = parameters.count("num_class");
        int targets = parameters.has("num_target") ? parameters.count("num_target") : 1;
        if (targets > 1) {
            throw new MalformedModelException(
                    "it predicts " + targets + " targets; supported are models with one target");
        }
        int groups = objective.kind() == Kind.CLASSES ? Math.max(classes, 1) : 1;
        if (objective.kind() == Kind.CLASSES && groups < 2) {
            throw new MalformedModelException("the objective " + objective.name() + " has " + classes + " classes");
        }
        List<Double> base = base(objective, groups);
        if (algorithm.equals("gblinear")) {
            LinearForm linear = linear(objective, features, base);
            return new ModelDefinition(description(format, objective, features, groups, Map.of(), root), linear);
        }
        ForestShape shape = new ForestShape(
                Collections.nCopies(features, Precision.FLOAT32),
                Precision.FLOAT32,
                Comparison.LESS,
                1,
                base,
                objective.link());
        Forest forest = forest(shape);
        Map<String, String> size = Map.of(
                "trees", Integer.toString(forest.trees()),
                "nodes", Integer.toString(forest.nodes()));
        return new ModelDefinition(description(format, objective, features, groups, size, root), forest);
    }

    /// The file holds the weights of each feature for all groups, feature by feature, and then the biases of
    /// the groups. XGBoost starts the sum of every group at the base score of the first group.
    private LinearForm linear(XgboostObjective objective, int features, List<Double> base)
            throws MalformedModelException {
        int groups = base.size();
        double[] weights = model.numbers("weights");
        if (features == 0 || weights.length != (features + 1L) * groups) {
            throw new MalformedModelException("it has " + weights.length + " weights for " + features
                    + " features, a bias and " + groups + " outputs");
        }
        List<LinearForm.Term> terms = new ArrayList<>();
        for (int feature = 0; feature < features; feature++) {
            terms.add(new LinearForm.Term.Scaled(feature, 0, 1));
        }
        List<List<Double>> sums = new ArrayList<>();
        for (int group = 0; group < groups; group++) {
            List<Double> sum = new ArrayList<>();
            for (int feature = 0; feature < features; feature++) {
                sum.add(weights[feature * groups + group]);
            }
            float bias = (float) weights[features * groups + group];
            sum.add((double) (bias + base.getFirst().floatValue()));
            sums.add(sum);
        }
        return new LinearForm(features, terms, sums, objective.link(), Precision.FLOAT32);
    }

    /// The weights of the trees under dropout (`dart`), or null without it. They are next to the model up to
    /// XGBoost 3.3, and inside it since 3.4.
    private double @Nullable [] weights() throws MalformedModelException {
        if (booster.has("weight_drop")) {
            return booster.numbers("weight_drop");
        }
        return model.has("weight_drop") ? model.numbers("weight_drop") : null;
    }

    private List<Double> base(XgboostObjective objective, int groups) throws MalformedModelException {
        float[] scores = parameters.floats("base_score");
        if (scores.length != 1 && scores.length != groups) {
            throw new MalformedModelException("base_score has " + scores.length + " values for " + groups + " outputs");
        }
        List<Double> base = new ArrayList<>();
        for (int group = 0; group < groups; group++) {
            base.add((double) objective.margin(scores[scores.length == 1 ? 0 : group], version));
        }
        return base;
    }

    private Forest forest(ForestShape shape) throws MalformedModelException {
        List<DocumentReader> documents = model.elements("trees");
        int[] groups = model.integers("tree_info");
        double[] weights = weights();
        if (groups.length != documents.size() || (weights != null && weights.length != groups.length)) {
            throw new MalformedModelException(
                    "its " + documents.size() + " trees do not go with the lengths of tree_info and weight_drop");
        }
        if (documents.isEmpty()) {
            throw new MalformedModelException("it has no trees");
        }
        ForestBuilder forest = new ForestBuilder(shape);
        for (int tree = 0; tree < groups.length; tree++) {
            if (groups[tree] < 0 || groups[tree] >= shape.groups()) {
                throw new MalformedModelException(
                        "tree " + tree + " belongs to output " + groups[tree] + " of " + shape.groups());
            }
            forest.tree(groups[tree]);
            float weight = weights == null ? 1f : (float) weights[tree];
            new XgboostTree(documents.get(tree), shape.features()).addTo(forest, weight);
        }
        return forest.build();
    }

    private ModelDescription description(
            String format,
            XgboostObjective objective,
            int features,
            int groups,
            Map<String, String> size,
            DocumentReader root)
            throws MalformedModelException {
        List<String> names = learner.has("feature_names") ? learner.texts("feature_names") : List.of();
        if (!names.isEmpty() && names.size() != features) {
            throw new MalformedModelException(
                    "it has " + features + " features, but " + names.size() + " names for them");
        }
        List<FeatureType> types = new XgboostCategories(learner, model).types(features);
        List<ModelFeature> inputs = IntStream.range(0, features)
                .mapToObj(i -> new ModelFeature(names.isEmpty() ? null : names.get(i), types.get(i), true))
                .toList();
        Map<String, String> facts = new TreeMap<>(size);
        facts.put("objective", objective.name());
        if (root.has("version")) {
            int[] version = root.integers("version");
            facts.put(
                    "library",
                    "XGBoost "
                            + String.join(
                                    ".",
                                    IntStream.of(version)
                                            .mapToObj(Integer::toString)
                                            .toList()));
        }
        int classes = switch (objective.kind()) {
            case VALUE -> 0;
            case BINARY -> 2;
            case CLASSES -> groups;
        };
        List<String> labels =
                IntStream.range(0, classes).mapToObj(Integer::toString).toList();
        Task task = switch (classes) {
            case 0 -> Task.REGRESSION;
            case 2 -> Task.BINARY;
            default -> Task.MULTICLASS;
        };
        return new ModelDescription(format, algorithm, task, inputs, labels, facts);
    }
}
