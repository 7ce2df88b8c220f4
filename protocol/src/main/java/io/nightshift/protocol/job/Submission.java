package io.nightshift.protocol.job;

import io.nightshift.protocol.model.ModelVersion;

/// A submitted job with its resolved model and the state of its source.
///
/// @param job the validated job
/// @param fingerprint hash of the job's values: two jobs with the same fingerprint ask for the same thing
/// @param input digest of the identities of the source's files when the submission was checked
/// @param model the version to which the job's model reference resolved
public record Submission(Job job, String fingerprint, String input, ModelVersion model) {

    /// Whether both submissions would score the same input with the same model in the same way.
    ///
    /// @param other a submission of any job
    public boolean isEquivalentTo(Submission other) {
        return fingerprint.equals(other.fingerprint) && input.equals(other.input) && model.equals(other.model);
    }
}
