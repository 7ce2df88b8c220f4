package io.nightshift.api;

import org.jspecify.annotations.Nullable;

/// The body of an HTTP request that moves an alias of a model to another version; the path names the model.
///
/// @param version the version to promote: its number, or an alias that points to it, such as `candidate`
/// @param alias the alias to move; null for `champion`
/// @param expected the version that the alias must point to now, 0 if there must be no such alias; null to move it
///     from any version
/// @param reason for the history, at most 1,000 characters; null for none
public record PromoteRequest(
        String version,
        @Nullable String alias,
        @Nullable Integer expected,
        @Nullable String reason) {}
