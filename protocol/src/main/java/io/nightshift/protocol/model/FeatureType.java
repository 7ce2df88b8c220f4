package io.nightshift.protocol.model;

import java.util.List;

/// The domain of a model's feature.
public sealed interface FeatureType {

    /// A finite number. The model compares it in the given precision; a source value is rounded to it first.
    record Numeric(Precision precision) implements FeatureType {}

    /// One of a closed set of levels, given to the scorer as the level's position. A value outside the set is out of
    /// the
    /// model's domain.
    record Nominal(List<String> levels) implements FeatureType {
        public Nominal {
            levels = List.copyOf(levels);
            if (levels.isEmpty()) {
                throw new IllegalArgumentException("a nominal feature has levels");
            }
        }
    }

    enum Precision {
        FLOAT32,
        FLOAT64
    }
}
