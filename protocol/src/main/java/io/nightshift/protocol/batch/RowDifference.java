package io.nightshift.protocol.batch;

import java.util.Collections;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;

/// A row for which two models differ, with the features that they got.
///
/// @param partition position in the plan, from 0
/// @param row the position of the row among the predictions of its partition, from 0
/// @param scored what the first model predicts: the value of a regression, the probability of a model of two
///     classes, and the position of the class of a model of more classes; may be NaN or infinite
/// @param other what the other model predicts
/// @param size how much they differ, more than 0: the difference of both, or of a model of more than two
///     classes the largest difference of a class's probabilities; infinite if only one of them is a number
/// @param features the values by the names of the features, the first [#MOST_FEATURES] of them; a missing value is
///     absent
public record RowDifference(
        int partition, long row, double scored, double other, double size, Map<String, String> features) {

    /// The most features of a row.
    public static final int MOST_FEATURES = 50;

    /// The largest difference first. No two rows of a batch are equal.
    static final Comparator<RowDifference> LARGEST_FIRST = Comparator.comparingDouble(RowDifference::size)
            .reversed()
            .thenComparingInt(RowDifference::partition)
            .thenComparingLong(RowDifference::row);

    public RowDifference {
        features = features == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(features));
    }
}
