package io.nightshift.coordinator.batch;

import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent.Submitted;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.time.Duration;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;

/// What a batch's coordinator has done for it. To the one who decides, an actor's reference is an
/// address and no more.
sealed interface CoordinatorAction {

    record Tell<M>(ActorRef<M> to, M message) implements CoordinatorAction {}

    record TellRegister(BatchRegisterCommand command) implements CoordinatorAction {}

    /// Tells the worker that it holds the partition.
    ///
    /// @param node where it scores
    record Grant(ActorRef<WorkerMessage> worker, String node, Attempt attempt) implements CoordinatorAction {}

    /// Has [CoordinatorMessage.Flush] sent, behind the messages that are waiting.
    record FlushSoon() implements CoordinatorAction {}

    /// Has [CoordinatorMessage.Again] sent, after a while.
    record TryAgain(int incarnation, Failure failure, Duration backoff) implements CoordinatorAction {}

    /// Removes what a cancelled batch has staged, and tells the register that it ended.
    record Sweep(Job job) implements CoordinatorAction {}

    /// Has the coordinator recovered from the ledger, since others have written there.
    record Recover() implements CoordinatorAction {}

    /// Tells people.
    ///
    /// @param text with `{}` for each argument
    record Note(String text, List<Object> arguments) implements CoordinatorAction {}

    /// What waits for disks; its outcome is sent as [CoordinatorMessage.Reported].
    sealed interface Elsewhere extends CoordinatorAction {
        /// The incarnation that asks.
        int incarnation();
    }

    record Plan(int incarnation, Submitted submitted) implements Elsewhere {}

    record CheckInput(int incarnation, List<SourceFile> files) implements Elsewhere {}

    /// Makes sure that no earlier coordinator's publication becomes visible, before the request is met.
    record Fence(int incarnation, BatchState state, BatchCommand.Control request) implements Elsewhere {}

    record LookAtLedger(int incarnation) implements Elsewhere {}

    record Publish(int incarnation, BatchState state) implements Elsewhere {}
}
