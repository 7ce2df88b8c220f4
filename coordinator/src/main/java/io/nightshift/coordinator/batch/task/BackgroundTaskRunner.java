package io.nightshift.coordinator.batch.task;

import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.batch.decision.RedriveStep;
import io.nightshift.coordinator.batch.decision.RemovalStep;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.plan.Planner;
import io.nightshift.destination.Publication;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ChangedRows;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.NewFiles;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.PinComparison;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourcePins;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Does the background tasks of one batch. Its methods wait for disks and databases, so they are called on
/// the threads of [BatchServices.NodeRuntime#blocking()], by several threads at a time.
public final class BackgroundTaskRunner {

    private static final Logger LOG = LoggerFactory.getLogger(BackgroundTaskRunner.class);

    private final BatchId batch;
    private final BatchServices services;
    private final boolean isCoordinators;

    /// The runs of steps that this object has begun and not ended.
    private final Set<String> runs = ConcurrentHashMap.newKeySet();

    /// Whether nothing of the source is kept any more, whatever a plan that still goes on does.
    private volatile boolean isReleased;
    private volatile boolean isSwept;

    public BackgroundTaskRunner(BatchId batch, BatchServices services) {
        this(batch, services, true);
    }

    private BackgroundTaskRunner(BatchId batch, BatchServices services, boolean isCoordinators) {
        this.batch = batch;
        this.services = services;
        this.isCoordinators = isCoordinators;
    }

    /// For a node that does a step for another node's coordinator: it keeps nothing of the source after the
    /// step.
    static BackgroundTaskRunner ofAnotherNode(BatchId batch, BatchServices services) {
        return new BackgroundTaskRunner(batch, services, false);
    }

    /// Does a task and waits for its end.
    ///
    /// @param state when the task was started
    /// @throws RuntimeException if the task fails, see [#failed]
    public CoordinatorMessage.TaskOutcome run(CoordinatorAction.BackgroundTask task, BatchState state) {
        try {
            CoordinatorMessage.TaskOutcome outcome = outcome(task, state);
            services.runtime().faults().succeeded(batch);
            return outcome;
        } catch (FailureException e) {
            services.runtime().faults().failed(batch, e.failure());
            throw e;
        }
    }

    private CoordinatorMessage.TaskOutcome outcome(CoordinatorAction.BackgroundTask task, BatchState state) {
        return switch (task) {
            case CoordinatorAction.MakePlan plan ->
                counted("plan", state, () -> plan(state.submission().job(), state));
            case CoordinatorAction.InspectInput inspect -> counted("extension", state, () -> inspect(inspect, state));
            case CoordinatorAction.CheckInput check -> {
                checkInput(state);
                yield new CoordinatorMessage.InputUnchanged();
            }
            case CoordinatorAction.ReuseParts reuse ->
                new CoordinatorMessage.PartsStaged(
                        services.outputs().publisher().reuse(state));
            case CoordinatorAction.MeasureBatch measure ->
                new CoordinatorMessage.BatchMeasured(
                        services.records().measurements().measure(state));
            case CoordinatorAction.Publish publish -> publish(state);
            case CoordinatorAction.FencePublication fence -> fence(fence, state);
            case CoordinatorAction.FenceFailedBatch fence -> fence(state);
            case CoordinatorAction.RemoveOutput(RemovalStep step) -> remove(step, state);
            case CoordinatorAction.RunRedrive redrive -> redrive(redrive, state);
            case CoordinatorAction.CountLedgerEntries count -> countEntries();
        };
    }

