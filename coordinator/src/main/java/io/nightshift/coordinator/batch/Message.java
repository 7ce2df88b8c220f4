package io.nightshift.coordinator.batch;

import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.storage.destination.Publication;
import io.nightshift.storage.source.SourceInspector.InspectedFile;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// All that a batch's coordinator is told.
sealed interface Message {

    /// The public protocol.
    record Asked(BatchCommand command) implements Message {}

    /// The ledger has been read back; sent once, before anything is decided that isn't in it.
    record Recovered() implements Message {}

    /// Pending commits are to be written.
    record Flush() implements Message {}

    /// Time has passed.
    record Tick() implements Message {}

    /// What runs elsewhere has ended.
    ///
    /// @param incarnation that asked for it
    record Reported(int incarnation, Outcome outcome) implements Message {}

    /// What failed elsewhere is to be tried again.
    ///
    /// @param incarnation that tried it before
    record Again(int incarnation) implements Message {}

    /// What came of an [Action.Elsewhere].
    sealed interface Outcome {}

    record PlanMade(List<InspectedFile> files, PartitionPlan partitions) implements Outcome {}

    record InputUnchanged() implements Outcome {}

    record Visible(Publication publication) implements Outcome {}

    /// An operator's request for a batch that failed while it was published can be met, or not.
    ///
    /// @param obstacle why not, in one sentence; null if nothing of the batch is or becomes visible
    record Fenced(BatchCommand.Control request, @Nullable String obstacle) implements Outcome {}

    /// How many entries the ledger has of the batch; 0 if that couldn't be found out.
    record LedgerHas(long entries) implements Outcome {}

    /// It failed.
    record Broken(Failure failure) implements Outcome {}
}
