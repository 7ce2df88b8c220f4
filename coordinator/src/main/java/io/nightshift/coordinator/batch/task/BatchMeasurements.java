package io.nightshift.coordinator.batch.task;

import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.Measured;
import io.nightshift.protocol.failure.FailureException;

/// Finds what the checks of a batch compare with their limits. Blocking.
public interface BatchMeasurements {

    /// Looks whether the batch that the checks of a job name as their baseline can be one.
    ///
    /// @param state of a batch that is not planned yet
    /// @throws FailureException permanent if it can't
    void checkBaseline(BatchState state);

    /// Adds up the counts of the committed attempts of a complete batch, and finds the batch to compare with.
    ///
    /// @throws FailureException transient if the ledger can't be read
    Measured measure(BatchState state);
}
