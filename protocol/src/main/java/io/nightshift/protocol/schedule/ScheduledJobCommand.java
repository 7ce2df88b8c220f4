package io.nightshift.protocol.schedule;

import io.nightshift.api.AppliedJob;
import io.nightshift.api.ApplyResult;
import io.nightshift.api.Backfill;
import io.nightshift.api.BackfillControl;
import io.nightshift.api.BackfillList;
import io.nightshift.api.BackfillRequest;
import io.nightshift.api.JobRun;
import io.nightshift.api.JobRunPage;
import java.time.Instant;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// A message to an applied job. Every message may be sent more than once. A reply about a change is sent
/// after the change is durable. `by` is the name of the caller's token, for the history.
public sealed interface ScheduledJobCommand {

    /// Applies a job file: creates the job, or gives it a new revision if the text differs. A paused job
    /// stays paused.
    ///
    /// @param text the job file, checked by the caller; its name is the job's
    /// @param folder the absolute path of the folder that relative paths start from, or null
    /// @param by the name of the caller's token
    /// @param replyTo receives the reply
    record Apply(String text, @Nullable String folder, String by, ActorRef<ScheduledJobReply<ApplyResult>> replyTo)
            implements ScheduledJobCommand {}

    /// Asks for the job's description.
    ///
    /// @param replyTo receives the reply
    record Show(ActorRef<ScheduledJobReply<AppliedJob>> replyTo) implements ScheduledJobCommand {}

    /// Starts no further run until the job is resumed. Batches that were started continue.
    ///
    /// @param reason for people; may be empty
    /// @param by the name of the caller's token
    /// @param replyTo receives the reply
    record Pause(String reason, String by, ActorRef<ScheduledJobReply<AppliedJob>> replyTo)
            implements ScheduledJobCommand {}

    /// Resumes a paused job. The schedule's `catch-up` decides about the ticks of the pause.
    ///
    /// @param by the name of the caller's token
    /// @param replyTo receives the reply
    record Resume(String by, ActorRef<ScheduledJobReply<AppliedJob>> replyTo) implements ScheduledJobCommand {}

    /// Deletes the job: no further run is started. Batches that were started continue, and their predictions
    /// stay.
    ///
    /// @param by the name of the caller's token
    /// @param replyTo receives the job as it was last
    record Delete(String by, ActorRef<ScheduledJobReply<AppliedJob>> replyTo) implements ScheduledJobCommand {}

    /// Starts a run now, beside the schedule and even if the job is paused.
    ///
    /// @param id chosen by the caller, so that a repeated request starts nothing more: 1 to 100 letters,
    ///     digits, `-` and `_`
    /// @param parameters values of the job's parameters; a parameter that is not among them has its default
    /// @param by the name of the caller's token
    /// @param replyTo receives the run, which may still wait for its batch
    record Trigger(String id, Map<String, String> parameters, String by, ActorRef<ScheduledJobReply<JobRun>> replyTo)
            implements ScheduledJobCommand {
        public Trigger {
            parameters = Map.copyOf(parameters);
        }
    }

    /// Asks for a page of the job's runs, newest first.
    ///
    /// @param from only runs that were due from this time on; null for all that are kept. With a time, the
    ///     ticks without a run are part of the answer, too
    /// @param to only runs that were due before this time; null for now
    /// @param limit the most runs in the page, 1 to 200
    /// @param cursor the previous page's `next`, or null for the first page
    /// @param replyTo receives the reply
    record Runs(
            @Nullable Instant from,
            @Nullable Instant to,
            int limit,
            @Nullable String cursor,
            ActorRef<ScheduledJobReply<JobRunPage>> replyTo)
            implements ScheduledJobCommand {}

    /// Starts a backfill.
    ///
    /// @param id chosen by the caller, so that a repeated request starts nothing more: 1 to 100 letters,
    ///     digits, `-` and `_`
    /// @param request which runs
    /// @param by the name of the caller's token
    /// @param replyTo receives the reply
    record StartBackfill(String id, BackfillRequest request, String by, ActorRef<ScheduledJobReply<Backfill>> replyTo)
            implements ScheduledJobCommand {}

    /// Asks for the job's backfills.
    ///
    /// @param id of one backfill, or null for all
    /// @param replyTo receives the reply
    record ShowBackfills(@Nullable String id, ActorRef<ScheduledJobReply<BackfillList>> replyTo)
            implements ScheduledJobCommand {}

    /// Pauses, resumes or cancels a backfill.
    ///
    /// @param id of the backfill
    /// @param control the change
    /// @param by the name of the caller's token
    /// @param replyTo receives the reply
    record ControlBackfill(String id, BackfillControl control, String by, ActorRef<ScheduledJobReply<Backfill>> replyTo)
            implements ScheduledJobCommand {}

    /// Makes sure that the job runs on some node, and looks at the clock. Sent periodically.
    record Wake() implements ScheduledJobCommand {}
}
