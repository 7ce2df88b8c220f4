package io.nightshift.coordinator.batch.life;

import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.attempt.AttemptDecisions;
import io.nightshift.coordinator.batch.attempt.CommitDecisions;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.batch.decision.WindowGate;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.upkeep.RedriveDecisions;
import io.nightshift.coordinator.batch.upkeep.RemovalDecisions;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/// Decides about the controls of operators: pause, resume, cancel, retry and rescore. [ControlRules] says
/// which of them is possible in which phase.
///
/// Deterministic, like [BatchDecisions].
public class ControlDecisions {

    private final BatchId batch;
    private final LifecycleDecisions lifecycle;
    private final TaskOutcomeDecisions outcomes;
    private final AttemptDecisions attempts;
    private final CommitDecisions commits;
    private final RemovalDecisions removal;
    private final RedriveDecisions redrives;

    /// The cancellations that wait until the publication is fenced.
    private final List<BatchCommand.Cancel> cancellations = new ArrayList<>();

    public ControlDecisions(
            BatchId batch,
            LifecycleDecisions lifecycle,
            TaskOutcomeDecisions outcomes,
            AttemptDecisions attempts,
            CommitDecisions commits,
            RemovalDecisions removal,
            RedriveDecisions redrives) {
        this.batch = batch;
        this.lifecycle = lifecycle;
        this.outcomes = outcomes;
        this.attempts = attempts;
        this.commits = commits;
        this.removal = removal;
        this.redrives = redrives;
    }

    public BatchDecision decide(BatchState state, BatchCommand.Control request, DecisionTime now) {
        Phase phase = state.phase();
        if (phase == null) {
            return refuse(request, "there is no such batch");
        }
        return switch (ControlRules.verdict(phase, request)) {
            case REFUSED -> repeatEnd(refuse(request, ControlRules.refusal(phase)), state, phase);
            case HOLDS_ALREADY -> repeatEnd(done(request, phase), state, phase);
            case POSSIBLE -> {
                if (!needsFence(state, request)) {
                    yield apply(state, phase, request, now);
                }
                yield request instanceof BatchCommand.Cancel cancel && phase == Phase.PUBLISHING
                        ? cancelPublication(state, cancel, now)
                        : BatchDecision.of(new CoordinatorAction.FencePublication(lifecycle.incarnation(), request));
            }
        };
    }

    /// Tells the register again how a batch ended, because the register may have missed it.
    private BatchDecision repeatEnd(BatchDecision decision, BatchState state, Phase phase) {
        return phase.isEnd() ? decision.plus(lifecycle.reportEnd(state)) : decision;
    }

    /// Whether a publication may still run somewhere, and the request changes which commits count.
    protected boolean needsFence(BatchState state, BatchCommand.Control request) {
        return ControlRules.changesCommits(request)
                && (state.phase() == Phase.PUBLISHING || (state.phase() == Phase.FAILED && state.isComplete()));
    }

    /// Cancels a batch that is being published. A takeover comes first, so that the fence stops the
    /// publication that this coordinator has started, too.
    private BatchDecision cancelPublication(BatchState state, BatchCommand.Cancel request, DecisionTime now) {
        cancellations.add(request);
        return cancellations.size() > 1 ? BatchDecision.nothing() : lifecycle.takeOverToFence(state, request, now);
    }

    /// Applies a request after the fence.
    ///
    /// @param startedBy the incarnation that started the fence
    public BatchDecision fenced(
            BatchState state, int startedBy, CoordinatorMessage.PublicationFenced outcome, DecisionTime now) {
        boolean isCancellation = startedBy == lifecycle.incarnation() && !cancellations.isEmpty();
        return isCancellation && state.phase() == Phase.PUBLISHING
                ? publicationFenced(state, outcome, now)
                : failedBatchFenced(state, startedBy, outcome, now);
    }

