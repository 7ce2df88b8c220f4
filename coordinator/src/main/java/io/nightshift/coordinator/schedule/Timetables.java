package io.nightshift.coordinator.schedule;

import io.nightshift.coordinator.schedule.ScheduledJobState.Revision;
import io.nightshift.protocol.job.JobFileException;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/// The timetables of a job's revisions, each of which is parsed once.
final class Timetables {

    private final String job;
    private final Map<Integer, Timetable> timetables = new HashMap<>();

    Timetables(String job) {
        this.job = job;
    }

    /// The timetable of a job that is applied.
    Timetable current(ScheduledJobState state) {
        return of(state, Objects.requireNonNull(state.current(), "the job is applied"));
    }

    /// @param revision one of the state's revisions
    Timetable of(ScheduledJobState state, Revision revision) {
        timetables.keySet().retainAll(state.revisions().keySet());
        return timetables.computeIfAbsent(revision.number(), number -> {
            try {
                return Timetable.of(JobTexts.header(revision.text(), revision.folder()));
            } catch (JobFileException e) {
                // An earlier version accepted it.
                return Timetable.unreadable(job);
            }
        });
    }
}
