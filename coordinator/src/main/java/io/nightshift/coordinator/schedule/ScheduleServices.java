package io.nightshift.coordinator.schedule;

import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.schedule.JobCatalogueCommand;
import io.nightshift.protocol.schedule.ScheduledJobEvent;
import io.nightshift.protocol.schedule.ScheduledJobEvent.Observation;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The services that applied jobs need from their node.
///
/// @param starter submits runs
/// @param batches asks for the status of batches
/// @param sources looks at the sources of jobs with a trigger
/// @param catalogue sends a message to the catalogue of applied jobs
/// @param observer is notified of what happens
/// @param alerts sends a command to the alert outbox
/// @param clock the wall clock
/// @param followsSchedules whether jobs run by their schedules and triggers; otherwise only the runs and backfills
///     start that somebody asks this process for
public record ScheduleServices(
        RunStarter starter,
        BatchClient batches,
        SourceClient sources,
        Consumer<JobCatalogueCommand> catalogue,
        Observer observer,
        Consumer<AlertCommand> alerts,
        Clock clock,
        boolean followsSchedules) {

    /// Submits runs, through the same checks as every other submission. Called by actors; never blocks.
    @FunctionalInterface
    public interface RunStarter {
        /// @return a result in any case, within a minute or so; the same request may be repeated after any
        ///     result
        CompletionStage<StartResult> start(StartRequest request);
    }

    /// A run to submit.
    ///
    /// @param job the job's name
    /// @param key the idempotency key of the submission
    /// @param text the job file
    /// @param folder that relative paths start from, or null
    /// @param parameters that are set; all others have their defaults
    /// @param mode which batch is wanted
    /// @param by the name of the token that applied the job
    public record StartRequest(
            String job,
            String key,
            String text,
            @Nullable String folder,
            Map<String, String> parameters,
            StartMode mode,
            String by) {}

    /// Which batch a run is to have.
    public enum StartMode {
        /// The run's open batch, or a new one.
        LIVE,
        /// As [#LIVE], with the lowest priority; none if the run is published.
        BACKFILL,
        /// As [#LIVE], with the lowest priority, and a new batch if the run is published.
        BACKFILL_ALL
    }

    /// The result of a submission.
    public sealed interface StartResult {

        /// The run has a batch.
        ///
        /// @param unchanged whether the run was published before as this batch, so that nothing was started
        record Started(BatchId batch, boolean unchanged) implements StartResult {}

        /// The run has no batch, because its input, destination or registry is missing. Submitting it again later
        /// may help.
        ///
        /// @param reason for people
        /// @param isInput whether a file of the input or of the model is missing
        record Away(String reason, boolean isInput) implements StartResult {}

        /// The run can't be submitted, now or later.
        ///
        /// @param reason for people
        record Refused(String reason) implements StartResult {}

        /// It is not known whether the run has a batch. Submitting it again may help.
        ///
        /// @param reason for people
        record NotNow(String reason) implements StartResult {}
    }

    /// Asks for the status of batches. Called by actors; never blocks.
    @FunctionalInterface
    public interface BatchClient {
        /// @return fails if no answer comes in time
        CompletionStage<BatchStatus> status(BatchId batch);
    }

    /// Looks at sources. Called by actors; never blocks.
    @FunctionalInterface
    public interface SourceClient {
        /// @return fails with a sentence for people if the source can't be read
        CompletionStage<Observation> observe(SourceRequest request);
    }

    /// A source to look at.
    ///
    /// @param job the job's name
    /// @param text the job file
    /// @param folder that relative paths start from, or null
    /// @param parameters that are set; all others have their defaults
    public record SourceRequest(
            String job, String text, @Nullable String folder, Map<String, String> parameters) {}

    /// Is notified of what happens to applied jobs, after it is durable. A crash may lose a notification.
    /// Called by actors; never blocks.
    public interface Observer {
        /// @param job the job's name
        /// @param text the job file of the event's revision, or of the present one
        void happened(String job, String text, ScheduledJobEvent event);

        /// @param job the job's name
        /// @param runs the number of its runs that wait for their input, destination or registry, and one
        ///     more if its trigger can't look at the source; 0 if its actor stops
        void postponed(String job, int runs);
    }
}
