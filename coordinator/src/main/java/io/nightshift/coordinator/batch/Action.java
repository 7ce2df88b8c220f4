package io.nightshift.coordinator.batch;

import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent.Submitted;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.jobs.JobsCommand;
import io.nightshift.protocol.plan.SourceFile;
import java.time.Duration;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;

/// What a batch's coordinator has done for it. To the one who decides, an actor's reference is an
/// address and no more.
sealed interface Action {

    record Tell<M>(ActorRef<M> to, M message) implements Action {}

    record TellJobs(JobsCommand command) implements Action {}

    /// Tells the worker that it holds the partition.
    ///
    /// @param node where it scores
    record Grant(ActorRef<WorkerMessage> worker, String node, Attempt attempt) implements Action {}

    /// Has [Message.Flush] sent, behind the messages that are waiting.
    record FlushSoon() implements Action {}

    /// Has [Message.Again] sent, after a while.
    record TryAgain(int incarnation, Failure failure, Duration backoff) implements Action {}

    /// Removes what a cancelled batch has staged, and tells the register that it ended.
    record Sweep(Job job) implements Action {}

    /// Tells people.
    ///
    /// @param text with `{}` for each argument
    record Note(String text, List<Object> arguments) implements Action {}

    /// What waits for disks; its outcome is sent as [Message.Reported].
    sealed interface Elsewhere extends Action {
        /// The incarnation that asks.
        int incarnation();
    }

    record Plan(int incarnation, Submitted submitted) implements Elsewhere {}

    record CheckInput(int incarnation, List<SourceFile> files) implements Elsewhere {}

    /// Makes sure that no earlier coordinator's publication becomes visible, before the request is met.
    record Fence(int incarnation, BatchState state, BatchCommand.Control request) implements Elsewhere {}

    record Publish(int incarnation, BatchState state) implements Elsewhere {}
}
