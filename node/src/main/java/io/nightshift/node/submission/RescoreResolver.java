package io.nightshift.node.submission;

import io.nightshift.api.RescoreRequest;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.publish.ReusableBatch;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.destination.PredictionColumns;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFingerprint;
import io.nightshift.protocol.job.MlflowPin;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.job.OutputSchema;
import io.nightshift.protocol.job.Reuse;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.SourcePins;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Checks and resolves requests to score partitions of a published batch again. Blocking; may be called from any
/// thread.
public final class RescoreResolver {

    private static final Pattern DIGEST = Pattern.compile("(?:sha256:)?([0-9a-f]{64})");

    private final Ledger ledger;
    private final Destinations destinations;
    private final ModelRegistry registry;
    private final SubmissionResolver submissions;
    private final Function<ModelVersion, ModelDescription> models;

    /// @param submissions checks and resolves the job of the batch with the other model
    /// @param models describes a registered model
    public RescoreResolver(
            Ledger ledger,
            Destinations destinations,
            ModelRegistry registry,
            SubmissionResolver submissions,
            Function<ModelVersion, ModelDescription> models) {
        this.ledger = ledger;
        this.destinations = destinations;
        this.registry = registry;
        this.submissions = submissions;
        this.models = models;
    }

    /// The submission that a request asks for.
    ///
    /// @param batch the published batch
    /// @throws FailureException permanent, with a sentence for the caller, if it can't be done
    public Submission resolve(BatchId batch, RescoreRequest request) {
        ReusableBatch reused = ReusableBatch.of(ledger, destinations, batch);
        BatchState state = reused.state();
        Reuse reuse = reuse(reused, request);
        Job own = state.submission().job();
        Submission resolved = submissions
                .resolve(own.withModel(registered("model", request.model())))
                .submission();
        ModelVersion model = resolved.model();
        // Two names of one version ask for the same thing.
        Job job = resolved.job()
                .withModel(
                        resolved.job().model() instanceof ModelReference.Mlflow(String _, MlflowPin pin) && pin != null
                                ? new ModelReference.Mlflow(pin.version(), pin)
                                : new ModelReference.Exact(model.name(), model.version()));
        refuseOtherColumns(state, job, model);
        SourcePins.check(batch, state.pinned().files(), destinations.sources().pins(job));
        return new Submission(
                job, JobFingerprint.of(job, reuse), Objects.requireNonNull(state.input()), model, null, reuse);
    }

    private Reuse reuse(ReusableBatch batch, RescoreRequest request) {
        List<Integer> partitions = request.partitions();
        BatchState state = batch.state();
        int all = state.pinned().index().partitions();
        for (int partition : partitions) {
            if (partition < 0 || partition >= all) {
                throw FailureException.permanent("there is no partition %d; the partitions of %s are 0 to %d"
                        .formatted(partition, state.batch(), all - 1));
            }
        }
        String digest = digest(request.whereModel());
        if (digest != null && !batch.wasScoredBy(digest)) {
            throw FailureException.permanent(
                    "no partition of %s was scored by the model %s".formatted(state.batch(), request.whereModel()));
        }
        return new Reuse(state.batch().value(), partitions, digest);
    }

    private @Nullable String digest(@Nullable String model) {
        if (model == null) {
            return null;
        }
        Matcher digest = DIGEST.matcher(model);
        if (digest.matches()) {
            return digest.group(1);
        }
        if (registered("where_model", model) instanceof ModelReference.Mlflow) {
            throw FailureException.permanent(
                    "where_model: %s may have moved since; name the model by its digest, as sha256:…, which nightshift batch show --parts lists"
                            .formatted(model));
        }
        return registry.resolve(registered("where_model", model)).sha256();
    }

    private static ModelReference registered(String key, String text) {
        try {
            ModelReference reference = ModelReference.parse(text);
            if (!(reference instanceof ModelReference.File)) {
                return reference;
            }
        } catch (IllegalArgumentException e) {
            throw FailureException.permanent("%s: %s".formatted(key, e.getMessage()));
        }
        throw FailureException.permanent(
                "%s: %s is a file. Register it with `nightshift model import`, and name the model, such as churn@3"
                        .formatted(key, text));
    }

    /// Rows of both models are in one batch.
    private void refuseOtherColumns(BatchState state, Job job, ModelVersion model) {
        List<OutputSchema.Column> before = columns(
                state.submission().job(), models.apply(state.submission().model()));
        List<OutputSchema.Column> after = columns(job, models.apply(model));
        List<String> different = new ArrayList<>();
        after.stream().filter(column -> !before.contains(column)).forEach(column -> different.add(text(column)));
        before.stream()
                .filter(column -> !after.contains(column))
                .forEach(column -> different.add("no " + text(column)));
        if (!different.isEmpty()) {
            throw FailureException.permanent(
                    "%s@%d writes other columns than %s has: %s. Run the job with this model and --new"
                            .formatted(model.name(), model.version(), state.batch(), String.join(", ", different)));
        }
    }

    private List<OutputSchema.Column> columns(Job job, ModelDescription model) {
        return PredictionColumns.schema(destinations.sources().of(job.source()).bind(job, model), model);
    }

    private static String text(OutputSchema.Column column) {
        return column.name() + " " + column.type();
    }
}
