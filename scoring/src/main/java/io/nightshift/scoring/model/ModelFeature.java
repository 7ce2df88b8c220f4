package io.nightshift.scoring.model;

import org.jspecify.annotations.Nullable;

/// One input of a model.
///
/// @param name the name given in training, or null if the model file has only positions
/// @param type the domain of its values
/// @param missing whether the model accepts a missing value (NaN, or SQL NULL in a job). If it does not, a
///     job quarantines rows without the value, and a scorer's results for them are meaningless
public record ModelFeature(@Nullable String name, FeatureType type, boolean missing) {}
