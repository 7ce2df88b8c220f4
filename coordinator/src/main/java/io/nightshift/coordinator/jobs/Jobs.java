package io.nightshift.coordinator.jobs;

import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.jobs.JobsCommand;
import io.nightshift.protocol.jobs.JobsEvent;
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

/// The register of all jobs' batches: decides which batch a submission means, wakes open batches
/// after a restart, and leads free workers to batches that have work, each batch in turn.
///
/// There is one in the cluster, the sharded entity [#ID].
public final class Jobs extends EventSourcedBehavior<Jobs.Command, JobsEvent, JobsState> {

    public static final EntityTypeKey<JobsCommand> KEY = EntityTypeKey.create(JobsCommand.class, "jobs");
    public static final String ID = "jobs";

    private static final Logger LOG = LoggerFactory.getLogger(Jobs.class);

    /// The public protocol, and what the register tells itself.
    sealed interface Command {}

    private record Public(JobsCommand command) implements Command {}

    /// How the batch that a submission would go on with really is.
    private record Described(BatchStatus status) implements Command {}

    /// Reaches the coordinator of a batch, wherever it runs.
    @FunctionalInterface
    public interface Batches {
        void tell(BatchId batch, BatchCommand command);
    }

    private final ActorContext<Command> context;
    private final Batches batches;
    private final Clock clock;
    private final RandomGenerator random = new SplittableRandom();

    /// Batches with work, the one to be served next first.
    private final SequencedSet<BatchId> withWork = new LinkedHashSet<>();

    private final ArrayDeque<ActorRef<WorkerMessage>> freeWorkers = new ArrayDeque<>();

    /// Submissions that wait to hear how the open batch of their job is.
    private final Map<BatchId, List<JobsCommand.Submit>> asking = new HashMap<>();

    private final ActorRef<BatchStatus> descriptions;

    private Jobs(ActorContext<Command> context, Batches batches, Clock clock) {
        super(
                PersistenceId.of(KEY.name(), ID),
                SupervisorStrategy.restartWithBackoff(Duration.ofMillis(500), Duration.ofSeconds(20), 0.2));
        this.context = context;
        this.batches = batches;
        this.clock = clock;
        this.descriptions = context.messageAdapter(BatchStatus.class, Described::new);
    }

    public static Behavior<JobsCommand> create(Batches batches, Clock clock) {
        Behavior<Command> behavior = Behaviors.setup(context -> new Jobs(context, batches, clock));
        return Behaviors.transformMessages(JobsCommand.class, behavior, pattern -> pattern.matchAny(Public::new));
    }

    @Override
    public JobsState emptyState() {
        return JobsState.EMPTY;
    }

    @Override
    public EventHandler<JobsState, JobsEvent> eventHandler() {
        return JobsState::apply;
    }

    @Override
    public SignalHandler<JobsState> signalHandler() {
        return newSignalHandlerBuilder()
                .onSignal(RecoveryCompleted.instance(), this::wake)
                .build();
    }

    @Override
    public CommandHandler<Command, JobsEvent, JobsState> commandHandler() {
        return newCommandHandlerBuilder().forAnyState().onAnyCommand(this::onCommand);
    }

    private Effect<JobsEvent, JobsState> onCommand(JobsState state, Command command) {
        return switch (command) {
            case Public(JobsCommand.Submit submit) -> submit(state, submit);
            case Public(JobsCommand.Find(String batch, ActorRef<JobsCommand.FindReply> replyTo)) -> {
                replyTo.tell(find(state, batch));
                yield Effect().none();
            }
            case Public(
                    JobsCommand.Recall(
                            String job,
                            String key,
                            String fingerprint,
                            ActorRef<JobsCommand.FindReply> replyTo)) -> {
                replyTo.tell(recall(state, job, key, fingerprint));
                yield Effect().none();
            }
            case Public(JobsCommand.Tend tend) -> {
                wake(state);
                yield Effect().none();
            }
            case Public(JobsCommand.FindWork(ActorRef<WorkerMessage> worker)) -> {
                freeWorkers.remove(worker);
                freeWorkers.add(worker);
                match();
                yield Effect().none();
            }
            case Public(JobsCommand.HasWork(BatchId batch)) -> {
                withWork.add(batch);
                match();
                yield Effect().none();
            }
            case Public(JobsCommand.HasNoWork(BatchId batch)) -> {
                withWork.remove(batch);
                yield Effect().none();
            }
            case Public(JobsCommand.BatchEnded(BatchId batch, Phase phase)) -> ended(state, batch, phase);
            case Described(BatchStatus status) -> described(state, status);
        };
    }

    private static JobsCommand.FindReply find(JobsState state, String batch) {
        try {
            return new JobsCommand.Found(BatchNames.resolve(state, batch));
        } catch (FailureException e) {
            return new JobsCommand.NotFound(e.failure().message());
        }
    }

    private static JobsCommand.FindReply recall(JobsState state, String job, String key, String fingerprint) {
        return state.use(job, key)
                .filter(use -> use.fingerprint().equals(fingerprint))
                .<JobsCommand.FindReply>map(use -> new JobsCommand.Found(use.batch()))
                .orElseGet(() -> new JobsCommand.NotFound("the key was not used for this job file yet"));
    }

    /// Lets every open batch go on where it was, and finishes what a crash kept from being told.
    private void wake(JobsState state) {
        for (JobsState.Entry entry : state.unfinished()) {
            BatchId batch = entry.opened().batch();
            // One that never heard that it was opened has to be before it can be given up.
            batches.tell(batch, new BatchCommand.Wake(entry.opened().submission()));
            if (entry.superseded()) {
                batches.tell(batch, giveUp("given up for a later batch"));
            }
        }
    }

