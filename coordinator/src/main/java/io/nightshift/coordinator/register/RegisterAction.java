package io.nightshift.coordinator.register;

import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.job.RunKey;
import io.nightshift.protocol.register.BatchRegisterCommand;
import org.apache.pekko.actor.typed.ActorRef;

/// An effect of a decision of the batch register. Actions are data; [BatchRegister] performs them once the
/// events of the decision are durable.
sealed interface RegisterAction {

    /// Sends a message to an actor.
    record Send<M>(ActorRef<M> to, M message) implements RegisterAction {}

    /// Sends a command to a batch.
    record TellBatch(BatchId batch, BatchCommand command) implements RegisterAction {}

    /// Asks a batch for its status, which comes back as [RegisterMessage.StatusReceived].
    record AskStatus(BatchId batch) implements RegisterAction {}

    /// Cancels a batch. If the answer is awaited, it comes back as [RegisterMessage.CancelAnswered].
    ///
    /// @param reason for the ledger
    record CancelBatch(BatchId batch, String reason, boolean isAwaited) implements RegisterAction {

        /// Cancels a batch that a later one replaces.
        CancelBatch(BatchId batch, boolean isAwaited) {
            this(batch, "replaced by a later batch", isAwaited);
        }
    }

    /// Asks the archive. The answer comes back as [RegisterMessage.ArchiveAnswered].
    record AskArchive(BatchArchive.Question question) implements RegisterAction {}

    /// Looks for an idempotency key in the archive, and replies.
    record FindKeyInArchive(BatchRegisterCommand.FindByKey question) implements RegisterAction {}

    /// Looks for the batch that a user names in the archive, too, and replies.
    record FindInArchive(BatchRegisterCommand.Find question, BatchRegisterState state) implements RegisterAction {}

    /// Writes rows to the archive. When that is done, [RegisterMessage.ArchiveWritten] comes back.
    record WriteArchive(BatchRegisterState.Archivable rows) implements RegisterAction {}

    /// Sends [RegisterMessage.NextSubmission] to the register.
    record Continue(RunKey run) implements RegisterAction {}
}
