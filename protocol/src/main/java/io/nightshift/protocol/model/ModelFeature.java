package io.nightshift.protocol.model;

import org.jspecify.annotations.Nullable;

/// One input of a model.
///
/// @param name the name given in training, or null where the model file keeps only positions
/// @param type the domain of its values
/// @param missing whether the model knows what to do with a missing value (SQL NULL and NaN);
///     where it doesn't, a row without the value is quarantined
public record ModelFeature(@Nullable String name, FeatureType type, boolean missing) {}
