package io.nightshift.coordinator.batch;

import io.nightshift.coordinator.batch.BatchObserver.AttemptOutcome;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import java.time.Duration;
import java.util.List;

/// Tells a [BatchObserver] what a batch's messages and events mean.
final class BatchObserverNotifier {

    private final BatchId batch;
    private final BatchObserver observer;

    BatchObserverNotifier(BatchId batch, BatchObserver observer) {
        this.batch = batch;
        this.observer = observer;
    }

    /// A message has come, and isn't decided yet.
    void before(BatchDecisions coordinator, CoordinatorMessage message, DecisionTime now) {
        if (message instanceof CoordinatorMessage.Asked(BatchCommand.Heartbeat heartbeat)) {
            coordinator
                    .sinceHeard(heartbeat.attempt(), now)
                    .ifPresent(nanos -> observer.heartbeat(Duration.ofNanos(nanos)));
        } else if (message instanceof CoordinatorMessage.Asked(BatchCommand.ReturnLease(var attempt))
                && coordinator.sinceHeard(attempt, now).isPresent()) {
            observer.attempt(AttemptOutcome.GIVEN_BACK);
        }
    }

    /// What came of it is durable.
    void written(
            BatchState next,
            CoordinatorMessage message,
            List<? extends BatchEvent> events,
            DecisionTime asked,
            DecisionTime written) {
        observer.written(Duration.ofNanos(written.nanos() - asked.nanos()));
        for (BatchEvent event : events) {
            switch (event) {
                case BatchEvent.Committed(var at, List<PartitionCommit> commits) -> {
                    for (PartitionCommit commit : commits) {
                        observer.attempt(AttemptOutcome.COMMITTED);
                        observer.committed(commit.predictions(), commit.quarantined());
                    }
                }
                case BatchEvent.AttemptFailed failed ->
                    observer.attempt(
                            message instanceof CoordinatorMessage.Tick
                                    ? AttemptOutcome.EXPIRED
                                    : AttemptOutcome.FAILED);
                case BatchEvent.Published published -> settled(next, Phase.PUBLISHED, written);
                case BatchEvent.Failed failed -> settled(next, Phase.FAILED, written);
                case BatchEvent.Cancelled cancelled -> settled(next, Phase.CANCELLED, written);
                case BatchEvent.Submitted submitted -> {}
                case BatchEvent.TookOver tookOver -> {}
                case BatchEvent.Planned planned -> {}
                case BatchEvent.Paused paused -> {}
                case BatchEvent.Resumed resumed -> {}
                case BatchEvent.Rescored rescored -> {}
                case BatchEvent.Retried retried -> {}
            }
        }
    }

    private void settled(BatchState next, Phase phase, DecisionTime now) {
        observer.settled(phase, Duration.between(next.submission().at(), now.instant()));
    }

    void refused() {
        observer.attempt(AttemptOutcome.REFUSED);
    }

    /// All is done that follows from the message.
    void after(BatchDecisions coordinator, BatchState state, CoordinatorMessage message, DecisionTime now) {
        if (message instanceof CoordinatorMessage.Tick
                || state.phase() == null
                || state.phase().isEnd()) {
            observer.stands(batch, coordinator.standing(state, now));
        }
    }

    /// The batch goes on elsewhere, if it does.
    void stopped() {
        observer.stands(batch, null);
    }
}
