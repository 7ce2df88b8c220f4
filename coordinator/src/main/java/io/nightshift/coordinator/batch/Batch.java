package io.nightshift.coordinator.batch;

import io.nightshift.coordinator.plan.Planner;
import io.nightshift.coordinator.plan.SourcePins;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.jobs.JobsCommand;
import io.nightshift.protocol.jobs.Submission;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.model.ModelDescription;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceInspector.InspectedFile;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
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
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The coordinator of one batch: decides, persists, replies.
///
/// Exactly-once is decided in one place, [#flush]: a commit is persisted if, and only if, its epoch
/// holds the lease at that
/// moment, and acknowledged after. All else is idempotent. Everything that is not in the ledger,
/// the leases above all, is
/// lost with the actor on purpose: the next incarnation leases anew with greater epochs, so an
/// attempt of the old one can't be committed any more.
///
/// Planning, checking the input and publishing wait for disks, so they run elsewhere and report
/// back.
public final class Batch extends EventSourcedBehavior<Batch.Command, LedgerEntry, BatchState> {

    public static final EntityTypeKey<BatchCommand> KEY = EntityTypeKey.create(BatchCommand.class, "batch");

    private static final Logger LOG = LoggerFactory.getLogger(Batch.class);
    private static final int REASONS_SHOWN = 3;

    /// The public protocol, and what the coordinator tells itself.
    sealed interface Command {}

    private record Public(BatchCommand command) implements Command {}

    private record Recovered() implements Command {}

    private record PlanMade(List<InspectedFile> files, PartitionPlan partitions) implements Command {}

    private record InputUnchanged() implements Command {}

    private record Flush() implements Command {}

    private record Tick() implements Command {}

    private record Visible(String destination, String manifest) implements Command {}

    /// Something that ran elsewhere failed, and the batch with it.
    private record Broken(Failure failure) implements Command {}

    private record PendingCommit(PartitionCommit commit, ActorRef<WorkerMessage> worker) {}

    private final ActorContext<Command> context;
    private final BatchId batch;
    private final BatchServices services;
    private final RandomGenerator random = new SplittableRandom();

    /// Null until the input of this incarnation is known to be the pinned one.
    private @Nullable Leases leases;

    private final Map<Integer, PendingCommit> pending = new LinkedHashMap<>();
    private final List<String> firstReasons = new ArrayList<>();
    private boolean announced;

    /// Whether anything was persisted since the ledger was read.
    private boolean begun;

    private Batch(ActorContext<Command> context, BatchId batch, BatchServices services) {
        super(
                PersistenceId.of(KEY.name(), batch.value()),
                SupervisorStrategy.restartWithBackoff(Duration.ofMillis(500), Duration.ofSeconds(20), 0.2));
        this.context = context;
        this.batch = batch;
        this.services = services;
    }

