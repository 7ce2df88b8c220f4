package io.nightshift.scoring.format.onnx;

import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.Forest.Comparison;
import io.nightshift.scoring.form.ForestBuilder;
import io.nightshift.scoring.form.ForestShape;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.link.Link;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Reads an ONNX file whose graph is one tree ensemble of
/// [ai.onnx.ml](https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleClassifier.html), as the converters
/// from scikit-learn, XGBoost and LightGBM write them.
///
/// [OnnxRuntimeImport] reads all other graphs.
///
/// Scores are equal to those of ONNX Runtime: features, thresholds and sums have single precision, and the
/// base is added after the trees, which are in their order. So the base becomes a last tree of one leaf.
final class OnnxReader {

    /// A valid graph that is not a single supported tree ensemble.
    private static final class NoTreeEnsembleException extends Exception {
        private static final long serialVersionUID = 1L;

        private NoTreeEnsembleException(String message) {
            super(message);
        }
    }

    private static final int MAX_FEATURES = 1 << 20;
    private static final Set<String> CARRIERS = Set.of("Cast", "Identity", "ZipMap");

    private final OnnxNode ensemble;
    private final boolean sigmoid;
    private final String producer;
    /// The number of columns of the graph's input; 0 if it is open.
    private final int width;

    private OnnxReader(OnnxNode ensemble, boolean sigmoid, String producer, int width) {
        this.ensemble = ensemble;
        this.sigmoid = sigmoid;
        this.producer = producer;
        this.width = width;
    }

    static ModelDefinition read(byte[] content) throws MalformedModelException {
        OnnxGraph graph = OnnxGraph.read(content);
        try {
            if (graph.inputs().size() != 1) {
                throw new NoTreeEnsembleException(
                        "its ONNX graph has " + graph.inputs().size() + " inputs; supported is one, a matrix");
            }
            int width = graph.inputs().values().iterator().next();
            return of(graph.nodes(), graph.producer(), width).model();
        } catch (NoTreeEnsembleException other) {
            return OnnxRuntimeImport.read(content, graph, String.valueOf(other.getMessage()));
        }
    }

    private static OnnxReader of(List<OnnxNode> nodes, String producer, int width) throws NoTreeEnsembleException {
        OnnxNode ensemble = null;
        boolean sigmoid = false;
        for (OnnxNode node : nodes) {
            boolean isEnsemble =
                    node.type().equals("TreeEnsembleRegressor") || node.type().equals("TreeEnsembleClassifier");
            if (isEnsemble && ensemble == null) {
                ensemble = node;
            } else if (node.type().equals("Sigmoid")
                    && !sigmoid
                    && ensemble != null
                    && ensemble.type().equals("TreeEnsembleRegressor")) {
                sigmoid = true;
            } else if (!CARRIERS.contains(node.type())) {
                throw new NoTreeEnsembleException(
                        "its ONNX graph has the operator " + node.type() + ", so it is more than one tree ensemble");
            }
        }
        if (ensemble == null) {
            throw new NoTreeEnsembleException("its ONNX graph has no tree ensemble");
        }
        if (ensemble.hasTensor()) {
            throw new NoTreeEnsembleException("its tree ensemble has double precision; supported is single precision");
        }
        return new OnnxReader(ensemble, sigmoid, producer, width);
    }

    private ModelDefinition model() throws MalformedModelException, NoTreeEnsembleException {
        return ensemble.type().equals("TreeEnsembleClassifier") ? classifier() : regressor();
    }

    private ModelDefinition regressor() throws MalformedModelException, NoTreeEnsembleException {
        long targets = ensemble.integer("n_targets", 1);
        String transform = ensemble.text("post_transform", "NONE");
        String aggregate = ensemble.text("aggregate_function", "SUM");
        if (targets != 1 || !transform.equals("NONE") || !aggregate.equals("SUM")) {
            new OnnxTrees(ensemble, "target", (int) Math.max(1, Math.min(targets, MAX_FEATURES)));
            throw new NoTreeEnsembleException("its TreeEnsembleRegressor has " + targets + " targets, the transform "
                    + transform + " and the aggregate " + aggregate + "; supported are one target, NONE and SUM");
        }
        OnnxTrees trees = new OnnxTrees(ensemble, "target", 1);
        Link link = sigmoid ? Link.LOGISTIC : Link.IDENTITY;
        Forest forest = forest(trees, 1, link);
        return model(forest, sigmoid ? List.of("0", "1") : List.of());
    }

