package io.nightshift.coordinator.batch.task;

import io.nightshift.coordinator.batch.decision.RemovalStep;
import io.nightshift.coordinator.batch.decision.StagedParts;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.destination.Publication;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.model.ModelVersion;
import java.util.Optional;

/// Makes a batch visible, at its job's destination. Each method is that of
/// [DestinationStore][io.nightshift.destination.DestinationStore] with the same name, whose contract
/// says what may be repeated and what a crash leaves behind. Blocking; called off the actors' threads.
public interface Publisher {

    /// Makes the place where attempts stage their output.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException if the destination can't be made or written
    void prepare(BatchId batch, Job job, ModelVersion model);

    /// Where attempts stage their output.
    String staging(BatchId batch, Job job);

    /// The plan of the published batch whose parts a batch reuses.
    ///
    /// @param state of the batch that reuses them
    /// @return with the digest of the input
    /// @throws io.nightshift.protocol.failure.FailureException permanent, if that batch can't be reused any more
    BatchEvent.Planned reusedPlan(BatchState state);

    /// Stages the next parts of the published batch whose parts a batch reuses.
    ///
    /// @param state of the batch that reuses them, with its incarnation
    /// @throws io.nightshift.protocol.failure.FailureException if a part is gone, was changed, or can't be copied;
    ///     others may be staged then
    StagedParts reuse(BatchState state);

    /// Shows the committed output to readers at once.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException if committed output is missing or the checks
    ///     fail; nothing is visible then
    Publication publish(BatchState state);

    /// Makes sure that no publication by an earlier coordinator becomes visible from now on.
    ///
    /// If readers see the batch at some of several destinations only, it is published at the others.
    ///
    /// @return what readers see, or nothing: then nothing of the batch is visible, or will be
    /// @throws io.nightshift.protocol.failure.FailureException if that can't be made sure
    Optional<Publication> fence(BatchState state);

    /// Does a step of the removal of a published batch.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException if it can't be done; it may be done in part
    ///     then
    void remove(BatchId batch, Job job, RemovalStep step);

    /// Removes what a cancelled batch has staged, except its quarantined rows. Logs what can't be removed.
    void discard(BatchId batch, Job job);
}