    /// Runs a step that computes expressions of the job. An expression may crash the process, for example by a bug
    /// in a native library. After as many crashes as a partition may have failed attempts, the step is not run
    /// again.
    ///
    /// @throws FailureException permanent, if the step is not run again
    private <T> T counted(String step, BatchState state, Supplier<T> work) {
        endRuns();
        String run = UUID.randomUUID().toString();
        List<String> nodes = services.records()
                .runs()
                .begin(batch, step, run, services.runtime().node());
        runs.add(run);
        try {
            int attempts = services.settings()
                    .retry()
                    .forJob(state.submission().job().retry())
                    .attempts();
            if (nodes.size() >= attempts) {
                services.records().runs().forget(batch, step);
                throw FailureException.permanent(
                        "the step %s of %s has ended the process of its node %d times, on %s. It is not tried again, so that it crashes no other node. The cause may be an expression of the job; see the logs of these nodes. Change the job and run it again, or retry the batch to allow %d more tries"
                                .formatted(
                                        step,
                                        batch,
                                        nodes.size(),
                                        nodes.stream().distinct().collect(Collectors.joining(", ")),
                                        attempts));
            }
            T done = work.get();
            // Until then, the run must end in the ledger.
            services.records().runs().forget(batch, step);
            runs.remove(run);
            return done;
        } finally {
            endRuns();
        }
    }

    /// Records that the runs of this object have not ended the process: they have ended, they hang, or the batch
    /// moves to another node.
    private void endRuns() {
        for (String run : runs) {
            try {
                services.records().runs().end(batch, run);
                runs.remove(run);
            } catch (FailureException e) {
                // The next run of this object tries it again.
                LOG.debug("{}: the end of a step can't be recorded: {}", batch, e.getMessage());
            }
        }
    }

    /// A file that this node does not see may be there for the workers. They check it again.
    private void checkInput(BatchState state) {
        hold(state.submission().job(), state.pinned().files());
        if (pins(state).isDoneByReaders()) {
            return;
        }
        try {
            SourcePins.check(batch, state.pinned().files(), pins(state));
        } catch (FailureException e) {
            FailedResource resource = e.failure().resource();
            if (resource == null || resource.type() != FailedResource.Type.INPUT) {
                throw e;
            }
            LOG.warn(
                    "{}: the coordinator's node lacks an input file, so the workers check it: {}",
                    batch,
                    e.getMessage());
            services.runtime().faults().failed(batch, e.failure());
        }
    }

    private PinComparison pins(BatchState state) {
        return services.inputs().inspector().pins(state.submission().job());
    }

    private CoordinatorMessage.TaskOutcome plan(Job job, BatchState state) {
        services.records().measurements().checkBaseline(state);
        if (state.submission().reuse() != null) {
            return planOfReuse(job, state);
        }
        ModelDescription model = model(state.submission().model());
        List<InspectedFile> files = inspect(job, model);
        if (isReleased) {
            release();
        }
        String submitted = state.submission().input();
        boolean isComparable = !pins(state).isDoneByReaders();
        String input = submitted == null || isComparable ? SourcePins.identity(files) : submitted;
        if (submitted != null && !submitted.equals(input) && !mayChange(state)) {
            throw FailureException.permanent(
                    "the input changed after %s was submitted and before it was planned: a file of the source was changed, added or removed. Restore the files and run the job again, or start over with --new"
                            .formatted(batch));
        }
        boolean isEmpty = files.stream().allMatch(file -> file.file().rows() == 0);
        Planner.KeyedPlan keyed = job.partitions().key() == null || isEmpty
                ? null
                : Planner.cut(services.inputs().inspector().count(job, model, files), files, job.partitions());
        services.outputs().publisher().prepare(batch, job, state.submission().model());
        hold(job, files.stream().map(InspectedFile::file).toList());
        return keyed == null
                ? new CoordinatorMessage.PlanCompleted(
                        files, Planner.cut(files, job.partitions().rows()), input)
                : new CoordinatorMessage.PlanCompleted(files, keyed.partitions(), input, keyed.cuts());
    }

