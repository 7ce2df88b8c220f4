package io.nightshift.coordinator.register;

import io.nightshift.coordinator.batch.ReadableEvents;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.job.RunKey;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.protocol.register.BatchRegisterEvent;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.typed.EventAdapter;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The register of all batches, as an actor. It decides which batch a submission belongs to, wakes open
/// batches after a restart, and sends free workers to batches with work, as [WorkerShares] says.
/// [RegisterDecisions] decides; this class persists the events of each decision and performs its actions.
///
/// The cluster has one register: the sharded entity [#ID]. Its events hold which batches were opened and how
/// they ended. Which batches have work and which workers are free is kept in memory only; both report again.
///
/// Commands wait while the register reads its events or writes one. [RegisterInbox] limits how many.
public final class BatchRegister extends EventSourcedBehavior<RegisterMessage, BatchRegisterEvent, BatchRegisterState> {

    public static final EntityTypeKey<BatchRegisterCommand> KEY =
            EntityTypeKey.create(BatchRegisterCommand.class, "register");
    public static final String ID = "batches";

    private static final Logger LOG = LoggerFactory.getLogger(BatchRegister.class);

    /// Sends a command to the coordinator of a batch, on whichever node it runs. Called by the actor; never
    /// blocks.
    @FunctionalInterface
    public interface BatchSender {
        void tell(BatchId batch, BatchCommand command);
    }

    private final ActorContext<RegisterMessage> context;
    private final BatchSender batches;
    private final Clock clock;
    private final RegisterInbox inbox;
    private final LostBatch.Search search;
    private final Executor blocking;
    private final ActorRef<BatchStatus> statuses;
    private final ActorRef<ControlReply> cancels;
    private final RegisterSettings settings;
    private RegisterDecisions decisions;

    /// Whether the journal was searched for lost batches. Commands wait for that: otherwise, a job could open
    /// another batch although one is open.
    private boolean isComplete;

    private BatchRegister(
            ActorContext<RegisterMessage> context,
            BatchSender batches,
            Clock clock,
            LostBatch.Search search,
            Executor blocking,
            RegisterSettings settings,
            RegisterInbox inbox) {
        super(
                PersistenceId.of(KEY.name(), ID),
                SupervisorStrategy.restartWithBackoff(Duration.ofMillis(500), Duration.ofSeconds(20), 0.2));
        this.context = context;
        this.batches = batches;
        this.clock = clock;
        this.search = search;
        this.blocking = blocking;
        this.settings = settings;
        this.inbox = inbox;
        this.decisions = newDecisions();
        this.statuses = context.messageAdapter(BatchStatus.class, RegisterMessage.StatusReceived::new);
        this.cancels = context.messageAdapter(ControlReply.class, RegisterMessage.CancelAnswered::new);
    }

    /// @param search finds the batches that the register has lost
    /// @param blocking runs what waits for the database
    public static Behavior<BatchRegisterCommand> create(
            BatchSender batches, Clock clock, LostBatch.Search search, Executor blocking, RegisterSettings settings) {
        return Behaviors.setup(start -> {
            RegisterInbox inbox = new RegisterInbox();
            Behavior<RegisterMessage> behavior = Behaviors.setup(
                    context -> new BatchRegister(context, batches, clock, search, blocking, settings, inbox));
            return Behaviors.intercept(() -> inbox, behavior);
        });
    }

    private RegisterDecisions newDecisions() {
        return new RegisterDecisions(new SplittableRandom(), new WorkerShares(settings.scoringAtOnce()));
    }

    @Override
    public BatchRegisterState emptyState() {
        return BatchRegisterState.EMPTY;
    }

    @Override
    public EventHandler<BatchRegisterState, BatchRegisterEvent> eventHandler() {
        return BatchRegisterState::apply;
    }

    /// Skips what can't be read, so that all other batches continue.
    @Override
    public EventAdapter<BatchRegisterEvent, ?> eventAdapter() {
        return new ReadableEvents<>(
                BatchRegisterEvent.class,
                entry -> LOG.error(
                        "an entry of the batch register can't be read and is skipped: {}. `nightshift ledger check` names the batches that the register has lost",
                        entry.problem()));
    }

    @Override
    public SignalHandler<BatchRegisterState> signalHandler() {
        return newSignalHandlerBuilder()
                .onSignal(RecoveryCompleted.instance(), this::recovered)
                .build();
    }

    /// Pekko keeps this object after a failed write, whose outcome is unknown.
    private void recovered(BatchRegisterState state) {
        decisions = newDecisions();
        isComplete = false;
        context.pipeToSelf(CompletableFuture.supplyAsync(() -> search.search(state), blocking), (lost, problem) -> {
            if (problem != null) {
                LOG.warn("the journal can't be searched for batches that the register has lost", problem);
            }
            return new RegisterMessage.LostBatchesFound(problem == null ? lost : List.of());
        });
        decisions.wake(state).forEach(this::perform);
    }

    @Override
    public CommandHandler<RegisterMessage, BatchRegisterEvent, BatchRegisterState> commandHandler() {
        return newCommandHandlerBuilder().forAnyState().onAnyCommand(this::onMessage);
    }

    private Effect<BatchRegisterEvent, BatchRegisterState> onMessage(
            BatchRegisterState state, RegisterMessage message) {
        if (message instanceof RegisterMessage.LostBatchesFound) {
            isComplete = true;
        } else if (!isComplete) {
            return Effect().stash();
        }
        inbox.handled(message);
        RegisterAction.Decision decision = decisions.decide(state, message, System.nanoTime(), clock.instant());
        if (decision.events().isEmpty()) {
            decision.actions().forEach(this::perform);
            return Effect().none().thenUnstashAll();
        }
        return Effect()
                .persist(decision.events())
                .thenRun((BatchRegisterState next) -> {
                    decision.events().forEach(BatchRegister::log);
                    decision.actions().forEach(this::perform);
                })
                .thenUnstashAll();
    }

    private static void log(BatchRegisterEvent event) {
        switch (event) {
            case BatchRegisterEvent.Opened opened -> LOG.info("{} is opened", opened.batch());
            case BatchRegisterEvent.Ended ended -> LOG.debug("{} has ended: {}", ended.batch(), ended.phase());
            case BatchRegisterEvent.Keyed keyed -> {}
            case BatchRegisterEvent.Reentered lost ->
                LOG.warn("{} is entered again: the batch register had lost its entry", lost.batch());
        }
    }

    private void perform(RegisterAction action) {
        switch (action) {
            case RegisterAction.Send<?> send -> send(send);
            case RegisterAction.TellBatch(BatchId batch, BatchCommand command) -> batches.tell(batch, command);
            case RegisterAction.AskStatus(BatchId batch) -> batches.tell(batch, new BatchCommand.Describe(statuses));
            case RegisterAction.CancelBatch(BatchId batch, boolean isAwaited) ->
                batches.tell(
                        batch,
                        new BatchCommand.Cancel(
                                "replaced by a later batch",
                                isAwaited ? cancels : context.getSystem().ignoreRef()));
            case RegisterAction.Continue(RunKey run) -> context.getSelf().tell(new RegisterMessage.NextSubmission(run));
        }
    }

    private static <M> void send(RegisterAction.Send<M> send) {
        send.to().tell(send.message());
    }
}
