package io.nightshift.api;

import java.time.Instant;
import java.util.List;

/// All jobs that were ever submitted.
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
    /// @param batches number of batches of the job; 1 or more
    /// @param latest ID of the batch that was opened last
    /// @param submittedAt when that batch was opened
    public record JobDescription(String job, int batches, String latest, Instant submittedAt) {}
}
