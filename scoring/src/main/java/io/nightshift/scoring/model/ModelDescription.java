package io.nightshift.scoring.model;

import java.util.List;
import java.util.Map;

/// A model's inputs and outputs.
///
/// @param format the format of the file it came from: `xgboost-json`, `xgboost-ubjson`, `lightgbm`,
///     `catboost`, `h2o-mojo`, `onnx`, `exchange` or `smile`
/// @param algorithm in the words of the training library, e.g. `gbtree`, `RandomForest`
/// @param task what it predicts
/// @param features its inputs, in the model's order; all named or none
/// @param classes the labels, in the model's order (the positive class of a binary model last); empty for a
///     regression
/// @param facts other facts for people, by name: number of trees, training metrics, library version
/// @param margins the number of raw margins that a scorer can give in addition to the outputs: 0, 1, one per
///     class, or several of a regression
/// @param parts the parts of a pipeline, in the order in which they are computed; empty for other models
public record ModelDescription(
        String format,
        String algorithm,
        Task task,
        List<ModelFeature> features,
        List<String> classes,
        Map<String, String> facts,
        int margins,
        List<ModelPart> parts) {

    /// @throws IllegalArgumentException if there are no features, only some have names, or the classes or
    ///     margins do not match the task
    public ModelDescription {
        features = List.copyOf(features);
        classes = List.copyOf(classes);
        facts = Map.copyOf(facts);
        parts = List.copyOf(parts);
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
        if (task != Task.REGRESSION && margins != 0 && margins != 1 && margins != classes.size()) {
            throw new IllegalArgumentException(margins + " margins do not go with the classes " + classes);
        }
    }

    /// A description without margins and parts.
    public ModelDescription(
            String format,
            String algorithm,
            Task task,
            List<ModelFeature> features,
            List<String> classes,
            Map<String, String> facts) {
        this(format, algorithm, task, features, classes, facts, 0, List.of());
    }

    /// The same description with what the form of the model says.
    ///
    /// @param ofForm the number of margins, 0 or more
    /// @param partsOfForm the parts of a pipeline, or none
    public ModelDescription with(int ofForm, List<ModelPart> partsOfForm) {
        return new ModelDescription(format, algorithm, task, features, classes, facts, ofForm, partsOfForm);
    }

    /// The same description with other features.
    ///
    /// @param others as many features, with names or without
    public ModelDescription withFeatures(List<ModelFeature> others) {
        return new ModelDescription(format, algorithm, task, others, classes, facts, margins, parts);
    }

    /// The same description with other facts.
    ///
    /// @param others the facts that it then has
    public ModelDescription withFacts(Map<String, String> others) {
        return new ModelDescription(format, algorithm, task, features, classes, others, margins, parts);
    }

    /// Whether the features have names. If not, they are known by position only.
    public boolean namesFeatures() {
        return features.getFirst().name() != null;
    }

    /// The number of columns a scorer fills: the prediction, then the probabilities. A binary model has one
    /// probability, that of the positive class; a model of more classes has one per class; a regression has
    /// none.
    public int outputs() {
        return switch (task) {
            case BINARY -> 2;
            case MULTICLASS -> 1 + classes.size();
            case REGRESSION -> 1;
        };
    }
}
