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
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.jobs.JobsCommand;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.model.ModelDescription;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
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
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EffectBuilder;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The coordinator of one batch: decides, persists, replies.
///
/// Exactly-once is decided in one place, [#flush]: a commit is persisted if, and only if, its epoch
/// holds the lease at that moment, and acknowledged after. All else is idempotent. Everything that
/// is not in the ledger, the leases above all, is lost with the actor on purpose: the next
/// incarnation leases anew with greater epochs, so an attempt of the old one can't be committed any
/// more.
///
/// Planning, checking the input and publishing wait for disks, so they run elsewhere and report
/// back with the incarnation that asked; what an earlier one asked for is not listened to. The same
/// holds after a failed journal write, whose outcome is unknown: the actor recovers, forgets all
/// that isn't in the ledger, and takes charge anew.
public final class Batch extends EventSourcedBehavior<Batch.Command, LedgerEntry, BatchState> {

    public static final EntityTypeKey<BatchCommand> KEY = EntityTypeKey.create(BatchCommand.class, "batch");

    private static final Logger LOG = LoggerFactory.getLogger(Batch.class);
    private static final int REASONS_SHOWN = 3;

    /// The public protocol, and what the coordinator tells itself.
    sealed interface Command {}

    private record Public(BatchCommand command) implements Command {}

    private record Recovered() implements Command {}

    private record Flush() implements Command {}

    private record Tick() implements Command {}

    /// What ran elsewhere has ended.
    ///
    /// @param incarnation that asked for it
    private record Reported(int incarnation, Outcome outcome) implements Command {}

    /// What failed elsewhere is to be tried again.
    ///
    /// @param incarnation that tried it before
    private record Again(int incarnation) implements Command {}

    private sealed interface Outcome {}

    private record PlanMade(List<InspectedFile> files, PartitionPlan partitions) implements Outcome {}

    private record InputUnchanged() implements Outcome {}

    private record Visible(String destination, String manifest) implements Outcome {}

    /// It failed, and the batch with it.
    private record Broken(Failure failure) implements Outcome {}

    private record PendingCommit(PartitionCommit commit, ActorRef<WorkerMessage> worker) {}

    private final ActorContext<Command> context;
    private final TimerScheduler<Command> timers;
    private final BatchId batch;
    private final BatchServices services;
    private final RandomGenerator random = new SplittableRandom();

    /// The incarnation that this actor has persisted; 0 until it has taken charge.
    private int incarnation;

    /// Null until the input of this incarnation is known to be the pinned one.
    private @Nullable Leases leases;

    /// How often planning or publishing has failed since this incarnation took charge.
    private int failedElsewhere;

    /// Whether something of this incarnation runs elsewhere, and will report.
    private boolean busyElsewhere;

    private long lastTick;

    private final Map<Integer, PendingCommit> pending = new LinkedHashMap<>();
    private final List<String> firstReasons = new ArrayList<>();

    private Batch(
            ActorContext<Command> context, TimerScheduler<Command> timers, BatchId batch, BatchServices services) {
        super(
                PersistenceId.of(KEY.name(), batch.value()),
                SupervisorStrategy.restartWithBackoff(Duration.ofMillis(500), Duration.ofSeconds(20), 0.2));
        this.context = context;
        this.timers = timers;
        this.batch = batch;
        this.services = services;
    }

    public static Behavior<BatchCommand> create(BatchId batch, BatchServices services) {
        Behavior<Command> behavior =
                Behaviors.setup(context -> Behaviors.withTimers(timers -> new Batch(context, timers, batch, services)));
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
                .onSignal(RecoveryCompleted.instance(), state -> beginAnew())
                .build();
    }

