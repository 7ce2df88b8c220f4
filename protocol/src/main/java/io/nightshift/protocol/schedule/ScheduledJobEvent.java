package io.nightshift.protocol.schedule;

import io.nightshift.api.BackfillControl;
import io.nightshift.api.BackfillRequest;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A persisted fact about an applied job. Events are never changed or deleted. A field that is added later
/// needs a default for the events written before.
///
/// A run has a key, which is also the idempotency key of its submission: `tick:…`, `trigger:…`, `manual:…` or
/// `backfill:…`. First a run is due, then it starts, is skipped or is refused, and then it ends.
public sealed interface ScheduledJobEvent {

    /// When the job's actor decided it, by the wall clock of its node.
    Instant at();

    /// The job was applied, or applied again with a changed job file.
    ///
    /// @param at when it was decided, by the wall clock of its node
    /// @param revision the number of the revision, from 1
    /// @param text the job file
    /// @param folder the absolute path of the folder that relative paths start from, or null
    /// @param by the name of the caller's token
    /// @param after the schedule's ticks up to this time are decided about; the first new tick lies after it
    record Applied(
            Instant at, int revision, String text, @Nullable String folder, String by, Instant after)
            implements ScheduledJobEvent {}

    /// The job was paused.
    ///
    /// @param at when it was decided, by the wall clock of its node
    /// @param reason for people; may be empty
    /// @param by the name of the caller's token
    record Paused(Instant at, String reason, String by) implements ScheduledJobEvent {}

    /// The job was resumed.
    ///
    /// @param at when it was decided, by the wall clock of its node
    /// @param by the name of the caller's token
    record Resumed(Instant at, String by) implements ScheduledJobEvent {}

    /// The job was deleted.
    ///
    /// @param at when it was decided, by the wall clock of its node
    /// @param by the name of the caller's token
    record Deleted(Instant at, String by) implements ScheduledJobEvent {}

    /// A tick of the schedule has come. All ticks before it are decided about, too.
    ///
    /// @param at when it was decided, by the wall clock of its node
    /// @param tick the time of the schedule
    /// @param parameters the values of the job's parameters that the schedule sets
    /// @param revision of the job file
    record TickDue(Instant at, Instant tick, Map<String, String> parameters, int revision)
            implements ScheduledJobEvent {}

    /// Ticks of the schedule came, and have no run.
    ///
    /// @param at when it was decided, by the wall clock of its node
    /// @param first the first of the ticks
    /// @param last the last of the ticks; all before it are decided about
    /// @param ticks the number of ticks; at least 1
    /// @param missed whether they were missed because no node ran the job; otherwise somebody has asked for it
    /// @param reason why, in one sentence, for people
    /// @param revision of the job file
    record TicksSkipped(Instant at, Instant first, Instant last, int ticks, boolean missed, String reason, int revision)
            implements ScheduledJobEvent {}

    /// The source reached a state that the trigger waits for.
    ///
    /// @param at when it was decided, by the wall clock of its node
    /// @param observation the state of the source
    /// @param parameters the values of the job's parameters that the trigger sets
    /// @param revision of the job file
    record TriggerFired(Instant at, Observation observation, Map<String, String> parameters, int revision)
            implements ScheduledJobEvent {}

    /// The source holds less than when the trigger fired last. New rows are counted from here.
    ///
    /// @param at when it was decided, by the wall clock of its node
    /// @param observation the state of the source
    record SourceShrunk(Instant at, Observation observation) implements ScheduledJobEvent {}

    /// A state of a source.
    ///
    /// @param digest hash of the identities of the files, or of the marker
    /// @param place what was observed: the path or pattern with the values of the parameters
    /// @param rows of the files; 0 if the trigger does not count them
    /// @param files the number of files
    /// @param volumes the file systems that hold the local folders of the source; an empty text for a folder that
    ///     is not there. Empty for a marker, and if it is not known
    record Observation(String digest, String place, long rows, long files, List<String> volumes) {
        public Observation {
            volumes = volumes == null ? List.of() : List.copyOf(volumes);
        }

        /// An observation of a marker.
        public Observation(String digest, String place, long rows, long files) {
            this(digest, place, rows, files, List.of());
        }

