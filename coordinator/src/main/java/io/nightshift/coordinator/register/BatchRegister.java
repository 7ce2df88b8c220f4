package io.nightshift.coordinator.register;

import io.nightshift.api.BatchDescription;
import io.nightshift.coordinator.actor.Decision;
import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.actor.PersistentActor;
import io.nightshift.coordinator.actor.RestartBackoff;
import io.nightshift.coordinator.batch.decision.BatchObserver;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.RunKey;
import io.nightshift.protocol.ledger.UnreadableEntry;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.protocol.register.BatchRegisterEvent;
import io.nightshift.protocol.register.BatchRegisterSnapshot;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.typed.SnapshotAdapter;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The register of all batches, as an actor. It decides which batch a submission belongs to, wakes open
/// batches after a restart, and sends free workers to batches with work, as [WorkerShares] says.
/// [RegisterDecisions] decides; this class performs the actions of each decision.
///
/// The cluster has one register: the sharded entity [#ID]. Its events hold which batches were opened and how
/// they ended. Which batches have work and which workers are free is kept in memory only; both report again.
///
/// Commands wait while the register reads its events or writes one. [RegisterInbox] limits how many.
///
/// The register grows by job: ended batches leave for the [BatchArchive]. A snapshot every [#SNAPSHOT_EVERY] events
/// bounds what a start reads. See docs/decisions/0024-register.md.
public final class BatchRegister
        extends PersistentActor<RegisterMessage, BatchRegisterEvent, RegisterAction, BatchRegisterState> {

    public static final EntityTypeKey<BatchRegisterCommand> KEY =
            EntityTypeKey.create(BatchRegisterCommand.class, "register");
    public static final String ID = "batches";

    /// A start reads the last snapshot, and about this many events at most.
    public static final int SNAPSHOT_EVERY = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(BatchRegister.class);

    /// Sends a command to the coordinator of a batch, on whichever node it runs. Called by the actor; never
    /// blocks.
    @FunctionalInterface
    public interface BatchSender {
        void tell(BatchId batch, BatchCommand command);
    }

    private final ActorContext<RegisterMessage> context;
    private final BatchSender batches;
    private final RegisterInbox inbox;
    private final LostBatch.Search search;
    private final BatchArchive archive;
    private final Executor blocking;
    private final ActorRef<BatchStatus> statuses;
    private final ActorRef<ControlReply> cancels;
    private final RegisterSettings settings;
    private final BatchObserver observer;
    private RegisterDecisions decisions;

    /// The last report to the observer.
    private Map<BatchId, BatchDescription.Timing> failed = Map.of();

    /// Whether the journal was searched for lost batches. Commands wait for that: otherwise, a job could open
    /// another batch although one is open.
    private boolean isComplete;

    /// Whether the search has worked. Otherwise, it is repeated from the same position by the next start.
    private boolean isSearched;

    /// Whether the recovery began with a snapshot, and all events after it could be read.
    private boolean hasSnapshot;

    private boolean hasSkipped;

    private BatchRegister(
            ActorContext<RegisterMessage> context,
            BatchSender batches,
            Clock clock,
            LostBatch.Search search,
            BatchArchive archive,
            Executor blocking,
            RegisterSettings settings,
            RegisterInbox inbox,
            BatchObserver observer) {
        super(KEY, ID, BatchRegisterEvent.class, clock);
        this.context = context;
        this.batches = batches;
        this.search = search;
        this.archive = archive;
        this.blocking = blocking;
        this.settings = settings;
        this.inbox = inbox;
        this.observer = observer;
        this.decisions = newDecisions();
        this.statuses = context.messageAdapter(BatchStatus.class, RegisterMessage.StatusReceived::new);
        this.cancels = context.messageAdapter(ControlReply.class, RegisterMessage.CancelAnswered::new);
    }

    /// @param search finds the batches that the register has lost
    /// @param archive of the ended batches that the register has not in memory
    /// @param blocking runs what waits for the database
    /// @param observer receives the failed batches
    public static Behavior<BatchRegisterCommand> create(
            BatchSender batches,
            Clock clock,
            LostBatch.Search search,
            BatchArchive archive,
            Executor blocking,
            RegisterSettings settings,
            BatchObserver observer) {
        return Behaviors.setup(start -> {
            RegisterInbox inbox = new RegisterInbox();
            Behavior<RegisterMessage> behavior = RestartBackoff.supervise(Behaviors.setup(context ->
                    new BatchRegister(context, batches, clock, search, archive, blocking, settings, inbox, observer)));
            return Behaviors.intercept(() -> inbox, behavior);
        });
    }

    private RegisterDecisions newDecisions() {
        return new RegisterDecisions(
                new SplittableRandom(), new WorkerShares(settings.scoringAtOnce()), settings.keep());
    }

    @Override
    public BatchRegisterState emptyState() {
        return BatchRegisterState.EMPTY;
    }

    @Override
    protected BatchRegisterState apply(BatchRegisterState state, BatchRegisterEvent event) {
        return state.apply(event);
    }

    /// Skips what can't be read, so that all other batches continue.
    @Override
    protected void unreadable(UnreadableEntry entry) {
        hasSkipped = true;
        LOG.error(
                "an entry of the batch register can't be read and is skipped: {}. `nightshift ledger check` names the batches that the register has lost",
                entry.problem());
    }

    @Override
    public SnapshotAdapter<BatchRegisterState> snapshotAdapter() {
        return snapshots(BatchRegisterSnapshot.class, BatchRegisterState::snapshot, stored -> {
            hasSnapshot = true;
            return BatchRegisterState.of(stored);
        });
    }

    @Override
    public RetentionCriteria retentionCriteria() {
        return snapshotEvery(SNAPSHOT_EVERY);
    }

    @Override
    protected void stopped(BatchRegisterState state) {
        observer.failedBatches(Map.of());
        blocking.execute(archive::close);
    }

    @Override
    protected void restarting(BatchRegisterState state) {
        stopped(state);
    }

    /// All batches before the position in a snapshot were known when it was written. Without one, or if events are
    /// skipped, any batch may be lost.
    @Override
    protected void recovered(BatchRegisterState state) {
        decisions = newDecisions();
        isComplete = false;
        isSearched = false;
        long after = hasSnapshot && !hasSkipped ? state.searched() : 0;
        hasSnapshot = false;
        hasSkipped = false;
        context.pipeToSelf(
                CompletableFuture.supplyAsync(() -> search.search(state, after), blocking), (lost, problem) -> {
                    if (problem != null) {
                        LOG.warn("the journal can't be searched for batches that the register has lost", problem);
                    }
                    return new RegisterMessage.LostBatchesFound(problem == null ? lost : null);
                });
        DecisionTime now = now();
        perform(state, decisions.wake(state, now.nanos(), now.instant()));
    }

    @Override
    protected boolean mustWait(RegisterMessage message) {
        return !isComplete && !(message instanceof RegisterMessage.LostBatchesFound);
    }

    @Override
    protected RegisterDecision decide(BatchRegisterState state, RegisterMessage message, DecisionTime now) {
        if (message instanceof RegisterMessage.LostBatchesFound found) {
            isComplete = true;
            isSearched = found.batches() != null;
        }
        inbox.handled(message);
        if (message
                instanceof
                RegisterMessage.CommandReceived(
                        BatchRegisterCommand.FindWork(ActorRef<WorkerMessage> worker),
                        long number)) {
            context.watchWith(worker, new RegisterMessage.WorkerEnded(worker));
        }
        RegisterDecision decision = decisions.decide(state, message, now.nanos(), now.instant());
        if (!decisions.failed().equals(failed)) {
            failed = decisions.failed();
            observer.failedBatches(failed);
        }
        return decision;
    }

    @Override
    protected void persisted(
            BatchRegisterState state,
            RegisterMessage message,
            List<BatchRegisterEvent> events,
            DecisionTime decided,
            DecisionTime now) {
        events.forEach(BatchRegister::log);
    }

    @Override
    protected void performed(
            BatchRegisterState state,
            RegisterMessage message,
            Decision<BatchRegisterEvent, RegisterAction> decision,
            DecisionTime now) {
        if (!decision.events().isEmpty() || message instanceof RegisterMessage.LostBatchesFound) {
            perform(state, decisions.archive(state));
        }
    }

    private static void log(BatchRegisterEvent event) {
        switch (event) {
            case BatchRegisterEvent.Opened opened -> LOG.info("{} is opened", opened.batch());
            case BatchRegisterEvent.Ended ended -> LOG.debug("{} has ended: {}", ended.batch(), ended.phase());
            case BatchRegisterEvent.Keyed keyed -> {}
            case BatchRegisterEvent.Archived archived ->
                LOG.debug("{} ended batches are archived", archived.batches().size());
            case BatchRegisterEvent.Resubmitted again ->
                LOG.info("{} is to be extended by new files of its source", again.batch());
            case BatchRegisterEvent.Reentered lost ->
                LOG.warn("{} is entered again: the batch register had lost its entry", lost.batch());
        }
    }

    private void perform(BatchRegisterState state, List<RegisterAction> actions) {
        actions.forEach(action -> perform(state, action));
    }

    @Override
    protected void perform(BatchRegisterState current, RegisterAction action) {
        switch (action) {
            case RegisterAction.Send<?> send -> send(send);
            case RegisterAction.TellBatch(BatchId batch, BatchCommand command) -> batches.tell(batch, command);
            case RegisterAction.AskStatus(BatchId batch) -> batches.tell(batch, new BatchCommand.Describe(statuses));
            case RegisterAction.CancelBatch(BatchId batch, String reason, boolean isAwaited) ->
                batches.tell(
                        batch,
                        new BatchCommand.Cancel(
                                reason,
                                isAwaited ? cancels : context.getSystem().ignoreRef()));
            case RegisterAction.AskArchive(BatchArchive.Question question) -> ask(question);
            case RegisterAction.FindKeyInArchive(BatchRegisterCommand.FindByKey find) -> find(find);
            case RegisterAction.FindInArchive(BatchRegisterCommand.Find find, BatchRegisterState state) ->
                find(find, state);
            case RegisterAction.WriteArchive(BatchRegisterState.Archivable rows) -> write(rows);
            case RegisterAction.Continue(RunKey run) -> context.getSelf().tell(new RegisterMessage.NextSubmission(run));
        }
    }

    private void ask(BatchArchive.Question question) {
        context.pipeToSelf(
                CompletableFuture.supplyAsync(() -> archive.answer(question), blocking),
                (answer, problem) -> problem == null
                        ? new RegisterMessage.ArchiveAnswered(answer)
                        : new RegisterMessage.ArchiveUnreadable(question.run(), reason(problem)));
    }

    private static String reason(Throwable problem) {
        Throwable cause = problem.getCause() == null ? problem : problem.getCause();
        return String.valueOf(cause.getMessage());
    }

    private void write(BatchRegisterState.Archivable rows) {
        boolean all = isSearched;
        context.pipeToSelf(CompletableFuture.supplyAsync(() -> archive.write(rows), blocking), (position, problem) -> {
            if (problem != null) {
                LOG.warn("ended batches can't be archived now, and are later", problem);
                return new RegisterMessage.ArchiveNotWritten();
            }
            return new RegisterMessage.ArchiveWritten(rows, all ? position : 0);
        });
    }

    /// The caller asks again if no answer comes.
    private void find(BatchRegisterCommand.FindByKey find) {
        blocking.execute(() -> {
            try {
                find.replyTo().tell(RegisterDecisions.found(archive.use(find.job(), find.key()), find.fingerprint()));
            } catch (FailureException e) {
                LOG.warn(
                        "a submission's key can't be looked up: {}", e.failure().message());
            }
        });
    }

    private void find(BatchRegisterCommand.Find find, BatchRegisterState state) {
        blocking.execute(() -> {
            BatchRegisterCommand.FindReply reply;
            try {
                reply = new BatchRegisterCommand.Found(BatchNameResolver.resolve(state, archive, find.batch()));
            } catch (FailureException e) {
                reply = new BatchRegisterCommand.NotFound(e.failure().message());
            }
            find.replyTo().tell(reply);
        });
    }

    private static <M> void send(RegisterAction.Send<M> send) {
        send.to().tell(send.message());
    }
}
