package io.nightshift.protocol.batch;

import io.nightshift.protocol.failure.Failure;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The comparison of two models for the same rows. The sum over partitions is the same in any order.
///
/// @param agreed the rows for which both predict the same class; 0 for a regression
/// @param scored the distribution of the predictions of the model whose predictions were written
/// @param other the distribution of the predictions of the other model for the same rows
/// @param scoredNanos how long the first model took, in nanoseconds; in a shadow the processor's time
/// @param otherNanos how long the other model took, in nanoseconds; in a shadow the processor's time
/// @param differences how much the predictions differ for each row; null if that was not measured
/// @param failure why the other model can't score the rows; null if it has scored them all. The other figures mean
///     nothing then
public record ModelComparison(
        long agreed,
        Distribution scored,
        Distribution other,
        long scoredNanos,
        long otherNanos,
        @Nullable ModelDifferences differences,
        @Nullable String failure) {

    /// A comparison without the differences for each row.
    public ModelComparison(long agreed, Distribution scored, Distribution other, long scoredNanos, long otherNanos) {
        this(agreed, scored, other, scoredNanos, otherNanos, null, null);
    }

    /// The longest reason, in characters.
    private static final int LONGEST = 500;

    /// The comparison with a model that can't score the rows.
    ///
    /// @param reason in one sentence; shortened if it is long
    public static ModelComparison failed(String reason) {
        Distribution none = new Distribution(null, 0, Distribution.MOST_BINS, Distribution.FINEST, List.of(), null);
        return new ModelComparison(0, none, none, 0, 0, null, Failure.shortened(reason, LONGEST));
    }

    /// The rows that both have scored.
    public long rows() {
        return scored.rows() + scored.missing();
    }

    /// The comparison of the rows of both. Neither has failed.
    ///
    /// @param more of the same models
    public ModelComparison plus(ModelComparison more) {
        return new ModelComparison(
                agreed + more.agreed,
                scored.plus(more.scored),
                other.plus(more.other),
                scoredNanos + more.scoredNanos,
                otherNanos + more.otherNanos,
                differences == null || more.differences == null ? null : differences.plus(more.differences),
                null);
    }
}
