package io.nightshift.coordinator.schedule;

import io.nightshift.protocol.job.JobHeader;
import io.nightshift.protocol.job.ParameterDeclaration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/// The parameters of a run that a job file leads to, for a check before the job is applied.
public final class SampleRun {

    private SampleRun() {}

    /// The parameters of the next run that starts by itself, or the defaults. Empty if the job starts on
    /// request only and has a parameter without a default.
    ///
    /// @param now the present time
    public static Optional<Map<String, String>> of(JobHeader header, Instant now) {
        Timetable timetable = Timetable.of(header);
        if (timetable.ticks() != null) {
            return Optional.of(
                    timetable.scheduled(timetable.unbounded().next(now).orElse(now)));
        }
        if (header.timing().trigger() != null) {
            return Optional.of(timetable.triggered(now));
        }
        return header.parameters().stream().map(ParameterDeclaration::fallback).allMatch(value -> value != null)
                ? Optional.of(Map.of())
                : Optional.empty();
    }
}