    /// The batch is cancelled, or it is published because readers see it. If the fence has failed, or a
    /// candidate is to be promoted after the publication, the publication begins again.
    private BatchDecision publicationFenced(
            BatchState state, CoordinatorMessage.PublicationFenced outcome, DecisionTime now) {
        List<BatchCommand.Cancel> requests = List.copyOf(cancellations);
        cancellations.clear();
        lifecycle.fenceEnded();
        if (outcome.failure() != null) {
            return BatchDecision.of(refusals(requests, outcome.failure().message() + ". The publication continues"));
        }
        if (outcome.visible() != null) {
            BatchDecision decision = state.aliasToPromote().isPresent()
                    ? BatchDecision.nothing()
                    : outcomes.published(state, Phase.PUBLISHING, outcome.visible(), null, now);
            return decision.plus(refusals(
                    requests,
                    "it became visible to readers in %s before it could be cancelled, so it is published"
                            .formatted(outcome.visible().destination())));
        }
        return cancel(state, requests.getFirst(), now)
                .plus(requests.stream()
                        .skip(1)
                        .map(request -> reply(request, Phase.CANCELLED))
                        .toList());
    }

    private List<CoordinatorAction> refusals(List<BatchCommand.Cancel> requests, String reason) {
        return requests.stream().map(request -> refusal(request, reason)).toList();
    }

    private BatchDecision failedBatchFenced(
            BatchState state, int startedBy, CoordinatorMessage.PublicationFenced outcome, DecisionTime now) {
        BatchCommand.Control request = outcome.request();
        if (outcome.failure() != null) {
            return refuse(request, outcome.failure().message());
        }
        if (outcome.visible() != null) {
            return refuse(
                    request,
                    "it is already visible to readers in %s. Retry it to record the publication"
                            .formatted(outcome.visible().destination()));
        }
        return startedBy == lifecycle.incarnation() && state.phase() == Phase.FAILED
                ? apply(state, Phase.FAILED, request, now)
                : refuse(request, "it has changed since the request. Send the request again");
    }

    private BatchDecision apply(BatchState state, Phase phase, BatchCommand.Control request, DecisionTime now) {
        return switch (request) {
            case BatchCommand.Pause pause -> pause(state, pause, now);
            case BatchCommand.Resume resume -> resume(state, resume, now);
            case BatchCommand.Cancel cancel -> cancel(state, cancel, now);
            case BatchCommand.Retry retry -> retry(state, phase, retry, now);
            case BatchCommand.Rescore rescore -> rescore(state, phase, rescore, now);
            case BatchCommand.IgnoreWindow ignore -> ignoreWindow(state, phase, ignore, now);
            case BatchCommand.Approve approve -> approve(state, approve, now);
            case BatchCommand.Delete delete ->
                redrives.isBusy(state)
                        ? refuse(delete, "a redrive of it is in progress. Wait for its end")
                        : removal.delete(state, delete, now);
            case BatchCommand.Redrive redrive ->
                removal.isTaskRunning() ? refuse(redrive, "it is being removed") : redrives.redrive(state, redrive);
        };
    }

    private BatchDecision pause(BatchState state, BatchCommand.Pause request, DecisionTime now) {
        BatchEvent paused = new BatchEvent.Paused(now.instant(), request.reason(), request.by());
        return BatchDecision.persist(
                paused,
                new CoordinatorAction.TellRegister(new BatchRegisterCommand.HasNoWork(batch)),
                reply(request, state.after(List.of(paused))));
    }

    private BatchDecision resume(BatchState state, BatchCommand.Resume request, DecisionTime now) {
        BatchEvent resumed = new BatchEvent.Resumed(now.instant(), request.by());
        BatchState next = state.after(List.of(resumed));
        return BatchDecision.persist(List.of(resumed), resumed(next, now)).plus(reply(request, next));
    }

    private List<CoordinatorAction> resumed(BatchState next, DecisionTime now) {
        if (next.phase() != Phase.PUBLISHING && attempts.hasStarted()) {
            return attempts.reportWork(next, now);
        }
        lifecycle.resumed();
        return List.of();
    }

    private BatchDecision cancel(BatchState state, BatchCommand.Cancel request, DecisionTime now) {
        BatchEvent cancelled = new BatchEvent.Cancelled(now.instant(), request.reason(), request.by());
        BatchState next = state.after(List.of(cancelled));
        List<CoordinatorAction> actions = new ArrayList<>();
        actions.add(new CoordinatorAction.TellRegister(new BatchRegisterCommand.HasNoWork(batch)));
        actions.add(reply(request, next));
        // A running task may still create the staging folder. Its report then leads to the sweep.
        if (!lifecycle.mayStage()) {
            actions.add(lifecycle.reportEnd(next));
        }
        return BatchDecision.persist(List.of(cancelled), actions);
    }

