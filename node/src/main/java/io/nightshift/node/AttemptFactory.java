package io.nightshift.node;

import io.nightshift.destination.DestinationStore;
import io.nightshift.node.model.ModelCache;
import io.nightshift.node.submission.JobModel;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Rollout;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.scoring.Model;
import io.nightshift.worker.partition.MemoryEstimate;
import io.nightshift.worker.partition.PartitionAttempt;
import io.nightshift.worker.partition.ReadSamples;
import io.nightshift.worker.partition.StepTimes;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes the attempts of this node: each with its models, and with memory for its share of the node.
final class AttemptFactory {

    private static final Logger LOG = LoggerFactory.getLogger(AttemptFactory.class);

    private final NodeParts parts;
    private final ModelCache models;
    private final AtomicLong firstRow = new AtomicLong();
    private final ReadSamples reads = new ReadSamples();

    AttemptFactory(NodeParts parts) {
        this.parts = parts;
        this.models = parts.given().models();
    }

    /// When this node scored its first row, in milliseconds since 1970, or 0 if it hasn't.
    long firstRow() {
        return firstRow.get();
    }

    /// An attempt of a worker, whose reads are sampled and whose steps are timed.
    PartitionAttempt timed(Lease lease) {
        PartitionAttempt attempt = attempt(lease).sampledBy(reads);
        StepTimes steps = parts.given().steps();
        return steps == null ? attempt : attempt.timedBy(steps);
    }

    PartitionAttempt attempt(Lease lease) {
        Model model = model(lease.model());
        if (lease.other() == null) {
            return attempt(lease, model, 0);
        }
        Rollout rollout = lease.job().rollout();
        if (rollout == null || rollout.isCanary()) {
            Model other = model(lease.other());
            return attempt(lease, model, other.heapBytes()).comparing(other);
        }
        return shadowed(lease, model, lease.other(), rollout.differences());
    }

    /// The batch's model was in the registry when the job was submitted. So a registry that does not hand
    /// it out is this node's fault.
    private Model model(ModelVersion version) {
        try {
            return models.get(version);
        } catch (FailureException e) {
            throw new FailureException(
                    Failure.of(
                            FailedResource.Type.REGISTRY,
                            version.toString(),
                            "the model registry of this node: " + e.failure().message()),
                    e);
        }
    }

    /// Whatever is wrong with the candidate of a shadow, the attempt scores without it.
    private PartitionAttempt shadowed(Lease lease, Model model, ModelVersion version, int differences) {
        String problem;
        try {
            Model candidate = models.get(version);
            problem = JobModel.difference(
                    model.description(),
                    candidate.description(),
                    lease.job().output().margin());
            if (problem == null) {
                return attempt(lease, model, candidate.heapBytes()).shadowedBy(candidate, differences);
            }
        } catch (FailureException e) {
            problem = e.failure().message();
        } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
            problem = e.toString();
        }
        LOG.warn("{} scores without {}: {}", lease.attempt(), version, problem);
        return attempt(lease, model, 0).withoutShadow(problem);
    }

    /// @param otherBytes the memory of another model that scores the rows
    private PartitionAttempt attempt(Lease lease, Model model, long otherBytes) {
        MemoryEstimate estimate = MemoryEstimate.of(
                lease.job(),
                lease.slices().stream().map(Slice::file).toList(),
                model.description(),
                model.heapBytes() + otherBytes,
                parts.given().scoring().size(),
                parts.given().memory());
        DestinationStore destination = parts.destinations().of(lease.job());
        return new PartitionAttempt(
                parts.given().duckDb().get(),
                parts.sources(),
                lease,
                model,
                parts.name(),
                destination.writer(lease, parts.name(), estimate.blockRows()),
                destination.limits(),
                firstRow);
    }
}
