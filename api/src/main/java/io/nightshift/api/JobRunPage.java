package io.nightshift.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A page of a job's runs.
///
/// @param runs newest first
/// @param next the cursor of the next page; null if this is the last
public record JobRunPage(
        List<JobRun> runs,
        @JsonInclude(Include.NON_NULL) @Nullable String next) {

    /// Keeps an unmodifiable copy of the list.
    public JobRunPage {
        runs = List.copyOf(runs);
    }
}