    /// The plan of the batch whose parts are reused, if its files are still as that batch has read them.
    private CoordinatorMessage.TaskOutcome planOfReuse(Job job, BatchState state) {
        BatchEvent.Planned plan = services.outputs().publisher().reusedPlan(state);
        SourcePins.check(batch, plan.files(), pins(state));
        services.outputs().publisher().prepare(batch, job, state.submission().model());
        hold(job, plan.files());
        return new CoordinatorMessage.PlanCompleted(
                plan.files().stream()
                        .map(file -> new InspectedFile(file, List.of()))
                        .toList(),
                plan.partitions(),
                Objects.requireNonNull(plan.input()),
                plan.cuts());
    }

    /// Holds the input. The batch may have been cancelled meanwhile.
    private void hold(Job job, List<SourceFile> files) {
        services.inputs().inspector().hold(batch, job, files);
        if (isSwept) {
            services.inputs().inspector().letGo(batch, job);
        }
    }

    private List<InspectedFile> inspect(Job job, ModelDescription model) {
        if (job.incremental() instanceof NewFiles) {
            return services.inputs().newFiles().plan(batch, job, model);
        }
        List<InspectedFile> files = isCoordinators
                ? services.inputs().inspector().plan(batch, job, model)
                : services.inputs().inspector().inspect(job, model);
        return job.incremental() instanceof ChangedRows
                ? services.inputs().changedRows().plan(batch, job, files)
                : files;
    }

    /// Whether the batch may score an input that is not the submitted one.
    private static boolean mayChange(BatchState state) {
        Job job = state.submission().job();
        return state.extension() != null
                || job.source().onChange() == Job.OnChange.EXTEND
                // The plan decides which data are new.
                || job.incremental() != null;
    }

    /// Looks at the source as it is now. Nothing of it is kept: only sources of files extend a plan.
    private CoordinatorMessage.TaskOutcome inspect(CoordinatorAction.InspectInput task, BatchState state) {
        Job job = state.submission().job();
        List<InspectedFile> files = services.inputs()
                .inspector()
                .inspect(job, model(state.submission().model()));
        return new CoordinatorMessage.InputInspected(task.request(), files, SourcePins.identity(files));
    }

    /// The model was in the registry when the job was submitted. So a registry that does not hand it out is
    /// this node's fault.
    private ModelDescription model(ModelVersion model) {
        try {
            return services.inputs().models().apply(model);
        } catch (FailureException e) {
            throw new FailureException(
                    Failure.of(
                            FailedResource.Type.REGISTRY,
                            model.toString(),
                            "the model registry of node %s: %s"
                                    .formatted(services.runtime().node(), e.getMessage())),
                    e);
        }
    }

    private CoordinatorMessage.TaskOutcome publish(BatchState state) {
        refuseChangedInput(state);
        Publication publication = services.outputs().publisher().publish(state);
        release();
        services.inputs().inspector().letGo(batch, state.submission().job());
        return new CoordinatorMessage.PublicationCompleted(publication, promote(state, publication));
    }

    /// Moves the alias of the job's model to a candidate that has passed, after readers see its predictions.
    /// The coordinator decides whether a failure is a reason to repeat the publication.
    private CoordinatorMessage.@Nullable Promotion promote(BatchState state, Publication publication) {
        String alias = state.aliasToPromote().orElse(null);
        if (alias == null) {
            return null;
        }
        try {
            String writeBack = services.outputs().promoter().promote(state, publication, alias);
            return new CoordinatorMessage.Promotion(alias, null, writeBack);
        } catch (FailureException e) {
            return new CoordinatorMessage.Promotion(alias, e.failure());
        }
    }

    /// Refuses to publish a batch whose input has changed since its rows were read, unless readers see the
    /// batch already. An input that can't be read now is no reason: the workers compared it after they had
    /// read it.
    private void refuseChangedInput(BatchState state) {
        if (pins(state).isDoneByReaders()) {
            return;
        }
        try {
            SourcePins.check(batch, state.pinned().files(), pins(state));
        } catch (FailureException e) {
            if (!e.failure().isPermanent()) {
                LOG.warn("{}: the input is not compared again before the publication: {}", batch, e.getMessage());
            } else if (services.outputs().publisher().fence(state).isEmpty()) {
                throw e;
            }
        }
    }

