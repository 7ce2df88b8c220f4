package io.nightshift.coordinator.batch.life;

import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.BatchSettings;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.batch.decision.OutageLimit;
import io.nightshift.coordinator.batch.decision.RetryPolicy;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.ResourceOutage;
import io.nightshift.coordinator.batch.state.Transitions;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/// Decides about background tasks that have failed: whether the batch fails, when the task is tried again, and on
/// which node.
///
/// Deterministic, like [BatchDecisions].
public class TaskFailureDecisions {

    private final BatchId batch;
    private final BatchSettings settings;
    private final String node;
    private final RandomGenerator random;
    private final Incarnation incarnation;
    private final CurrentTask task;

    /// @param node this node, `host:port`
    /// @param random for the jitter of backoffs
    public TaskFailureDecisions(
            BatchId batch,
            BatchSettings settings,
            String node,
            RandomGenerator random,
            Incarnation incarnation,
            CurrentTask task) {
        this.batch = batch;
        this.settings = settings;
        this.node = node;
        this.random = random;
        this.incarnation = incarnation;
        this.task = task;
    }

    /// A task that failed.
    ///
    /// @param failure why
    /// @param node where, `host:port`
    /// @param others the other nodes that can do a task now
    public record FailedStep(Failure failure, String node, List<String> others) {}

    /// Retries a transient failure until the time for it is over; after that the batch fails. The first
    /// failure of a series is persisted, so that a restart of the coordinator does not extend the time.
    ///
    /// Another node may have the file or the setting that this node lacks. So the other nodes try next, one by one.
    protected BatchDecision taskFailed(BatchState state, Phase phase, FailedStep step, DecisionTime now) {
        if (!Transitions.allows(phase, BatchEvent.Failed.class)) {
            return BatchDecision.nothing();
        }
        Failure failure = step.failure();
        Instant until = OutageLimit.until(state, retry(state), failure, now);
        if (failure.isPermanent() || !until.isAfter(now.instant())) {
            return BatchDecision.failBatch(List.of(), OutageLimit.exceeded(state, failure, now), now);
        }
        List<BatchEvent> events = isRecorded(state, step)
                ? List.of()
                : List.of(new BatchEvent.StepFailed(now.instant(), step.node(), failure, until));
        return isConfirmed(state, step)
                ? BatchDecision.failBatch(events, Failure.permanent(failure.message()), now)
                : BatchDecision.persist(events, nextTry(state.after(events), step, until, now));
    }

    /// Treats a stalled task as a failed one, after a takeover. So the task can't do any harm if it continues
    /// later: its outcome is that of an earlier incarnation, and the next publication or fence stops this
    /// one.
    protected BatchDecision taskStalled(BatchState state, Phase phase, FailedStep step, DecisionTime now) {
        if (!Transitions.allows(phase, BatchEvent.Failed.class)) {
            return BatchDecision.nothing();
        }
        BatchEvent tookOver = incarnation.next(state, now);
        BatchDecision failed = taskFailed(state.after(List.of(tookOver)), phase, step, now);
        List<BatchEvent> events = new ArrayList<>(List.of(tookOver));
        events.addAll(failed.events());
        return BatchDecision.persist(events, failed.actions());
    }

    /// The silence of a node says nothing about the resource that failed on this one. If the node may do the
    /// task all the same, a takeover comes first, as for a stalled task.
    BatchDecision helperLost(
            BatchState state, Phase phase, CoordinatorMessage.HelperLost lost, List<String> others, DecisionTime now) {
        if (!Transitions.allows(phase, BatchEvent.Failed.class)) {
            return BatchDecision.nothing();
        }
        List<BatchEvent> events = new ArrayList<>();
        if (lost.mayContinue()) {
            events.add(incarnation.next(state, now));
        }
        Failure failure = state.outage() == null
                ? Failure.transientFailure("node %s does not answer".formatted(lost.helper()))
                : state.outage().failure();
        Instant until = OutageLimit.until(state, retry(state), failure, now);
        if (!until.isAfter(now.instant())) {
            return BatchDecision.failBatch(events, OutageLimit.exceeded(state, failure, now), now);
        }
        if (state.outage() == null) {
            events.add(new BatchEvent.StepFailed(now.instant(), lost.helper(), failure, until));
        }
        return BatchDecision.persist(
                events, nextTry(state.after(events), new FailedStep(failure, lost.helper(), others), until, now));
    }

    /// Whether the input file that a node lacks is missing indeed: a second node lacks it, and no node of the
    /// cluster has yet to look for it.
    protected boolean isConfirmed(BatchState state, FailedStep step) {
        FailedResource resource = step.failure().resource();
        if (resource == null || resource.type() != FailedResource.Type.INPUT) {
            return false;
        }
        Set<String> nodes = new HashSet<>(reports(state, resource));
        nodes.add(step.node());
        return nodes.size() > 1 && nodes.contains(node) && nodes.containsAll(step.others()) && task.canMove();
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
    private List<CoordinatorAction> nextTry(BatchState state, FailedStep step, Instant until, DecisionTime now) {
        List<String> left = task.failedOn(step.node(), step.others());
        FailedResource resource = step.failure().resource();
        if (resource == null || left.isEmpty()) {
            task.returnToThisNode();
        } else {
            String helper = left.get(random.nextInt(left.size()));
            task.moveTo(helper);
            if (resource.type().isOfNode()) {
                task.endWait();
                return List.of(new CoordinatorAction.WriteLog(
                        "{}: {}. Asking node {}", List.of(batch, step.failure().message(), helper)));
            }
        }
        return later(step.failure(), OutageLimit.atMost(until, retry(state).backoff(task.failed(), random), now));
    }

    private List<CoordinatorAction> later(Failure failure, Duration backoff) {
        task.waitForBackoff();
        return List.of(new CoordinatorAction.RetryLater(incarnation.number(), failure, backoff));
    }

    // Promotions.

    /// Whether a promotion that has failed is tried again: the registry may be back before the time for it is over.
    /// The publication is repeated, which changes nothing for readers. Any other failure is recorded, because the
    /// alias can be moved by hand.
    protected boolean mayBePromotedLater(BatchState state, Failure failure, DecisionTime now) {
        return !failure.isPermanent()
                && OutageLimit.untilPromoted(state, retry(state), failure, now).isAfter(now.instant());
    }

    BatchDecision promotionFailed(BatchState state, Phase phase, FailedStep step, DecisionTime now) {
        if (!Transitions.allows(phase, BatchEvent.StepFailed.class)) {
            return BatchDecision.nothing();
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
        return BatchDecision.persist(events, nextTry(state.after(events), step, until, now));
    }

    // The fence of a failed batch.

    /// After the time for it, the next coordinator tries again, when the register or a person asks for the batch.
    BatchDecision fenceFailed(BatchState state, Failure failure, DecisionTime now) {
        Instant until = task.fenceFailed(now.instant()).plus(retry(state).patience(failure));
        if (failure.isPermanent() || !until.isAfter(now.instant())) {
            task.fenceIsOver();
            return BatchDecision.nothing();
        }
        return BatchDecision.of(later(failure, settings.retry().backoff(task.failed(), random)));
    }

    private RetryPolicy retry(BatchState state) {
        return settings.retry().forJob(state.submission().job().retry());
    }
}
