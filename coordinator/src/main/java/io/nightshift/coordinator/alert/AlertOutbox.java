package io.nightshift.coordinator.alert;

import io.nightshift.coordinator.actor.Decision;
import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.actor.PersistentActor;
import io.nightshift.coordinator.actor.RestartBackoff;
import io.nightshift.coordinator.alert.AlertState.Incident;
import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.alert.AlertEvent;
import io.nightshift.protocol.alert.AlertStep;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.ledger.UnreadableEntry;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The outbox of alerts, as an actor: opens incidents, and delivers each to its channels. [AlertDecisions]
/// decides; this class performs the actions of each decision.
///
/// The cluster has one outbox: the sharded entity [#ID]. It only waits for answers while messages are sent,
/// on threads of the [AlertSender].
public final class AlertOutbox extends PersistentActor<AlertMessage, AlertEvent, AlertDecision.Action, AlertState> {

    public static final EntityTypeKey<AlertCommand> KEY = EntityTypeKey.create(AlertCommand.class, "alerts");
    public static final String ID = "alerts";

    private static final int SNAPSHOT_EVERY = 500;

    private static final Logger LOG = LoggerFactory.getLogger(AlertOutbox.class);
    private static final AlertMessage CONTINUE = new AlertMessage.Continue();
    private static final Duration TICK = Duration.ofSeconds(1);

    private final ActorContext<AlertMessage> context;
    private final TimerScheduler<AlertMessage> timers;
    private final AlertSettings settings;
    private final AlertSender sender;
    private final BiConsumer<BatchId, BatchCommand> batches;
    private final AlertObserver observer;
    private final Map<String, CompletableFuture<AlertSender.Outcome>> sending = new HashMap<>();
    private AlertDecisions decisions;

    private AlertOutbox(
            ActorContext<AlertMessage> context,
            TimerScheduler<AlertMessage> timers,
            AlertSettings settings,
            AlertSender sender,
            BiConsumer<BatchId, BatchCommand> batches,
            Clock clock,
            AlertObserver observer) {
        super(KEY, ID, AlertEvent.class, clock);
        this.context = context;
        this.timers = timers;
        this.settings = settings;
        this.sender = sender;
        this.batches = batches;
        this.observer = observer;
        this.decisions = new AlertDecisions(settings);
    }

    /// @param batches sends a command to the coordinator of a batch; never blocks
    public static Behavior<AlertCommand> create(
            AlertSettings settings,
            AlertSender sender,
            BiConsumer<BatchId, BatchCommand> batches,
            Clock clock,
            AlertObserver observer) {
        Behavior<AlertMessage> behavior = RestartBackoff.supervise(Behaviors.setup(context -> Behaviors.withTimers(
                timers -> new AlertOutbox(context, timers, settings, sender, batches, clock, observer))));
        return Behaviors.transformMessages(
                AlertCommand.class, behavior, pattern -> pattern.matchAny(AlertMessage.CommandReceived::new));
    }

    @Override
    public AlertState emptyState() {
        return AlertState.EMPTY;
    }

    @Override
    protected AlertState apply(AlertState state, AlertEvent event) {
        return state.apply(event);
    }

    /// Skips what can't be read, so that all other alerts are delivered.
    @Override
    protected void unreadable(UnreadableEntry entry) {
        LOG.error("an entry of the alert outbox can't be read and is skipped: {}", entry.problem());
    }

    @Override
    public RetentionCriteria retentionCriteria() {
        return snapshotEvery(SNAPSHOT_EVERY);
    }

    @Override
    protected void recovered(AlertState state) {
        decisions = new AlertDecisions(settings);
        changed(state);
        context.getSelf().tell(CONTINUE);
    }

    @Override
    protected void stopped(AlertState state) {
        sending.values().forEach(attempt -> attempt.cancel(true));
        sending.clear();
        observer.countsChanged(0, 0);
    }

    @Override
    protected AlertDecision decide(AlertState state, AlertMessage message, DecisionTime now) {
        if (message instanceof AlertMessage.SendEnded ended) {
            observer.attemptEnded(ended.outcome().delivered());
        }
        return decisions.decide(state, message, now.instant());
    }

    @Override
    protected void persisted(
            AlertState state, AlertMessage message, List<AlertEvent> events, DecisionTime decided, DecisionTime now) {
        events.forEach(this::log);
    }

    @Override
    protected void performed(
            AlertState state,
            AlertMessage message,
            Decision<AlertEvent, AlertDecision.Action> decision,
            DecisionTime now) {
        if (!decision.events().isEmpty()) {
            changed(state);
            context.getSelf().tell(CONTINUE);
        }
    }

    private void changed(AlertState state) {
        if (state.live().isEmpty()) {
            timers.cancel(CONTINUE);
        } else if (!timers.isTimerActive(CONTINUE)) {
            timers.startTimerWithFixedDelay(CONTINUE, CONTINUE, TICK);
        }
        int open = 0;
        int waiting = 0;
        for (Incident incident : state.live().values()) {
            open += incident.isOpen() ? 1 : 0;
            waiting += (int) incident.deliveries().values().stream()
                    .filter(AlertState.Delivery::isWaiting)
                    .count();
        }
        observer.countsChanged(open, waiting);
    }

    private void log(AlertEvent event) {
        switch (event) {
            case AlertEvent.Raised raised -> {
                observer.incidentOpened();
                LOG.warn("alert {}: {} Channels: {}", raised.key(), raised.summary(), raised.channels());
            }
            case AlertEvent.Resolved resolved ->
                LOG.info("alert {} is resolved: {}", resolved.incident(), resolved.reason());
            case AlertEvent.GaveUp gaveUp -> {
                observer.gaveUp();
                LOG.error(
                        "alert {} can't be delivered to {}, and is not sent again: {}",
                        gaveUp.incident(),
                        gaveUp.channel(),
                        gaveUp.reason());
            }
            case AlertEvent.SendStarted started -> {}
            case AlertEvent.Delivered delivered ->
                LOG.info(
                        "alert {} is delivered to {}: {}", delivered.incident(), delivered.channel(), delivered.step());
        }
    }

    @Override
    protected void perform(AlertState state, AlertDecision.Action action) {
        switch (action) {
            case AlertDecision.Reply reply -> reply.to().tell(reply.reply());
            case AlertDecision.Send send -> send(send);
            case AlertDecision.AskBatch(BatchId batch) -> batches.accept(batch, new BatchCommand.ReportAlerts());
            case AlertDecision.LogFailure(String key, String channel, int attempt, String reason) ->
                LOG.warn("alert {} is not delivered to {} (attempt {}): {}", key, channel, attempt, reason);
        }
    }

    private void send(AlertDecision.Send send) {
        AlertNotification notification = send.notification();
        String channel = notification.channel();
        AlertStep step = notification.step();
        int attempt = notification.attempt();
        CompletableFuture<AlertSender.Outcome> result = sender.send(notification);
        sending.put(channel, result);
        context.pipeToSelf(
                result,
                (outcome, problem) -> new AlertMessage.SendEnded(
                        send.incident(),
                        channel,
                        step,
                        attempt,
                        problem == null ? outcome : AlertSender.Outcome.failed(String.valueOf(problem))));
    }
}
