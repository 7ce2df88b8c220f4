package io.nightshift.scoring.model;

import java.util.List;

/// A part of a model that is a pipeline: a step as it was trained.
///
/// @param name where the step stands in the trained pipeline: the names of the pipelines around it and its own,
///     such as `columntransformer/numbers/standardscaler`
/// @param work what the part computes: the kinds of its steps, and the size of its forests
/// @param features the names of the features that its columns come from, or their positions, in the order of the
///     features; only the first [#MOST_FEATURES] of them
/// @param inputs the number of columns that it reads
/// @param outputs the number of its columns that later parts read or that are results
public record ModelPart(String name, String work, List<String> features, int inputs, int outputs) {

    /// So many features of a part are named.
    public static final int MOST_FEATURES = 20;

    /// Keeps an unmodifiable copy of the list.
    public ModelPart {
        features = List.copyOf(features);
    }
}
