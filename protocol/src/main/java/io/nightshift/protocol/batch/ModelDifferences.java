package io.nightshift.protocol.batch;

import java.util.List;
import java.util.stream.Stream;

/// How much the predictions of two models differ for each row. The sum over partitions is the same in any order.
///
/// @param hasClasses whether both models predict classes, so that they can agree
/// @param sizes the distribution of the differences, with their sum; a row for which only one prediction is a
///     number is missing there
/// @param largest the rows with the largest differences, the largest first; at most [#MOST_ROWS]
public record ModelDifferences(boolean hasClasses, Distribution sizes, List<RowDifference> largest) {

    /// The most rows that are kept.
    public static final int MOST_ROWS = 10;

    public ModelDifferences {
        largest = List.copyOf(largest);
    }

    /// The differences of the rows of both.
    ///
    /// @param more of the same models
    public ModelDifferences plus(ModelDifferences more) {
        return new ModelDifferences(
                hasClasses,
                sizes.plus(more.sizes),
                Stream.concat(largest.stream(), more.largest.stream())
                        .sorted(RowDifference.LARGEST_FIRST)
                        .limit(MOST_ROWS)
                        .toList());
    }
}