    /// How the batch takes it is heard when it has ended.
    private BatchCommand giveUp(String reason) {
        return new BatchCommand.Cancel(reason, context.getSystem().ignoreRef());
    }

    /// A batch ends in its own ledger first, and here only when it is heard of; so one that is open here
    /// is asked how it is before anything is decided about it.
    private Effect<JobsEvent, JobsState> submit(JobsState state, JobsCommand.Submit submit) {
        Optional<String> refusal = WireLimits.refusal(submit.submission().job());
        if (refusal.isPresent()) {
            submit.replyTo().tell(new JobsCommand.Rejected(refusal.get()));
            return Effect().none();
        }
        Optional<JobsState.Entry> open = state.open(submit.submission().job().name());
        if (open.isEmpty()) {
            return decide(state, submit);
        }
        BatchId batch = open.get().opened().batch();
        asking.computeIfAbsent(batch, asked -> new ArrayList<>()).add(submit);
        batches.tell(batch, new BatchCommand.Describe(descriptions));
        return Effect().none();
    }

    private Effect<JobsEvent, JobsState> described(JobsState state, BatchStatus status) {
        Phase phase = status.phase();
        if (phase != null && phase.isEnd() && !state.hasEnded(status.batch())) {
            return Effect()
                    .persist(new JobsEvent.Ended(clock.instant(), status.batch(), phase))
                    .thenRun((JobsState next) -> context.getSelf().tell(new Described(status)));
        }
        List<JobsCommand.Submit> submits = asking.getOrDefault(status.batch(), List.of());
        if (submits.isEmpty()) {
            asking.remove(status.batch());
            return Effect().none();
        }
        JobsCommand.Submit next = submits.removeFirst();
        context.getSelf().tell(new Described(status));
        return decide(state, next);
    }

    private Effect<JobsEvent, JobsState> decide(JobsState state, JobsCommand.Submit submit) {
        Submission submission = submit.submission();
        String job = submission.job().name();
        Optional<JobsState.Use> before = submit.key() == null ? Optional.empty() : state.use(job, submit.key());
        if (before.isPresent()) {
            repeated(before.get(), submit);
            return Effect().none();
        }
        Optional<JobsState.Entry> open = state.open(job);
        if (open.isPresent() && !submit.fresh()) {
            return goOn(open.get(), submit);
        }
        Optional<JobsState.Entry> same = state.lastPublished(job)
                .filter(entry -> entry.opened().submission().isEquivalentTo(submission));
        if (same.isPresent() && !submit.fresh()) {
            BatchId batch = same.get().opened().batch();
            return keyed(batch, submit)
                    .thenRun((JobsState next) -> submit.replyTo().tell(new JobsCommand.AlreadyPublished(batch)));
        }
        Instant now = clock.instant();
        BatchId batch = newId(state, job, now);
        return Effect()
                .persist(new JobsEvent.Opened(now, batch, submission, submit.key()))
                .thenRun((JobsState next) -> {
                    LOG.info("{} is opened", batch);
                    open.ifPresent(entry -> batches.tell(entry.opened().batch(), giveUp("given up for " + batch)));
                    batches.tell(batch, new BatchCommand.Open(submission));
                    submit.replyTo().tell(new JobsCommand.Accepted(batch, false, false));
                });
    }

    private BatchId newId(JobsState state, String job, Instant now) {
        BatchId batch = BatchId.of(job, now, random.nextInt());
        while (state.batches().containsKey(batch)) {
            batch = BatchId.of(job, now, random.nextInt());
        }
        return batch;
    }

    private static void repeated(JobsState.Use before, JobsCommand.Submit submit) {
        submit.replyTo()
                .tell(
                        before.fingerprint().equals(submit.submission().fingerprint())
                                ? new JobsCommand.Accepted(before.batch(), false, true)
                                : new JobsCommand.Rejected(
                                        "the key %s was used for batch %s, with another job file. A new submission takes a new key"
                                                .formatted(submit.key(), before.batch())));
    }

    /// Keeps the submission's key with a batch that is there, if it has one.
    private EffectBuilder<JobsEvent, JobsState> keyed(BatchId batch, JobsCommand.Submit submit) {
        return submit.key() == null
                ? Effect().none()
                : Effect()
                        .persist(new JobsEvent.Keyed(
                                clock.instant(),
                                batch,
                                submit.key(),
                                submit.submission().fingerprint()));
    }

    private Effect<JobsEvent, JobsState> goOn(JobsState.Entry open, JobsCommand.Submit submit) {
        BatchId batch = open.opened().batch();
        Optional<String> conflict = JobsState.conflict(open, submit.submission());
        if (conflict.isPresent()) {
            submit.replyTo()
                    .tell(new JobsCommand.Rejected(
                            "batch %s of this job is open, but %s. Undo the change to go on with it, or start over with --new"
                                    .formatted(batch, conflict.get())));
            return Effect().none();
        }
        return keyed(batch, submit).thenRun((JobsState next) -> {
            batches.tell(batch, new BatchCommand.Open(submit.submission()));
            submit.replyTo().tell(new JobsCommand.Accepted(batch, true, false));
        });
    }

    private Effect<JobsEvent, JobsState> ended(JobsState state, BatchId batch, Phase phase) {
        withWork.remove(batch);
        if (state.hasEnded(batch)) {
            return Effect().none();
        }
        LOG.debug("{} ended: {}", batch, phase);
        return Effect().persist(new JobsEvent.Ended(clock.instant(), batch, phase));
    }

    private void match() {
        while (!freeWorkers.isEmpty() && !withWork.isEmpty()) {
            BatchId batch = withWork.removeFirst();
            withWork.addLast(batch);
            freeWorkers.remove().tell(new WorkerMessage.WorkAt(batch));
        }
    }
}
