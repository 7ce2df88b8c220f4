package io.nightshift.coordinator.batch.decision;

import io.nightshift.coordinator.batch.state.Measured;
import io.nightshift.destination.Publication;
import io.nightshift.protocol.alert.AlertReply;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.Supplement;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.plan.CutPlan;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.source.SourceInspector.InspectedFile;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Everything that the coordinator of a batch receives.
public sealed interface CoordinatorMessage {

    /// A command from outside: a worker, the register or an operator.
    record CommandReceived(BatchCommand command) implements CoordinatorMessage {}

    /// A worker reports a failed attempt.
    ///
    /// @param nodes that can score now, `host:port`
    record AttemptReported(BatchCommand.AttemptFailed failed, Set<String> nodes) implements CoordinatorMessage {
        public AttemptReported {
            nodes = Set.copyOf(nodes);
        }
    }

    /// The actor has read the ledger. Sent once for each recovery.
    record Recovered() implements CoordinatorMessage {}

    /// The pending commits are to be persisted.
    record FlushCommits() implements CoordinatorMessage {}

    /// A timer's periodic message; [BatchSettings#tick] is its interval.
    record Tick() implements CoordinatorMessage {}

    /// A background task has ended.
    ///
    /// @param incarnation that started the task
    /// @param others the other nodes that can do a task now, `host:port`
    record TaskReported(int incarnation, TaskOutcome outcome, List<String> others) implements CoordinatorMessage {
        public TaskReported {
            others = List.copyOf(others);
        }

        /// A report of a cluster of one.
        public TaskReported(int incarnation, TaskOutcome outcome) {
            this(incarnation, outcome, List.of());
        }
    }

    /// The backoff of a failed task is over.
    ///
    /// @param incarnation whose task failed
    record RetryDue(int incarnation) implements CoordinatorMessage {}

    /// A coordinator that [BatchDecisions#isRemovable] has received nothing for a while.
    record IdleTimeout() implements CoordinatorMessage {}

    /// Alerts that the outbox has not acknowledged are to be sent again.
    record AlertsDue() implements CoordinatorMessage {}

    /// The alert outbox has answered.
    record AlertAnswered(AlertReply reply) implements CoordinatorMessage {}

    /// The outcome of a [CoordinatorAction.BackgroundTask].
    sealed interface TaskOutcome {}

    /// The outcome of a task without which the batch can't proceed. A coordinator runs at most one such task
    /// at a time.
    sealed interface StepOutcome extends TaskOutcome {}

    /// The outcome of [CoordinatorAction.MakePlan].
    ///
    /// @param input digest of the identities of the files
    /// @param cuts the division by the job's partition key; null if it has none
    record PlanCompleted(
            List<InspectedFile> files,
            PartitionPlan partitions,
            String input,
            @Nullable CutPlan cuts) implements StepOutcome {

        /// The plan of a job without a partition key.
        public PlanCompleted(List<InspectedFile> files, PartitionPlan partitions, String input) {
            this(files, partitions, input, null);
        }
    }

    /// The outcome of [CoordinatorAction.InspectInput].
    ///
    /// @param request that led to the task
    /// @param files in the source now
    /// @param input digest of the identities of the files
    record InputInspected(BatchEvent.ExtensionRequested request, List<InspectedFile> files, String input)
            implements StepOutcome {}

    /// The outcome of [CoordinatorAction.CheckInput]: the source is as it was planned.
    record InputUnchanged() implements StepOutcome {}

    /// The outcome of [CoordinatorAction.ReuseParts]: parts of another batch are staged.
    record PartsStaged(StagedParts parts) implements StepOutcome {}

    /// The outcome of [CoordinatorAction.MeasureBatch].
    ///
    /// @param measured what was counted, and the batch to compare with
    record BatchMeasured(Measured measured) implements StepOutcome {}

    /// The outcome of [CoordinatorAction.Publish]: readers see the batch.
    ///
    /// @param promotion of its candidate; null if none was tried
    record PublicationCompleted(
            Publication publication, @Nullable Promotion promotion) implements StepOutcome {

        /// The publication of a batch that promotes no candidate.
        public PublicationCompleted(Publication publication) {
            this(publication, null);
        }
    }

    /// The outcome of the move of an alias to the candidate.
    ///
    /// @param alias of the model
    /// @param failure why it was not moved; null if it was
    /// @param writeBack as in [io.nightshift.protocol.batch.BatchEvent.CandidatePromoted]
    record Promotion(
            String alias,
            @Nullable Failure failure,
            @Nullable String writeBack) {

        public Promotion(String alias, @Nullable Failure failure) {
            this(alias, failure, null);
        }
    }

    /// A task failed.
    ///
    /// @param helper the other node that did the task; null if this node did
    record TaskFailed(Failure failure, @Nullable String helper) implements StepOutcome {
        public TaskFailed(Failure failure) {
            this(failure, null);
        }
    }

    /// A task waits for a file system that does not answer. It may continue later.
    ///
    /// @param helper the other node that does the task; null if this node does
    record TaskStalled(Failure failure, @Nullable String helper) implements StepOutcome {
        public TaskStalled(Failure failure) {
            this(failure, null);
        }
    }

    /// The other node that was to do a task does not answer.
    ///
    /// @param mayContinue whether the node may do the task all the same
    record HelperLost(String helper, boolean mayContinue) implements StepOutcome {}

    /// The outcome of [CoordinatorAction.FencePublication].
    ///
    /// If both are null, nothing of the batch is visible or can become visible.
    ///
    /// @param visible what readers see already, or null
    /// @param failure why nothing is known about it, or null
    record PublicationFenced(
            BatchCommand.Control request,
            @Nullable Publication visible,
            @Nullable Failure failure) implements TaskOutcome {}

    /// The outcome of [CoordinatorAction.FenceFailedBatch].
    ///
    /// @param isVisible whether readers see the batch
    /// @param failure why nothing is known about it, or null
    record FailedBatchFenced(boolean isVisible, @Nullable Failure failure) implements TaskOutcome {}

    /// The outcome of [CoordinatorAction.RemoveOutput].
    ///
    /// @param failure why the step failed; null if it is done
    record RemovalStepEnded(RemovalStep step, @Nullable Failure failure) implements TaskOutcome {}

    /// The outcome of [CoordinatorAction.RunRedrive].
    ///
    /// @param supplement what [RedriveStep#SCORE] has written; null after other steps, and if it has failed
    /// @param publication with the supplement after [RedriveStep#PUBLISH], and after [RedriveStep#WITHDRAW] if
    ///     readers see it; null after other steps, and if the step has failed
    /// @param failure why the step failed; null if it is done
    record RedriveStepEnded(
            RedriveStep step,
            @Nullable Supplement supplement,
            @Nullable Publication publication,
            @Nullable Failure failure)
            implements TaskOutcome {}

    /// The outcome of [CoordinatorAction.CountLedgerEntries].
    ///
    /// @param entries how many entries of the batch the journal holds; 0 if the journal could not be read
    record LedgerEntriesCounted(long entries) implements TaskOutcome {}
}
