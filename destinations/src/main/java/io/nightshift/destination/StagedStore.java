package io.nightshift.destination;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.scoring.model.ModelDescription;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A destination that stages each batch where it publishes it. Each call of a coordinator opens a [BatchPublisher].
public abstract class StagedStore
        implements DestinationStore, BatchRemoval, PartReuse, PredictionReader, SupplementStore {

    private static final Logger LOG = LoggerFactory.getLogger(StagedStore.class);

    /// @param doing the reason, for messages, such as `publishing`
    /// @throws FailureException if the destination can't be reached
    protected abstract BatchPublisher open(BatchId batch, String doing);

    private <T> T ask(BatchId batch, String doing, Function<BatchPublisher, T> call) {
        try (BatchPublisher publisher = open(batch, doing)) {
            return call.apply(publisher);
        }
    }

    private void run(BatchId batch, String doing, Consumer<BatchPublisher> call) {
        try (BatchPublisher publisher = open(batch, doing)) {
            call.accept(publisher);
        }
    }

    @Override
    public final Publication publish(CommittedBatch batch, Runnable before) {
        return ask(batch.id(), "publishing", steps -> ExactlyOncePublication.publish(steps, batch, before));
    }

    @Override
    public final Optional<Publication> fence(BatchId batch, int incarnation) {
        return ask(
                batch,
                "looking whether readers see it already in",
                steps -> ExactlyOncePublication.fence(steps, incarnation));
    }

    @Override
    public final void keepQuarantine(CommittedBatch batch) {
        if (batch.quarantined() > 0) {
            run(batch.id(), "keeping the quarantined rows of", publisher -> publisher.keepQuarantine(batch));
        }
    }

    @Override
    public final void discard(BatchId batch) {
        try {
            run(batch, "removing what was staged in", BatchPublisher::discard);
        } catch (FailureException e) {
            LOG.warn("{}: what was staged could not be removed: {}", batch, e.getMessage());
        }
    }

    @Override
    public final void unpublish(BatchId batch) {
        run(batch, "removing it from", BatchPublisher::unpublish);
    }

    @Override
    public final void delete(BatchId batch) {
        run(batch, "deleting the rows from", publisher -> {
            publisher.unpublish();
            publisher.delete();
        });
    }

    @Override
    public void reuse(BatchId published, BatchId batch, List<PartitionCommit> parts) {
        run(batch, "reusing parts in", publisher -> publisher.reuse(published, parts));
    }

    @Override
    public final void prepareSupplement(CommittedBatch batch, Job job, ModelDescription model) {
        run(batch.id(), "preparing", publisher -> publisher.prepareSupplement(batch));
    }

    @Override
    public final Publication publishSupplement(CommittedBatch batch) {
        return ask(batch.id(), "adding rows to", publisher -> publisher.publishSupplement(batch));
    }

    @Override
    public final Optional<Publication> withdrawSupplement(CommittedBatch batch) {
        return ask(batch.id(), "taking back rows of", publisher -> publisher.withdrawSupplement(batch));
    }

    @Override
    public final void discardSupplement(BatchId batch, int incarnation) {
        run(batch, "removing what was staged in", publisher -> publisher.discardSupplement(incarnation));
    }
}
