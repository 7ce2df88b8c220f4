package io.nightshift.node.schedule;

import io.nightshift.coordinator.schedule.JobCatalogue;
import io.nightshift.coordinator.schedule.ScheduleServices;
import io.nightshift.coordinator.schedule.ScheduledJob;
import io.nightshift.node.gateway.BatchQueries;
import io.nightshift.node.gateway.RequestForwarder;
import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.schedule.JobCatalogueCommand;
import io.nightshift.protocol.schedule.ScheduledJobCommand;
import io.nightshift.protocol.schedule.ScheduledJobReply;
import io.nightshift.source.kinds.Sources;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityRef;
import org.apache.pekko.cluster.typed.Cluster;

/// Starts applied jobs on a coordinator, and on every other node a way to them.
public final class JobSchedulerStarter {

    /// The time that a caller waits for a reply.
    private static final Duration SOON = Duration.ofSeconds(3);

    private static final Duration FIRST_WAKING = Duration.ofMillis(500);
    private static final Duration WAKING = Duration.ofSeconds(10);

    private final ActorSystem<Void> system;
    private final ClusterSharding sharding;

    private JobSchedulerStarter(ActorSystem<Void> system) {
        this.system = system;
        this.sharding = ClusterSharding.get(system);
    }

    /// Called once.
    ///
    /// @param requests submits the runs
    /// @param batches knows how far runs are
    /// @param sources that triggers look at
    /// @param observer is notified of what happens to the jobs on this node
    /// @param alerts sends a command to the alert outbox
    /// @param channels the names of the channels that alerts of jobs may be sent to
    /// @param followsSchedules whether jobs run by their schedules and triggers, and not only when somebody asks
    /// @param blocking runs what waits for disks
    public static JobScheduler start(
            ActorSystem<Void> system,
            RequestForwarder requests,
            BatchQueries batches,
            Sources sources,
            ScheduleServices.Observer observer,
            Consumer<AlertCommand> alerts,
            Set<String> channels,
            boolean followsSchedules,
            Executor blocking) {
        JobSchedulerStarter starter = new JobSchedulerStarter(system);
        Clock clock = Clock.systemUTC();
        starter.init(
                new ScheduleServices(
                        new RunSubmitter(requests, batches, blocking),
                        requests::status,
                        new SourceWatcher(sources, blocking),
                        command -> starter.catalogue().tell(command),
                        observer,
                        alerts,
                        clock,
                        followsSchedules),
                clock);
        if (followsSchedules && Cluster.get(system).selfMember().hasRole("coordinator")) {
            starter.wakeJobs();
        }
        return new JobScheduler(
                starter.new EntityJobs(),
                question -> starter.catalogue().ask(question::apply, SOON),
                new RunStates(batches),
                clock,
                channels,
                requests::refusal);
    }

    private final class EntityJobs implements JobScheduler.Jobs {
        @Override
        public <T extends Record> CompletionStage<ScheduledJobReply<T>> ask(
                String job, Function<ActorRef<ScheduledJobReply<T>>, ScheduledJobCommand> question) {
            return sharding.entityRefFor(ScheduledJob.KEY, job).ask(question::apply, SOON);
        }
    }

    private void init(ScheduleServices services, Clock clock) {
        sharding.init(Entity.of(
                        ScheduledJob.KEY,
                        entity -> ScheduledJob.create(entity.getEntityId(), entity.getShard(), services))
                .withRole("coordinator"));
        sharding.init(Entity.of(
                        JobCatalogue.KEY,
                        entity -> JobCatalogue.create(
                                (job, command) -> sharding.entityRefFor(ScheduledJob.KEY, job)
                                        .tell(command),
                                clock))
                .withRole("coordinator"));
    }

    private EntityRef<JobCatalogueCommand> catalogue() {
        return sharding.entityRefFor(JobCatalogue.KEY, JobCatalogue.ID);
    }

    /// Wakes the jobs whose node was lost. Ends when this node begins to leave, since the message could
    /// arrive while the catalogue moves, which then logs that it is dropped.
    private void wakeJobs() {
        Cancellable waking = system.scheduler()
                .scheduleWithFixedDelay(
                        FIRST_WAKING,
                        WAKING,
                        () -> catalogue().tell(new JobCatalogueCommand.WakeJobs()),
                        system.executionContext());
        CoordinatedShutdown.get(system).addTask(CoordinatedShutdown.PhaseBeforeServiceUnbind(), "stop-waking", () -> {
            waking.cancel();
            return CompletableFuture.completedFuture(Done.getInstance());
        });
    }
}
