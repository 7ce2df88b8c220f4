package io.nightshift.protocol.api;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/// Registered models, by name.
public record ModelPage(List<ModelListed> models) {

    public ModelPage {
        models = List.copyOf(models);
    }

    /// A model's name with all that stands under it.
    ///
    /// @param versions oldest first
    /// @param aliases alias to version
    public record ModelListed(String model, List<Version> versions, Map<String, Integer> aliases) {
        public ModelListed {
            versions = List.copyOf(versions);
            aliases = Map.copyOf(aliases);
        }
    }

    /// One version.
    ///
    /// @param bytes the size of the registered file
    /// @param file that the training library wrote
    /// @param features in the model's order
    /// @param classes the labels; empty for a regression
    /// @param facts what else is known, for people
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
            Map<String, String> facts) {
        public Version {
            features = List.copyOf(features);
            classes = List.copyOf(classes);
            facts = Map.copyOf(facts);
        }
    }

    /// One input.
    ///
    /// @param name empty where the model file keeps only positions
    /// @param type `float32`, `float64` or `nominal`
    /// @param levels of a nominal one; else empty
    /// @param missing whether the model knows what to do with a missing value
    public record Feature(String name, String type, List<String> levels, boolean missing) {
        public Feature {
            levels = List.copyOf(levels);
        }
    }
}