    /// A publication that readers see is finished: its coordinator may have failed before it removed what was
    /// staged.
    private CoordinatorMessage.TaskOutcome fence(CoordinatorAction.FencePublication fence, BatchState state) {
        try {
            boolean isVisible = services.outputs().publisher().fence(state).isPresent();
            Publication finished = isVisible ? services.outputs().publisher().publish(state) : null;
            services.inputs().inspector().letGo(batch, state.submission().job());
            return new CoordinatorMessage.PublicationFenced(fence.request(), finished, null);
        } catch (FailureException e) {
            return new CoordinatorMessage.PublicationFenced(fence.request(), null, e.failure());
        }
    }

    private CoordinatorMessage.TaskOutcome fence(BatchState state) {
        release();
        try {
            boolean isVisible = services.outputs().publisher().fence(state).isPresent();
            if (isVisible) {
                LOG.warn("{} has failed, but readers see its whole output: it is recorded as published", batch);
                services.inputs().inspector().letGo(batch, state.submission().job());
            }
            return new CoordinatorMessage.FailedBatchFenced(isVisible, null);
        } catch (FailureException e) {
            return new CoordinatorMessage.FailedBatchFenced(false, e.failure());
        }
    }

    private CoordinatorMessage.TaskOutcome remove(RemovalStep step, BatchState state) {
        try {
            services.outputs().publisher().remove(batch, state.submission().job(), step);
            return new CoordinatorMessage.RemovalStepEnded(step, null);
        } catch (FailureException e) {
            return new CoordinatorMessage.RemovalStepEnded(step, e.failure());
        } catch (RuntimeException e) {
            LOG.error("{}: unexpected error", batch, e);
            return new CoordinatorMessage.RemovalStepEnded(step, Failure.permanent("an unexpected error: " + e));
        }
    }

    private CoordinatorMessage.TaskOutcome redrive(CoordinatorAction.RunRedrive task, BatchState state) {
        RedriveStep step = task.step();
        Redriver redriver = services.outputs().redriver();
        try {
            return switch (step) {
                case CHECK -> {
                    redriver.check(state, Objects.requireNonNull(task.request()));
                    yield new CoordinatorMessage.RedriveStepEnded(step, null, null, null);
                }
                case SCORE ->
                    new CoordinatorMessage.RedriveStepEnded(
                            step, counted("redrive", state, () -> redriver.score(state)), null, null);
                case PUBLISH -> new CoordinatorMessage.RedriveStepEnded(step, null, redriver.publish(state), null);
                case WITHDRAW ->
                    new CoordinatorMessage.RedriveStepEnded(
                            step, null, redriver.withdraw(state).orElse(null), null);
                case END -> {
                    redriver.end(state);
                    yield new CoordinatorMessage.RedriveStepEnded(step, null, null, null);
                }
                case FORGET -> {
                    redriver.forget(state);
                    yield new CoordinatorMessage.RedriveStepEnded(step, null, null, null);
                }
            };
        } catch (FailureException e) {
            return new CoordinatorMessage.RedriveStepEnded(step, null, null, e.failure());
        } catch (RuntimeException e) {
            LOG.error("{}: unexpected error", batch, e);
            return new CoordinatorMessage.RedriveStepEnded(
                    step, null, null, Failure.permanent("an unexpected error: " + e));
        }
    }

    private CoordinatorMessage.TaskOutcome countEntries() {
        try {
            return new CoordinatorMessage.LedgerEntriesCounted(
                    services.records().entries().applyAsLong(batch));
        } catch (FailureException e) {
            LOG.debug("{}: {}", batch, e.getMessage());
            return new CoordinatorMessage.LedgerEntriesCounted(0);
        }
    }

