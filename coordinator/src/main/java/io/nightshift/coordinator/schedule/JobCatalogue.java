package io.nightshift.coordinator.schedule;

import io.nightshift.coordinator.batch.ReadableEvents;
import io.nightshift.coordinator.batch.RestartBackoff;
import io.nightshift.protocol.schedule.JobCatalogueCommand;
import io.nightshift.protocol.schedule.JobCatalogueEvent;
import io.nightshift.protocol.schedule.ScheduledJobCommand;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.typed.EventAdapter;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The names of all applied jobs, as an actor: the sharded entity [#ID]. It wakes the jobs, so that they run
/// on some node again when their node is gone.
///
/// A job is entered before it is applied, so no applied job is unknown. A name whose job is not applied,
/// because the caller died in between, costs one message at each waking, at which the job asks for its
/// removal.
public final class JobCatalogue
        extends EventSourcedBehavior<JobCatalogueCommand, JobCatalogueEvent, JobCatalogue.Names> {

    public static final EntityTypeKey<JobCatalogueCommand> KEY =
            EntityTypeKey.create(JobCatalogueCommand.class, "catalogue");
    public static final String ID = "jobs";

    private static final Logger LOG = LoggerFactory.getLogger(JobCatalogue.class);

    private final BiConsumer<String, ScheduledJobCommand> jobs;
    private final Clock clock;

    /// The names.
    ///
    /// @param sorted in alphabetical order
    record Names(List<String> sorted) {

        static final Names EMPTY = new Names(List.of());

        Names apply(JobCatalogueEvent event) {
            TreeSet<String> names = new TreeSet<>(sorted);
            switch (event) {
                case JobCatalogueEvent.Added(Instant at, String job) -> names.add(job);
                case JobCatalogueEvent.Removed(Instant at, String job) -> names.remove(job);
            }
            return new Names(List.copyOf(names));
        }
    }

    private JobCatalogue(BiConsumer<String, ScheduledJobCommand> jobs, Clock clock) {
        super(
                PersistenceId.of(KEY.name(), ID),
                SupervisorStrategy.restartWithBackoff(Duration.ofMillis(500), Duration.ofSeconds(20), 0.2));
        this.jobs = jobs;
        this.clock = clock;
    }

    /// @param jobs sends a command to an applied job, on whichever node it runs; never blocks
    public static Behavior<JobCatalogueCommand> create(BiConsumer<String, ScheduledJobCommand> jobs, Clock clock) {
        return RestartBackoff.supervise(Behaviors.setup(context -> new JobCatalogue(jobs, clock)));
    }

    @Override
    public Names emptyState() {
        return Names.EMPTY;
    }

    @Override
    public EventHandler<Names, JobCatalogueEvent> eventHandler() {
        return Names::apply;
    }

    /// Skips what can't be read, so that all other jobs continue.
    @Override
    public EventAdapter<JobCatalogueEvent, ?> eventAdapter() {
        return new ReadableEvents<>(
                JobCatalogueEvent.class,
                entry -> LOG.error(
                        "an entry of the catalogue of jobs can't be read and is skipped: {}. Apply the job again that `nightshift job list` does not show",
                        entry.problem()));
    }

    @Override
    public CommandHandler<JobCatalogueCommand, JobCatalogueEvent, Names> commandHandler() {
        return newCommandHandlerBuilder().forAnyState().onAnyCommand(this::onCommand);
    }

    private Effect<JobCatalogueEvent, Names> onCommand(Names names, JobCatalogueCommand command) {
        return switch (command) {
            case JobCatalogueCommand.Add(String job, ActorRef<JobCatalogueCommand.JobNames> replyTo) -> {
                JobCatalogueCommand.JobNames reply = new JobCatalogueCommand.JobNames(List.of(job));
                yield names.sorted().contains(job)
                        ? Effect().none().thenRun(() -> replyTo.tell(reply))
                        : Effect()
                                .persist(new JobCatalogueEvent.Added(clock.instant(), job))
                                .thenRun(() -> replyTo.tell(reply));
            }
            case JobCatalogueCommand.Remove(String job) ->
                names.sorted().contains(job)
                        ? Effect().persist(new JobCatalogueEvent.Removed(clock.instant(), job))
                        : Effect().none();
            case JobCatalogueCommand.ListNames(ActorRef<JobCatalogueCommand.JobNames> replyTo) ->
                Effect().none().thenRun(() -> replyTo.tell(new JobCatalogueCommand.JobNames(names.sorted())));
            case JobCatalogueCommand.WakeJobs wake ->
                Effect()
                        .none()
                        .thenRun(() -> names.sorted().forEach(job -> jobs.accept(job, new ScheduledJobCommand.Wake())));
        };
    }
}
