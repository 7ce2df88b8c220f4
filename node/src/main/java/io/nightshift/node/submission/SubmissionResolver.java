package io.nightshift.node.submission;

import io.nightshift.api.SchemaReport;
import io.nightshift.coordinator.plan.Planner;
import io.nightshift.destination.DestinationStore;
import io.nightshift.destination.PredictionColumns;
import io.nightshift.destination.PublishedSchema;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.node.alert.AlertConfiguration;
import io.nightshift.node.model.ModelCache;
import io.nightshift.node.model.ParsedModels;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.protocol.job.ChangedRows;
import io.nightshift.protocol.job.DatabaseInput;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFingerprint;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.job.NewFiles;
import io.nightshift.protocol.job.NewTimes;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.protocol.wire.WireLimits;
import io.nightshift.scoring.Model;
import io.nightshift.source.BoundJob;
import io.nightshift.source.FileVersion;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourcePins;
import io.nightshift.worker.partition.MemoryEstimate;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The one way in: every job that somebody submits, by the command line, HTTP or a message, is checked and
/// resolved here, so that each of them gets the same checks and the same sentences.
///
/// Both methods block on disks and databases, and may be called from any thread and as often as wanted.
public final class SubmissionResolver {

    private static final Logger LOG = LoggerFactory.getLogger(SubmissionResolver.class);

    /// The most files of a job with new files that are looked at to check the job.
    private static final int MOST_INSPECTED = 1_000;

    private final ModelPlaces places;
    private final Destinations destinations;
    private final int threads;
    private final long memory;
    private final PlanLimits limits;
    private final Set<String> channels;
    private final ParsedModels models = new ParsedModels();

    /// @param places of the models that jobs may name
    /// @param destinations that jobs may name, with the sources
    /// @param threads that score on a node
    /// @param memory that a node may use, in bytes
    /// @param limits of the plan
    /// @param channels the names of the channels that alerts of jobs may be sent to
    public SubmissionResolver(
            ModelPlaces places,
            Destinations destinations,
            int threads,
            long memory,
            PlanLimits limits,
            Set<String> channels) {
        this.places = places;
        this.destinations = destinations;
        this.threads = threads;
        this.memory = memory;
        this.limits = limits;
        this.channels = Set.copyOf(channels);
    }

    /// The result of a check.
    ///
    /// @param job with what is known of its source
    /// @param model that the job names, loaded
    /// @param candidate what the job's rollout tries, loaded
    /// @param files of the source, in the order in which their rows are counted, and then those of lookups
    /// @param memory that a node needs to score the job
    public record Check(
            Job job, Model model, RolloutCandidate candidate, List<InspectedFile> files, MemoryEstimate memory) {
        public Check {
            files = List.copyOf(files);
        }
    }

    /// A submission with its model.
    ///
    /// @param model the version that the submission names, loaded
    /// @param candidate what it tries, loaded
    public record Resolved(Submission submission, Model model, RolloutCandidate candidate) {

        /// Keeps the models for the batch's partitions.
        public void keepIn(ModelCache models) {
            models.keep(submission.model(), model);
            if (candidate instanceof RolloutCandidate.Tried tried && tried.model() != null) {
                models.keep(tried.version(), tried.model());
            }
        }
    }

    /// Checks everything that can be known before a batch is opened: the job's size, its destination, its
    /// model, the memory it needs, and whether its columns fit source, model and destination. Touches
    /// nothing: no registry, no ledger, no destination.
    ///
    /// @throws FailureException with a sentence for the job's author. It is permanent if the job can't run. It is
    ///     transient if the input, the destination or the registry can't be used at the moment, see [#isAway]
    public Check check(Job job) {
        DestinationStore destination = checkPlace(job);
        return check(job, destination, find(job));
    }

    /// Checks a job as [#check] does, then stores its model if that is a file, and the candidate that it follows on
    /// an MLflow server. A job that is refused stores nothing. Moves of aliases that this server has yet to repeat
    /// are tried again before.
    ///
    /// @throws FailureException as [#check]
    public Resolved resolve(Job job) {
        DestinationStore destination = checkPlace(job);
        JobModel found = find(job);
        boolean followsServer = job.rollout() != null && job.rollout().candidate() instanceof ModelReference.Mlflow;
        if (followsServer && found instanceof JobModel.FromRegistry(ModelVersion version, Model _)) {
            places.writeBack().deliver(version.name(), null);
        }
        Check check = check(job, destination, found);
        String input = SourcePins.identity(check.files());
        RolloutCandidate candidate = registered(check.candidate());
        Submission submission =
                new Submission(check.job(), JobFingerprint.of(job), input, found.registeredIn(places.registry()));
        return new Resolved(
                switch (candidate) {
                    case RolloutCandidate.None _ -> submission;
                    case RolloutCandidate.Untried(String reason) -> {
                        LOG.warn("{}: no candidate is tried: {}", job.name(), reason);
                        yield submission.untried(reason);
                    }
                    case RolloutCandidate.Tried tried -> submission.trying(tried.version());
                },
                found.model(),
                candidate);
    }

