package io.nightshift.protocol.model;

import java.util.List;
import java.util.Map;

/// What a model takes and gives.
///
/// @param format where it came from: `xgboost-json`, `xgboost-ubjson`, `lightgbm`, `onnx`, `exchange`, `smile`
/// @param algorithm in the words of the training library, e.g. `gbtree`, `RandomForest`
/// @param task what it predicts
/// @param features its inputs, in the model's order; all named or none
/// @param classes the labels, in the model's order (the positive class of a binary model last);
///     empty for a regression
/// @param facts what else is known, for people: number of trees, training metrics, library version
/// @param margins how many raw margins it can give beside its predictions: one, one a class, or none (0)
public record ModelDescription(
        String format,
        String algorithm,
        Task task,
        List<ModelFeature> features,
        List<String> classes,
        Map<String, String> facts,
        int margins) {

    public ModelDescription {
        features = List.copyOf(features);
        classes = List.copyOf(classes);
        facts = Map.copyOf(facts);
        if (features.isEmpty()) {
            throw new IllegalArgumentException("a model has features");
        }
        long named = features.stream().filter(feature -> feature.name() != null).count();
        if (named != 0 && named != features.size()) {
            throw new IllegalArgumentException("all features of a model are named, or none");
        }
        int expected = switch (task) {
            case BINARY -> 2;
            case MULTICLASS -> Math.max(3, classes.size());
            case REGRESSION -> 0;
        };
        if (classes.size() != expected) {
            throw new IllegalArgumentException(task + " does not go with the classes " + classes);
        }
        if (margins != 0 && margins != 1 && margins != classes.size()) {
            throw new IllegalArgumentException(margins + " margins do not go with the classes " + classes);
        }
    }

    /// Without margins.
    public ModelDescription(
            String format,
            String algorithm,
            Task task,
            List<ModelFeature> features,
            List<String> classes,
            Map<String, String> facts) {
        this(format, algorithm, task, features, classes, facts, 0);
    }

    /// The same but for the number of margins.
    public ModelDescription withMargins(int other) {
        return new ModelDescription(format, algorithm, task, features, classes, facts, other);
    }

    public boolean namesFeatures() {
        return features.getFirst().name() != null;
    }

    /// The number of columns a scorer fills: the prediction, then the probabilities (one, the
    /// positive class's, for a binary model; one a class for more; none for a regression).
    public int outputs() {
        return switch (task) {
            case BINARY -> 2;
            case MULTICLASS -> 1 + classes.size();
            case REGRESSION -> 1;
        };
    }
}
