package io.nightshift.coordinator.batch.task;

import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.destination.Publication;
import org.jspecify.annotations.Nullable;

/// Moves aliases of models to candidates that have passed. Blocking.
public interface CandidatePromoter {

    /// Moves an alias from the version that the batch was submitted with to the one that has scored it. Repeated
    /// after a crash: an alias that points to the candidate already stays.
    ///
    /// @param state of a batch whose candidate has passed
    /// @param publication of the batch, which readers see
    /// @param alias of the model
    /// @return what became of the alias on the MLflow server from which the candidate comes, in words; null if
    ///     nothing is written there
    /// @throws io.nightshift.protocol.failure.FailureException if the alias points to another version by now, or
    ///     the registry can't be read or written
    @Nullable
    String promote(BatchState state, Publication publication, String alias);
}
