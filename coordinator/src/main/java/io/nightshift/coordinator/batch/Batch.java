package io.nightshift.coordinator.batch;

import io.nightshift.api.BatchDescription;
import io.nightshift.coordinator.actor.Decision;
import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.actor.PersistentActor;
import io.nightshift.coordinator.actor.RestartBackoff;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.batch.observation.AlertReports;
import io.nightshift.coordinator.batch.observation.BatchEventLog;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.task.BatchPeers;
import io.nightshift.coordinator.batch.task.BatchServices;
import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.alert.AlertReply;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.ledger.UnreadableEntry;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The coordinator of one batch, as an actor. [BatchDecisions] decides about each message; this class
/// chains the events of the decision to the ledger, and performs the actions.
///
/// The coordinator of an ended or failed batch leaves memory after a while (passivation). The next message for the
/// batch starts it again.
public final class Batch extends PersistentActor<CoordinatorMessage, LedgerEntry, CoordinatorAction, BatchState> {

    public static final EntityTypeKey<BatchCommand> KEY = EntityTypeKey.create(BatchCommand.class, "batch");

    private static final Logger LOG = LoggerFactory.getLogger(Batch.class);
    private static final CoordinatorMessage TICK = new CoordinatorMessage.Tick();
    private static final String WINDOW = "window";
    private static final CoordinatorMessage IDLE_TIMEOUT = new CoordinatorMessage.IdleTimeout();
    private static final CoordinatorMessage ALERTS_DUE = new CoordinatorMessage.AlertsDue();

    /// The time between two looks for alerts while the ledger does not grow.
    private static final long ALERTS_NANOS = 1_000_000_000;

    private final ActorContext<CoordinatorMessage> context;
    private final TimerScheduler<CoordinatorMessage> timers;
    private final ActorRef<ClusterSharding.ShardCommand> shard;
    private final BatchId batch;
    private final BatchServices services;
    private final BatchTasks tasks;
    private final BatchObserverNotifier observer;
    private final BatchEventLog log;
    private final ActorRef<AlertReply> alertReplies;
    private final ReplayPace replay;
    private BatchDecisions decisions;
    private AlertReports alerts;

    /// The number of the ledger's entries, and the time, when alerts were last looked for.
    private long alertEntries = -1;

    private long alertNanos;

    /// When the timer for the window fires; null if there is none.
    private @Nullable Instant wakesAt;

    /// Why the batch can't be resumed: an entry of its ledger is missing or can't be read. Null if it can.
    private @Nullable String damage;

    /// Whether [#damage] is only that a later version wrote the entry.
    private boolean isNewer;

    /// Whether an operator has closed the damaged batch.
    private boolean isClosed;

    /// Whether the register has been sent the report that the batch has failed. It may not have arrived.
    private boolean isToldFailed;

    private Batch(
            ActorContext<CoordinatorMessage> context,
            TimerScheduler<CoordinatorMessage> timers,
            ActorRef<ClusterSharding.ShardCommand> shard,
            BatchId batch,
            BatchServices services) {
        super(KEY, batch.value(), LedgerEntry.class, services.runtime().clock());
        this.context = context;
        this.timers = timers;
        this.shard = shard;
        this.batch = batch;
        this.services = services;
        this.tasks = new BatchTasks(context, batch, services);
        this.observer = new BatchObserverNotifier(batch, services.recipients().observer());
        this.log = new BatchEventLog(batch);
        this.alertReplies = context.messageAdapter(AlertReply.class, CoordinatorMessage.AlertAnswered::new);
        this.decisions = newDecisions();
        this.alerts = newAlerts();
        this.replay = ReplayPace.of(persistenceId().id());
    }

