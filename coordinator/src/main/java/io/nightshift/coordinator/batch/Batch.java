package io.nightshift.coordinator.batch;

import io.nightshift.coordinator.plan.Planner;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.WorkerMessage;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.jobs.JobsCommand;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.model.ModelDescription;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.storage.source.SourceInspector.InspectedFile;
import io.nightshift.storage.source.SourcePins;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The actor of one batch: runs a [Coordinator] on the journal. It persists what that decides, then
/// does what follows; it decides nothing itself.
///
/// After a failed journal write, whose outcome is unknown, the actor recovers: a new coordinator
/// knows what is in the ledger, and nothing else.
public final class Batch extends EventSourcedBehavior<Message, LedgerEntry, BatchState> {

    public static final EntityTypeKey<BatchCommand> KEY = EntityTypeKey.create(BatchCommand.class, "batch");

    private static final Logger LOG = LoggerFactory.getLogger(Batch.class);

    private final ActorContext<Message> context;
    private final TimerScheduler<Message> timers;
    private final BatchId batch;
    private final BatchServices services;
    private final ObservedBatch observed;
    private Coordinator coordinator;

    private Batch(
            ActorContext<Message> context, TimerScheduler<Message> timers, BatchId batch, BatchServices services) {
        super(
                PersistenceId.of(KEY.name(), batch.value()),
                SupervisorStrategy.restartWithBackoff(Duration.ofMillis(500), Duration.ofSeconds(20), 0.2));
        this.context = context;
        this.timers = timers;
        this.batch = batch;
        this.services = services;
        this.coordinator = coordinator();
        this.observed = new ObservedBatch(batch, services.observer());
    }

    public static Behavior<BatchCommand> create(BatchId batch, BatchServices services) {
        Behavior<Message> behavior =
                Behaviors.setup(context -> Behaviors.withTimers(timers -> new Batch(context, timers, batch, services)));
        Behavior<Message> recovering = Behaviors.supervise(behavior)
                .onFailure(Outdated.class, SupervisorStrategy.restart().withLoggingEnabled(false));
        return Behaviors.transformMessages(
                BatchCommand.class, recovering, pattern -> pattern.matchAny(Message.Asked::new));
    }

    /// Others have written to the ledger: what this actor knows is not all there is.
    private static final class Outdated extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private Coordinator coordinator() {
        BatchSettings settings = services.settings();
        SplittableRandom random = new SplittableRandom();
        return new Coordinator(batch, settings, services.node(), random, new Attempts(batch, settings, random));
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
                .onSignal(RecoveryCompleted.instance(), this::recovered)
                .onSignal(PostStop.instance(), state -> observed.stopped())
                .build();
    }

    /// This object outlives a failed journal write; its coordinator doesn't.
    private void recovered(BatchState state) {
        coordinator = coordinator();
        timers.startTimerWithFixedDelay(new Message.Tick(), services.settings().tick());
        context.getSelf().tell(new Message.Recovered());
    }

    @Override
    public CommandHandler<Message, LedgerEntry, BatchState> commandHandler() {
        return newCommandHandlerBuilder().forAnyState().onAnyCommand(this::onMessage);
    }

    private Effect<LedgerEntry, BatchState> onMessage(BatchState state, Message message) {
        Moment now = now();
        observed.before(coordinator, message, now);
        Decision decision = coordinator.decide(state, message, now);
        if (decision.events().isEmpty()) {
            perform(state, decision.durable().after(state, now()));
            observed.after(coordinator, state, message, now);
            return Effect().none();
        }
        return Effect().persist(entries(state, decision.events())).thenRun(next -> {
            Moment written = now();
            observed.written(next, message, decision.events(), now, written);
            decision.events().forEach(event -> log(next, event));
            perform(next, decision.durable().after(next, now()));
            observed.after(coordinator, next, message, written);
        });
    }

    private Moment now() {
        return new Moment(System.nanoTime(), services.clock().instant());
    }

    private static List<LedgerEntry> entries(BatchState state, List<? extends BatchEvent> events) {
        List<LedgerEntry> entries = new ArrayList<>(events.size());
        String head = state.head();
        for (BatchEvent event : events) {
            LedgerEntry entry = LedgerEntry.after(head, event);
            entries.add(entry);
            head = entry.hash();
        }
        return entries;
    }

    private void perform(BatchState state, List<Action> actions) {
        for (Action action : actions) {
            perform(state, action);
        }
    }

    private void perform(BatchState state, Action action) {
        switch (action) {
            case Action.Tell<?> tell -> tell(tell);
            case Action.TellJobs(JobsCommand command) -> services.jobs().accept(command);
            case Action.Grant grant -> grant(state, grant);
            case Action.FlushSoon soon -> context.getSelf().tell(new Message.Flush());
            case Action.TryAgain(int incarnation, Failure failure, Duration backoff) -> {
                LOG.warn("{}, to be tried again in {} ms: {}", batch, backoff.toMillis(), failure.message());
                timers.startSingleTimer(new Message.Again(incarnation), backoff);
            }
            case Action.Sweep(Job job) -> sweep(job);
            case Action.Recover recover -> {
                LOG.warn("{}: another coordinator has written to its ledger, which is read again", batch);
                throw new Outdated();
            }
            case Action.Note(String text, List<Object> arguments) -> LOG.info(text, arguments.toArray());
            case Action.Elsewhere elsewhere ->
                context.pipeToSelf(
                        CompletableFuture.supplyAsync(() -> work(elsewhere), services.blocking()),
                        (done, problem) -> new Message.Reported(
                                elsewhere.incarnation(), problem == null ? done : broken(problem)));
        }
    }

