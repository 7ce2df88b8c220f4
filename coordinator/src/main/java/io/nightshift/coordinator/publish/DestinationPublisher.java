package io.nightshift.coordinator.publish;

import io.nightshift.coordinator.batch.decision.RemovalStep;
import io.nightshift.coordinator.batch.decision.StagedParts;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.task.Publisher;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.destination.DestinationStore;
import io.nightshift.destination.Publication;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Reuse;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.scoring.model.ModelDescription;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Publishes each batch at its job's destination, with the commits that the ledger has of it.
public final class DestinationPublisher implements Publisher {

    private static final Logger LOG = LoggerFactory.getLogger(DestinationPublisher.class);

    private final Destinations destinations;
    private final Ledger ledger;
    private final Function<ModelVersion, ModelDescription> models;

    /// @param models describes a registered model
    public DestinationPublisher(
            Destinations destinations, Ledger ledger, Function<ModelVersion, ModelDescription> models) {
        this.destinations = destinations;
        this.ledger = ledger;
        this.models = models;
    }

    @Override
    public void prepare(BatchId batch, Job job, ModelVersion model) {
        destinations.of(job).prepare(batch, job, models.apply(model));
    }

    @Override
    public String staging(BatchId batch, Job job) {
        return destinations.of(job).staging(batch);
    }

    @Override
    public BatchEvent.Planned reusedPlan(BatchState state) {
        return reusable(state).plan();
    }

    @Override
    public StagedParts reuse(BatchState state) {
        return reusable(state).stage(state, destinations);
    }

    private ReusableBatch reusable(BatchState state) {
        Reuse reuse = Objects.requireNonNull(state.submission().reuse());
        return ReusableBatch.of(ledger, destinations, new BatchId(reuse.batch()));
    }

    @Override
    public Publication publish(BatchState state) {
        return destinations.of(state.submission().job()).publish(CommittedBatches.read(ledger, state));
    }

    /// A publication at some of several destinations is finished at the others.
    @Override
    public Optional<Publication> fence(BatchState state) {
        Job job = state.submission().job();
        Optional<Publication> visible = destinations.of(job).fence(state.batch(), state.incarnation());
        return visible.map(
                seen -> seen.each().size() < job.destination().members().size() ? publish(state) : seen);
    }

    @Override
    public void remove(BatchId batch, Job job, RemovalStep step) {
        switch (step) {
            case REGISTER -> ledger.removedBatches().begin(batch);
            case UNPUBLISH -> destinations.of(job).removal().unpublish(batch);
            case DELETE -> destinations.of(job).removal().delete(batch);
            case RECORD -> ledger.removedBatches().end(batch);
        }
    }

    @Override
    public void discard(BatchId batch, Job job) {
        DestinationStore store = destinations.of(job);
        try {
            store.keepQuarantine(CommittedBatches.read(ledger, ledger.state(batch)));
        } catch (FailureException e) {
            LOG.warn("{}: nothing that was staged is removed, since {}", batch, e.getMessage());
            return;
        }
        store.discard(batch);
    }
}