    /// The candidate after its copy was registered, if it is one of an MLflow server.
    private RolloutCandidate registered(RolloutCandidate candidate) {
        if (!(candidate instanceof RolloutCandidate.Tried tried)) {
            return candidate;
        }
        try {
            return tried.registeredIn(places.registry());
        } catch (FailureException e) {
            return new RolloutCandidate.Untried(String.valueOf(e.getMessage()));
        }
    }

    private JobModel find(Job job) {
        if (job.model() instanceof ModelReference.File(String path)) {
            destinations.sources().roots().requireReadable(Path.of(path));
        }
        return JobModel.find(job.model(), places, models::load);
    }

    /// Checks what needs neither model nor source, so that a mistake there is found before they are read.
    private DestinationStore checkPlace(Job job) {
        WireLimits.refusal(job).ifPresent(reason -> {
            throw FailureException.permanent(reason);
        });
        String refusal = AlertConfiguration.refusal(job.alerts(), channels);
        if (refusal != null) {
            throw FailureException.permanent(refusal);
        }
        DestinationStore destination = destinations.of(job);
        requireWritable(job, destination);
        return destination;
    }

    private static void requireWritable(Job job, DestinationStore destination) {
        List<String> obstacles = destination.checkPlace();
        if (!obstacles.isEmpty()) {
            throw new FailureException(
                    Failure.of(FailedResource.Type.PLACE, job.destination().toString(), String.join("\n", obstacles)));
        }
    }

    private List<InspectedFile> inspect(Job job, Model model) {
        return job.incremental() instanceof NewFiles
                ? destinations.sources().inspect(job, model.description(), SubmissionResolver::newest)
                : destinations.sources().inspect(job, model.description());
    }

    /// Whether a submission failed because the job's input, its destination, or the registry with its model is
    /// missing. It may come back, or the job names a wrong one. So a person who submits the job gets the failure at
    /// once, and a run of a schedule waits.
    public static boolean isAway(Failure failure) {
        return failure.resource() != null
                && switch (failure.resource().type()) {
                    case INPUT, PLACE -> true;
                    case STORAGE, DATABASE, REGISTRY, SCRATCH, LIBRARY, MOUNT -> false;
                };
    }

    /// The plan of the batch decides which files are new. To check the job, the newest are enough: a source
    /// that has grown for years is not read as a whole.
    private static List<FileVersion> newest(List<FileVersion> listed) {
        if (listed.size() <= MOST_INSPECTED) {
            return listed;
        }
        Set<FileVersion> newest = listed.stream()
                .sorted(Comparator.comparing(FileVersion::modified).reversed())
                .limit(MOST_INSPECTED)
                .collect(Collectors.toSet());
        return listed.stream().filter(newest::contains).toList();
    }

    private Check check(Job written, DestinationStore destination, JobModel found) {
        Model model = found.model();
        Job complete = complete(written, found);
        Job job = complete.withFeatures(BoundJob.featureNames(BoundJob.named(complete, model.description())));
        RolloutCandidate candidate = fitting(job, model, RolloutCandidate.find(job, found, places, models::load));
        long modelBytes = model.heapBytes() + candidate.heapBytes();
        MemoryEstimate.of(job, model.description(), modelBytes, threads, memory);
        List<InspectedFile> files = inspect(job, model);
        MemoryEstimate estimate = MemoryEstimate.planned(job, files, model.description(), modelBytes, threads, memory);
        Job.Partitions partitions = partitions(job, files);
        limits.check(files.size(), Planner.cut(files, partitions.rows()).partitions());
        List<String> reasons = destination.check(job, model.description());
        if (!reasons.isEmpty()) {
            // The destination may be missing only since it was checked.
            requireWritable(job, destination);
            Destinations.refuse(reasons);
        }
        BoundJob bound = destinations.sources().of(job.source()).bind(job, model.description());
        found.checkColumns(bound);
        candidate = fitting(bound, candidate);
        SchemaComparison schema = compare(job, destination, model);
        if (!job.output().newSchema()) {
            schema.refuseBreaking();
        }
        Job pinned = candidate instanceof RolloutCandidate.Tried tried ? tried.complete(job) : job;
        Job resolved = withTimeType(pinned, model).with(partitions).with(schema.after());
        return new Check(resolved, model, candidate, files, estimate);
    }

