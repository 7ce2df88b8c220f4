package io.nightshift.coordinator.batch;

import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.decision.BatchObserver;
import io.nightshift.coordinator.batch.decision.BatchObserver.AttemptOutcome;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Use;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Derives the notifications of a [BatchObserver] from a batch's messages and events. [Batch] calls it around
/// each decision.
final class BatchObserverNotifier {

    private final BatchId batch;
    private final BatchObserver observer;

    BatchObserverNotifier(BatchId batch, BatchObserver observer) {
        this.batch = batch;
        this.observer = observer;
    }

    /// Called before the decision about a message.
    void beforeDecision(BatchDecisions decisions, CoordinatorMessage message, DecisionTime now) {
        if (message instanceof CoordinatorMessage.CommandReceived(BatchCommand.Heartbeat heartbeat)) {
            decisions
                    .nanosSinceHeartbeat(heartbeat.attempt(), now)
                    .ifPresent(nanos -> observer.heartbeatReceived(Duration.ofNanos(nanos)));
        } else if (message instanceof CoordinatorMessage.CommandReceived(BatchCommand.ReleaseLease release)
                && decisions.nanosSinceHeartbeat(release.attempt(), now).isPresent()) {
            observer.attemptEnded(AttemptOutcome.RELEASED);
        }
    }

    /// Called when the events of a decision are durable.
    void eventsPersisted(
            BatchState next,
            CoordinatorMessage message,
            List<BatchEvent> events,
            DecisionTime decided,
            DecisionTime persisted) {
        observer.journalWritten(Duration.ofNanos(persisted.nanos() - decided.nanos()));
        for (BatchEvent event : events) {
            switch (event) {
                case BatchEvent.Committed committed -> {
                    for (PartitionCommit commit : committed.commits()) {
                        observer.attemptEnded(AttemptOutcome.COMMITTED);
                        observer.partitionCommitted(batch, commit);
                    }
                    discarded(committed.discarded());
                }
                case BatchEvent.AttemptFailed failed -> {
                    observer.attemptEnded(
                            message instanceof CoordinatorMessage.Tick
                                    ? AttemptOutcome.EXPIRED
                                    : AttemptOutcome.FAILED);
                    discarded(failed.use());
                }
                case BatchEvent.Published published -> stopped(next, Phase.PUBLISHED, persisted);
                case BatchEvent.Failed failed -> stopped(next, Phase.FAILED, persisted);
                case BatchEvent.Cancelled cancelled -> stopped(next, Phase.CANCELLED, persisted);
                case BatchEvent.Checked checked -> {
                    String job = next.submission().job().name();
                    checked.results().forEach(result -> observer.checked(job, result));
                }
                case BatchEvent.Approved approved -> {}
                case BatchEvent.CanaryStarted started -> {}
                case BatchEvent.CanaryDecided done -> {}
                case BatchEvent.CandidatePromoted promoted -> {}
                case BatchEvent.ShadowStarted started -> {}
                case BatchEvent.ShadowAbandoned abandoned -> {}
                case BatchEvent.Submitted submitted -> {}
                case BatchEvent.TookOver tookOver -> {}
                case BatchEvent.Planned planned -> {}
                case BatchEvent.ExtensionRequested requested -> {}
                case BatchEvent.PlanExtended extended -> {}
                case BatchEvent.StepFailed failed -> {}
                case BatchEvent.OutageEnded ended -> {}
                case BatchEvent.Paused paused -> {}
                case BatchEvent.Resumed resumed -> {}
                case BatchEvent.WindowIgnored ignored -> {}
                case BatchEvent.PartsReused reused -> {}
                case BatchEvent.Rescored rescored -> {}
                case BatchEvent.Retried retried -> {}
                case BatchEvent.RedriveBegun begun -> {}
                case BatchEvent.RedriveFailed failed -> {}
                case BatchEvent.SupplementCommitted committed -> {}
                case BatchEvent.WithdrawalBegun begun -> {}
                case BatchEvent.SupplementPublished published -> {}
                case BatchEvent.RemovalBegun begun -> {}
                case BatchEvent.Unpublished unpublished -> {}
                case BatchEvent.Removed removed -> {}
            }
        }
    }

    private void discarded(@Nullable Use use) {
        if (use != null) {
            observer.attemptsDiscarded(batch, use);
        }
    }

    private void stopped(BatchState next, Phase phase, DecisionTime now) {
        observer.batchStopped(batch, phase, Duration.between(next.submission().at(), now.instant()));
    }

    /// Called when an attempt is told to abandon its work.
    void attemptRefused() {
        observer.attemptEnded(AttemptOutcome.REFUSED);
    }

    /// Called after the actions of a decision.
    void afterActions(BatchDecisions decisions, BatchState state, CoordinatorMessage message, DecisionTime now) {
        if (message instanceof CoordinatorMessage.Tick || !decisions.needsTick(state, now)) {
            observer.gaugesChanged(batch, decisions.gauges(state, now));
        }
    }

    /// Called when the batch's ledger can't be read.
    void damaged() {
        observer.batchDamaged(batch);
    }

    /// Called when the coordinator stops. The batch may continue on another node.
    void coordinatorStopped() {
        observer.gaugesChanged(batch, null);
    }
}
