package io.nightshift.coordinator.alert;

import io.nightshift.coordinator.alert.AlertState.Incident;
import io.nightshift.coordinator.batch.ReadableEvents;
import io.nightshift.coordinator.batch.RestartBackoff;
import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.alert.AlertEvent;
import io.nightshift.protocol.alert.AlertStep;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.typed.EventAdapter;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The outbox of alerts, as an actor: opens incidents, and delivers each to its channels. [AlertDecisions]
/// decides; this class persists the events of each decision and performs its actions.
///
/// The cluster has one outbox: the sharded entity [#ID]. It only waits for answers while messages are sent,
/// on threads of the [AlertSender].
public final class AlertOutbox extends EventSourcedBehavior<AlertMessage, AlertEvent, AlertState> {

    public static final EntityTypeKey<AlertCommand> KEY = EntityTypeKey.create(AlertCommand.class, "alerts");
    public static final String ID = "alerts";

    /// A start reads the last snapshot, and about this many events at most.
    private static final int SNAPSHOT_EVERY = 500;

    /// If the last one can't be read, the one before is used.
    private static final int SNAPSHOTS = 2;

    private static final Logger LOG = LoggerFactory.getLogger(AlertOutbox.class);
    private static final AlertMessage CONTINUE = new AlertMessage.Continue();
    private static final Duration TICK = Duration.ofSeconds(1);

    private final ActorContext<AlertMessage> context;
    private final TimerScheduler<AlertMessage> timers;
    private final AlertSettings settings;
    private final AlertSender sender;
    private final BiConsumer<BatchId, BatchCommand> batches;
    private final Clock clock;
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
        super(
                PersistenceId.of(KEY.name(), ID),
                SupervisorStrategy.restartWithBackoff(Duration.ofMillis(500), Duration.ofSeconds(20), 0.2));
        this.context = context;
        this.timers = timers;
        this.settings = settings;
        this.sender = sender;
        this.batches = batches;
        this.clock = clock;
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
    public EventHandler<AlertState, AlertEvent> eventHandler() {
        return AlertState::apply;
    }

    /// Skips what can't be read, so that all other alerts are delivered.
    @Override
    public EventAdapter<AlertEvent, ?> eventAdapter() {
        return new ReadableEvents<>(
                AlertEvent.class,
                entry -> LOG.error("an entry of the alert outbox can't be read and is skipped: {}", entry.problem()));
    }

    @Override
    public RetentionCriteria retentionCriteria() {
        return RetentionCriteria.snapshotEvery(SNAPSHOT_EVERY, SNAPSHOTS);
    }

    @Override
    public SignalHandler<AlertState> signalHandler() {
        return newSignalHandlerBuilder()
                .onSignal(RecoveryCompleted.instance(), this::recovered)
                .onSignal(PostStop.instance(), this::stopped)
                .build();
    }

    /// Pekko keeps this object after a failed write, whose outcome is unknown.
    private void recovered(AlertState state) {
        decisions = new AlertDecisions(settings);
        changed(state);
        context.getSelf().tell(CONTINUE);
    }

    private void stopped(AlertState state) {
        sending.values().forEach(attempt -> attempt.cancel(true));
        sending.clear();
        observer.countsChanged(0, 0);
    }

    @Override
    public CommandHandler<AlertMessage, AlertEvent, AlertState> commandHandler() {
        return newCommandHandlerBuilder().forAnyState().onAnyCommand(this::onMessage);
    }

    private Effect<AlertEvent, AlertState> onMessage(AlertState state, AlertMessage message) {
        if (message instanceof AlertMessage.SendEnded ended) {
            observer.attemptEnded(ended.outcome().delivered());
        }
        AlertDecision decision = decisions.decide(state, message, clock.instant());
        if (decision.events().isEmpty()) {
            decision.actions().forEach(this::perform);
            return Effect().none();
        }
        return Effect().persist(decision.events()).thenRun((AlertState next) -> {
            decision.events().forEach(this::log);
            decision.actions().forEach(this::perform);
            changed(next);
            context.getSelf().tell(CONTINUE);
        });
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

    private void perform(AlertDecision.Action action) {
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
