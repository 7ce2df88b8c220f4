package io.nightshift.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// All jobs that were ever submitted, and all applied jobs.
///
/// @param jobs sorted by name
public record JobList(List<JobDescription> jobs) {

    /// Keeps an unmodifiable copy of the list.
    public JobList {
        jobs = List.copyOf(jobs);
    }

    /// A job and its latest batch.
    ///
    /// @param job the job's name
    /// @param batches number of batches of the job; 0 for an applied job without a batch
    /// @param latest ID of the batch that was opened last; null if there is none
    /// @param submittedAt when that batch was opened; null if there is none
    /// @param applied how the job runs by itself, without its job file; null if it is not applied
    public record JobDescription(
            String job,
            int batches,
            @JsonInclude(Include.NON_NULL) @Nullable String latest,
            @JsonInclude(Include.NON_NULL) @Nullable Instant submittedAt,
            @JsonInclude(Include.NON_NULL) @Nullable AppliedJob applied) {}
}