    private <M> void tell(Action.Tell<M> tell) {
        if (tell.message() instanceof WorkerMessage.Abandon(Attempt attempt, String reason)) {
            LOG.warn("{} is refused: {}", attempt, reason);
            observed.refused();
        }
        tell.to().tell(tell.message());
    }

    private void grant(BatchState state, Action.Grant grant) {
        Attempt attempt = grant.attempt();
        BatchEvent.Submitted submitted = state.submission();
        PartitionPlan.Index index = state.pinned().index();
        LOG.info("{} leased to {}", attempt, grant.node());
        grant.worker()
                .tell(new WorkerMessage.Lease(
                        attempt,
                        submitted.job(),
                        submitted.model(),
                        index.range(attempt.partition()).firstRow(),
                        index.slices(attempt.partition()),
                        services.publisher().staging(batch, submitted.job())));
    }

    private void sweep(Job job) {
        services.blocking().execute(() -> {
            try {
                services.publisher().discard(batch, job);
            } finally {
                services.jobs().accept(new JobsCommand.BatchEnded(batch, Phase.CANCELLED));
            }
        });
    }

    // What waits for disks, on a thread of its own.

    private Message.Outcome work(Action.Elsewhere elsewhere) {
        return switch (elsewhere) {
            case Action.Plan plan -> plan(plan.submitted());
            case Action.CheckInput check -> {
                SourcePins.check(batch, check.files());
                yield new Message.InputUnchanged();
            }
            case Action.Fence fence -> fence(fence);
            case Action.LookAtLedger look -> look();
            case Action.Publish publish ->
                new Message.Visible(services.publisher().publish(publish.state()));
        };
    }

    private Message.Outcome plan(BatchEvent.Submitted submitted) {
        Job job = submitted.job();
        ModelDescription model = services.models().apply(submitted.model());
        List<InspectedFile> files = services.inspector().inspect(job, model);
        PartitionPlan partitions = Planner.cut(files, job.partitions().rows());
        if (partitions.partitions() == 0) {
            throw FailureException.permanent(
                    "the source has no rows: " + job.source().input());
        }
        services.publisher().prepare(batch, job, submitted.model());
        return new Message.PlanMade(files, partitions);
    }

    private Message.Outcome look() {
        try {
            return new Message.LedgerHas(services.entries().applyAsLong(batch));
        } catch (FailureException e) {
            LOG.debug("{}: {}", batch, e.getMessage());
            return new Message.LedgerHas(0);
        }
    }

    private Message.Outcome fence(Action.Fence fence) {
        try {
            String obstacle = services.publisher()
                    .fence(fence.state())
                    .map(visible ->
                            "readers see it already, in " + visible.destination() + ". Retry it, and that is recorded")
                    .orElse(null);
            return new Message.Fenced(fence.request(), obstacle);
        } catch (FailureException e) {
            return new Message.Fenced(fence.request(), e.failure().message());
        }
    }

    private Message.Broken broken(Throwable problem) {
        Throwable cause = problem.getCause() == null ? problem : problem.getCause();
        if (cause instanceof FailureException known) {
            return new Message.Broken(known.failure());
        }
        LOG.error("{}: unexpected", batch, cause);
        return new Message.Broken(Failure.permanent("an unexpected error: " + cause));
    }

    // What people are told.

    private void log(BatchState next, BatchEvent event) {
        switch (event) {
            case BatchEvent.Submitted submitted -> LOG.debug("{} is submitted", batch);
            case BatchEvent.TookOver tookOver -> {
                if (tookOver.incarnation() > 1) {
                    int partitions =
                            next.plan() == null ? 0 : next.plan().index().partitions();
                    LOG.info(
                            "{} goes on: {} of {} partitions are committed",
                            batch,
                            next.winners().count(),
                            partitions);
                }
            }
            case BatchEvent.Planned planned ->
                LOG.info(
                        "{} is planned: {} rows in {} partitions",
                        batch,
                        planned.partitions().rows(),
                        planned.partitions().partitions());
            case BatchEvent.Committed committed -> {
                for (PartitionCommit commit : committed.commits()) {
                    LOG.info("{} committed", commit.attempt(batch));
                }
                if (next.phase() == Phase.PUBLISHING) {
                    LOG.info("{} is being published", batch);
                }
            }
            case BatchEvent.AttemptFailed failed ->
                LOG.warn(
                        "{} failed on {}: {}",
                        new Attempt(batch, failed.partition(), failed.epoch()),
                        failed.node(),
                        failed.failure().message());
            case BatchEvent.Paused paused -> LOG.info("{} is paused: {}", batch, paused.reason());
            case BatchEvent.Resumed resumed -> LOG.info("{} is resumed", batch);
            case BatchEvent.Rescored rescored ->
                LOG.info("{}: partitions {} are scored again", batch, PartitionNumbers.text(rescored.partitions()));
            case BatchEvent.Failed failed ->
                LOG.error("{} failed: {}", batch, failed.failure().message());
            case BatchEvent.Retried retried -> LOG.info("{} is tried again", batch);
            case BatchEvent.Published published -> LOG.info("{} is published in {}", batch, published.destination());
            case BatchEvent.Cancelled cancelled -> LOG.info("{} is cancelled: {}", batch, cancelled.reason());
        }
    }
}
