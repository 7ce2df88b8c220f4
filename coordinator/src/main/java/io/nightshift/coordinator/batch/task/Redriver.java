package io.nightshift.coordinator.batch.task;

import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.destination.Publication;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.Supplement;
import java.util.Optional;

/// Carries out the steps of a redrive: see [RedriveDecisions]. Each blocks, may be repeated, and fails with a
/// [io.nightshift.protocol.failure.FailureException].
public interface Redriver {

    /// Enters the batch in the index of those that must be continued, if nothing speaks against the redrive
    /// as far as that is known without reading a row.
    ///
    /// @param state of a published batch
    void check(BatchState state, BatchCommand.Redrive request);

    /// Scores the rows of the pending redrive, to where no reader sees them.
    ///
    /// @param state with the incarnation that the attempt belongs to
    Supplement score(BatchState state);

    /// Shows readers the committed supplement of the pending redrive.
    ///
    /// @param state with the incarnation that publishes it
    Publication publish(BatchState state);

    /// Takes back the committed supplement of the pending redrive, unless readers see it.
    ///
    /// @param state with the incarnation that withdraws it, which is higher than that of every earlier publisher
    /// @return what readers see; empty if they don't see the supplement, and never will
    Optional<Publication> withdraw(BatchState state);

    /// Deletes what is left where the batch stages its output, and then its entry in the index. So the entry stays
    /// as long as something is left. The entry of a redrive that a later coordinator has begun stays, too, for this
    /// coordinator may have been frozen meanwhile.
    ///
    /// @param state of a batch without a pending redrive
    void end(BatchState state);

    /// The same for an entry that was left behind: by a redrive that has ended, by a check that failed, or by a
    /// removal that has not begun.
    ///
    /// @param state of a batch without a pending redrive
    void forget(BatchState state);
}