    private ModelDefinition classifier() throws MalformedModelException, NoTreeEnsembleException {
        List<String> labels = ensemble.classes();
        if (labels.size() < 2) {
            throw new MalformedModelException("its TreeEnsembleClassifier has " + labels.size() + " classes");
        }
        OnnxTrees trees = new OnnxTrees(ensemble, "class", labels.size());
        String transform = ensemble.text("post_transform", "NONE");
        boolean single = labels.size() == 2 && trees.hasOneTarget();
        Link link = single ? linkOfOne(transform, trees) : labels.size() > 2 ? linkOfMany(transform) : null;
        if (link == null) {
            throw new NoTreeEnsembleException("its TreeEnsembleClassifier has the transform " + transform + " and "
                    + (single ? "one score" : "a score each") + " for " + labels.size()
                    + " classes; supported are NONE,"
                    + " SOFTMAX and LOGISTIC for more than two classes, and for two classes one score: a probability with"
                    + " NONE, or one of either sign with LOGISTIC");
        }
        return model(forest(trees, single ? 1 : labels.size(), link), labels);
    }

    /// ONNX Runtime predicts the first class from one half if all weights are positive, and from zero
    /// otherwise, whatever the transform.
    private static @Nullable Link linkOfOne(String transform, OnnxTrees trees) {
        return switch (transform) {
            case "NONE" -> trees.hasPositiveWeightsOnly() ? Link.PROBABILITY : null;
            case "LOGISTIC" -> trees.hasPositiveWeightsOnly() ? null : Link.LOGISTIC;
            default -> null;
        };
    }

    private static @Nullable Link linkOfMany(String transform) {
        return switch (transform) {
            case "NONE" -> Link.PROBABILITIES;
            case "SOFTMAX" -> Link.SOFTMAX;
            case "LOGISTIC" -> Link.ONE_VS_ALL;
            default -> null;
        };
    }

    private Forest forest(OnnxTrees trees, int sums, Link link) throws MalformedModelException {
        int features = Math.max(width, trees.leastFeatures());
        if (features > MAX_FEATURES) {
            throw new MalformedModelException("it tests feature " + (features - 1));
        }
        ForestBuilder builder = new ForestBuilder(new ForestShape(
                Collections.nCopies(features, Precision.FLOAT32),
                Precision.FLOAT32,
                trees.isStrict() ? Comparison.LESS : Comparison.LESS_OR_EQUAL,
                1,
                Collections.nCopies(sums, 0.0),
                link));
        trees.addTo(builder, sums, features);
        float[] base = ensemble.numbers("base_values");
        if (base.length > 0 && base.length != sums) {
            throw new MalformedModelException("it has " + base.length + " base values for " + sums + " scores");
        }
        for (int sum = 0; sum < base.length; sum++) {
            builder.tree(sum);
            builder.leaf(base[sum]);
        }
        return builder.build();
    }

    private ModelDefinition model(Forest forest, List<String> labels) {
        Map<String, String> facts = new TreeMap<>();
        facts.put("trees", Integer.toString(forest.trees()));
        facts.put("nodes", Integer.toString(forest.nodes()));
        if (!producer.isEmpty()) {
            facts.put("library", "converted by " + producer);
        }
        Task task = switch (labels.size()) {
            case 0 -> Task.REGRESSION;
            case 2 -> Task.BINARY;
            default -> Task.MULTICLASS;
        };
        List<ModelFeature> features = IntStream.range(0, forest.features())
                .mapToObj(i -> new ModelFeature(null, new FeatureType.Numeric(Precision.FLOAT32), true))
                .toList();
        return new ModelDefinition(
                new ModelDescription("onnx", ensemble.type(), task, features, labels, facts), forest);
    }
}
