package io.nightshift.protocol.batch;

import io.nightshift.api.BatchControl;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.Submission;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// A message to the coordinator of a batch. Every message may be sent more than once.
public sealed interface BatchCommand {

    /// Starts the batch, or retries a failed one. If the job says `source.on-change: extend` and the source
    /// has other files than the batch, the batch is extended. Has no other effect on a batch that exists.
    ///
    /// @param submission stored with the batch if it is new
    /// @param history the last published batches of the job, the oldest first, for forecasts
    record Open(Submission submission, List<PastRun> history) implements BatchCommand {
        public Open {
            history = List.copyOf(history);
        }

        /// Without a history.
        public Open(Submission submission) {
            this(submission, List.of());
        }
    }

    /// Makes sure that the batch was started, that its coordinator runs, and that the register knows whether
    /// the batch has work or has ended. Unlike [Open], it does not retry a failed batch.
    ///
    /// @param submission stored with the batch if it is new. If [Open] of the same submission was lost, the
    ///     batch is extended as there
    /// @param history the last published batches of the job, the oldest first, for forecasts
    record EnsureStarted(Submission submission, List<PastRun> history) implements BatchCommand {
        public EnsureStarted {
            history = List.copyOf(history);
        }

        /// Without a history.
        public EnsureStarted(Submission submission) {
            this(submission, List.of());
        }
    }

    /// A control of an operator. The answer is sent after the change is durable, or says why it is refused.
    sealed interface Control extends BatchCommand {
        /// Receives the answer.
        ActorRef<ControlReply> replyTo();

        /// The command that carries out an operator's request.
        ///
        /// @param control the change of the batch
        /// @param by the name of the caller's token
        /// @param replyTo receives the reply
        static Control of(BatchControl control, String by, ActorRef<ControlReply> replyTo) {
            return switch (control) {
                case BatchControl.Pause(String reason) -> new Pause(reason, replyTo, by);
                case BatchControl.Resume() -> new Resume(replyTo, by);
                case BatchControl.Cancel(String reason) -> new Cancel(reason, replyTo, by);
                case BatchControl.Retry() -> new Retry(replyTo, by);
                case BatchControl.Rescore(List<Integer> partitions) -> new Rescore(partitions, replyTo, by);
                case BatchControl.IgnoreWindow() -> new IgnoreWindow(replyTo, by);
                case BatchControl.Approve(String reason) -> new Approve(reason, replyTo, by);
                case BatchControl.Delete(String reason, boolean force, boolean dryRun) ->
                    new Delete(reason, replyTo, by);
                case BatchControl.Redrive(String job, String where, String reason) ->
                    new Redrive(
                            job == null ? null : JobFile.parse(job.getBytes(StandardCharsets.UTF_8)),
                            where,
                            reason,
                            replyTo,
                            by);
            };
        }
    }

    /// Stops leasing until [Resume]. Attempts in flight continue and are committed.
    ///
    /// @param reason why, for the ledger; may be empty
    /// @param replyTo receives the answer
    /// @param by the name of the caller's token, or null
    record Pause(
            String reason,
            ActorRef<ControlReply> replyTo,
            @Nullable String by) implements Control {

        /// By an unknown caller.
        public Pause(String reason, ActorRef<ControlReply> replyTo) {
            this(reason, replyTo, null);
        }
    }

    /// Resumes a paused batch.
    ///
    /// @param replyTo receives the answer
    /// @param by the name of the caller's token, or null
    record Resume(ActorRef<ControlReply> replyTo, @Nullable String by) implements Control {

        /// By an unknown caller.
        public Resume(ActorRef<ControlReply> replyTo) {
            this(replyTo, null);
        }
    }

    /// Cancels the batch, unless readers see it already.
    ///
    /// @param reason why, for the ledger; may be empty
    /// @param replyTo receives the answer
    /// @param by the name of the caller's token; null for the batch register
    record Cancel(
            String reason,
            ActorRef<ControlReply> replyTo,
            @Nullable String by) implements Control {

        /// By the batch register.
        public Cancel(String reason, ActorRef<ControlReply> replyTo) {
            this(reason, replyTo, null);
        }
    }

    /// Resumes a failed batch with the partitions that are not committed. In a running or paused batch, makes
    /// the partitions available again that have exhausted their attempts.
    ///
    /// @param replyTo receives the answer
    /// @param by the name of the caller's token, or null
    record Retry(ActorRef<ControlReply> replyTo, @Nullable String by) implements Control {

        /// By an unknown caller.
        public Retry(ActorRef<ControlReply> replyTo) {
            this(replyTo, null);
        }
    }

    /// Withdraws the commits of partitions, so that they are scored again. Partitions without a commit are
    /// unaffected.
    ///
    /// @param partitions positions in the plan, from 0; at least one, in any order
    /// @param replyTo receives the answer
    /// @param by the name of the caller's token, or null
    record Rescore(
            List<Integer> partitions,
            ActorRef<ControlReply> replyTo,
            @Nullable String by) implements Control {
        public Rescore {
            partitions = List.copyOf(partitions);
        }

        /// By an unknown caller.
        public Rescore(List<Integer> partitions, ActorRef<ControlReply> replyTo) {
            this(partitions, replyTo, null);
        }
    }

