package io.nightshift.coordinator.register;

import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.ledger.UnreadableEntry;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.protocol.register.BatchRegisterEvent;
import io.nightshift.protocol.wire.WireLimits;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.typed.EventAdapter;
import org.apache.pekko.persistence.typed.EventSeq;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EffectBuilder;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The register of all batches, as an actor. It decides which batch a submission belongs to, wakes open
/// batches after a restart, and sends free workers to batches with work, each batch in turn.
///
/// The cluster has one register: the sharded entity [#ID]. Its events hold which batches were opened and how
/// they ended. Which batches have work and which workers are free is kept in memory only; both report again.
public final class BatchRegister
        extends EventSourcedBehavior<BatchRegister.Command, BatchRegisterEvent, BatchRegisterState> {

    public static final EntityTypeKey<BatchRegisterCommand> KEY =
            EntityTypeKey.create(BatchRegisterCommand.class, "register");
    public static final String ID = "batches";

    private static final Logger LOG = LoggerFactory.getLogger(BatchRegister.class);

    /// The messages to the register: commands from outside, and answers to its own questions.
    sealed interface Command {}

    private record Received(BatchRegisterCommand command) implements Command {}

    /// The status of an open batch, which the register asked for before it decides about a submission.
    private record Described(BatchStatus status) implements Command {}

    /// Sends a command to the coordinator of a batch, on whichever node it runs. Called by the actor; never
    /// blocks.
    @FunctionalInterface
    public interface BatchSender {
        void tell(BatchId batch, BatchCommand command);
    }

    private final ActorContext<Command> context;
    private final BatchSender batches;
    private final Clock clock;
    private final RandomGenerator random = new SplittableRandom();

    /// Batches with work; the first is served next.
    private final SequencedSet<BatchId> withWork = new LinkedHashSet<>();

    private final ArrayDeque<ActorRef<WorkerMessage>> freeWorkers = new ArrayDeque<>();

    /// Submissions that wait for the status of their job's open batch.
    private final Map<BatchId, List<BatchRegisterCommand.Submit>> asking = new HashMap<>();

    private final ActorRef<BatchStatus> descriptions;

    private BatchRegister(ActorContext<Command> context, BatchSender batches, Clock clock) {
        super(
                PersistenceId.of(KEY.name(), ID),
                SupervisorStrategy.restartWithBackoff(Duration.ofMillis(500), Duration.ofSeconds(20), 0.2));
        this.context = context;
        this.batches = batches;
        this.clock = clock;
        this.descriptions = context.messageAdapter(BatchStatus.class, Described::new);
    }

    public static Behavior<BatchRegisterCommand> create(BatchSender batches, Clock clock) {
        Behavior<Command> behavior = Behaviors.setup(context -> new BatchRegister(context, batches, clock));
        return Behaviors.transformMessages(
                BatchRegisterCommand.class, behavior, pattern -> pattern.matchAny(Received::new));
    }

    @Override
    public BatchRegisterState emptyState() {
        return BatchRegisterState.EMPTY;
    }

    @Override
    public EventHandler<BatchRegisterState, BatchRegisterEvent> eventHandler() {
        return BatchRegisterState::apply;
    }

    @Override
    public EventAdapter<BatchRegisterEvent, ?> eventAdapter() {
        return new SkippingAdapter();
    }

    /// Skips what can't be read, so that all other batches continue.
    private static final class SkippingAdapter extends EventAdapter<BatchRegisterEvent, Object> {
        @Override
        public Object toJournal(BatchRegisterEvent event) {
            return event;
        }

        @Override
        public String manifest(BatchRegisterEvent event) {
            return "";
        }

        @Override
        public EventSeq<BatchRegisterEvent> fromJournal(Object stored, String manifest) {
            if (stored instanceof BatchRegisterEvent event) {
                return EventSeq.single(event);
            }
            LOG.error(
                    "an entry of the batch register can't be read and is skipped: {}. `nightshift ledger check` names the batches that the register has lost",
                    ((UnreadableEntry) stored).problem());
            return EventSeq.empty();
        }
    }

    @Override
    public SignalHandler<BatchRegisterState> signalHandler() {
        return newSignalHandlerBuilder()
                .onSignal(RecoveryCompleted.instance(), this::wake)
                .build();
    }

    @Override
    public CommandHandler<Command, BatchRegisterEvent, BatchRegisterState> commandHandler() {
        return newCommandHandlerBuilder().forAnyState().onAnyCommand(this::onCommand);
    }

    private Effect<BatchRegisterEvent, BatchRegisterState> onCommand(BatchRegisterState state, Command command) {
        return switch (command) {
            case Received(BatchRegisterCommand.Submit submit) -> submit(state, submit);
            case Received(
                    BatchRegisterCommand.Find(String batch, ActorRef<BatchRegisterCommand.FindReply> replyTo)) -> {
                replyTo.tell(find(state, batch));
                yield Effect().none();
            }
            case Received(
                    BatchRegisterCommand.FindByKey(
                            String job,
                            String key,
                            String fingerprint,
                            ActorRef<BatchRegisterCommand.FindReply> replyTo)) -> {
                replyTo.tell(recall(state, job, key, fingerprint));
                yield Effect().none();
            }
            case Received(BatchRegisterCommand.WakeOpenBatches tend) -> {
                wake(state);
                yield Effect().none();
            }
            case Received(BatchRegisterCommand.FindWork(ActorRef<WorkerMessage> worker)) -> {
                freeWorkers.remove(worker);
                freeWorkers.add(worker);
                assignWorkers();
                yield Effect().none();
            }
            case Received(BatchRegisterCommand.HasWork(BatchId batch)) -> {
                withWork.add(batch);
                assignWorkers();
                yield Effect().none();
            }
            case Received(BatchRegisterCommand.HasNoWork(BatchId batch)) -> {
                withWork.remove(batch);
                yield Effect().none();
            }
            case Received(BatchRegisterCommand.BatchEnded(BatchId batch, Phase phase)) -> ended(state, batch, phase);
            case Described(BatchStatus status) -> described(state, status);
        };
    }

    private static BatchRegisterCommand.FindReply find(BatchRegisterState state, String batch) {
        try {
            return new BatchRegisterCommand.Found(BatchNameResolver.resolve(state, batch));
        } catch (FailureException e) {
            return new BatchRegisterCommand.NotFound(e.failure().message());
        }
    }

    private static BatchRegisterCommand.FindReply recall(
            BatchRegisterState state, String job, String key, String fingerprint) {
        return state.use(job, key)
                .filter(use -> use.fingerprint().equals(fingerprint))
                .<BatchRegisterCommand.FindReply>map(use -> new BatchRegisterCommand.Found(use.batch()))
                .orElseGet(() -> new BatchRegisterCommand.NotFound("no submission of this job file has used the key"));
    }

    /// Makes sure that every open batch runs, and repeats messages that a crash may have lost.
    private void wake(BatchRegisterState state) {
        for (BatchRegisterState.Entry entry : state.unfinished()) {
            BatchId batch = entry.batch();
            // A batch must be submitted before it can be cancelled, and its first message may have been lost.
            batches.tell(batch, new BatchCommand.EnsureStarted(Objects.requireNonNull(entry.submission())));
            if (entry.superseded()) {
                batches.tell(batch, cancelCommand("replaced by a later batch"));
            }
        }
    }

    /// The batch's answer is ignored: the batch reports its end.
    private BatchCommand cancelCommand(String reason) {
        return new BatchCommand.Cancel(reason, context.getSystem().ignoreRef());
    }

    /// A batch ends in its own ledger first, and tells the register after that. So the register asks a batch
    /// that is open for its status before it decides about a submission.
    private Effect<BatchRegisterEvent, BatchRegisterState> submit(
            BatchRegisterState state, BatchRegisterCommand.Submit submit) {
        Optional<String> refusal = WireLimits.refusal(submit.submission().job());
        if (refusal.isPresent()) {
            submit.replyTo().tell(new BatchRegisterCommand.Rejected(refusal.get()));
            return Effect().none();
        }
        Optional<BatchRegisterState.Entry> open =
                state.open(submit.submission().job().name());
        if (open.isEmpty()) {
            return decide(state, submit);
        }
        BatchId batch = open.get().batch();
        asking.computeIfAbsent(batch, asked -> new ArrayList<>()).add(submit);
        batches.tell(batch, new BatchCommand.Describe(descriptions));
        return Effect().none();
    }

    private Effect<BatchRegisterEvent, BatchRegisterState> described(BatchRegisterState state, BatchStatus status) {
        Phase phase = status.phase();
        if (phase != null && phase.isEnd() && !state.hasEnded(status.batch())) {
            return Effect()
                    .persist(new BatchRegisterEvent.Ended(clock.instant(), status.batch(), phase))
                    .thenRun((BatchRegisterState next) -> context.getSelf().tell(new Described(status)));
        }
        List<BatchRegisterCommand.Submit> submits = asking.getOrDefault(status.batch(), List.of());
        if (submits.isEmpty()) {
            asking.remove(status.batch());
            return Effect().none();
        }
        BatchRegisterCommand.Submit next = submits.removeFirst();
        context.getSelf().tell(new Described(status));
        if (status.isDamaged() && !next.fresh()) {
            next.replyTo().tell(new BatchRegisterCommand.Rejected(damaged(status)));
            return Effect().none();
        }
        return decide(state, next);
    }

    private static String damaged(BatchStatus status) {
        return "batch %s of this job can't be resumed: %s. If its output is at the destination, it was published. If not, start a new batch with --new, which closes this one"
                .formatted(
                        status.batch(), Objects.requireNonNull(status.failure()).message());
    }

    private Effect<BatchRegisterEvent, BatchRegisterState> decide(
            BatchRegisterState state, BatchRegisterCommand.Submit submit) {
        Submission submission = submit.submission();
        String job = submission.job().name();
        Optional<BatchRegisterState.KeyUse> before =
                submit.key() == null ? Optional.empty() : state.use(job, submit.key());
        if (before.isPresent()) {
            answerRepeated(before.get(), submit);
            return Effect().none();
        }
        Optional<BatchRegisterState.Entry> open = state.open(job);
        if (open.isPresent() && !submit.fresh()) {
            return resumeOpenBatch(open.get(), submit);
        }
        Optional<BatchRegisterState.Entry> same =
                state.lastPublished(job).filter(entry -> entry.isEquivalentTo(submission));
        if (same.isPresent() && !submit.fresh()) {
            BatchId batch = same.get().batch();
            return persistKey(batch, submit)
                    .thenRun((BatchRegisterState next) ->
                            submit.replyTo().tell(new BatchRegisterCommand.AlreadyPublished(batch)));
        }
        Instant now = clock.instant();
        BatchId batch = newId(state, job, now);
        return Effect()
                .persist(new BatchRegisterEvent.Opened(now, batch, submission, submit.key()))
                .thenRun((BatchRegisterState next) -> {
                    LOG.info("{} is opened", batch);
                    open.ifPresent(entry -> batches.tell(entry.batch(), cancelCommand("replaced by batch " + batch)));
                    batches.tell(batch, new BatchCommand.Open(submission));
                    submit.replyTo().tell(new BatchRegisterCommand.Accepted(batch, false, false));
                });
    }

    private BatchId newId(BatchRegisterState state, String job, Instant now) {
        BatchId batch = BatchId.of(job, now, random.nextInt());
        while (state.batches().containsKey(batch)) {
            batch = BatchId.of(job, now, random.nextInt());
        }
        return batch;
    }

    private static void answerRepeated(BatchRegisterState.KeyUse before, BatchRegisterCommand.Submit submit) {
        submit.replyTo()
                .tell(
                        before.fingerprint().equals(submit.submission().fingerprint())
                                ? new BatchRegisterCommand.Accepted(before.batch(), false, true)
                                : new BatchRegisterCommand.Rejected(
                                        "the key %s was used for batch %s, with another job file. Use a new key for a new submission"
                                                .formatted(submit.key(), before.batch())));
    }

    /// Persists the submission's idempotency key, if it has one, for a batch that exists.
    private EffectBuilder<BatchRegisterEvent, BatchRegisterState> persistKey(
            BatchId batch, BatchRegisterCommand.Submit submit) {
        return submit.key() == null
                ? Effect().none()
                : Effect()
                        .persist(new BatchRegisterEvent.Keyed(
                                clock.instant(),
                                batch,
                                submit.key(),
                                submit.submission().fingerprint()));
    }

    private Effect<BatchRegisterEvent, BatchRegisterState> resumeOpenBatch(
            BatchRegisterState.Entry open, BatchRegisterCommand.Submit submit) {
        BatchId batch = open.batch();
        Optional<String> conflict = BatchRegisterState.conflict(open, submit.submission());
        if (conflict.isPresent()) {
            submit.replyTo()
                    .tell(new BatchRegisterCommand.Rejected(
                            "batch %s of this job is open, but %s. Undo the change to resume it, or start a new batch with --new"
                                    .formatted(batch, conflict.get())));
            return Effect().none();
        }
        return persistKey(batch, submit).thenRun((BatchRegisterState next) -> {
            batches.tell(batch, new BatchCommand.Open(submit.submission()));
            submit.replyTo().tell(new BatchRegisterCommand.Accepted(batch, true, false));
        });
    }

    private Effect<BatchRegisterEvent, BatchRegisterState> ended(BatchRegisterState state, BatchId batch, Phase phase) {
        withWork.remove(batch);
        if (state.hasEnded(batch)) {
            return Effect().none();
        }
        LOG.debug("{} has ended: {}", batch, phase);
        return Effect().persist(new BatchRegisterEvent.Ended(clock.instant(), batch, phase));
    }

    private void assignWorkers() {
        while (!freeWorkers.isEmpty() && !withWork.isEmpty()) {
            BatchId batch = withWork.removeFirst();
            withWork.addLast(batch);
            freeWorkers.remove().tell(new WorkerMessage.WorkAt(batch));
        }
    }
}