        /// Whether a source may only seem to hold less than before: a folder is missing, or is empty and on another
        /// file system, like a mount point whose file system is not mounted.
        ///
        /// @param before an earlier observation of the same place
        public boolean isAwaySince(Observation before) {
            boolean hasShrunk = files < before.files || rows < before.rows;
            // An observation of an earlier version names no file systems.
            boolean isElsewhere = !before.volumes.isEmpty() && !volumes.equals(before.volumes);
            return hasShrunk && (volumes.contains("") || (files == 0 && isElsewhere));
        }
    }

    /// A caller asked for a run.
    ///
    /// @param at when it was decided, by the wall clock of its node
    /// @param id chosen by the caller
    /// @param parameters the values of the job's parameters that the caller sets
    /// @param revision of the job file
    /// @param by the name of the caller's token
    record Requested(Instant at, String id, Map<String, String> parameters, int revision, String by)
            implements ScheduledJobEvent {}

    /// A run has a batch.
    ///
    /// @param at when it was decided, by the wall clock of its node
    /// @param run the run's key
    /// @param batch the batch
    /// @param unchanged whether the same was published before as this batch, so that nothing was started
    record RunStarted(Instant at, String run, BatchId batch, boolean unchanged) implements ScheduledJobEvent {}

    /// A run can't be submitted now, because its input, its destination or the registry is missing. It is submitted
    /// again later. Persisted when the reason changes.
    ///
    /// @param at when it was decided, by the wall clock of its node
    /// @param run the run's key
    /// @param reason what is missing, in one or two sentences, for people; null if it is not known whether the last
    ///     submission has started a batch
    record RunPostponed(Instant at, String run, @Nullable String reason) implements ScheduledJobEvent {}

    /// A run could not be submitted, and is not tried again.
    ///
    /// @param at when it was decided, by the wall clock of its node
    /// @param run the run's key
    /// @param reason why, in one or two sentences, for people
    record RunRefused(Instant at, String run, String reason) implements ScheduledJobEvent {}

    /// A run that was due is not started.
    ///
    /// @param at when it was decided, by the wall clock of its node
    /// @param run the run's key
    /// @param reason why, in one sentence, for people
    record RunSkipped(Instant at, String run, String reason) implements ScheduledJobEvent {}

    /// The batch of a run has ended, or has failed, which it may be retried after.
    ///
    /// @param at when it was decided, by the wall clock of its node
    /// @param run the run's key
    /// @param phase published, failed or cancelled
    /// @param reason why it failed or was cancelled; null if it is published
    record RunEnded(
            Instant at, String run, Phase phase, @Nullable String reason) implements ScheduledJobEvent {}

    /// A backfill was started.
    ///
    /// @param at when it was decided, by the wall clock of its node
    /// @param id chosen by the caller
    /// @param request which runs
    /// @param revision of the job file
    /// @param runs the number of runs in the range
    /// @param by the name of the caller's token
    record BackfillStarted(Instant at, String id, BackfillRequest request, int revision, int runs, String by)
            implements ScheduledJobEvent {}

    /// A run of a backfill has a batch.
    ///
    /// @param at when it was decided, by the wall clock of its node
    /// @param id of the backfill
    /// @param number of the run in the backfill, from 0
    /// @param batch the batch
    /// @param untouched whether the run was published before as this batch, so that nothing was started
    record BackfillRunStarted(Instant at, String id, int number, BatchId batch, boolean untouched)
            implements ScheduledJobEvent {}

    /// A run of a backfill has failed before it had a batch, or its batch has ended or failed.
    ///
    /// @param at when it was decided, by the wall clock of its node
    /// @param id of the backfill
    /// @param number of the run in the backfill, from 0
    /// @param phase published, failed or cancelled; null if the run could not be submitted
    /// @param reason why it failed, was cancelled or could not be submitted; null if it is published
    record BackfillRunEnded(
            Instant at,
            String id,
            int number,
            @Nullable Phase phase,
            @Nullable String reason) implements ScheduledJobEvent {}

    /// A backfill was paused, resumed or cancelled.
    ///
    /// @param at when it was decided, by the wall clock of its node
    /// @param id of the backfill
    /// @param control the change
    /// @param by the name of the caller's token
    record BackfillControlled(Instant at, String id, BackfillControl control, String by) implements ScheduledJobEvent {}
}
