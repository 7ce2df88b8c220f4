package io.nightshift.protocol.batch;

/// What two models have made of the same rows. The sum over partitions is the same in any order.
///
/// @param agreed the rows for which both predict the same class; 0 for a regression
/// @param scored the distribution of the predictions of the model whose predictions were written
/// @param other the distribution of the predictions of the other model for the same rows
/// @param scoredNanos how long the first model took, in nanoseconds
/// @param otherNanos how long the other model took, in nanoseconds
public record ModelComparison(long agreed, Distribution scored, Distribution other, long scoredNanos, long otherNanos) {

    /// The rows that both have scored.
    public long rows() {
        return scored.rows() + scored.missing();
    }

    /// The comparison of the rows of both.
    ///
    /// @param more of the same models
    public ModelComparison plus(ModelComparison more) {
        return new ModelComparison(
                agreed + more.agreed,
                scored.plus(more.scored),
                other.plus(more.other),
                scoredNanos + more.scoredNanos,
                otherNanos + more.otherNanos);
    }
}
