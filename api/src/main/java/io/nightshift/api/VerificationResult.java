package io.nightshift.api;

/// A verification that the cluster has recorded: as an alert if it found an error, as the end of that alert
/// if not.
///
/// @param batch the batch's ID
/// @param holds whether the verification found no error
/// @param summary what it found
public record VerificationResult(String batch, boolean holds, String summary) {}
