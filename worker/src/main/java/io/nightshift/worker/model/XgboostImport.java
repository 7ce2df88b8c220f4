package io.nightshift.worker.model;

import io.nightshift.protocol.model.FeatureType;
import io.nightshift.protocol.model.FeatureType.Precision;
import io.nightshift.protocol.model.ModelDescription;
import io.nightshift.protocol.model.ModelFeature;
import io.nightshift.protocol.model.Task;
import io.nightshift.worker.model.XgboostObjective.Kind;
import io.nightshift.worker.scoring.Forest;
import io.nightshift.worker.scoring.Forest.Comparison;
import io.nightshift.worker.scoring.ForestBuilder;
import io.nightshift.worker.scoring.ForestShape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Makes a model of an XGBoost document, JSON or UBJSON alike: the schema is the same
/// ([XGBoost's description of it](https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html)).
///
/// Scores are XGBoost's own: features and thresholds in single precision, `x < threshold` goes left, NaN takes
/// the node's default direction, and each row's margin is a single-precision sum over the trees in their order.
final class XgboostImport {

    private static final String SUPPORTED =
            "supported are tree ensembles (gbtree, dart) without categorical splits or vector leaves";

    private final DocumentReader learner;
    private final DocumentReader parameters;
    private final DocumentReader booster;
    private final DocumentReader trees;
    private final String algorithm;

    private XgboostImport(DocumentReader root) throws MalformedModelException {
        this.learner = root.member("learner");
        this.parameters = learner.member("learner_model_param");
        this.booster = learner.member("gradient_booster");
        String name = booster.text("name");
        this.trees = switch (name) {
            case "gbtree" -> booster.member("model");
            case "dart" -> booster.member("gbtree").member("model");
            default -> throw new MalformedModelException("its booster is " + name + "; " + SUPPORTED);
        };
        this.algorithm = trees.has("weight_drop") ? "dart" : name;
    }

    /// @param format `xgboost-json` or `xgboost-ubjson`, for the description
    static StoredModel read(Document document, String format) throws MalformedModelException {
        DocumentReader root = new DocumentReader("the XGBoost model", document);
        return new XgboostImport(root).model(format, root);
    }

    private StoredModel model(String format, DocumentReader root) throws MalformedModelException {
        XgboostObjective objective =
                XgboostObjective.of(learner.member("objective").text("name"));
        refuseOldRawMargins(objective, root);
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
        ForestShape shape = new ForestShape(
                Collections.nCopies(features, Precision.FLOAT32),
                Precision.FLOAT32,
                Comparison.LESS,
                1,
                base(objective, groups),
                objective.link());
        Forest forest = forest(shape);
        return new StoredModel(description(format, objective, features, groups, forest, root), forest);
    }

    /// The trees' weights under dropout: beside the trees up to XGBoost 3.3, among them since 3.4. Null
    /// without dropout.
    private double @Nullable [] weights() throws MalformedModelException {
        if (booster.has("weight_drop")) {
            return booster.numbers("weight_drop");
        }
        return trees.has("weight_drop") ? trees.numbers("weight_drop") : null;
    }

    /// XGBoost 1 kept a probability in the base score of `binary:logitraw`, XGBoost 2 and later the margin
    /// itself.
    private static void refuseOldRawMargins(XgboostObjective objective, DocumentReader root)
            throws MalformedModelException {
        if (objective.name().equals("binary:logitraw")) {
            int[] version = root.has("version") ? root.integers("version") : new int[0];
            if (version.length == 0 || version[0] < 2) {
                throw new MalformedModelException("its objective is binary:logitraw, and it was written by XGBoost 1;"
                        + " load it with XGBoost 2 or later and save it again");
            }
        }
    }

    private List<Double> base(XgboostObjective objective, int groups) throws MalformedModelException {
        float[] scores = parameters.floats("base_score");
        if (scores.length != 1 && scores.length != groups) {
            throw new MalformedModelException("base_score has " + scores.length + " values for " + groups + " outputs");
        }
        List<Double> base = new ArrayList<>();
        for (int group = 0; group < groups; group++) {
            base.add((double) objective.margin(scores[scores.length == 1 ? 0 : group]));
        }
        return base;
    }

    private Forest forest(ForestShape shape) throws MalformedModelException {
        List<DocumentReader> documents = trees.elements("trees");
        int[] groups = trees.integers("tree_info");
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
            String format, XgboostObjective objective, int features, int groups, Forest forest, DocumentReader root)
            throws MalformedModelException {
        List<String> names = learner.has("feature_names") ? learner.texts("feature_names") : List.of();
        if (!names.isEmpty() && names.size() != features) {
            throw new MalformedModelException(
                    "it has " + features + " features, but " + names.size() + " names for them");
        }
        List<ModelFeature> inputs = IntStream.range(0, features)
                .mapToObj(i -> new ModelFeature(
                        names.isEmpty() ? null : names.get(i), new FeatureType.Numeric(Precision.FLOAT32), true))
                .toList();
        Map<String, String> facts = new TreeMap<>();
        facts.put("objective", objective.name());
        facts.put("trees", Integer.toString(forest.trees()));
        facts.put("nodes", Integer.toString(forest.nodes()));
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
