package io.nightshift.coordinator.batch.observation;

import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.EventText;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// Writes a line to the log for each event of a batch, once the event is durable. Lines about attempts name the
/// attempt.
public final class BatchEventLog {

    private static final Logger LOG = LoggerFactory.getLogger(BatchEventLog.class);

    private final BatchId batch;

    public BatchEventLog(BatchId batch) {
        this.batch = batch;
    }

    /// @param next the state after all events of the write
    public void write(BatchState next, BatchEvent event) {
        switch (event) {
            case BatchEvent.Committed committed -> {
                for (PartitionCommit commit : committed.commits()) {
                    LOG.info("{} committed", commit.attempt(batch));
                }
                if (next.phase() == Phase.PUBLISHING) {
                    LOG.info("{} is being published", batch);
                }
            }
            case BatchEvent.AttemptFailed failed ->
                LOG.warn(
                        "{} failed on {}: {}",
                        new Attempt(batch, failed.partition(), failed.epoch()),
                        failed.node(),
                        failed.failure().message());
            default ->
                LOG.atLevel(level(event)).log("{} {}: {}", batch, EventText.name(event), EventText.withCaller(event));
        }
        if (event instanceof BatchEvent.Checked && next.phase() == Phase.HELD) {
            LOG.warn("{} is held until someone approves or cancels it", batch);
        }
    }

    private static Level level(BatchEvent event) {
        return switch (event) {
            case BatchEvent.Failed failed -> Level.ERROR;
            case BatchEvent.StepFailed failed -> Level.WARN;
            case BatchEvent.RedriveFailed failed -> Level.WARN;
            case BatchEvent.WithdrawalBegun begun -> Level.WARN;
            case BatchEvent.ShadowAbandoned abandoned -> Level.WARN;
            case BatchEvent.CanaryDecided decided when !decided.passed() -> Level.WARN;
            case BatchEvent.CandidatePromoted promoted when promoted.refusal() != null -> Level.WARN;
            case BatchEvent.Checked checked when checked.failed().findAny().isPresent() -> Level.WARN;
            case BatchEvent.Checked checked -> Level.DEBUG;
            case BatchEvent.Submitted submitted -> Level.DEBUG;
            case BatchEvent.TookOver tookOver when tookOver.incarnation() == 1 -> Level.DEBUG;
            default -> Level.INFO;
        };
    }
}
