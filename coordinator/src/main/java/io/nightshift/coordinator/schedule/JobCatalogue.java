package io.nightshift.coordinator.schedule;

import io.nightshift.coordinator.actor.Decision;
import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.actor.PersistentActor;
import io.nightshift.coordinator.actor.RestartBackoff;
import io.nightshift.protocol.ledger.UnreadableEntry;
import io.nightshift.protocol.schedule.JobCatalogueCommand;
import io.nightshift.protocol.schedule.JobCatalogueEvent;
import io.nightshift.protocol.schedule.ScheduledJobCommand;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The names of all applied jobs, as an actor: the sharded entity [#ID]. It wakes the jobs, so that they run
/// on some node again when their node is gone.
///
/// A job is entered before it is applied, so no applied job is unknown. A name whose job is not applied,
/// because the caller died in between, costs one message at each waking, at which the job asks for its
/// removal.
public final class JobCatalogue
        extends PersistentActor<JobCatalogueCommand, JobCatalogueEvent, JobCatalogue.Action, JobCatalogue.Names> {

    public static final EntityTypeKey<JobCatalogueCommand> KEY =
            EntityTypeKey.create(JobCatalogueCommand.class, "catalogue");
    public static final String ID = "jobs";

    private static final Logger LOG = LoggerFactory.getLogger(JobCatalogue.class);

    private final BiConsumer<String, ScheduledJobCommand> jobs;

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

    /// The decision about a command.
    record CatalogueDecision(List<JobCatalogueEvent> events, List<Action> actions)
            implements Decision<JobCatalogueEvent, Action> {

        static CatalogueDecision of(Action... actions) {
            return new CatalogueDecision(List.of(), List.of(actions));
        }

        static CatalogueDecision persist(JobCatalogueEvent event, Action... actions) {
            return new CatalogueDecision(List.of(event), List.of(actions));
        }
    }

    /// An effect of a decision.
    sealed interface Action {}

    private record Reply(ActorRef<JobCatalogueCommand.JobNames> to, List<String> names) implements Action {}

    private record WakeJob(String job) implements Action {}

    private JobCatalogue(BiConsumer<String, ScheduledJobCommand> jobs, Clock clock) {
        super(KEY, ID, JobCatalogueEvent.class, clock);
        this.jobs = jobs;
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
    protected Names apply(Names names, JobCatalogueEvent event) {
        return names.apply(event);
    }

    /// Skips what can't be read, so that all other jobs continue.
    @Override
    protected void unreadable(UnreadableEntry entry) {
        LOG.error(
                "an entry of the catalogue of jobs can't be read and is skipped: {}. Apply the job again that `nightshift job list` does not show",
                entry.problem());
    }

    @Override
    protected CatalogueDecision decide(Names names, JobCatalogueCommand command, DecisionTime now) {
        return switch (command) {
            case JobCatalogueCommand.Add(String job, ActorRef<JobCatalogueCommand.JobNames> replyTo) -> {
                Reply reply = new Reply(replyTo, List.of(job));
                yield names.sorted().contains(job)
                        ? CatalogueDecision.of(reply)
                        : CatalogueDecision.persist(new JobCatalogueEvent.Added(now.instant(), job), reply);
            }
            case JobCatalogueCommand.Remove(String job) ->
                names.sorted().contains(job)
                        ? CatalogueDecision.persist(new JobCatalogueEvent.Removed(now.instant(), job))
                        : CatalogueDecision.of();
            case JobCatalogueCommand.ListNames(ActorRef<JobCatalogueCommand.JobNames> replyTo) ->
                CatalogueDecision.of(new Reply(replyTo, names.sorted()));
            case JobCatalogueCommand.WakeJobs wake ->
                CatalogueDecision.of(names.sorted().stream().map(WakeJob::new).toArray(Action[]::new));
        };
    }

    @Override
    protected void perform(Names names, Action action) {
        switch (action) {
            case Reply(ActorRef<JobCatalogueCommand.JobNames> to, List<String> jobs) ->
                to.tell(new JobCatalogueCommand.JobNames(jobs));
            case WakeJob(String job) -> this.jobs.accept(job, new ScheduledJobCommand.Wake());
        }
    }
}
