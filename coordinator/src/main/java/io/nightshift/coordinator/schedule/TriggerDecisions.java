package io.nightshift.coordinator.schedule;

import io.nightshift.coordinator.schedule.ScheduleServices.SourceRequest;
import io.nightshift.coordinator.schedule.ScheduledJobState.Cause;
import io.nightshift.coordinator.schedule.ScheduledJobState.Revision;
import io.nightshift.protocol.job.JobSchedule.Overlap;
import io.nightshift.protocol.job.JobTrigger;
import io.nightshift.protocol.schedule.ScheduledJobEvent;
import io.nightshift.protocol.schedule.ScheduledJobEvent.Observation;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Decides when the source of a job with a trigger is looked at, and whether what is there starts a run.
final class TriggerDecisions {

    private final String job;
    private final Timetables timetables;

    /// The next look at the source; null before the first one of a revision.
    private @Nullable Question source;

    /// Why the source could not be looked at the last time; null if it was.
    private @Nullable SourceProblem sourceProblem;

    /// Whether the source was looked at with success since this actor has started.
    private boolean wasSeen;

    /// Why the source of a job with a trigger can't be looked at.
    ///
    /// @param since when it could not be looked at for the first time
    /// @param reason in words
    record SourceProblem(Instant since, String reason) {}

    TriggerDecisions(String job, Timetables timetables) {
        this.job = job;
        this.timetables = timetables;
    }

    /// Looks at the source at once: the job file has changed.
    void lookAtOnce() {
        source = null;
    }

    /// Why the source can't be looked at; null if it can, or if no trigger looks at it.
    @Nullable
    SourceProblem problem(ScheduledJobState state) {
        return state.isApplied() && state.pause() == null && hasTrigger(state) ? sourceProblem : null;
    }

    /// Whether the last look at the source was a success.
    boolean isSeen() {
        return wasSeen && sourceProblem == null;
    }

    private boolean hasTrigger(ScheduledJobState state) {
        return timetables.current(state).header().timing().trigger() != null;
    }

    /// When the source is looked at next, on the monotonic clock; empty if it is not.
    OptionalLong wake(ScheduledJobState state) {
        return source != null && mayTrigger(state) ? OptionalLong.of(source.wake()) : OptionalLong.empty();
    }

    private boolean mayTrigger(ScheduledJobState state) {
        if (!state.isApplied() || state.pause() != null) {
            return false;
        }
        Timetable timetable = timetables.current(state);
        return timetable.header().timing().trigger() != null
                && (timetable.overlap() == Overlap.ALLOW || !state.isActive());
    }

    /// Looks at the source if it is time.
    void lookAtSource(ScheduleDraft draft) {
        if (!mayTrigger(draft.state)) {
            return;
        }
        Revision revision = draft.state.requireCurrent();
        Timetable timetable = timetables.of(draft.state, revision);
        JobTrigger trigger = Objects.requireNonNull(timetable.header().timing().trigger());
        if (source == null) {
            source = new Question(draft.nanos, trigger.every());
        }
        if (source.isDue(draft.nanos)) {
            source.ask(draft.nanos);
            Map<String, String> parameters = timetable.triggered(draft.now);
            draft.actions.add(new ScheduleAction.LookAtSource(
                    new SourceRequest(job, revision.text(), revision.folder(), parameters),
                    revision.number(),
                    parameters));
        }
    }

    /// Starts a run if the source has enough that is new.
    void sourceSeen(ScheduleDraft draft, ScheduledJobMessage.SourceSeen seen) {
        if (source != null) {
            source.postpone(draft.nanos, source.delay);
        }
        Observation observation = seen.observation();
        Observation before = draft.state.observation();
        Observation base =
                observation != null && before != null && before.place().equals(observation.place()) ? before : null;
        String away = observation == null || base == null || !observation.isAwaySince(base)
                ? null
                : "%s held %,d files, and its folder is missing or is an empty mount point now"
                        .formatted(observation.place(), base.files());
        warn(draft, away == null ? seen.problem() : away);
        wasSeen |= observation != null && away == null;
        if (observation == null
                || away != null
                || !mayTrigger(draft.state)
                || draft.state.requireCurrent().number() != seen.revision()) {
            return;
        }
        JobTrigger trigger = Objects.requireNonNull(
                timetables.current(draft.state).header().timing().trigger());
        long rows = observation.rows() - (base == null ? 0 : base.rows());
        long files = observation.files() - (base == null ? 0 : base.files());
        boolean isNew = before == null || !before.digest().equals(observation.digest());
        boolean isEnough = trigger.rows() != null
                ? rows >= trigger.rows()
                : trigger.files() != null ? files >= trigger.files() : observation.files() > 0;
        if (isNew && isEnough && draft.state.run(Cause.TRIGGER.key(observation.digest())) == null) {
            draft.persist(
                    new ScheduledJobEvent.TriggerFired(draft.now, observation, seen.parameters(), seen.revision()));
        } else if (base != null && trigger.marker() == null && (rows < 0 || files < 0)) {
            draft.persist(new ScheduledJobEvent.SourceShrunk(draft.now, observation));
        }
    }

    private void warn(ScheduleDraft draft, @Nullable String problem) {
        SourceProblem before = sourceProblem;
        if (problem == null) {
            sourceProblem = null;
        } else if (before == null || !before.reason().equals(problem)) {
            sourceProblem = new SourceProblem(before == null ? draft.now : before.since(), problem);
            draft.actions.add(
                    new ScheduleAction.Warn("the trigger of %s can't look at the source: %s".formatted(job, problem)));
        }
    }
}
