package io.nightshift.api;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/// All registered models.
///
/// @param models sorted by name
public record ModelPage(List<Model> models) {

    /// Keeps an unmodifiable copy of the list.
    public ModelPage {
        models = List.copyOf(models);
    }

    /// A registered model: its versions and its aliases.
    ///
    /// @param model the model's name
    /// @param versions oldest first; at least one
    /// @param aliases version number by alias
    public record Model(String model, List<Version> versions, Map<String, Integer> aliases) {
        /// Keeps unmodifiable copies of the list and the map.
        public Model {
            versions = List.copyOf(versions);
            aliases = Map.copyOf(aliases);
        }
    }

    /// A registered, immutable version of a model.
    ///
    /// @param version the version's number, from 1
    /// @param sha256 SHA-256 of the registered file: 64 hexadecimal digits
    /// @param bytes size of the registered file
    /// @param registeredAt when the version was registered
    /// @param file name of the file that the training library wrote
    /// @param format the file's format, such as `xgboost-json` or `onnx`
    /// @param algorithm the algorithm's name in the training library, such as `gbtree`
    /// @param task `binary`, `multiclass` or `regression`
    /// @param features the inputs, in the model's order
    /// @param classes the class labels, in the model's order; empty for a regression
    /// @param facts other facts for people, such as the number of trees
    /// @param parts the steps of a pipeline, in the order in which they are computed; empty for other models
    public record Version(
            int version,
            String sha256,
            long bytes,
            Instant registeredAt,
            String file,
            String format,
            String algorithm,
            String task,
            List<Feature> features,
            List<String> classes,
            Map<String, String> facts,
            List<Part> parts) {
        /// Keeps unmodifiable copies of the lists and the map.
        public Version {
            features = List.copyOf(features);
            classes = List.copyOf(classes);
            facts = Map.copyOf(facts);
            parts = List.copyOf(parts);
        }
    }

    /// A step of a pipeline.
    ///
    /// @param name the names of the pipelines around the step and its own, such as
    ///     `columntransformer/numbers/scaler`
    /// @param work what the step computes, such as `one-hot`
    /// @param features the names of the features that its columns come from, or their positions; only the first 20
    /// @param inputs the number of columns that it reads
    /// @param outputs the number of its columns that others read or that are results
    public record Part(String name, String work, List<String> features, int inputs, int outputs) {
        /// Keeps an unmodifiable copy of the list.
        public Part {
            features = List.copyOf(features);
        }
    }

    /// One input of a model.
    ///
    /// @param name empty if the model file identifies its inputs by position only
    /// @param type `float32`, `float64`, `nominal` (one of the levels) or `categorical` (the whole number that
    ///     stands for a category, or the name of the category)
    /// @param levels the values of a nominal feature, or the names of a categorical feature's categories if the
    ///     model file has them; empty for a numeric one
    /// @param missing whether the model accepts a missing value; otherwise a row without a value is
    ///     quarantined
    public record Feature(String name, String type, List<String> levels, boolean missing) {
        /// Keeps an unmodifiable copy of the list.
        public Feature {
            levels = List.copyOf(levels);
        }
    }
}