    /// @param shard stops the actor at its request, and keeps the messages that arrive meanwhile
    public static Behavior<BatchCommand> create(
            BatchId batch, ActorRef<ClusterSharding.ShardCommand> shard, BatchServices services) {
        Behavior<CoordinatorMessage> behavior = Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new Batch(context, timers, shard, batch, services)));
        Behavior<CoordinatorMessage> recovering = RestartBackoff.supervise(Behaviors.supervise(behavior)
                .onFailure(
                        StaleStateException.class, SupervisorStrategy.restart().withLoggingEnabled(false)));
        return Behaviors.transformMessages(
                BatchCommand.class,
                recovering,
                pattern -> pattern.matchAny(
                        command -> received(command, services.recipients().peers())));
    }

    private static CoordinatorMessage received(BatchCommand command, BatchPeers peers) {
        return command instanceof BatchCommand.AttemptFailed failed
                ? new CoordinatorMessage.AttemptReported(failed, peers.scoring())
                : new CoordinatorMessage.CommandReceived(command);
    }

    /// Restarts the actor, because another coordinator has written to the ledger.
    private static final class StaleStateException extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private BatchDecisions newDecisions() {
        return BatchDecisions.create(
                batch, services.settings(), services.runtime().node(), new SplittableRandom());
    }

    private AlertReports newAlerts() {
        alertEntries = -1;
        return new AlertReports(
                batch,
                services.recipients().stalledAfter(),
                services.runtime().clock().instant());
    }

    @Override
    public BatchState emptyState() {
        return BatchState.initial(batch);
    }

    /// An entry that can't be applied makes the batch damaged. Nothing after it counts.
    @Override
    protected BatchState apply(BatchState state, LedgerEntry entry) {
        replay.applied();
        if (damage == null) {
            try {
                return state.apply(entry);
            } catch (IllegalStateException e) {
                damage = BatchState.damage(e);
                isNewer = BatchState.isNewer(e);
            }
        }
        return state;
    }

    @Override
    protected void unreadable(UnreadableEntry entry) {
        replay.applied();
        if (damage == null) {
            damage = "the ledger is damaged: " + entry.problem();
        }
    }

    @Override
    protected void stopped(BatchState state) {
        replay.close();
        observer.coordinatorStopped();
        tasks.release();
    }

    @Override
    protected void restarting(BatchState state) {
        stopped(state);
    }

    @Override
    protected void recovered(BatchState state) {
        alerts = newAlerts();
        if (damage != null) {
            LOG.error(
                    "{}: {}. The batch stays as it is, and all others continue. {}",
                    batch,
                    damage,
                    isNewer
                            ? "Install the later version on this node"
                            : "`nightshift ledger check` shows all damage, and `nightshift batch cancel` closes the batch");
            observer.damaged();
            if (!isNewer) {
                alerts.damaged(damage);
                reportAlerts(state, false);
            }
            return;
        }
        decisions = newDecisions();
        isToldFailed = state.phase() == Phase.FAILED;
        setTimers(state, now());
        context.getSelf().tell(new CoordinatorMessage.Recovered());
    }

    /// Called when a message has been handled. Restarts the idle timeout.
    private void setTimers(BatchState state, DecisionTime now) {
        if (!decisions.needsTick(state, now)) {
            timers.cancel(TICK);
        } else if (!timers.isTimerActive(TICK)) {
            timers.startTimerWithFixedDelay(TICK, TICK, services.settings().tick());
        }
        wakeForWindow(decisions.wakesAt(state, now), now);
        boolean isReported = state.phase() != Phase.FAILED || !(alerts.isUnrecorded() || tasks.isFenceRunning());
        boolean isRemovable = decisions.isRemovable(state) && isReported;
        if (isRemovable) {
            timers.startSingleTimer(
                    IDLE_TIMEOUT, IDLE_TIMEOUT, services.settings().passivateAfter());
        } else {
            timers.cancel(IDLE_TIMEOUT);
        }
    }

    /// A batch that waits for its window needs only this timer. The register asks for the batch every few
    /// seconds, so the batch also begins in time if the clock is set, or the machine was suspended.
    private void wakeForWindow(@Nullable Instant opening, DecisionTime now) {
        if (opening == null) {
            timers.cancel(WINDOW);
        } else if (!opening.equals(wakesAt) || !timers.isTimerActive(WINDOW)) {
            timers.startSingleTimer(WINDOW, TICK, Duration.between(now.instant(), opening));
        }
        wakesAt = opening;
    }

    @Override
    protected boolean handle(BatchState state, CoordinatorMessage message) {
        if (damage != null) {
            if (new DamagedBatch(
                            batch,
                            damage,
                            isNewer,
                            isClosed,
                            services.recipients().register())
                    .answer(message)) {
                isClosed = true;
                observer.coordinatorStopped();
                alerts.closed();
                reportAlerts(state, false);
            }
            onAlertMessage(state, message);
            return true;
        }
        if (onAlertMessage(state, message)) {
            setTimers(state, now());
            return true;
        }
        return false;
    }

    /// A decision whose events have their places in the ledger.
    private record LedgerDecision(List<LedgerEntry> events, List<CoordinatorAction> actions)
            implements Decision<LedgerEntry, CoordinatorAction> {}

    @Override
    protected Decision<LedgerEntry, CoordinatorAction> decide(
            BatchState state, CoordinatorMessage message, DecisionTime now) {
        observer.beforeDecision(decisions, message, now);
        BatchDecision decision = decisions.decide(state, message, now);
        return new LedgerDecision(entries(state, decision.events()), decision.actions());
    }

    @Override
    protected void persisted(
            BatchState state,
            CoordinatorMessage message,
            List<LedgerEntry> entries,
            DecisionTime decided,
            DecisionTime now) {
        List<BatchEvent> events = entries.stream().map(LedgerEntry::event).toList();
        observer.eventsPersisted(state, message, events, decided, now);
        events.forEach(event -> log.write(state, event));
    }

    @Override
    protected void performed(
            BatchState state,
            CoordinatorMessage message,
            Decision<LedgerEntry, CoordinatorAction> decision,
            DecisionTime now) {
        observer.afterActions(decisions, state, message, now);
        tellFailure(state, message, now);
        if (message
                        instanceof
                        CoordinatorMessage.TaskReported(
                                int incarnation,
                                CoordinatorMessage.TaskStalled(Failure failure, String helper),
                                List<String> others)
                && !decision.events().isEmpty()) {
            alerts.stepStalled(failure);
        }
        if (state.entries() != alertEntries || now.nanos() - alertNanos > ALERTS_NANOS) {
            reportAlerts(state, false);
        }
        setTimers(state, now);
    }

    /// Reports to the register whether the batch has failed. The register sends no messages to a failed batch, so
    /// that its coordinator can leave memory until somebody asks for the batch.
    private void tellFailure(BatchState state, CoordinatorMessage message, DecisionTime now) {
        boolean isFailed = state.phase() == Phase.FAILED;
        boolean isAsked = message instanceof CoordinatorMessage.Recovered
                || message instanceof CoordinatorMessage.CommandReceived(BatchCommand.EnsureStarted start);
        if (isFailed != isToldFailed || (isFailed && isAsked)) {
            BatchDescription.Timing timing = isFailed ? decisions.timing(state, now) : null;
            services.recipients().register().accept(new BatchRegisterCommand.FailureChanged(batch, timing));
            isToldFailed = isFailed;
        }
    }

    /// @return whether the message is only about alerts
    private boolean onAlertMessage(BatchState state, CoordinatorMessage message) {
        switch (message) {
            case CoordinatorMessage.AlertsDue due -> reportAlerts(state, false);
            case CoordinatorMessage.AlertAnswered(AlertReply.Recorded recorded) -> alerts.recorded(recorded);
            case CoordinatorMessage.CommandReceived(BatchCommand.ReportAlerts report) -> reportAlerts(state, true);
            default -> {
                return false;
            }
        }
        return true;
    }

    /// @param isAsked whether the outbox asks for everything
    private void reportAlerts(BatchState state, boolean isAsked) {
        alertEntries = state.entries();
        DecisionTime now = now();
        alertNanos = now.nanos();
        List<AlertCommand> due = alerts.due(
                state, decisions.rowsDone(state), decisions.timing(state, now), now.instant(), isAsked, alertReplies);
        due.forEach(services.recipients().alerts());
        if (alerts.isUnrecorded() && !timers.isTimerActive(ALERTS_DUE)) {
            timers.startSingleTimer(ALERTS_DUE, ALERTS_DUE, AlertReports.REPEAT);
        }
    }

    @Override
    protected DecisionTime now() {
        return new DecisionTime(
                services.runtime().nanos().getAsLong(),
                services.runtime().clock().instant());
    }

    private static List<LedgerEntry> entries(BatchState state, List<BatchEvent> events) {
        List<LedgerEntry> entries = new ArrayList<>(events.size());
        String head = state.head();
        for (BatchEvent event : events) {
            LedgerEntry entry = LedgerEntry.after(head, event);
            entries.add(entry);
            head = entry.hash();
        }
        return entries;
    }

    @Override
    protected void perform(BatchState state, CoordinatorAction action) {
        switch (action) {
            case CoordinatorAction.Send<?> send -> send(send);
            case CoordinatorAction.TellRegister(BatchRegisterCommand command) ->
                services.recipients().register().accept(command);
            case CoordinatorAction.GrantLease grant -> grantLease(state, grant);
            case CoordinatorAction.FlushCommits flush -> context.getSelf().tell(new CoordinatorMessage.FlushCommits());
            case CoordinatorAction.RetryLater(int incarnation, Failure failure, Duration backoff) -> {
                LOG.warn("{}: {}. Trying again in {} ms", batch, failure.message(), backoff.toMillis());
                timers.startSingleTimer(new CoordinatorMessage.RetryDue(incarnation), backoff);
            }
            case CoordinatorAction.SweepStagedOutput sweep ->
                tasks.sweep(state.submission().job());
            case CoordinatorAction.RecoverFromLedger recover -> {
                LOG.warn("{}: another coordinator has written to the ledger. Reading the ledger again", batch);
                throw new StaleStateException();
            }
            case CoordinatorAction.Passivate passivate ->
                shard.tell(new ClusterSharding.Passivate<>(context.getSelf()));
            case CoordinatorAction.WriteLog(String text, List<Object> arguments) -> LOG.info(text, arguments.toArray());
            case CoordinatorAction.BackgroundTask task -> tasks.start(task, state);
        }
    }

    private <M> void send(CoordinatorAction.Send<M> send) {
        if (send.message() instanceof WorkerMessage.Abandon(Attempt attempt, String reason)) {
            LOG.warn("{} is refused: {}", attempt, reason);
            observer.attemptRefused();
        }
        send.to().tell(send.message());
    }

    private void grantLease(BatchState state, CoordinatorAction.GrantLease grant) {
        Attempt attempt = grant.attempt();
        BatchEvent.Submitted submitted = state.submission();
        PartitionPlan.Index index = state.pinned().index();
        LOG.info("{} leased to {}", attempt, grant.node());
        grant.worker()
                .tell(new WorkerMessage.Lease(
                        attempt,
                        submitted.job(),
                        state.model(),
                        index.range(attempt.partition()).firstRow(),
                        index.slices(attempt.partition()),
                        services.outputs().publisher().staging(batch, submitted.job()),
                        grant.nonce(),
                        state.comparedModel(attempt.partition())));
    }
}
