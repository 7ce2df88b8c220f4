package io.nightshift.coordinator.schedule;

import io.nightshift.coordinator.schedule.ScheduleServices.SourceRequest;
import io.nightshift.coordinator.schedule.ScheduleServices.StartRequest;
import io.nightshift.protocol.batch.BatchId;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;

/// An effect of a decision about an applied job. Actions are data; [ScheduledJob] performs them once the
/// events of the decision are durable.
sealed interface ScheduleAction {

    /// Sends a message to an actor.
    record Send<M>(ActorRef<M> to, M message) implements ScheduleAction {}

    /// Submits a run. The result comes back as [ScheduledJobMessage.StartAnswered].
    record Start(StartRequest request) implements ScheduleAction {}

    /// Asks for the status of a batch, which comes back as [ScheduledJobMessage.BatchSeen].
    record LookAtBatch(BatchId batch) implements ScheduleAction {}

    /// Looks at the source, whose state comes back as [ScheduledJobMessage.SourceSeen].
    ///
    /// @param parameters that a run of this state would have
    record LookAtSource(SourceRequest request, int revision, Map<String, String> parameters)
            implements ScheduleAction {}

    /// Enters the job in the catalogue, or removes it.
    record TellCatalogue(boolean isApplied) implements ScheduleAction {}

    /// Stops the actor, which has nothing to do.
    record Passivate() implements ScheduleAction {}

    /// Writes a warning to the log.
    record Warn(String text) implements ScheduleAction {}
}
