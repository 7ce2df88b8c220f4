package io.nightshift.coordinator.batch.decision;

/// A step of the removal of a published batch, in their order. Each may be repeated.
public enum RemovalStep {
    /// Enters the batch in the index of removed batches, so that someone wakes its coordinator until the end.
    REGISTER,
    /// Takes the output out of readers' sight.
    UNPUBLISH,
    /// Deletes the output.
    DELETE,
    /// Marks the batch as removed in the index.
    RECORD
}
