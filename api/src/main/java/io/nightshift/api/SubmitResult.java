package io.nightshift.api;

/// The result of a submission. The batch is durable. If no flag is set, the submission opened a new batch.
///
/// @param batch the batch's ID
/// @param resumed whether the batch was open already; it continues
/// @param alreadyPublished whether the same job file, input and model were published before, as this batch;
///     nothing was started
/// @param repeated whether an earlier submission with the same idempotency key means this batch
public record SubmitResult(String batch, boolean resumed, boolean alreadyPublished, boolean repeated) {}
