package io.nightshift.coordinator.schedule;

import io.nightshift.coordinator.actor.Decision;
import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.actor.PersistentActor;
import io.nightshift.coordinator.actor.RestartBackoff;
import io.nightshift.coordinator.schedule.ScheduleServices.StartResult;
import io.nightshift.coordinator.schedule.ScheduledJobState.Revision;
import io.nightshift.coordinator.schedule.TriggerDecisions.SourceProblem;
import io.nightshift.protocol.alert.AlertReply;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.ledger.UnreadableEntry;
import io.nightshift.protocol.schedule.JobCatalogueCommand;
import io.nightshift.protocol.schedule.ScheduledJobCommand;
import io.nightshift.protocol.schedule.ScheduledJobEvent;
import io.nightshift.protocol.schedule.ScheduledJobEvent.Observation;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.typed.SnapshotAdapter;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An applied job, as an actor: a sharded entity whose ID is the job's name. [ScheduleDecisions] decides;
/// this class performs the actions of each decision, and sets one timer for the next time that matters.
///
/// The catalogue of applied jobs wakes the actor when its node is gone, and now and then: a clock that was
/// set forward is noticed then.
public final class ScheduledJob
        extends PersistentActor<ScheduledJobMessage, ScheduledJobEvent, ScheduleAction, ScheduledJobState> {

    public static final EntityTypeKey<ScheduledJobCommand> KEY = EntityTypeKey.create(ScheduledJobCommand.class, "job");

    private static final Logger LOG = LoggerFactory.getLogger(ScheduledJob.class);
    private static final int SNAPSHOT_EVERY = 500;

    private static final String TIMER = "next";

    private final ActorContext<ScheduledJobMessage> context;
    private final TimerScheduler<ScheduledJobMessage> timers;
    private final ActorRef<ClusterSharding.ShardCommand> shard;
    private final String job;
    private final ScheduleServices services;
    private final ActorRef<AlertReply> alertReplies;
    private ScheduleDecisions decisions;
    private MissedTickReports missed;

    private ScheduledJob(
            ActorContext<ScheduledJobMessage> context,
            TimerScheduler<ScheduledJobMessage> timers,
            ActorRef<ClusterSharding.ShardCommand> shard,
            String job,
            ScheduleServices services) {
        super(KEY, job, ScheduledJobEvent.class, services.clock());
        this.context = context;
        this.timers = timers;
        this.shard = shard;
        this.job = job;
        this.services = services;
        this.alertReplies = context.messageAdapter(AlertReply.class, ScheduledJobMessage.AlertAnswered::new);
        this.decisions = decisions();
        this.missed = new MissedTickReports(job);
    }

    private ScheduleDecisions decisions() {
        return services.followsSchedules() ? new ScheduleDecisions(job) : ScheduleDecisions.onRequest(job);
    }

    /// @param job the job's name
    /// @param shard stops the actor at its request, and keeps the messages that arrive meanwhile
    public static Behavior<ScheduledJobCommand> create(
            String job, ActorRef<ClusterSharding.ShardCommand> shard, ScheduleServices services) {
        Behavior<ScheduledJobMessage> behavior = RestartBackoff.supervise(Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new ScheduledJob(context, timers, shard, job, services))));
        return Behaviors.transformMessages(
                ScheduledJobCommand.class,
                behavior,
                pattern -> pattern.matchAny(ScheduledJobMessage.CommandReceived::new));
    }

    @Override
    public ScheduledJobState emptyState() {
        return ScheduledJobState.EMPTY;
    }

    @Override
    protected ScheduledJobState apply(ScheduledJobState state, ScheduledJobEvent event) {
        return state.apply(event);
    }

    /// Skips what can't be read, so that the job continues.
    @Override
    protected void unreadable(UnreadableEntry entry) {
        LOG.error(
                "an entry of the job {} can't be read and is skipped: {}. `nightshift job runs {} --missing` shows the runs that are missing",
                job,
                entry.problem(),
                job);
    }

    @Override
    public SnapshotAdapter<ScheduledJobState> snapshotAdapter() {
        return snapshots(JobSnapshot.class, JobSnapshot::of, JobSnapshot::state);
    }

    @Override
    public RetentionCriteria retentionCriteria() {
        return snapshotEvery(SNAPSHOT_EVERY);
    }

    @Override
    protected void recovered(ScheduledJobState state) {
        decisions = decisions();
        missed = new MissedTickReports(job);
        context.getSelf().tell(new ScheduledJobMessage.TimeReached());
    }

    @Override
    protected void stopped(ScheduledJobState state) {
        services.observer().postponed(job, 0);
    }

    @Override
    protected boolean handle(ScheduledJobState state, ScheduledJobMessage message) {
        if (message instanceof ScheduledJobMessage.AlertAnswered(AlertReply reply)) {
            if (reply instanceof AlertReply.Recorded recorded) {
                missed.recorded(recorded);
            }
            return true;
        }
        return false;
    }

    @Override
    protected ScheduleDecision decide(ScheduledJobState state, ScheduledJobMessage message, DecisionTime now) {
        return decisions.decide(state, message, now.nanos(), now.instant());
    }

    @Override
    protected void persisted(
            ScheduledJobState state,
            ScheduledJobMessage message,
            List<ScheduledJobEvent> events,
            DecisionTime decided,
            DecisionTime now) {
        events.forEach(event -> happened(state, event));
    }

    @Override
    protected void performed(
            ScheduledJobState state,
            ScheduledJobMessage message,
            Decision<ScheduledJobEvent, ScheduleAction> decision,
            DecisionTime now) {
        SourceProblem problem = decisions.trigger().problem(state);
        services.observer().postponed(job, state.postponedRuns() + (problem == null ? 0 : 1));
        missed.due(state, now.instant(), alertReplies).ifPresent(services.alerts());
        missed.source(state, problem, decisions.trigger().isSeen(), now.instant(), alertReplies)
                .ifPresent(services.alerts());
        Optional<Duration> wake = decisions.nextWake(state, now.nanos(), now.instant());
        if (wake.isPresent()) {
            timers.startSingleTimer(TIMER, new ScheduledJobMessage.TimeReached(), wake.get());
        } else {
            timers.cancel(TIMER);
        }
    }

    private void happened(ScheduledJobState state, ScheduledJobEvent event) {
        log(event);
        Revision revision = state.current();
        if (revision != null) {
            services.observer().happened(job, revision.text(), event);
        }
    }

    private void log(ScheduledJobEvent event) {
        switch (event) {
            case ScheduledJobEvent.Applied applied ->
                LOG.info("job {} is applied by {}, revision {}", job, applied.by(), applied.revision());
            case ScheduledJobEvent.Paused paused -> LOG.info("job {} is paused by {}", job, paused.by());
            case ScheduledJobEvent.Resumed resumed -> LOG.info("job {} is resumed by {}", job, resumed.by());
            case ScheduledJobEvent.Deleted deleted -> LOG.info("job {} is deleted by {}", job, deleted.by());
            case ScheduledJobEvent.RunStarted started ->
                LOG.info(
                        "{} of job {} {} {}",
                        started.run(),
                        job,
                        started.unchanged() ? "was published before as" : "is",
                        started.batch());
            case ScheduledJobEvent.RunPostponed(Instant at, String run, String reason)
            when reason != null ->
                LOG.warn(
                        "{} of job {} can't be submitted now: {}. It is tried again for {} hours",
                        run,
                        job,
                        reason,
                        ScheduleDecisions.LONGEST_WAIT.toHours());
            case ScheduledJobEvent.RunRefused refused ->
                LOG.error("{} of job {} can't be submitted: {}", refused.run(), job, refused.reason());
            case ScheduledJobEvent.TicksSkipped skipped ->
                LOG.warn(
                        "job {}: {} ticks up to {} are skipped: {}",
                        job,
                        skipped.ticks(),
                        skipped.last(),
                        skipped.reason());
            default -> LOG.debug("job {}: {}", job, event);
        }
    }

    @Override
    protected void perform(ScheduledJobState state, ScheduleAction action) {
        switch (action) {
            case ScheduleAction.Send<?> send -> send(send);
            case ScheduleAction.Start(ScheduleServices.StartRequest request) ->
                context.pipeToSelf(
                        services.starter().start(request),
                        (result, problem) -> new ScheduledJobMessage.StartAnswered(
                                request.key(), problem == null ? result : new StartResult.NotNow(text(problem))));
            case ScheduleAction.LookAtBatch(BatchId batch) ->
                context.pipeToSelf(
                        services.batches().status(batch),
                        (status, problem) -> new ScheduledJobMessage.BatchSeen(batch, problem == null ? status : null));
            case ScheduleAction.LookAtSource look ->
                context.pipeToSelf(
                        services.sources().observe(look.request()),
                        (observation, problem) -> seen(look, observation, problem));
            case ScheduleAction.TellCatalogue(boolean isApplied) ->
                services.catalogue()
                        .accept(
                                isApplied
                                        ? new JobCatalogueCommand.Add(
                                                job, context.getSystem().ignoreRef())
                                        : new JobCatalogueCommand.Remove(job));
            case ScheduleAction.Passivate passivate -> shard.tell(new ClusterSharding.Passivate<>(context.getSelf()));
            case ScheduleAction.Warn(String text) -> LOG.warn(text);
        }
    }

    private static ScheduledJobMessage.SourceSeen seen(
            ScheduleAction.LookAtSource look, Observation observation, Throwable problem) {
        return new ScheduledJobMessage.SourceSeen(
                look.revision(),
                look.parameters(),
                problem == null ? observation : null,
                problem == null ? null : text(problem));
    }

    private static String text(Throwable problem) {
        Throwable cause =
                problem instanceof CompletionException && problem.getCause() != null ? problem.getCause() : problem;
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }

    private static <M> void send(ScheduleAction.Send<M> send) {
        send.to().tell(send.message());
    }
}
