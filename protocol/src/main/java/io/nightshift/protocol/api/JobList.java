package io.nightshift.protocol.api;

import java.time.Instant;
import java.util.List;

/// All jobs that were ever submitted, by name.
public record JobList(List<JobDescription> jobs) {

    public JobList {
        jobs = List.copyOf(jobs);
    }

    /// @param batches how many there are of it
    /// @param latest the batch that was submitted last
    public record JobDescription(String job, int batches, String latest, Instant submittedAt) {}
}