    /// Forgets what isn't in the ledger: this object outlives a failed journal write.
    private void beginAnew() {
        incarnation = 0;
        busyElsewhere = false;
        leases = null;
        pending.clear();
        timers.startTimerWithFixedDelay(new Tick(), services.settings().tick());
        context.getSelf().tell(new Recovered());
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
                    case BatchCommand.Wake(Submission submission) -> wake(state, submission);
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
            case Flush flush -> flush(state);
            case Tick tick -> tick(state);
            case Reported(int asked, Outcome outcome) -> reported(state, asked, outcome);
            case Again(int asked) -> {
                if (asked == incarnation && state.phase() != null && !isSettled(state.phase())) {
                    resume(state);
                }
                yield Effect().none();
            }
        };
    }

    private Effect<LedgerEntry, BatchState> reported(BatchState state, int asked, Outcome outcome) {
        if (asked == incarnation) {
            busyElsewhere = false;
        }
        if (state.phase() == Phase.CANCELLED) {
            sweep(state);
            return Effect().none();
        }
        if (asked != incarnation) {
            return Effect().none();
        }
        return switch (outcome) {
            case PlanMade made -> planned(state, made);
            case InputUnchanged unchanged -> {
                startLeasing(state);
                yield Effect().none();
            }
            case Visible visible -> visible(state, visible);
            case Broken(Failure failure) -> broken(state, failure);
        };
    }

    /// A transient failure of planning or publishing is tried again like an attempt's.
    private Effect<LedgerEntry, BatchState> broken(BatchState state, Failure failure) {
        RetryPolicy retry = services.settings().retry();
        failedElsewhere++;
        if (failure.isPermanent() || failedElsewhere >= retry.attempts()) {
            return fail(state, failure);
        }
        Duration backoff = retry.backoff(failedElsewhere, random);
        LOG.warn("{}, to be tried again in {} ms: {}", batch, backoff.toMillis(), failure.message());
        timers.startSingleTimer(new Again(incarnation), backoff);
        return Effect().none();
    }

    // The beginning, and every new beginning.

    private Effect<LedgerEntry, BatchState> open(BatchState state, Submission submission) {
        return switch (state.phase()) {
            case null ->
                takeCharge(state, new BatchEvent.Submitted(now(), batch, submission.job(), submission.model()));
            case FAILED -> {
                if (budgetExceeded(state, state.totals()) != null) {
                    LOG.warn("{} stays failed: what is committed has too many bad rows already", batch);
                    yield Effect().none();
                }
                yield takeCharge(state, new BatchEvent.Retried(now()));
            }
            case SUBMITTED, RUNNING, PUBLISHING -> Effect().none();
            case PUBLISHED, CANCELLED -> {
                tellEnd(state);
                yield Effect().none();
            }
        };
    }

    private Effect<LedgerEntry, BatchState> wake(BatchState state, Submission submission) {
        Phase phase = state.phase();
        if (phase == null) {
            return open(state, submission);
        }
        if (phase.isEnd()) {
            tellEnd(state);
        } else {
            announce(state);
        }
        return Effect().none();
    }

    private Effect<LedgerEntry, BatchState> recovered(BatchState state) {
        Phase phase = state.phase();
        if (phase == null || incarnation != 0) {
            // Nothing to go on with, or a message that waited for the recovery has begun already.
            return Effect().none();
        }
        return switch (phase) {
            case SUBMITTED, RUNNING, PUBLISHING -> {
                LOG.info(
                        "{} goes on: {} of {} partitions are committed",
                        batch,
                        state.winners().count(),
                        partitions(state));
                yield takeCharge(state);
            }
            case FAILED -> Effect().none();
            case PUBLISHED, CANCELLED -> {
                tellEnd(state);
                yield Effect().none();
            }
        };
    }

    /// Persists a new incarnation, then does what is next.
    private Effect<LedgerEntry, BatchState> takeCharge(BatchState state, BatchEvent... before) {
        List<BatchEvent> events = new ArrayList<>(List.of(before));
        events.add(new BatchEvent.TookOver(now(), state.incarnation() + 1, services.node()));
        return persist(state, events).thenRun(next -> {
            incarnation = next.incarnation();
            failedElsewhere = 0;
            resume(next);
        });
    }

    /// Whether nothing is going on.
    private static boolean isSettled(Phase phase) {
        return phase.isEnd() || phase == Phase.FAILED;
    }

    /// Tells the register that the batch ended; of a cancelled one, when its output is swept.
    private void tellEnd(BatchState state) {
        if (state.phase() == Phase.CANCELLED) {
            sweep(state);
        } else {
            services.jobs().accept(new JobsCommand.BatchEnded(batch, Phase.PUBLISHED));
        }
    }

    private void sweep(BatchState state) {
        services.blocking().execute(() -> {
            try {
                services.publisher().discard(batch, state.submission().job());
            } finally {
                services.jobs().accept(new JobsCommand.BatchEnded(batch, Phase.CANCELLED));
            }
        });
    }

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
            if (partitions.partitions() == 0) {
                throw FailureException.permanent("the source has no rows: "
                        + String.join(", ", submitted.job().source().parquet()));
            }
            services.publisher().prepare(batch, submitted.job());
            return new PlanMade(files, partitions);
        });
    }

    private Effect<LedgerEntry, BatchState> planned(BatchState state, PlanMade made) {
        if (state.phase() != Phase.SUBMITTED) {
            return Effect().none();
        }
        List<SourceFile> files = made.files().stream().map(InspectedFile::file).toList();
        return persist(state, List.of(new BatchEvent.Planned(now(), files, made.partitions())))
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
                    incarnation, partitions(state), services.settings().lease().toNanos());
            lastTick = System.nanoTime();
            announce(state);
        }
    }

    // Leases.

    private Effect<LedgerEntry, BatchState> lease(BatchState state, BatchCommand.RequestLease request) {
        OptionalInt next = leases == null || state.phase() != Phase.RUNNING
                ? OptionalInt.empty()
                : leases.next(state.winners(), System.nanoTime());
        if (leases == null || next.isEmpty()) {
            services.jobs().accept(new JobsCommand.HasNoWork(batch));
            request.worker().tell(new WorkerMessage.NothingToLease(batch));
            return Effect().none();
        }
        int partition = next.getAsInt();
        Epoch epoch = leases.grant(partition, request.node(), System.nanoTime());
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
        return attemptsFailed(
                state,
                List.of(new BatchEvent.AttemptFailed(
                        now(), attempt.partition(), attempt.epoch(), ended.node(), ended.failure())));
    }

    /// Persists failed attempts and lets their partitions wait for the next, or fails the batch.
    private Effect<LedgerEntry, BatchState> attemptsFailed(BatchState state, List<BatchEvent.AttemptFailed> attempts) {
        RetryPolicy retry = services.settings().retry();
        for (BatchEvent.AttemptFailed attempt : attempts) {
            Failure failure = attempt.failure();
            LOG.warn(
                    "{} failed on {}: {}",
                    new Attempt(batch, attempt.partition(), attempt.epoch()),
                    attempt.node(),
                    failure.message());
            int failed = state.attemptsFailed().getOrDefault(attempt.partition(), 0) + 1;
            if (failure.isPermanent()) {
                return failWith(state, failure, attempts);
            }
            if (failed >= retry.attempts()) {
                String message = "partition %d failed %d times, the last time so: %s"
                        .formatted(attempt.partition(), failed, failure.message());
                return failWith(state, Failure.transientFailure(message), attempts);
            }
        }
        return persist(state, attempts).thenRun(next -> {
            for (BatchEvent.AttemptFailed attempt : attempts) {
                int failed = next.attemptsFailed().getOrDefault(attempt.partition(), 1);
                long wait = retry.backoff(failed, random).toNanos();
                if (leases != null) {
                    leases.giveBack(attempt.partition(), attempt.epoch(), System.nanoTime() + wait);
                }
            }
        });
    }

    /// Takes back the partitions of holders that have gone silent. Each counts as a failed attempt,
    /// so a partition that kills whoever scores it fails the batch in the end.
    private Effect<LedgerEntry, BatchState> tick(BatchState state) {
        if (leases == null || state.phase() != Phase.RUNNING) {
            return Effect().none();
        }
        long now = System.nanoTime();
        Duration lease = services.settings().lease();
        if (now - lastTick > services.settings().tick().plus(lease.dividedBy(2)).toNanos()) {
            LOG.info("{} was held up; its leases are renewed, since heartbeats may be waiting", batch);
            leases.renew(now);
        }
        lastTick = now;
        announce(state);
        List<BatchEvent.AttemptFailed> silent = new ArrayList<>();
        for (Leases.Expired expired : leases.expired(now)) {
            Failure failure = Failure.transientFailure("nothing was heard of it for %s s"
                    .formatted(java.math.BigDecimal.valueOf(lease.toMillis(), 3)
                            .stripTrailingZeros()
                            .toPlainString()));
            silent.add(
                    new BatchEvent.AttemptFailed(now(), expired.partition(), expired.epoch(), expired.node(), failure));
        }
        return silent.isEmpty() ? Effect().none() : attemptsFailed(state, silent);
    }

    /// Tells the register if there is work. Told again with every tick, so a register that has
    /// started anew, or missed it, learns of it.
    private void announce(BatchState state) {
        if (leases != null
                && state.phase() == Phase.RUNNING
                && leases.next(state.winners(), System.nanoTime()).isPresent()) {
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
        if (leases != null) {
            leases.heartbeat(commit.partition(), commit.epoch(), commit.rows(), System.nanoTime());
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
        List<BatchEvent> events = new ArrayList<>();
        events.add(new BatchEvent.Committed(now(), commits));
        BatchState.Totals totals = state.totals();
        for (PartitionCommit commit : commits) {
            totals = totals.plus(commit);
        }
        String exceeded = budgetExceeded(state, totals);
        if (exceeded != null) {
            // In the same write: no crash can come between, and let the batch be published.
            events.add(new BatchEvent.Failed(now(), Failure.permanent(exceeded)));
        }
        return persist(state, events).thenRun(next -> {
            for (PendingCommit winner : winners) {
                Attempt attempt = winner.commit().attempt(batch);
                LOG.info("{} committed", attempt);
                if (leases != null) {
                    leases.committed(attempt.partition());
                }
                winner.worker().tell(new WorkerMessage.Committed(attempt));
            }
            if (next.phase() == Phase.FAILED) {
                stopped(next);
            } else if (next.phase() == Phase.PUBLISHING) {
                publish(next);
            }
        });
    }

    private @Nullable String budgetExceeded(BatchState state, BatchState.Totals totals) {
        return state.plan() == null
                ? null
                : ErrorBudget.violation(
                        state.submission().job().errors(), state.plan().index().rows(), totals, firstReasons);
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
        return persist(state, List.of(new BatchEvent.Published(now(), visible.destination(), visible.manifest())))
                .thenRun(next -> {
                    LOG.info("{} is published in {}", batch, visible.destination());
                    services.jobs().accept(new JobsCommand.BatchEnded(batch, Phase.PUBLISHED));
                });
    }

    private Effect<LedgerEntry, BatchState> fail(BatchState state, Failure failure) {
        if (state.phase() == null || !Transitions.allows(state.phase(), BatchEvent.Failed.class)) {
            return Effect().none();
        }
        return failWith(state, failure, List.of());
    }

    private Effect<LedgerEntry, BatchState> failWith(
            BatchState state, Failure failure, List<? extends BatchEvent> before) {
        List<BatchEvent> events = new ArrayList<>(before);
        events.add(new BatchEvent.Failed(now(), failure));
        return persist(state, events).thenRun(this::stopped);
    }

    private void stopped(BatchState failed) {
        LOG.error(
                "{} failed: {}",
                batch,
                failed.failure() == null ? "" : failed.failure().message());
        leases = null;
        services.jobs().accept(new JobsCommand.HasNoWork(batch));
    }

    private Effect<LedgerEntry, BatchState> cancel(BatchState state, String reason) {
        Phase phase = state.phase();
        if (phase == null) {
            services.jobs().accept(new JobsCommand.BatchEnded(batch, Phase.CANCELLED));
            return Effect().none();
        }
        if (phase.isEnd()) {
            tellEnd(state);
            return Effect().none();
        }
        if (!Transitions.allows(phase, BatchEvent.Cancelled.class)) {
            LOG.info("{} can't be cancelled any more: it is {}", batch, phase);
            return Effect().none();
        }
        return persist(state, List.of(new BatchEvent.Cancelled(now(), reason))).thenRun(next -> {
            LOG.info("{} is cancelled: {}", batch, reason);
            leases = null;
            services.jobs().accept(new JobsCommand.HasNoWork(batch));
            if (!busyElsewhere) {
                sweep(next);
            }
            // Else when it has reported, since until then it may make the staging folder.
        });
    }

    // Tools.

    private EffectBuilder<LedgerEntry, BatchState> persist(BatchState state, List<? extends BatchEvent> events) {
        List<LedgerEntry> entries = new ArrayList<>(events.size());
        String head = state.head();
        for (BatchEvent event : events) {
            LedgerEntry entry = LedgerEntry.after(head, event);
            entries.add(entry);
            head = entry.hash();
        }
        return Effect().persist(entries);
    }

    private void elsewhere(Supplier<Outcome> work) {
        int asking = incarnation;
        busyElsewhere = true;
        context.pipeToSelf(
                CompletableFuture.supplyAsync(work, services.blocking()),
                (done, problem) -> new Reported(asking, problem == null ? done : broken(problem)));
    }

    private Broken broken(Throwable problem) {
        Throwable cause = problem.getCause() == null ? problem : problem.getCause();
        if (cause instanceof FailureException known) {
            return new Broken(known.failure());
        }
        LOG.error("{}: unexpected", batch, cause);
        return new Broken(Failure.permanent("an unexpected error: " + cause));
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
                state.plan() == null ? 0 : state.plan().index().rows(),
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