    public static Behavior<BatchCommand> create(BatchId batch, BatchServices services) {
        Behavior<Command> behavior = Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            timers.startTimerWithFixedDelay(new Tick(), services.settings().tick());
            return new Batch(context, batch, services);
        }));
        return Behaviors.transformMessages(BatchCommand.class, behavior, pattern -> pattern.matchAny(Public::new));
    }

    @Override
    public BatchState emptyState() {
        return BatchState.none(batch);
    }

    @Override
    public EventHandler<BatchState, LedgerEntry> eventHandler() {
        return BatchState::apply;
    }

    @Override
    public SignalHandler<BatchState> signalHandler() {
        return newSignalHandlerBuilder()
                .onSignal(RecoveryCompleted.instance(), state -> {
                    leases = null;
                    pending.clear();
                    begun = false;
                    context.getSelf().tell(new Recovered());
                })
                .build();
    }

    @Override
    public CommandHandler<Command, LedgerEntry, BatchState> commandHandler() {
        return newCommandHandlerBuilder().forAnyState().onAnyCommand(this::onCommand);
    }

    private Effect<LedgerEntry, BatchState> onCommand(BatchState state, Command command) {
        return switch (command) {
            case Public(BatchCommand message) ->
                switch (message) {
                    case BatchCommand.Open(Submission submission) -> open(state, submission);
                    case BatchCommand.Wake() -> Effect().none();
                    case BatchCommand.Cancel(String reason) -> cancel(state, reason);
                    case BatchCommand.Describe(ActorRef<BatchStatus> replyTo) -> {
                        replyTo.tell(describe(state));
                        yield Effect().none();
                    }
                    case BatchCommand.RequestLease request -> lease(state, request);
                    case BatchCommand.Heartbeat heartbeat -> heartbeat(state, heartbeat);
                    case BatchCommand.Commit commit -> commit(state, commit);
                    case BatchCommand.AttemptEnded ended -> attemptEnded(state, ended);
                };
            case Recovered recovered -> recovered(state);
            case PlanMade made -> planned(state, made);
            case InputUnchanged unchanged -> {
                startLeasing(state);
                yield Effect().none();
            }
            case Flush flush -> flush(state);
            case Tick tick -> tick(state);
            case Visible visible -> visible(state, visible);
            case Broken(Failure failure) -> fail(state, failure);
        };
    }

    // The beginning, and every new beginning.

    private Effect<LedgerEntry, BatchState> open(BatchState state, Submission submission) {
        if (state.phase() == null) {
            return persist(
                            state,
                            new BatchEvent.Submitted(now(), batch, submission.job(), submission.model()),
                            tookOver(state))
                    .thenRun(this::resume);
        }
        if (state.phase() == Phase.FAILED) {
            return persist(state, new BatchEvent.Retried(now()), tookOver(state))
                    .thenRun(this::resume);
        }
        return Effect().none();
    }

    /// Commands that came in while the ledger was read are handled before this.
    private Effect<LedgerEntry, BatchState> recovered(BatchState state) {
        Phase phase = state.phase();
        if (phase == null || begun) {
            return Effect().none();
        }
        return switch (phase) {
            case SUBMITTED, RUNNING, PUBLISHING -> {
                LOG.info(
                        "{} goes on: {} of {} partitions are committed",
                        batch,
                        state.winners().count(),
                        partitions(state));
                yield persist(state, tookOver(state)).thenRun(this::resume);
            }
            case FAILED -> Effect().none();
            case PUBLISHED -> {
                services.jobs().accept(new JobsCommand.BatchEnded(batch, phase));
                yield Effect().none();
            }
            case CANCELLED -> {
                sweep(state);
                yield Effect().none();
            }
        };
    }

    private BatchEvent.TookOver tookOver(BatchState state) {
        return new BatchEvent.TookOver(now(), state.incarnation() + 1, services.node());
    }

    /// Does what is next, after this incarnation is durable.
    private void resume(BatchState state) {
        leases = null;
        switch (state.phase()) {
            case SUBMITTED -> plan(state);
            case RUNNING ->
                elsewhere(() -> {
                    SourcePins.check(batch, state.pinned().files());
                    return new InputUnchanged();
                });
            case PUBLISHING -> publish(state);
            case null, default -> throw new IllegalStateException(batch + " has nothing to go on with");
        }
    }

    private void plan(BatchState state) {
        BatchEvent.Submitted submitted = state.submission();
        elsewhere(() -> {
            ModelDescription model = services.models().apply(submitted.model());
            List<InspectedFile> files = services.inspector().inspect(submitted.job(), model);
            PartitionPlan partitions =
                    Planner.cut(files, submitted.job().partitions().rows());
            services.publisher().prepare(batch, submitted.job());
            return new PlanMade(files, partitions);
        });
    }

    private Effect<LedgerEntry, BatchState> planned(BatchState state, PlanMade made) {
        if (state.phase() == Phase.CANCELLED) {
            sweep(state);
        }
        if (state.phase() != Phase.SUBMITTED) {
            return Effect().none();
        }
        return persist(
                        state,
                        new BatchEvent.Planned(
                                now(),
                                made.files().stream().map(InspectedFile::file).toList(),
                                made.partitions()))
                .thenRun(planned -> {
                    LOG.info(
                            "{} is planned: {} rows in {} partitions",
                            batch,
                            made.partitions().rows(),
                            partitions(planned));
                    startLeasing(planned);
                });
    }

    private void startLeasing(BatchState state) {
        if (state.phase() == Phase.RUNNING) {
            leases = new Leases(
                    state.incarnation(),
                    partitions(state),
                    services.settings().lease().toNanos());
            announce(state);
        }
    }

    // Leases.

    private Effect<LedgerEntry, BatchState> lease(BatchState state, BatchCommand.RequestLease request) {
        OptionalInt next = leases == null || state.phase() != Phase.RUNNING
                ? OptionalInt.empty()
                : leases.next(state.winners(), System.nanoTime());
        if (leases == null || next.isEmpty()) {
            announced = false;
            services.jobs().accept(new JobsCommand.HasNoWork(batch));
            request.worker().tell(new WorkerMessage.NothingToLease(batch));
            return Effect().none();
        }
        int partition = next.getAsInt();
        Epoch epoch = leases.grant(partition, System.nanoTime());
        BatchEvent.Submitted submitted = state.submission();
        Attempt attempt = new Attempt(batch, partition, epoch);
        LOG.info("{} leased to {}", attempt, request.node());
        request.worker()
                .tell(new WorkerMessage.Lease(
                        attempt,
                        submitted.job(),
                        submitted.model(),
                        state.pinned().index().range(partition).firstRow(),
                        state.pinned().index().slices(partition),
                        services.publisher().staging(batch, submitted.job())));
        return Effect().none();
    }

    private Effect<LedgerEntry, BatchState> heartbeat(BatchState state, BatchCommand.Heartbeat heartbeat) {
        Attempt attempt = heartbeat.attempt();
        boolean holds = leases != null
                && state.phase() == Phase.RUNNING
                && leases.heartbeat(attempt.partition(), attempt.epoch(), heartbeat.rows(), System.nanoTime());
        if (!holds && !isWinner(state, attempt)) {
            heartbeat.worker().tell(new WorkerMessage.Abandon(attempt, "it does not hold its partition any more"));
        }
        return Effect().none();
    }

    private Effect<LedgerEntry, BatchState> attemptEnded(BatchState state, BatchCommand.AttemptEnded ended) {
        Attempt attempt = ended.attempt();
        if (leases == null || state.phase() != Phase.RUNNING || !leases.holds(attempt.partition(), attempt.epoch())) {
            return Effect().none();
        }
        Failure failure = ended.failure();
        LOG.warn("{} failed on {}: {}", attempt, ended.node(), failure.message());
        BatchEvent.AttemptFailed event =
                new BatchEvent.AttemptFailed(now(), attempt.partition(), attempt.epoch(), ended.node(), failure);
        int failed = state.attemptsFailed().getOrDefault(attempt.partition(), 0) + 1;
        RetryPolicy retry = services.settings().retry();
        if (failure.isPermanent() || failed >= retry.attempts()) {
            String message = failure.isPermanent()
                    ? failure.message()
                    : "partition %d failed %d times, the last time so: %s"
                            .formatted(attempt.partition(), failed, failure.message());
            return failWith(state, new Failure(failure.kind(), message), event);
        }
        return persist(state, event).thenRun(next -> {
            if (leases != null) {
                leases.giveBack(
                        attempt.partition(),
                        System.nanoTime() + retry.backoff(failed, random).toNanos());
            }
        });
    }

    private Effect<LedgerEntry, BatchState> tick(BatchState state) {
        if (leases != null && state.phase() == Phase.RUNNING) {
            for (int partition : leases.expire(System.nanoTime())) {
                LOG.warn("{}: the lease of partition {} ran out", batch, partition);
            }
            announce(state);
        }
        return Effect().none();
    }

    /// Tells the register that there is work, if there is and it doesn't know.
    private void announce(BatchState state) {
        if (leases != null
                && !announced
                && leases.next(state.winners(), System.nanoTime()).isPresent()) {
            announced = true;
            services.jobs().accept(new JobsCommand.HasWork(batch));
        }
    }

    // Commits.

    private Effect<LedgerEntry, BatchState> commit(BatchState state, BatchCommand.Commit message) {
        PartitionCommit commit = message.commit();
        Attempt attempt = commit.attempt(batch);
        if (isWinner(state, attempt)) {
            message.worker().tell(new WorkerMessage.Committed(attempt));
            return Effect().none();
        }
        String refusal = refusal(state, commit);
        if (refusal != null) {
            LOG.warn("{} is refused: {}", attempt, refusal);
            message.worker().tell(new WorkerMessage.Abandon(attempt, refusal));
            return Effect().none();
        }
        message.reasons().stream()
                .limit(Math.max(0, REASONS_SHOWN - firstReasons.size()))
                .forEach(firstReasons::add);
        if (pending.isEmpty()) {
            context.getSelf().tell(new Flush());
        }
        pending.put(commit.partition(), new PendingCommit(commit, message.worker()));
        return Effect().none();
    }

    private boolean isWinner(BatchState state, Attempt attempt) {
        return state.plan() != null
                && attempt.partition() < partitions(state)
                && state.winners()
                        .epoch(attempt.partition())
                        .filter(attempt.epoch()::equals)
                        .isPresent();
    }

    private @Nullable String refusal(BatchState state, PartitionCommit commit) {
        if (state.phase() != Phase.RUNNING) {
            return "the batch is " + state.phase();
        }
        if (leases == null || !leases.holds(commit.partition(), commit.epoch())) {
            return "another attempt holds the partition, or none";
        }
        PartitionPlan.Range range = state.pinned().index().range(commit.partition());
        if (commit.firstRow() != range.firstRow() || commit.rows() != range.rows()) {
            return "it is about other rows than planned";
        }
        if (!commit.model().equals(state.submission().model().sha256())) {
            return "it was scored by another model";
        }
        return null;
    }

    /// Persists the pending commits whose epochs still hold their leases, in one journal write,
    /// then acknowledges them.
    private Effect<LedgerEntry, BatchState> flush(BatchState state) {
        List<PendingCommit> winners = new ArrayList<>();
        for (PendingCommit candidate : pending.values()) {
            String refusal = refusal(state, candidate.commit());
            if (refusal == null) {
                winners.add(candidate);
            } else {
                candidate
                        .worker()
                        .tell(new WorkerMessage.Abandon(candidate.commit().attempt(batch), refusal));
            }
        }
        pending.clear();
        if (winners.isEmpty()) {
            return Effect().none();
        }
        List<PartitionCommit> commits =
                winners.stream().map(PendingCommit::commit).toList();
        return persist(state, new BatchEvent.Committed(now(), commits)).thenRun(next -> {
            for (PendingCommit winner : winners) {
                Attempt attempt = winner.commit().attempt(batch);
                LOG.info("{} committed", attempt);
                if (leases != null) {
                    leases.committed(attempt.partition());
                }
                winner.worker().tell(new WorkerMessage.Committed(attempt));
            }
            String broken = ErrorBudget.violation(next, firstReasons);
            if (broken != null) {
                context.getSelf().tell(new Broken(Failure.permanent(broken)));
            } else if (next.phase() == Phase.PUBLISHING) {
                publish(next);
            }
        });
    }

    // The end.

    private void publish(BatchState state) {
        leases = null;
        LOG.info("{} is being published", batch);
        elsewhere(() -> {
            Publisher.Publication publication = services.publisher().publish(state);
            return new Visible(publication.destination(), publication.manifestSha256());
        });
    }

    private Effect<LedgerEntry, BatchState> visible(BatchState state, Visible visible) {
        if (state.phase() != Phase.PUBLISHING) {
            return Effect().none();
        }
        return persist(state, new BatchEvent.Published(now(), visible.destination(), visible.manifest()))
                .thenRun(next -> {
                    LOG.info("{} is published in {}", batch, visible.destination());
                    services.jobs().accept(new JobsCommand.BatchEnded(batch, Phase.PUBLISHED));
                });
    }

    private Effect<LedgerEntry, BatchState> fail(BatchState state, Failure failure) {
        if (state.phase() == null || !Transitions.allows(state.phase(), BatchEvent.Failed.class)) {
            return Effect().none();
        }
        return failWith(state, failure);
    }

    private Effect<LedgerEntry, BatchState> failWith(BatchState state, Failure failure, BatchEvent... before) {
        List<BatchEvent> events = new ArrayList<>(List.of(before));
        events.add(new BatchEvent.Failed(now(), failure));
        return persist(state, events.toArray(BatchEvent[]::new)).thenRun(next -> {
            LOG.error("{} failed: {}", batch, failure.message());
            leases = null;
            services.jobs().accept(new JobsCommand.HasNoWork(batch));
        });
    }

    private Effect<LedgerEntry, BatchState> cancel(BatchState state, String reason) {
        if (state.phase() == null || !Transitions.allows(state.phase(), BatchEvent.Cancelled.class)) {
            return Effect().none();
        }
        return persist(state, new BatchEvent.Cancelled(now(), reason)).thenRun(next -> {
            LOG.info("{} is cancelled: {}", batch, reason);
            leases = null;
            sweep(next);
        });
    }

    /// Removes what a given-up batch has staged, and only then tells the register that it has
    /// ended: after a crash in between the register still wakes the batch, which sweeps again.
    private void sweep(BatchState state) {
        services.blocking().execute(() -> {
            services.publisher().discard(batch, state.submission().job());
            services.jobs().accept(new JobsCommand.BatchEnded(batch, Phase.CANCELLED));
        });
    }

    // Tools.

    private org.apache.pekko.persistence.typed.javadsl.EffectBuilder<LedgerEntry, BatchState> persist(
            BatchState state, BatchEvent... events) {
        begun = true;
        List<LedgerEntry> entries = new ArrayList<>(events.length);
        String head = state.head();
        for (BatchEvent event : events) {
            LedgerEntry entry = LedgerEntry.after(head, event);
            entries.add(entry);
            head = entry.hash();
        }
        return Effect().persist(entries);
    }

    private void elsewhere(Supplier<Command> work) {
        context.pipeToSelf(CompletableFuture.supplyAsync(work, services.blocking()), (done, problem) -> {
            if (problem == null) {
                return done;
            }
            Throwable cause = problem.getCause() == null ? problem : problem.getCause();
            if (cause instanceof FailureException known) {
                return new Broken(known.failure());
            }
            LOG.error("{}: unexpected", batch, cause);
            return new Broken(Failure.permanent("an unexpected error: " + cause));
        });
    }

    private Instant now() {
        return services.clock().instant();
    }

    private static int partitions(BatchState state) {
        return state.plan() == null ? 0 : state.plan().index().partitions();
    }

    private BatchStatus describe(BatchState state) {
        BatchState.Totals totals = state.totals();
        BatchEvent.Published published = state.published();
        return new BatchStatus(
                batch,
                state.phase(),
                state.incarnation(),
                state.plan() == null ? 0 : state.plan().partitions().rows(),
                totals.rows() + (leases == null ? 0 : leases.rowsInFlight()),
                partitions(state),
                state.winners().count(),
                leases == null ? 0 : leases.inFlight(),
                totals.read(),
                totals.predictions(),
                totals.quarantined(),
                totals.bytes(),
                state.attemptsFailed().values().stream()
                        .mapToInt(Integer::intValue)
                        .sum(),
                state.failure(),
                published == null ? null : published.destination());
    }
}
