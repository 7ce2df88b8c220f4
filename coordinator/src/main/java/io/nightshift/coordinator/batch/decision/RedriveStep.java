package io.nightshift.coordinator.batch.decision;

/// A step of a redrive, in their order. Each may be repeated.
public enum RedriveStep {
    /// Checks the request, and enters the batch in the index of those that must be continued.
    CHECK,
    /// Scores the rows.
    SCORE,
    /// Shows readers the committed supplement.
    PUBLISH,
    /// Takes back a committed supplement that its destination refuses for good, unless readers see it.
    WITHDRAW,
    /// Deletes what is left of the redrive where the batch stages its output, and its entry in the index.
    END,
    /// The same as [#END] for a batch whose entry in the index was left behind.
    FORGET
}
