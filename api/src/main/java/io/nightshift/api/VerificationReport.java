package io.nightshift.api;

/// The body of an HTTP request that reports the verification of a batch; the path names the batch.
///
/// @param holds whether the verification found no error
/// @param summary what it found, in one or two sentences; at most 1,000 characters
public record VerificationReport(boolean holds, String summary) {}
