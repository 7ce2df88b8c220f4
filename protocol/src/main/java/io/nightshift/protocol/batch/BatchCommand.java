package io.nightshift.protocol.batch;

import io.nightshift.api.BatchControl;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.Submission;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;

/// What a batch is asked and told. Everything may be sent twice.
public sealed interface BatchCommand {

    /// Starts the batch, or lets a failed one go on.
    record Open(Submission submission) implements BatchCommand {}

    /// Makes sure that the batch was started and its coordinator is running, and that the register
    /// knows how the batch stands. Unlike [Open], it leaves a failed batch failed.
    record EnsureStarted(Submission submission) implements BatchCommand {}

    /// What an operator wants of a batch. Answered when it is durable, or with why it can't be.
    sealed interface Control extends BatchCommand {
        ActorRef<ControlReply> replyTo();

        /// The command that carries out an operator's request.
        static Control of(BatchControl control, ActorRef<ControlReply> replyTo) {
            return switch (control) {
                case BatchControl.Pause(String reason) -> new Pause(reason, replyTo);
                case BatchControl.Resume() -> new Resume(replyTo);
                case BatchControl.Cancel(String reason) -> new Cancel(reason, replyTo);
                case BatchControl.Retry() -> new Retry(replyTo);
                case BatchControl.Rescore(List<Integer> partitions) -> new Rescore(partitions, replyTo);
            };
        }
    }

    /// Leases nothing more until [Resume]. Attempts in flight go on, and are committed.
    ///
    /// @param reason for the history; may be empty
    record Pause(String reason, ActorRef<ControlReply> replyTo) implements Control {}

    /// Lets a paused batch go on.
    record Resume(ActorRef<ControlReply> replyTo) implements Control {}

    /// Gives the batch up, unless it is being published.
    ///
    /// @param reason for the history; may be empty
    record Cancel(String reason, ActorRef<ControlReply> replyTo) implements Control {}

    /// Lets a failed batch go on with what isn't committed, or a running one with the partitions that
    /// have failed too often.
    record Retry(ActorRef<ControlReply> replyTo) implements Control {}

    /// Has partitions that are committed scored again. Those that aren't are to be scored anyway.
    ///
    /// @param partitions positions in the plan, from 0; at least one, in any order
    record Rescore(List<Integer> partitions, ActorRef<ControlReply> replyTo) implements Control {
        public Rescore {
            partitions = List.copyOf(partitions);
        }
    }

    record Describe(ActorRef<BatchStatus> replyTo) implements BatchCommand {}

    /// A free worker asks for a partition.
    ///
    /// @param node where it scores, `host:port`
    record RequestLease(String node, ActorRef<WorkerMessage> worker) implements BatchCommand {}

    /// The holder of a lease is alive; the lease is extended. Told [WorkerMessage.Abandon] if it
    /// isn't the holder any more.
    ///
    /// @param rows scored so far in this attempt
    record Heartbeat(Attempt attempt, long rows, ActorRef<WorkerMessage> worker) implements BatchCommand {}

    /// Asks for the compare-and-set that decides exactly-once. Acknowledged when durable, and again
    /// if repeated.
    ///
    /// @param reasons why the first rows were quarantined, for people; empty if none was. The first
    ///     ten are kept, the first 1,000 characters of each
    record Commit(PartitionCommit commit, List<String> reasons, ActorRef<WorkerMessage> worker)
            implements BatchCommand {
        public Commit {
            reasons = reasons.stream()
                    .limit(10)
                    .map(reason -> Failure.shortened(reason, 1_000))
                    .toList();
        }
    }

    /// The holder won't go on, through no fault of the partition's: another may have it at once.
    record ReleaseLease(Attempt attempt) implements BatchCommand {}

    /// The attempt ended without output.
    record AttemptFailed(Attempt attempt, String node, Failure failure) implements BatchCommand {}
}
