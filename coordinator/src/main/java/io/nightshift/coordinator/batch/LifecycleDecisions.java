package io.nightshift.coordinator.batch;

import io.nightshift.coordinator.plan.PlanExtension;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.storage.destination.Publication;
import io.nightshift.storage.source.SourceInspector.InspectedFile;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Moves a batch from phase to phase: takes over, then starts the background task of the phase (plan, check
/// the input, measure, publish) and decides about its outcome. At most one such task, or the fence of a
/// publication that is cancelled, runs for an incarnation at a time.
///
/// A batch whose job says `source.on-change: extend` can be asked to take in the files that have come to its
/// source. The request is persisted. It holds the publication back until the source is inspected again and the
/// plan is extended. Leases continue meanwhile, unless the plan also loses partitions.
///
/// Deterministic, like [BatchDecisions].
class LifecycleDecisions {

    private final BatchId batch;
    private final BatchSettings settings;
    private final String node;
    private final RandomGenerator random;
    private final AttemptDecisions attempts;
    private final CommitDecisions commits;
    private final BatchForecast forecasts;

    /// The incarnation that this coordinator has persisted; 0 before its takeover.
    private int incarnation;

    /// The number of tasks of this incarnation that have failed since one succeeded, for the backoff.
    private int failedTasks;

    /// Whether a task of this incarnation runs.
    private boolean isTaskRunning;

    /// Whether the last task that was started is done by this node only: it inspects the input, so that the
    /// plan can be extended, or takes over parts of another batch.
    private boolean isOnlyHere;

    /// Whether the task of the phase waits for the batch's window.
    private boolean isTaskDeferred;

    /// Whether the fence of the failed batch runs, or is tried again soon.
    private boolean isFencing;

    /// When that fence failed for the first time; null if it has not.
    private @Nullable Instant fenceFailedAt;

    /// The other node that does the task of the phase, or does it next; null for this node.
    private @Nullable String helper;

    /// The nodes that have failed at the task since this node did it last.
    private final Set<String> tried = new HashSet<>();

    /// @param node this node, `host:port`
    /// @param random for the jitter of backoffs
    LifecycleDecisions(
            BatchId batch,
            BatchSettings settings,
            String node,
            RandomGenerator random,
            AttemptDecisions attempts,
            CommitDecisions commits,
            BatchForecast forecasts) {
        this.batch = batch;
        this.settings = settings;
        this.node = node;
        this.random = random;
        this.attempts = attempts;
        this.commits = commits;
        this.forecasts = forecasts;
    }

    int incarnation() {
        return incarnation;
    }

    boolean isTaskRunning() {
        return isTaskRunning;
    }

    /// Whether readers might still see the failed batch: no fence has succeeded yet.
    boolean isFencing() {
        return isFencing;
    }

    /// The highest incarnation whose attempts this coordinator can judge, because the state says finally
    /// whether they were committed.
    ///
    /// - After its takeover is durable, a coordinator can judge its own attempts and all earlier ones: no
    ///   earlier coordinator can write any more.
    /// - In a batch that has stopped, the last incarnation's attempts can be judged too.
    /// - A coordinator that was superseded and has not noticed can't judge the attempts of its successor.
    ///   They may have been committed.
    int judgeableIncarnation(BatchState state) {
        return switch (state.phase()) {
            case null -> 0;
            case SUBMITTED, RUNNING, PAUSED, PUBLISHING, HELD -> incarnation;
            case FAILED, PUBLISHED, CANCELLED -> state.incarnation();
        };
    }

    // Start and takeover.

    Decision open(BatchState state, Submission submission, DecisionTime now) {
        return switch (state.phase()) {
            case null ->
                takeOver(
                        state,
                        now,
                        new BatchEvent.Submitted(
                                now.instant(),
                                batch,
                                submission.job(),
                                submission.model(),
                                submission.input(),
                                submission.due(),
                                submission.reuse(),
                                submission.candidate(),
                                submission.by()));
            case FAILED ->
                commits.violation(state) == null
                        ? retryExtended(state, asksForExtension(state, submission) ? submission.input() : null, now)
                        : Decision.of(new CoordinatorAction.WriteLog(
                                "{} stays failed: the job forbids to publish its committed partitions",
                                List.of(batch)));
            // Running the job again does not resume a batch that an operator has paused, and approves none.
            case SUBMITTED, RUNNING, PAUSED ->
                asksForExtension(state, submission)
                        ? requestExtension(state, submission.input(), now)
                        : Decision.nothing();
            case PUBLISHING, HELD -> Decision.nothing();
            case PUBLISHED, CANCELLED -> Decision.of(reportEnd(state));
        };
    }

    Decision ensureStarted(BatchState state, Submission submission, DecisionTime now) {
        Phase phase = state.phase();
        if (phase == null) {
            return open(state, submission, now);
        }
        if (phase.isEnd()) {
            return Decision.of(reportEnd(state));
        }
        boolean isNew =
                state.plan() == null || !submission.input().equals(state.plan().submitted());
        return phase != Phase.FAILED && isNew && asksForExtension(state, submission)
                ? requestExtension(state, submission.input(), now).plus(attempts.reportWork(state, now))
                : nextStep(state, now);
    }

    // The extension of the plan.

    /// Whether a submission of the batch's run wants the batch to score other files than it does. A batch whose
    /// partitions are all committed may be shown to readers at any moment, so it is published as it is.
    private static boolean asksForExtension(BatchState state, Submission submission) {
        BatchEvent.ExtensionRequested pending = state.extension();
        return submission.job().source().onChange() == Job.OnChange.EXTEND
                && state.submission().reuse() == null
                && state.phase() != Phase.PUBLISHING
                && !state.isComplete()
                && !submission.input().equals(pending == null ? state.input() : pending.input());
    }

    private Decision requestExtension(BatchState state, String input, DecisionTime now) {
        BatchEvent requested = new BatchEvent.ExtensionRequested(now.instant(), input);
        return Decision.persist(List.of(requested), extend(state.after(List.of(requested))));
    }

    /// Starts the task that a request to extend the plan waits for, unless another task runs, or this
    /// coordinator has not taken over. Leases continue meanwhile.
    private List<CoordinatorAction> extend(BatchState state) {
        BatchEvent.ExtensionRequested request = state.extension();
        boolean isPossible = state.plan() != null
                && (state.phase() == Phase.RUNNING || state.phase() == Phase.PAUSED)
                && incarnation != 0
                && !isTaskRunning
                && !isTaskDeferred;
        if (request == null || !isPossible) {
            return List.of();
        }
        isTaskRunning = true;
        isOnlyHere = true;
        return List.of(new CoordinatorAction.InspectInput(incarnation, request));
    }

    /// Retries a failed batch for a submission.
    ///
    /// @param input that the batch is to be extended to; null to leave its plan as it is
    private Decision retryExtended(BatchState state, @Nullable String input, DecisionTime now) {
        BatchEvent retried = new BatchEvent.Retried(now.instant());
        return input == null
                ? takeOver(state, now, retried)
                : takeOver(state, now, new BatchEvent.ExtensionRequested(now.instant(), input), retried);
    }

    /// Retries a failed batch for an operator. If its job says so, the plan is extended by new files.
    ///
    /// @param by the name of the operator's token, or null
    Decision retry(BatchState state, @Nullable String by, DecisionTime now) {
        BatchEvent retried = new BatchEvent.Retried(now.instant(), by);
        boolean extendsPlan = state.submission().job().source().onChange() == Job.OnChange.EXTEND
                && state.plan() != null
                && state.extension() == null
                && state.submission().reuse() == null
                && !state.isComplete();
        return extendsPlan
                ? takeOver(state, now, new BatchEvent.ExtensionRequested(now.instant(), null), retried)
                : takeOver(state, now, retried);
    }

    private Decision inputInspected(
            BatchState state, Phase phase, CoordinatorMessage.InputInspected inspected, DecisionTime now) {
        if (state.extension() == null || !Transitions.allows(phase, BatchEvent.PlanExtended.class)) {
            return Decision.nothing();
        }
        if (!inspected.request().equals(state.extension())) {
            // Another submission has come since, and the source may have changed again.
            return Decision.of(extend(state));
        }
        PinnedPlan plan = state.pinned();
        PlanExtension extension = PlanExtension.of(
                plan.files(),
                plan.partitions(),
                state.committed()::contains,
                inspected.files(),
                state.submission().job().partitions().rows());
        return switch (extension) {
            case PlanExtension.Refused(String reason) -> failBatch(state, List.of(), refusal(reason), now);
            case PlanExtension.Extended extended -> extended(state, inspected, extended, now);
        };
    }

    private Failure refusal(String reason) {
        return Failure.permanent(
                "the input of %s can't be extended: %s. Put the file back as it was and run again, or start over with --new"
                        .formatted(batch, reason));
    }

    /// A file that this node does not see may be there for others. So a plan loses a file only if the node that
    /// has checked the submission has seen the same files.
    private Decision extended(
            BatchState state,
            CoordinatorMessage.InputInspected inspected,
            PlanExtension.Extended extended,
            DecisionTime now) {
        if (extended.dropped() != null
                && !inspected.input().equals(inspected.request().input())) {
            return failBatch(
                    state,
                    List.of(),
                    Failure.permanent(
                            "the input changed since %s was planned: %s. Put the file back as it was, or run the job again to score what is there now"
                                    .formatted(batch, extended.dropped())),
                    now);
        }
        List<BatchEvent> events = new ArrayList<>();
        if (dropsPartitions(state, extended)) {
            // Attempts of partitions that no longer exist must not be committed for those that take their numbers.
            events.add(new BatchEvent.TookOver(now.instant(), state.incarnation() + 1, node));
            incarnation = state.incarnation() + 1;
            attempts.voidLeases();
        }
        events.add(new BatchEvent.PlanExtended(
                now.instant(),
                inspected.input(),
                extended.keptFiles(),
                extended.keptPartitions(),
                extended.files(),
                extended.partitions()));
        BatchState next = state.after(events);
        String violation = commits.violation(next);
        if (violation != null) {
            events.add(new BatchEvent.Failed(now.instant(), Failure.permanent(violation)));
            return Decision.persist(events, phaseActions(state.after(events)));
        }
        failedTasks = 0;
        return Decision.persist(events, afterExtension(next, now));
    }

    /// Whether an extension takes the number of a partition for another one.
    boolean dropsPartitions(BatchState state, PlanExtension.Extended extended) {
        return extended.keptPartitions() < state.pinned().index().partitions();
    }

    private List<CoordinatorAction> afterExtension(BatchState next, DecisionTime now) {
        if (next.phase() == Phase.PUBLISHING) {
            return phaseActions(next);
        }
        if (attempts.hasStarted()) {
            return attempts.grow(next, now);
        }
        // A paused batch begins to lease when it is resumed.
        return next.phase() == Phase.RUNNING ? startLeasing(next, now) : List.of();
    }

    /// Starts the task that has waited for the window, or else reports work.
    Decision nextStep(BatchState state, DecisionTime now) {
        Decision opened = windowOpened(state, now);
        return opened.equals(Decision.nothing()) ? Decision.of(attempts.reportWork(state, now)) : opened;
    }

    Decision recovered(BatchState state, DecisionTime now) {
        if (incarnation != 0) {
            // A message that waited for the recovery has led to the takeover already.
            return Decision.nothing();
        }
        return switch (state.phase()) {
            case SUBMITTED, RUNNING, PAUSED, PUBLISHING, HELD -> takeOver(state, now);
            case null -> Decision.nothing();
            case FAILED -> Decision.of(fence(state));
            case PUBLISHED, CANCELLED -> Decision.of(reportEnd(state));
        };
    }

    /// Persists a new incarnation, and starts the task of the phase.
    ///
    /// @param before events to persist in the same write, before the takeover
    Decision takeOver(BatchState state, DecisionTime now, BatchEvent... before) {
        List<BatchEvent> events = new ArrayList<>(List.of(before));
        events.add(new BatchEvent.TookOver(now.instant(), state.incarnation() + 1, node));
        return Decision.persist(events, afterTakeover(state.after(events), now));
    }

    List<CoordinatorAction> afterTakeover(BatchState next, DecisionTime now) {
        incarnation = next.incarnation();
        failedTasks = 0;
        isFencing = false;
        fenceFailedAt = null;
        returnToThisNode();
        return startTask(next, now);
    }

    /// Persists a new incarnation, and fences the publication of the last one. Until [#fenceEnded], no task
    /// runs.
    Decision takeOverToFence(BatchState state, BatchCommand.Control request, DecisionTime now) {
        BatchEvent tookOver = new BatchEvent.TookOver(now.instant(), state.incarnation() + 1, node);
        incarnation = state.incarnation() + 1;
        failedTasks = 0;
        isTaskRunning = true;
        return Decision.persist(tookOver, new CoordinatorAction.FencePublication(incarnation, request));
    }

    void fenceEnded() {
        isTaskRunning = false;
    }

    // The tasks.

    /// Voids every lease and starts the task of the phase, if the phase has one. Outside the batch's window,
    /// the plan and the check of the input wait for [#windowOpened].
    List<CoordinatorAction> startTask(BatchState state, DecisionTime now) {
        if (attempts.isInWindow(state, now)) {
            return startTask(state);
        }
        attempts.voidLeases();
        isTaskRunning = false;
        isTaskDeferred = true;
        return List.of();
    }

    private List<CoordinatorAction> startTask(BatchState state) {
        attempts.voidLeases();
        isTaskDeferred = false;
        List<CoordinatorAction> task = switch (state.phase()) {
            case SUBMITTED -> List.of(new CoordinatorAction.MakePlan(incarnation, helper));
            case RUNNING -> {
                if (state.isReusing()) {
                    yield List.of(new CoordinatorAction.ReuseParts(incarnation));
                }
                yield List.of(
                        state.extension() == null
                                ? new CoordinatorAction.CheckInput(incarnation, helper)
                                : new CoordinatorAction.InspectInput(incarnation, state.extension()));
            }
            // A batch that was paused before its plan is planned during the pause, or its plan is extended.
            // Otherwise its input is checked when it is resumed.
            case PAUSED -> {
                if (state.plan() == null) {
                    yield List.of(new CoordinatorAction.MakePlan(incarnation, helper));
                }
                yield state.extension() == null
                        ? List.of()
                        : List.of(new CoordinatorAction.InspectInput(incarnation, state.extension()));
            }
            case PUBLISHING ->
                List.of(
                        state.needsChecks()
                                ? new CoordinatorAction.MeasureBatch(incarnation)
                                : new CoordinatorAction.Publish(incarnation));
            case HELD -> List.of();
            case FAILED, PUBLISHED, CANCELLED -> throw new IllegalStateException(batch + " is " + state.phase());
            case null -> throw new IllegalStateException(batch + " was not submitted");
        };
        isTaskRunning = !task.isEmpty();
        isOnlyHere = task.stream()
                .anyMatch(started -> started instanceof CoordinatorAction.InspectInput
                        || started instanceof CoordinatorAction.ReuseParts);
        return task;
    }

    /// Starts the task that has waited for the window, and ends an outage from before. Does nothing if
    /// nothing has waited, or the window is closed.
    Decision windowOpened(BatchState state, DecisionTime now) {
        if (!state.isOpen() || state.phase() == Phase.FAILED || !attempts.isInWindow(state, now)) {
            return Decision.nothing();
        }
        List<BatchEvent> events = WindowGate.hasOldOutage(state, now.instant())
                ? List.of(new BatchEvent.OutageEnded(now.instant()))
                : List.of();
        BatchState next = state.after(events);
        if (isTaskDeferred) {
            return Decision.persist(events, startTask(next));
        }
        return events.isEmpty() ? Decision.nothing() : Decision.persist(events, attempts.reportWork(next, now));
    }

    Decision retryDue(BatchState state, int startedBy, DecisionTime now) {
        if (startedBy == incarnation && state.phase() == Phase.FAILED) {
            return Decision.of(fence(state));
        }
        boolean isStalled = state.isOpen() && state.phase() != Phase.FAILED && !isTaskRunning && !attempts.hasStarted();
        // Before its takeover, a coordinator starts nothing. The message may be from before its recovery.
        if (startedBy != incarnation || incarnation == 0) {
            return Decision.nothing();
        }
        return Decision.of(isStalled ? startTask(state, now) : extend(state));
    }

    /// @param startedBy the incarnation that started the task
    /// @param others the other nodes that can do a task now
    Decision stepEnded(
            BatchState state,
            int startedBy,
            CoordinatorMessage.StepOutcome outcome,
            List<String> others,
            DecisionTime now) {
        if (startedBy == incarnation) {
            isTaskRunning = false;
        }
        if (state.phase() == Phase.CANCELLED) {
            return Decision.of(reportEnd(state));
        }
        if (startedBy != incarnation || state.phase() == null) {
            return Decision.nothing();
        }
        return switch (outcome) {
            case CoordinatorMessage.PlanCompleted completed -> planned(state, state.phase(), completed, now);
            case CoordinatorMessage.PartsStaged(StagedParts staged) -> partsReused(state, state.phase(), staged, now);
            case CoordinatorMessage.InputUnchanged unchanged -> inputUnchanged(state, state.phase(), now);
            case CoordinatorMessage.InputInspected inspected -> inputInspected(state, state.phase(), inspected, now);
            case CoordinatorMessage.BatchMeasured(Measured measured) -> measured(state, measured, now);
            case CoordinatorMessage.PublicationCompleted(
                    Publication publication,
                    CoordinatorMessage.Promotion promotion)
            when promotion != null
                    && promotion.failure() != null
                    && mayBePromotedLater(state, promotion.failure(), now) ->
                promotionFailed(state, state.phase(), new FailedStep(promotion.failure(), node, others), now);
            case CoordinatorMessage.PublicationCompleted(
                    Publication publication,
                    CoordinatorMessage.Promotion promotion) ->
                published(state, state.phase(), publication, promotion, now);
            case CoordinatorMessage.TaskFailed(Failure failure, String by) ->
                taskFailed(state, state.phase(), new FailedStep(failure, by == null ? node : by, others), now);
            case CoordinatorMessage.TaskStalled(Failure failure, String by) ->
                taskStalled(state, state.phase(), new FailedStep(failure, by == null ? node : by, others), now);
            case CoordinatorMessage.HelperLost lost -> helperLost(state, state.phase(), lost, others, now);
        };
    }

    private Decision inputUnchanged(BatchState state, Phase phase, DecisionTime now) {
        if (!Transitions.allows(phase, BatchEvent.Committed.class) || attempts.hasStarted()) {
            return Decision.nothing();
        }
        boolean endsOutage = state.outage() != null && state.outage().ofStep();
        List<BatchEvent> events = endsOutage ? List.of(new BatchEvent.OutageEnded(now.instant())) : List.of();
        BatchState next = state.after(events);
        return Decision.persist(events, startLeasing(next, now)).plus(extend(next));
    }

    private Decision planned(
            BatchState state, Phase phase, CoordinatorMessage.PlanCompleted completed, DecisionTime now) {
        if (state.plan() != null || !Transitions.allows(phase, BatchEvent.Planned.class)) {
            return Decision.nothing();
        }
        List<SourceFile> files =
                completed.files().stream().map(InspectedFile::file).toList();
        boolean isSubmitted = completed.input().equals(state.submission().input());
        List<BatchEvent> events = new ArrayList<>();
        events.add(new BatchEvent.Planned(
                now.instant(),
                files,
                completed.partitions(),
                isSubmitted ? null : completed.input(),
                completed.cuts()));
        BatchState planned = state.after(events);
        events.addAll(CanaryDecisions.started(planned, now));
        events.addAll(ShadowDecisions.started(planned, now));
        BatchState next = state.after(events);
        if (next.isReusing()) {
            return Decision.persist(events, reuse(next, now));
        }
        return Decision.persist(events, startLeasing(next, now)).plus(extend(next));
    }

    /// Takes over the next parts of another batch. During a pause, that waits until the batch is resumed.
    List<CoordinatorAction> reuse(BatchState state, DecisionTime now) {
        returnToThisNode();
        return state.phase() == Phase.RUNNING ? startTask(state, now) : List.of();
    }

    /// Leases begin when it is decided about all partitions.
    private Decision partsReused(BatchState state, Phase phase, StagedParts staged, DecisionTime now) {
        if (!state.isReusing()
                || state.reusedTo() != staged.from()
                || !Transitions.allows(phase, BatchEvent.PartsReused.class)) {
            return Decision.nothing();
        }
        List<BatchEvent> events = new ArrayList<>();
        events.add(new BatchEvent.PartsReused(now.instant(), staged.to(), staged.commits()));
        BatchState next = state.after(events);
        String violation = commits.violation(next);
        if (violation != null) {
            events.add(new BatchEvent.Failed(now.instant(), Failure.permanent(violation)));
            return Decision.persist(events, phaseActions(state.after(events)));
        }
        failedTasks = 0;
        if (next.isReusing()) {
            return Decision.persist(events, reuse(next, now));
        }
        return Decision.persist(
                events,
                switch (next.phase()) {
                    case RUNNING -> startLeasing(next, now);
                    case PUBLISHING -> phaseActions(next);
                    case null, default -> List.of();
                });
    }

    private List<CoordinatorAction> startLeasing(BatchState state, DecisionTime now) {
        failedTasks = 0;
        returnToThisNode();
        return attempts.start(state, incarnation, now);
    }

    private void returnToThisNode() {
        helper = null;
        tried.clear();
    }

    private Decision measured(BatchState state, Measured measured, DecisionTime now) {
        if (state.phase() != Phase.PUBLISHING || !state.needsChecks()) {
            return Decision.nothing();
        }
        failedTasks = 0;
        List<BatchEvent> events = CheckDecisions.events(state, measured, now);
        return Decision.persist(events, phaseActions(state.after(events)));
    }

    /// @param promotion of the candidate; null if none was tried
    Decision published(
            BatchState state,
            Phase phase,
            Publication publication,
            CoordinatorMessage.@Nullable Promotion promotion,
            DecisionTime now) {
        if (!Transitions.allows(phase, BatchEvent.Published.class)) {
            return Decision.nothing();
        }
        List<BatchEvent> events = new ArrayList<>();
        if (promotion != null) {
            Failure failure = promotion.failure();
            events.add(new BatchEvent.CandidatePromoted(
                    now.instant(), promotion.alias(), failure == null ? null : failure.message()));
        }
        events.add(new BatchEvent.Published(
                now.instant(), publication.destination(), publication.manifestSha256(), publication.others()));
        return Decision.persist(events, List.of(reportEnd(state.after(events))));
    }

    /// Whether a promotion that has failed is tried again: the registry may be back before the time for it is over.
    /// The publication is repeated, which changes nothing for readers. Any other failure is recorded, because the
    /// alias can be moved by hand.
    boolean mayBePromotedLater(BatchState state, Failure failure, DecisionTime now) {
        return !failure.isPermanent()
                && OutageLimit.untilPromoted(state, retry(state), failure, now).isAfter(now.instant());
    }

    private Decision promotionFailed(BatchState state, Phase phase, FailedStep step, DecisionTime now) {
        if (!Transitions.allows(phase, BatchEvent.StepFailed.class)) {
            return Decision.nothing();
        }
        Failure failure = step.failure();
        Instant until = OutageLimit.untilPromoted(state, retry(state), failure, now);
        ResourceOutage outage = state.outage();
        boolean isRecorded = outage != null
                && outage.promotion() != null
                && outage.promotion().isLast()
                && outage.failure().equals(failure);
        List<BatchEvent> events = isRecorded
                ? List.of()
                : List.of(new BatchEvent.StepFailed(now.instant(), step.node(), failure, until, true));
        return Decision.persist(events, nextTry(state.after(events), phase, step, until, now));
    }

    /// A task that failed.
    ///
    /// @param failure why
    /// @param node where, `host:port`
    /// @param others the other nodes that can do a task now
    record FailedStep(Failure failure, String node, List<String> others) {}

    /// Retries a transient failure until the time for it is over; after that the batch fails. The first
    /// failure of a series is persisted, so that a restart of the coordinator does not extend the time.
    ///
    /// What one node lacks, another one may have. So the other nodes try next, one after the other.
    Decision taskFailed(BatchState state, Phase phase, FailedStep step, DecisionTime now) {
        if (!Transitions.allows(phase, BatchEvent.Failed.class)) {
            return Decision.nothing();
        }
        Failure failure = step.failure();
        Instant until = OutageLimit.until(state, retry(state), failure, now);
        if (failure.isPermanent() || !until.isAfter(now.instant())) {
            return failBatch(state, List.of(), OutageLimit.exceeded(state, failure, now), now);
        }
        List<BatchEvent> events = isRecorded(state, step)
                ? List.of()
                : List.of(new BatchEvent.StepFailed(now.instant(), step.node(), failure, until));
        BatchState next = state.after(events);
        return isConfirmed(state, step)
                ? failBatch(state, events, Failure.permanent(failure.message()), now)
                : Decision.persist(events, nextTry(next, phase, step, until, now));
    }

    /// @param before events to persist in the same write, before the failure
    private Decision failBatch(BatchState state, List<BatchEvent> before, Failure failure, DecisionTime now) {
        List<BatchEvent> events = new ArrayList<>(before);
        events.add(new BatchEvent.Failed(now.instant(), failure));
        return Decision.persist(events, phaseActions(state.after(events)));
    }

    private RetryPolicy retry(BatchState state) {
        return settings.retry().forJob(state.submission().job().retry());
    }

    /// Whether the input file that a node lacks is missing indeed: a second node lacks it, and no node of the
    /// cluster has yet to look for it.
    boolean isConfirmed(BatchState state, FailedStep step) {
        FailedResource resource = step.failure().resource();
        if (resource == null || resource.type() != FailedResource.Type.INPUT) {
            return false;
        }
        Set<String> nodes = new HashSet<>(reports(state, resource));
        nodes.add(step.node());
        return nodes.size() > 1 && nodes.contains(node) && nodes.containsAll(step.others()) && !isOnlyHere;
    }

    private static Set<String> reports(BatchState state, FailedResource resource) {
        return state.outage() == null ? Set.of() : state.outage().reports().getOrDefault(resource, Set.of());
    }

    private static boolean isRecorded(BatchState state, FailedStep step) {
        FailedResource resource = step.failure().resource();
        boolean isReported = resource == null
                || !resource.type().isOfNode()
                || reports(state, resource).contains(step.node());
        ResourceOutage outage = state.outage();
        return outage != null && outage.failure().equals(step.failure()) && outage.since(false) != null && isReported;
    }

    /// Another node tries next, or this one when all have failed. A node is asked at once for what belongs to
    /// one node, and after a backoff for what they share.
    private List<CoordinatorAction> nextTry(
            BatchState state, Phase phase, FailedStep step, Instant until, DecisionTime now) {
        tried.add(step.node());
        List<String> left = isOnlyHere
                ? List.of()
                : step.others().stream().filter(other -> !tried.contains(other)).toList();
        FailedResource resource = step.failure().resource();
        if (resource == null || phase == Phase.PUBLISHING || left.isEmpty()) {
            returnToThisNode();
        } else {
            helper = left.get(random.nextInt(left.size()));
            if (resource.type().isOfNode()) {
                List<CoordinatorAction> actions = new ArrayList<>();
                actions.add(new CoordinatorAction.WriteLog(
                        "{}: {}. Asking node {}", List.of(batch, step.failure().message(), helper)));
                actions.addAll(startTask(state, now));
                return actions;
            }
        }
        failedTasks++;
        Duration backoff = OutageLimit.atMost(until, retry(state).backoff(failedTasks, random), now);
        return List.of(new CoordinatorAction.RetryLater(incarnation, step.failure(), backoff));
    }

    /// Treats a stalled task as a failed one, after a takeover. So the task can't do any harm if it continues
    /// later: its outcome is that of an earlier incarnation, and the next publication or fence stops this
    /// one.
    Decision taskStalled(BatchState state, Phase phase, FailedStep step, DecisionTime now) {
        if (!Transitions.allows(phase, BatchEvent.Failed.class)) {
            return Decision.nothing();
        }
        BatchEvent tookOver = new BatchEvent.TookOver(now.instant(), state.incarnation() + 1, node);
        incarnation = state.incarnation() + 1;
        attempts.voidLeases();
        Decision failed = taskFailed(state.after(List.of(tookOver)), phase, step, now);
        List<BatchEvent> events = new ArrayList<>(List.of(tookOver));
        events.addAll(failed.events());
        return Decision.persist(events, failed.actions());
    }

    /// The silence of a node says nothing about the resource that failed on this one. If the node may do the
    /// task all the same, a takeover comes first, as for a stalled task.
    private Decision helperLost(
            BatchState state, Phase phase, CoordinatorMessage.HelperLost lost, List<String> others, DecisionTime now) {
        if (!Transitions.allows(phase, BatchEvent.Failed.class)) {
            return Decision.nothing();
        }
        List<BatchEvent> events = new ArrayList<>();
        if (lost.mayContinue()) {
            incarnation = state.incarnation() + 1;
            events.add(new BatchEvent.TookOver(now.instant(), incarnation, node));
        }
        Failure failure = state.outage() == null
                ? Failure.transientFailure("node %s does not answer".formatted(lost.helper()))
                : state.outage().failure();
        Instant until = OutageLimit.until(state, retry(state), failure, now);
        if (!until.isAfter(now.instant())) {
            return failBatch(state, events, OutageLimit.exceeded(state, failure, now), now);
        }
        if (state.outage() == null) {
            events.add(new BatchEvent.StepFailed(now.instant(), lost.helper(), failure, until));
        }
        return Decision.persist(
                events,
                nextTry(state.after(events), phase, new FailedStep(failure, lost.helper(), others), until, now));
    }

    /// A batch whose partitions are all committed may have failed while it was published. An earlier
    /// coordinator that wakes up late may then show it to readers, unless it is fenced.
    List<CoordinatorAction> fence(BatchState failed) {
        isFencing = failed.isComplete() && commits.violation(failed) == null;
        return isFencing ? List.of(new CoordinatorAction.FenceFailedBatch(incarnation)) : List.of();
    }

    /// Retries a failed batch that readers see, which records it as published.
    ///
    /// @param startedBy the incarnation that started the fence
    Decision fenced(BatchState state, int startedBy, CoordinatorMessage.FailedBatchFenced outcome, DecisionTime now) {
        if (state.phase() != Phase.FAILED || startedBy != incarnation) {
            return Decision.nothing();
        }
        Failure failure = outcome.failure();
        if (failure == null) {
            isFencing = false;
            return outcome.isVisible()
                    ? takeOver(state, now, new BatchEvent.Retried(now.instant()))
                    : Decision.nothing();
        }
        fenceFailedAt = fenceFailedAt == null ? now.instant() : fenceFailedAt;
        Instant until = fenceFailedAt.plus(retry(state).patience(failure));
        // The next coordinator tries again, when the register or a person asks for the batch.
        if (failure.isPermanent() || !until.isAfter(now.instant())) {
            isFencing = false;
            return Decision.nothing();
        }
        failedTasks++;
        Duration backoff = settings.retry().backoff(failedTasks, random);
        return Decision.of(new CoordinatorAction.RetryLater(incarnation, failure, backoff));
    }

    // The end.

    /// The decision if events of attempts have led to the last commit, or have failed the batch.
    List<CoordinatorAction> phaseActions(BatchState next) {
        return switch (next.phase()) {
            case FAILED -> {
                attempts.voidLeases();
                List<CoordinatorAction> actions = new ArrayList<>();
                actions.add(new CoordinatorAction.TellRegister(new BatchRegisterCommand.HasNoWork(batch)));
                actions.addAll(fence(next));
                yield actions;
            }
            case PUBLISHING -> startTask(next);
            case SUBMITTED, RUNNING, PAUSED, HELD, PUBLISHED, CANCELLED -> List.of();
            case null -> List.of();
        };
    }

    /// Tells the register that the batch ended. For a cancelled batch, its staged output is swept first.
    CoordinatorAction reportEnd(BatchState state) {
        if (state.phase() == Phase.CANCELLED) {
            return new CoordinatorAction.SweepStagedOutput();
        }
        String input = Objects.equals(state.input(), state.submission().input()) ? null : state.input();
        ModelVersion model = state.model().equals(state.submission().model()) ? null : state.model();
        return new CoordinatorAction.TellRegister(
                new BatchRegisterCommand.BatchEnded(batch, Phase.PUBLISHED, forecasts.run(state), input, model));
    }
}
