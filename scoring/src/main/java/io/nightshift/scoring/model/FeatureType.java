package io.nightshift.scoring.model;

import java.util.List;

/// The domain of a model's feature.
public sealed interface FeatureType {

    /// A number.
    ///
    /// @param precision the precision to which the model rounds a value before it compares it
    record Numeric(Precision precision) implements FeatureType {}

    /// One of a closed set of texts, the levels. A scorer takes the position of the level, from 0.
    ///
    /// @param levels the texts, in the model's order; at least one
    record Nominal(List<String> levels) implements FeatureType {
        public Nominal {
            levels = List.copyOf(levels);
            if (levels.isEmpty()) {
                throw new IllegalArgumentException("a nominal feature has levels");
            }
        }
    }

    /// The precision of numbers.
    enum Precision {
        /// Single precision: 32 bits.
        FLOAT32,
        /// Double precision: 64 bits.
        FLOAT64
    }
}
