package io.nightshift.coordinator.schedule;

import io.nightshift.coordinator.schedule.ScheduleServices.StartResult;
import io.nightshift.protocol.alert.AlertReply;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.schedule.ScheduledJobCommand;
import io.nightshift.protocol.schedule.ScheduledJobEvent.Observation;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Everything that an applied job receives.
sealed interface ScheduledJobMessage {

    /// A command from outside.
    record CommandReceived(ScheduledJobCommand command) implements ScheduledJobMessage {}

    /// The time has come that [ScheduleDecisions#nextWake] named.
    record TimeReached() implements ScheduledJobMessage {}

    /// The result of a submission.
    ///
    /// @param key of the run, or of a run of a backfill
    record StartAnswered(String key, StartResult result) implements ScheduledJobMessage {}

    /// The status of a batch that the job has asked for.
    ///
    /// @param status null if no answer came
    record BatchSeen(BatchId batch, @Nullable BatchStatus status) implements ScheduledJobMessage {}

    /// The alert outbox has answered.
    record AlertAnswered(AlertReply reply) implements ScheduledJobMessage {}

    /// The state of the source that the job has asked for.
    ///
    /// @param revision of the job file
    /// @param parameters that a run of this state would have
    /// @param observation null if the source can't be read
    /// @param problem why the source can't be read, or null
    record SourceSeen(
            int revision,
            Map<String, String> parameters,
            @Nullable Observation observation,
            @Nullable String problem) implements ScheduledJobMessage {}
}
