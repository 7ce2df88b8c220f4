package io.nightshift.coordinator.register;

import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.job.RunKey;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// Everything that the batch register receives.
sealed interface RegisterMessage {

    /// A command from outside.
    ///
    /// @param number of the command in the order of arrival, from 1
    record CommandReceived(BatchRegisterCommand command, long number) implements RegisterMessage {}

    /// The status of an open batch, which the register asked for before it decides about a submission.
    record StatusReceived(BatchStatus status) implements RegisterMessage {}

    /// The answer of an open batch that the register asked to cancel itself, because a submission replaces it.
    record CancelAnswered(ControlReply reply) implements RegisterMessage {}

    /// The batches in the journal that the register did not know when it had read its events; null if the journal
    /// could not be searched.
    record LostBatchesFound(@Nullable List<LostBatch> batches) implements RegisterMessage {}

    /// The answer of the archive, which the register asked for before it decides about a submission.
    record ArchiveAnswered(BatchArchive.Answer answer) implements RegisterMessage {}

    /// The archive can't be read now.
    ///
    /// @param reason why, in one sentence
    record ArchiveUnreadable(RunKey run, String reason) implements RegisterMessage {}

    /// Rows are in the archive.
    ///
    /// @param searched the position in the journal up to which every batch is known to the register
    record ArchiveWritten(BatchRegisterState.Archivable rows, long searched) implements RegisterMessage {}

    /// Rows could not be written to the archive now.
    record ArchiveNotWritten() implements RegisterMessage {}

    /// A worker that had asked for work has ended, or its node has.
    record WorkerEnded(ActorRef<WorkerMessage> worker) implements RegisterMessage {}

    /// The run's next submission can be decided about.
    record NextSubmission(RunKey run) implements RegisterMessage {}
}
