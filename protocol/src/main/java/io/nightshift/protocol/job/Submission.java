package io.nightshift.protocol.job;

import io.nightshift.protocol.model.ModelVersion;

/// A job together with what it is run on.
///
/// @param fingerprint of the job file: two submissions with the same one ask for the same thing
/// @param input a digest of the identities of the files that the source names at the moment of
///     submission
/// @param model the version that the job's reference resolves to
public record Submission(Job job, String fingerprint, String input, ModelVersion model) {

    public boolean asksForTheSameAs(Submission other) {
        return fingerprint.equals(other.fingerprint) && input.equals(other.input) && model.equals(other.model);
    }
}
