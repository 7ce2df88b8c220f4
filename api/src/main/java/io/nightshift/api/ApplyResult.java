package io.nightshift.api;

import java.util.List;

/// The result of applying a job file. It is durable.
///
/// @param job the applied job
/// @param created whether the job was not applied before
/// @param changed whether the job file differs from the revision before; then the job has a new revision
/// @param warnings sentences about what the job does that its file does not show, such as days on which clocks
///     change
public record ApplyResult(AppliedJob job, boolean created, boolean changed, List<String> warnings) {

    /// Keeps an unmodifiable copy of the list.
    public ApplyResult {
        warnings = List.copyOf(warnings);
    }

    /// A result without warnings.
    public ApplyResult(AppliedJob job, boolean created, boolean changed) {
        this(job, created, changed, List.of());
    }
}
