package io.nightshift.protocol.job;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The state of a source that starts a run of a job by itself. Exactly one of `rows`, `files` and `marker` is
/// not null.
///
/// @param rows the number of rows, from 1, that the source must have gained since the last run; or null
/// @param files the number of files, from 1, that the source must have gained since the last run; or null
/// @param marker the absolute path of a file that must appear, or be replaced; or null
/// @param every the time between two looks at the source
/// @param parameters how each parameter of a run follows from the time of the trigger, by the parameter's name,
///     such as `{triggered:date}`; a parameter that is not among them has the job file's default
public record JobTrigger(
        @Nullable Long rows,
        @Nullable Long files,
        @Nullable String marker,
        Duration every,
        Map<String, String> parameters) {

    public JobTrigger {
        parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    }
}