    /// Lets the batch score outside its job's window, until it ends.
    ///
    /// @param replyTo receives the answer
    /// @param by the name of the caller's token, or null
    record IgnoreWindow(
            ActorRef<ControlReply> replyTo, @Nullable String by) implements Control {}

    /// Approves the publication of a batch that is held.
    ///
    /// @param reason why, for the ledger; may be empty
    /// @param replyTo receives the answer
    /// @param by the name of the caller's token, or null
    record Approve(
            String reason,
            ActorRef<ControlReply> replyTo,
            @Nullable String by) implements Control {}

    /// Deletes the output of a published batch. The caller has checked that nothing keeps it.
    ///
    /// @param reason why, for the ledger; may be empty
    /// @param replyTo receives the answer, as soon as the removal is durable and before readers stop seeing
    ///     the batch
    /// @param by the name of the caller's token
    record Delete(String reason, ActorRef<ControlReply> replyTo, String by) implements Control {}

    /// Scores quarantined rows of a published batch again, and adds them to it.
    ///
    /// @param job by which they are scored; null for the batch's own job
    /// @param where the SQL condition that selects quarantined rows; null for all of them
    /// @param reason why, for the ledger; may be empty
    /// @param replyTo receives the answer, as soon as it is durable that the redrive has begun
    /// @param by the name of the caller's token
    record Redrive(@Nullable Job job, @Nullable String where, String reason, ActorRef<ControlReply> replyTo, String by)
            implements Control {}

    /// Removes a published batch because of its job's retention, or continues a removal or a redrive. There is
    /// no answer.
    ///
    /// @param retention that removes the batch, as [BatchEvent.RemovalBegun#reason()]; null to begin no
    ///     removal
    record Retire(@Nullable String retention) implements BatchCommand {}

    /// Asks for the batch's status.
    ///
    /// @param replyTo receives the status, also of a batch that does not exist
    record Describe(ActorRef<BatchStatus> replyTo) implements BatchCommand {}

    /// Asks the coordinator to tell the alert outbox which alerts the batch has, and which have ended. There
    /// is no other answer.
    record ReportAlerts() implements BatchCommand {}

    /// A free worker asks for a lease. The answer is [WorkerMessage.Lease] or [WorkerMessage.NothingToLease].
    ///
    /// @param node the worker's node, `host:port`
    /// @param worker receives the answer
    /// @param nonce random, and known only to the worker and the coordinators that it asks. The worker
    ///     accepts only leases with it
    record RequestLease(String node, ActorRef<WorkerMessage> worker, String nonce) implements BatchCommand {}

    /// Extends the lease of an attempt that still runs. The answer is [WorkerMessage.Abandon] if the attempt
    /// no longer holds its partition; otherwise there is no answer.
    ///
    /// @param attempt the attempt that holds the lease
    /// @param rows the number of rows that the attempt has scored so far; 0 or more
    /// @param worker receives the answer
    /// @param use what the attempt has used so far, at least; null if that is not known
    record Heartbeat(
            Attempt attempt,
            long rows,
            ActorRef<WorkerMessage> worker,
            @Nullable Use use) implements BatchCommand {

        /// A heartbeat of an attempt whose use is not known.
        public Heartbeat(Attempt attempt, long rows, ActorRef<WorkerMessage> worker) {
            this(attempt, rows, worker, null);
        }
    }

    /// Asks to commit a partition. The answer is [WorkerMessage.Committed] once the commit is durable, also
    /// to a repetition, or [WorkerMessage.Abandon] if the attempt no longer holds its partition.
    ///
    /// @param commit the written files or rows, and the input rows that they come from
    /// @param reasons why the first rows were quarantined, for people; empty if none was. At most ten are
    ///     kept, and 1,000 characters of each
    /// @param worker receives the answer
    record Commit(PartitionCommit commit, List<String> reasons, ActorRef<WorkerMessage> worker)
            implements BatchCommand {
        public Commit {
            reasons = reasons.stream()
                    .limit(10)
                    .map(reason -> Failure.shortened(reason, 1_000))
                    .toList();
        }
    }

    /// Releases a lease because the worker stops. The partition can be leased again at once, and no failure
    /// is counted.
    ///
    /// @param attempt the attempt that holds the lease
    /// @param use what the attempt has used, at least; null if it has not begun, or that is not known
    record ReleaseLease(Attempt attempt, @Nullable Use use) implements BatchCommand {

        /// A release by an attempt that has not begun.
        public ReleaseLease(Attempt attempt) {
            this(attempt, null);
        }
    }

    /// Reports what an attempt has used that its worker has abandoned, because the attempt lost its lease.
    /// The batch counts each attempt once, however often it is reported.
    ///
    /// @param attempt the attempt, which holds no lease
    /// @param use what the attempt has used, at least
    record AttemptDiscarded(Attempt attempt, Use use) implements BatchCommand {}

    /// Reports that an attempt failed and has no output.
    ///
    /// @param attempt the attempt that held the lease
    /// @param node the worker's node, `host:port`
    /// @param failure why the attempt failed
    /// @param use what the attempt used, at least; null if that is not known
    record AttemptFailed(
            Attempt attempt,
            String node,
            Failure failure,
            @Nullable Use use) implements BatchCommand {

        /// A failed attempt whose use is not known.
        public AttemptFailed(Attempt attempt, String node, Failure failure) {
            this(attempt, node, failure, null);
        }
    }
}
