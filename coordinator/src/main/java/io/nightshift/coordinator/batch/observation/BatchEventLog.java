package io.nightshift.coordinator.batch.observation;

import io.nightshift.coordinator.batch.attempt.PartitionRangeFormat;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Redrive;
import io.nightshift.protocol.batch.Removal;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes a line to the log for each event of a batch, once the event is durable.
public final class BatchEventLog {

    private static final Logger LOG = LoggerFactory.getLogger(BatchEventLog.class);

    private final BatchId batch;

    public BatchEventLog(BatchId batch) {
        this.batch = batch;
    }

    /// @param next the state after all events of the write
    public void write(BatchState next, BatchEvent event) {
        switch (event) {
            case BatchEvent.Submitted submitted -> LOG.debug("{} is submitted", batch);
            case BatchEvent.TookOver tookOver -> {
                if (tookOver.incarnation() > 1) {
                    LOG.info(
                            "{} is resumed by this node: {} of {} partitions are committed",
                            batch,
                            next.committed().count(),
                            next.plan() == null ? 0 : next.plan().index().partitions());
                }
            }
            case BatchEvent.Planned planned ->
                LOG.info(
                        "{} is planned: {} rows in {} partitions",
                        batch,
                        planned.partitions().rows(),
                        planned.partitions().partitions());
            case BatchEvent.ExtensionRequested requested ->
                LOG.info("{} looks for new files in its source before it is published", batch);
            case BatchEvent.PlanExtended extended ->
                LOG.info(
                        "{} is extended: {} more files, {} rows in {} partitions. The first {} of its partitions stay",
                        batch,
                        extended.files().size(),
                        extended.partitions().rows(),
                        extended.partitions().partitions(),
                        extended.keptPartitions());
            case BatchEvent.CanaryStarted started ->
                LOG.info(
                        "{}: {} scores the partitions {} first, and no other is scored before it has passed",
                        batch,
                        next.submission().candidate(),
                        PartitionRangeFormat.text(started.partitions()));
            case BatchEvent.CanaryDecided decided -> {
                String sentence = Objects.requireNonNull(next.canary()).status().sentence();
                if (decided.passed()) {
                    LOG.info("{}: {}", batch, sentence);
                } else {
                    LOG.warn("{}: {}", batch, sentence);
                }
            }
            case BatchEvent.ShadowStarted started ->
                LOG.info(
                        "{}: {} scores {} in addition, unpublished",
                        batch,
                        next.submission().candidate(),
                        started.partitions().isEmpty()
                                ? "all partitions"
                                : "the partitions " + PartitionRangeFormat.text(started.partitions()));
            case BatchEvent.ShadowAbandoned abandoned ->
                LOG.warn(
                        "{}: {} scores no more partitions in addition: {}",
                        batch,
                        next.submission().candidate(),
                        abandoned.reason());
            case BatchEvent.CandidatePromoted promoted -> {
                if (promoted.refusal() == null) {
                    LOG.info("{}: the alias {} is moved to {}", batch, promoted.alias(), next.model());
                } else {
                    LOG.warn(
                            "{}: the alias {} is not moved to {}: {}",
                            batch,
                            promoted.alias(),
                            next.model(),
                            promoted.refusal());
                }
            }
            case BatchEvent.Committed committed -> {
                for (PartitionCommit commit : committed.commits()) {
                    LOG.info("{} committed", commit.attempt(batch));
                }
                if (next.phase() == Phase.PUBLISHING) {
                    LOG.info("{} is being published", batch);
                }
            }
            case BatchEvent.PartsReused reused ->
                LOG.info(
                        "{} reuses {} parts of {}; {} of its partitions are looked at",
                        batch,
                        reused.commits().size(),
                        Objects.requireNonNull(next.submission().reuse()).batch(),
                        reused.to());
            case BatchEvent.AttemptFailed failed ->
                LOG.warn(
                        "{} failed on {}: {}",
                        new Attempt(batch, failed.partition(), failed.epoch()),
                        failed.node(),
                        failed.failure().message());
            case BatchEvent.StepFailed failed ->
                LOG.warn(
                        "{}: {}. It is retried until {}",
                        batch,
                        failed.failure().message(),
                        failed.until());
            case BatchEvent.OutageEnded ended -> LOG.info("{} no longer waits for a resource", batch);
            case BatchEvent.Paused paused -> LOG.info("{} is paused: {}", batch, paused.reason());
            case BatchEvent.Resumed resumed -> LOG.info("{} is resumed", batch);
            case BatchEvent.WindowIgnored ignored -> LOG.info("{} may score outside its window", batch);
            case BatchEvent.Rescored rescored ->
                LOG.info(
                        "{}: partitions {} will be scored again",
                        batch,
                        PartitionRangeFormat.text(rescored.partitions()));
            case BatchEvent.Failed failed ->
                LOG.error("{} failed: {}", batch, failed.failure().message());
            case BatchEvent.Retried retried -> LOG.info("{} is retried", batch);
            case BatchEvent.Checked checked -> {
                checked.failed().forEach(result -> LOG.warn("{}: {}", batch, result.sentence()));
                if (next.phase() == Phase.HELD) {
                    LOG.warn("{} is held until someone approves or cancels it", batch);
                }
            }
            case BatchEvent.Approved approved -> LOG.info("{} is approved: {}", batch, approved.reason());
            case BatchEvent.Published published -> LOG.info("{} is published in {}", batch, published.places());
            case BatchEvent.RemovalBegun begun ->
                LOG.info("{} is {}", batch, Removal.of(begun).sentence());
            case BatchEvent.Unpublished unpublished -> LOG.info("{} is no longer seen by readers", batch);
            case BatchEvent.Removed removed -> LOG.info("{} is removed", batch);
            case BatchEvent.RedriveBegun begun ->
                LOG.info("{}: {}", batch, Redrive.of(begun).sentence());
            case BatchEvent.RedriveFailed failed ->
                LOG.warn(
                        "{}: the redrive has failed: {}",
                        batch,
                        failed.failure().message());
            case BatchEvent.SupplementCommitted committed ->
                LOG.info(
                        "{}: supplement {} is committed: {} rows have a prediction now",
                        batch,
                        committed.supplement().number(),
                        committed.supplement().commit().predictions());
            case BatchEvent.WithdrawalBegun begun ->
                LOG.warn(
                        "{}: the supplement can't be published, so it is withdrawn: {}",
                        batch,
                        begun.failure().message());
            case BatchEvent.SupplementPublished published -> LOG.info("{}: the supplement is published", batch);
            case BatchEvent.Cancelled cancelled -> LOG.info("{} is cancelled: {}", batch, cancelled.reason());
        }
    }
}
