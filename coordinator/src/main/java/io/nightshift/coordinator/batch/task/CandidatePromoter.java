package io.nightshift.coordinator.batch.task;

import io.nightshift.coordinator.batch.state.BatchState;

/// Moves aliases of models to candidates that have passed. Blocking.
public interface CandidatePromoter {

    /// Moves an alias from the version that the batch was submitted with to the one that has scored it. Repeated
    /// after a crash: an alias that points to the candidate already stays.
    ///
    /// @param state of a batch whose candidate has passed
    /// @param alias of the model
    /// @throws io.nightshift.protocol.failure.FailureException if the alias points to another version by now,
    ///     or the registry can't be read or written
    void promote(BatchState state, String alias);
}