    /// A candidate of an MLflow server is tried only if both models fit into the memory of a node.
    private RolloutCandidate fitting(Job job, Model model, RolloutCandidate candidate) {
        if (!candidate.isFromServer()) {
            return candidate;
        }
        try {
            MemoryEstimate.of(job, model.description(), model.heapBytes() + candidate.heapBytes(), threads, memory);
            return candidate;
        } catch (FailureException e) {
            return new RolloutCandidate.Untried(String.valueOf(e.getMessage()));
        }
    }

    /// A candidate of an MLflow server is tried only if the columns are those of its training.
    private static RolloutCandidate fitting(BoundJob bound, RolloutCandidate candidate) {
        if (!(candidate instanceof RolloutCandidate.Tried tried)) {
            return candidate;
        }
        try {
            tried.checkColumns(bound);
            return tried;
        } catch (FailureException e) {
            return new RolloutCandidate.Untried(String.valueOf(e.getMessage()));
        }
    }

    private static Job complete(Job written, JobModel found) {
        Job complete = found.complete(written);
        if (WireLimits.refusal(complete).isPresent()) {
            throw FailureException.permanent(
                    "the signature of the model names %,d columns, and with their names the job is too large for a message between nodes. Log the model with its names in its own file"
                            .formatted(complete.signatureFeatures().size()));
        }
        return complete;
    }

    /// The division of the input. A table keeps the largest size of partitions, because it is divided by ranges of
    /// a key, which not every table has.
    private Job.Partitions partitions(Job job, List<InspectedFile> files) {
        long rows = files.stream()
                .map(InspectedFile::file)
                .filter(file -> !file.isLookup())
                .mapToLong(SourceFile::rows)
                .sum();
        return job.source().input() instanceof DatabaseInput
                ? job.partitions()
                : job.partitions().of(rows, threads);
    }

    /// Compares the columns that a job writes with those of its newest published batch. Refuses what [#check]
    /// refuses, but for changes that break readers.
    ///
    /// @throws FailureException as [#check]
    public SchemaReport compare(Job job) {
        DestinationStore destination = checkPlace(job);
        JobModel found = find(job);
        Job complete = complete(job, found);
        inspect(complete, found.model());
        return compare(complete, destination, found.model()).report(job.name());
    }

    private SchemaComparison compare(Job job, DestinationStore destination, Model model) {
        BoundJob bound = destinations.sources().of(job.source()).bind(job, model.description());
        return SchemaComparison.of(
                PublishedSchema.newest(destination, job.name()).orElse(null),
                PredictionColumns.schema(bound, model.description()));
    }

    /// The job with the type of its incremental column.
    private Job withTimeType(Job job, Model model) {
        if (job.incremental() instanceof ChangedRows(List<String> columns, boolean _)) {
            BoundJob bound = destinations.sources().of(job.source()).bind(job, model.description());
            columns.stream()
                    .filter(column -> !job.source().select().containsKey(column))
                    .forEach(column -> typeOf("incremental.changed", column, bound));
            return job;
        }
        if (!(job.incremental() instanceof NewTimes times)) {
            return job;
        }
        String column = times.column();
        BoundJob bound = destinations.sources().of(job.source()).bind(job, model.description());
        String type = typeOf("incremental.column", column, bound);
        return job.with(times.with(NewTimes.TimeType.of(type)
                .orElseThrow(() -> FailureException.permanent(
                        "incremental.column: %s is %s in %s; give a column with timestamps or dates"
                                .formatted(column, type, bound.file())))));
    }

    private static String typeOf(String key, String column, BoundJob bound) {
        String type = bound.columns().get(column);
        if (type == null) {
            String nearest = NameSuggestion.closest(column, bound.columns().keySet());
            throw FailureException.permanent("%s: %s has no column \"%s\"; %s"
                    .formatted(
                            key,
                            bound.file(),
                            column,
                            nearest == null
                                    ? "it has "
                                            + String.join(", ", bound.columns().keySet())
                                    : "did you mean \"" + nearest + "\"?"));
        }
        return type;
    }
}
