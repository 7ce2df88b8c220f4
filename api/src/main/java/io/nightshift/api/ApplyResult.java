package io.nightshift.api;

/// The result of applying a job file. It is durable.
///
/// @param job the applied job
/// @param created whether the job was not applied before
/// @param changed whether the job file differs from the revision before; then the job has a new revision
public record ApplyResult(AppliedJob job, boolean created, boolean changed) {}
