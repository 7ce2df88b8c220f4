package io.nightshift.coordinator.batch.task;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.Failure;

/// Is told which steps of batches fail on this node, and which succeed. Safe for several threads; no method
/// blocks.
public interface StepFaults {

    /// Ignores everything.
    StepFaults NONE = new StepFaults() {
        @Override
        public void failed(BatchId batch, Failure failure) {}

        @Override
        public void succeeded(BatchId batch) {}
    };

    /// A step failed.
    void failed(BatchId batch, Failure failure);

    /// A step succeeded.
    void succeeded(BatchId batch);
}
