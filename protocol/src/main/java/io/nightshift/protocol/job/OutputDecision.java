package io.nightshift.protocol.job;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A column of the output that says of each row whether its score reaches a threshold. The score is the predicted
/// number of a regression, or the probability of a class.
///
/// @param name the column's name
/// @param ofClass the class whose probability is compared, as the model calls it; null for a regression, and for
///     the positive class of a model of two classes
/// @param threshold the threshold of rows whose segment has none of its own
/// @param segment the column of the source whose values are the segments; null if there are none
/// @param thresholds the thresholds of segments, by the segment's text; empty without `segment`
public record OutputDecision(
        String name,
        @Nullable String ofClass,
        double threshold,
        @Nullable String segment,
        Map<String, Double> thresholds) {

    public OutputDecision {
        thresholds = Collections.unmodifiableMap(new LinkedHashMap<>(thresholds));
        if ((segment == null) != thresholds.isEmpty()) {
            throw new IllegalArgumentException("a segment without thresholds, or thresholds without a segment");
        }
    }
}
