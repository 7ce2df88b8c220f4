package io.nightshift.protocol.api;

/// What a submission came to.
///
/// @param resumed whether the batch was already open
/// @param alreadyPublished whether nothing was started, since the same was published before
/// @param repeated whether the submission was made before, by its idempotency key
public record Submitted(String batch, boolean resumed, boolean alreadyPublished, boolean repeated) {}
