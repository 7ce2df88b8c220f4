package io.nightshift.coordinator.batch.decision;

import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.time.Duration;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// An effect of a [BatchDecision]. Actions are data. The actor of the batch performs them, with the state that
/// holds after the events of their decision. To the decision logic an actor reference is only an address.
public sealed interface CoordinatorAction {

    /// Sends a message to an actor.
    record Send<M>(ActorRef<M> to, M message) implements CoordinatorAction {}

    /// Sends a command to the batch register.
    record TellRegister(BatchRegisterCommand command) implements CoordinatorAction {}

    /// Sends the worker its lease.
    ///
    /// @param node the worker's node, `host:port`
    /// @param nonce the nonce of the worker's request
    record GrantLease(ActorRef<WorkerMessage> worker, String node, Attempt attempt, String nonce)
            implements CoordinatorAction {}

    /// Sends [CoordinatorMessage.FlushCommits] to the coordinator, behind the messages in its mailbox.
    record FlushCommits() implements CoordinatorAction {}

    /// Sends [CoordinatorMessage.RetryDue] to the coordinator after the backoff.
    ///
    /// @param incarnation whose task failed
    record RetryLater(int incarnation, Failure failure, Duration backoff) implements CoordinatorAction {}

    /// Deletes the staged output of a cancelled batch, then tells the register that the batch ended.
    record SweepStagedOutput() implements CoordinatorAction {}

    /// Restarts the coordinator from the ledger, because another coordinator has written to it.
    record RecoverFromLedger() implements CoordinatorAction {}

    /// Removes the coordinator from memory. The next message starts it again, from the ledger.
    record Passivate() implements CoordinatorAction {}

    /// Writes a line to the log.
    ///
    /// @param text with `{}` for each argument
    record WriteLog(String text, List<Object> arguments) implements CoordinatorAction {
        public WriteLog {
            arguments = List.copyOf(arguments);
        }
    }

    /// Work that waits for disks or databases, done on a thread that may block. Its outcome
    /// comes back as [CoordinatorMessage.TaskReported].
    sealed interface BackgroundTask extends CoordinatorAction {
        /// The incarnation that started the task.
        int incarnation();

        /// The other node that does the task, `host:port`; null if this node does it.
        default @Nullable String helper() {
            return null;
        }

        /// Whether another node can do the task if this one can't.
        default boolean canMove() {
            return false;
        }
    }

    /// Inspects the source and divides it into partitions.
    record MakePlan(int incarnation, @Nullable String helper) implements BackgroundTask {
        public MakePlan(int incarnation) {
            this(incarnation, null);
        }

        @Override
        public boolean canMove() {
            return true;
        }
    }

    /// Compares the source with the files that the plan pinned.
    record CheckInput(int incarnation, @Nullable String helper) implements BackgroundTask {
        public CheckInput(int incarnation) {
            this(incarnation, null);
        }

        @Override
        public boolean canMove() {
            return true;
        }
    }

    /// Inspects the source again, so that the plan can be extended.
    ///
    /// @param request that the extension answers
    record InspectInput(int incarnation, BatchEvent.ExtensionRequested request) implements BackgroundTask {}

    /// Stages the next parts that the batch takes over from another one.
    record ReuseParts(int incarnation) implements BackgroundTask {}

    /// Sums what the committed attempts have counted for the job's checks.
    record MeasureBatch(int incarnation) implements BackgroundTask {}

    /// Publishes the committed output.
    record Publish(int incarnation) implements BackgroundTask {}

    /// Makes sure that no publication of an earlier incarnation becomes visible, before the request is
    /// applied.
    record FencePublication(int incarnation, BatchCommand.Control request) implements BackgroundTask {}

    /// Makes sure that no earlier coordinator shows readers a batch that has failed while it was published,
    /// or finds that they see it already.
    record FenceFailedBatch(int incarnation) implements BackgroundTask {}

    /// Does a step of the removal of a published batch. It belongs to no incarnation: every coordinator may
    /// do every step.
    record RemoveOutput(RemovalStep step) implements BackgroundTask {
        @Override
        public int incarnation() {
            return 0;
        }
    }

    /// Does a step of a redrive.
    ///
    /// @param request that [RedriveStep#CHECK] is about; null for the other steps
    record RunRedrive(int incarnation, RedriveStep step, BatchCommand.@Nullable Redrive request)
            implements BackgroundTask {}

    /// Counts the batch's entries in the journal.
    record CountLedgerEntries(int incarnation) implements BackgroundTask {}
}
