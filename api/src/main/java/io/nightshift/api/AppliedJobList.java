package io.nightshift.api;

import java.util.List;

/// All applied jobs.
///
/// @param jobs sorted by name, without their job files
public record AppliedJobList(List<AppliedJob> jobs) {

    /// Keeps an unmodifiable copy of the list.
    public AppliedJobList {
        jobs = List.copyOf(jobs);
    }
}