    /// The outcome of a task that ended with an exception.
    ///
    /// @param problem as a `CompletableFuture` reports it: the exception itself, or in a
    ///     `CompletionException`
    public CoordinatorMessage.TaskFailed failed(Throwable problem) {
        Throwable cause =
                problem instanceof CompletionException && problem.getCause() != null ? problem.getCause() : problem;
        if (cause instanceof FailureException known) {
            return new CoordinatorMessage.TaskFailed(known.failure());
        }
        LOG.error("{}: unexpected error", batch, cause);
        return new CoordinatorMessage.TaskFailed(Failure.permanent("an unexpected error: " + cause));
    }

    /// The outcome of a task that waits for a file system that does not answer.
    ///
    /// @param job of the batch
    public CoordinatorMessage.TaskOutcome stalled(CoordinatorAction.BackgroundTask task, Job job, Duration waited) {
        String source = job.source().input().toString();
        endRuns();
        return switch (task) {
            case CoordinatorAction.MakePlan plan ->
                new CoordinatorMessage.TaskStalled(stall("planning from " + source, source, waited));
            case CoordinatorAction.InspectInput inspect ->
                new CoordinatorMessage.TaskStalled(stall("inspecting the input " + source, source, waited));
            case CoordinatorAction.CheckInput check ->
                new CoordinatorMessage.TaskStalled(stall("checking the input " + source, source, waited));
            case CoordinatorAction.ReuseParts reuse -> {
                String destination = job.destination().toString();
                yield new CoordinatorMessage.TaskStalled(stall("reusing parts in " + destination, destination, waited));
            }
            case CoordinatorAction.MeasureBatch measure ->
                new CoordinatorMessage.TaskStalled(
                        Failure.transientFailure("%s: the journal has not answered node %s for %d s"
                                .formatted(batch, services.runtime().node(), Math.max(1, waited.toSeconds()))));
            case CoordinatorAction.Publish publish -> {
                String destination = job.destination().toString();
                yield new CoordinatorMessage.TaskStalled(stall("publishing in " + destination, destination, waited));
            }
            case CoordinatorAction.FencePublication fence -> {
                String destination = job.destination().toString();
                yield new CoordinatorMessage.PublicationFenced(
                        fence.request(),
                        null,
                        stall("looking whether readers see it in " + destination, destination, waited));
            }
            case CoordinatorAction.FenceFailedBatch fence -> {
                String destination = job.destination().toString();
                yield new CoordinatorMessage.FailedBatchFenced(
                        false, stall("looking whether readers see it in " + destination, destination, waited));
            }
            case CoordinatorAction.RemoveOutput(RemovalStep step) -> {
                String destination = job.destination().toString();
                yield new CoordinatorMessage.RemovalStepEnded(
                        step, stall("removing it from " + destination, destination, waited));
            }
            case CoordinatorAction.RunRedrive redrive ->
                new CoordinatorMessage.RedriveStepEnded(
                        redrive.step(),
                        null,
                        null,
                        stall("redriving rows", job.source().input().toString(), waited));
            case CoordinatorAction.CountLedgerEntries count -> new CoordinatorMessage.LedgerEntriesCounted(0);
        };
    }

    private Failure stall(String doing, String place, Duration waited) {
        Failure failure = Failure.of(
                FailedResource.Type.MOUNT,
                place,
                "%s, %s: the file system has not answered node %s for %d s. Check that it answers on that node"
                        .formatted(batch, doing, services.runtime().node(), Math.max(1, waited.toSeconds())));
        services.runtime().faults().failed(batch, failure);
        return failure;
    }

    /// Ends what the plan keeps of the source.
    public void release() {
        isReleased = true;
        endRuns();
        services.inputs().inspector().release(batch);
    }

    /// Deletes the staged output of the batch. What can't be deleted is logged.
    public void sweep(Job job) {
        isSwept = true;
        release();
        services.inputs().inspector().letGo(batch, job);
        services.outputs().publisher().discard(batch, job);
    }
}
