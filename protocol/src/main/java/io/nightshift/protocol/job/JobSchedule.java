package io.nightshift.protocol.job;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The times at which runs of a job start by themselves: its ticks.
///
/// @param cron a cron expression of five fields, or of six with seconds first, or a name such as `@daily`
/// @param parameters how each parameter of a run follows from its tick, by the parameter's name, such as
///     `{scheduled:date - 1 day}`; a parameter that is not among them has the job file's default
/// @param start the first local date with ticks, as `yyyy-MM-dd`; null for no first one
/// @param end the last local date with ticks, as `yyyy-MM-dd`; null for no last one
/// @param jitter the most by which a run starts after its tick, so that jobs with equal ticks do not start all
///     at once; null for none
/// @param catchUp which ticks are made up for that passed while no node ran or the job was paused
/// @param overlap what happens to a tick while the run before has not ended
public record JobSchedule(
        String cron,
        Map<String, String> parameters,
        @Nullable String start,
        @Nullable String end,
        @Nullable Duration jitter,
        CatchUp catchUp,
        Overlap overlap) {

    public JobSchedule {
        parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    }

    /// Which of the ticks that have passed are made up for.
    public enum CatchUp {
        /// All of them, in order.
        ALL,
        /// The last one.
        LATEST,
        /// None.
        NONE
    }

    /// The consequence for a tick if the previous run has not ended.
    public enum Overlap {
        /// Its run waits for the end.
        QUEUE,
        /// It has no run.
        SKIP,
        /// Its run starts at once.
        ALLOW
    }
}