    private BatchDecision retry(BatchState state, Phase phase, BatchCommand.Retry request, DecisionTime now) {
        BatchEvent retried = new BatchEvent.Retried(now.instant(), request.by());
        if (phase == Phase.FAILED) {
            String exceeded = commits.violation(state);
            if (exceeded != null) {
                return refuse(request, "it would fail again: " + exceeded);
            }
            BatchDecision decision = lifecycle.retry(state, request.by(), now);
            return decision.plus(reply(request, state.after(decision.events())));
        }
        BatchState next = state.after(List.of(retried));
        return attempts.exhaustedPartitions(state, state.attemptsFailed()).isEmpty()
                ? done(request, phase)
                : BatchDecision.persist(List.of(retried), attempts.retryExhausted(next, now))
                        .plus(reply(request, next));
    }

    private BatchDecision approve(BatchState state, BatchCommand.Approve request, DecisionTime now) {
        BatchEvent approved = new BatchEvent.Approved(now.instant(), request.reason(), request.by());
        BatchState next = state.after(List.of(approved));
        return BatchDecision.persist(List.of(approved), resumed(next, now)).plus(reply(request, next));
    }

    private BatchDecision ignoreWindow(
            BatchState state, Phase phase, BatchCommand.IgnoreWindow request, DecisionTime now) {
        if (state.submission().job().timing().window() == null) {
            return refuse(request, "its job has no window");
        }
        if (state.ignoresWindow()) {
            return done(request, phase);
        }
        List<BatchEvent> events = new ArrayList<>();
        if (state.outage() != null && WindowGate.opening(state, now.instant()) != null) {
            events.add(new BatchEvent.OutageEnded(now.instant()));
        }
        events.add(new BatchEvent.WindowIgnored(now.instant(), request.by()));
        return BatchDecision.persist(
                        events, lifecycle.continued(state.after(events), now).actions())
                .plus(reply(request, phase));
    }

    private BatchDecision rescore(BatchState state, Phase phase, BatchCommand.Rescore request, DecisionTime now) {
        if (state.plan() == null) {
            return refuse(request, "it is not planned yet");
        }
        if (state.isCanaryRunning()) {
            return refuse(request, "its canary is not decided yet");
        }
        SortedSet<Integer> chosen = new TreeSet<>(request.partitions());
        if (chosen.isEmpty()) {
            return refuse(request, "the request names no partition");
        }
        int last = state.plan().index().partitions() - 1;
        if (chosen.first() < 0 || chosen.last() > last) {
            int unknown = chosen.first() < 0 ? chosen.first() : chosen.last();
            return refuse(request, "there is no partition %d; its partitions are 0 to %d".formatted(unknown, last));
        }
        List<Integer> committed =
                chosen.stream().filter(state.committed()::contains).toList();
        if (committed.isEmpty()) {
            return done(request, phase);
        }
        BatchEvent rescored = new BatchEvent.Rescored(now.instant(), committed, request.by());
        BatchState next = state.after(List.of(rescored));
        attempts.withdraw(state, committed);
        return BatchDecision.persist(List.of(rescored), attempts.rescore(next, committed, now))
                .plus(reply(request, next));
    }

    private BatchDecision done(BatchCommand.Control request, Phase phase) {
        return BatchDecision.of(reply(request, phase));
    }

    private CoordinatorAction reply(BatchCommand.Control request, BatchState next) {
        return reply(request, java.util.Objects.requireNonNull(next.phase()));
    }

    private CoordinatorAction reply(BatchCommand.Control request, Phase phase) {
        return new CoordinatorAction.Send<>(request.replyTo(), new ControlReply.Done(batch, phase));
    }

    private BatchDecision refuse(BatchCommand.Control request, String reason) {
        return BatchDecision.of(refusal(request, reason));
    }

    private CoordinatorAction refusal(BatchCommand.Control request, String reason) {
        return new CoordinatorAction.Send<>(request.replyTo(), new ControlReply.Refused(batch, reason));
    }
}
