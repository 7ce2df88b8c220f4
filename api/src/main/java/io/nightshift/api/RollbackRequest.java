package io.nightshift.api;

import org.jspecify.annotations.Nullable;

/// The body of an HTTP request that moves an alias of a model back to the version before; the path names the
/// model. A repeated request moves nothing more.
///
/// @param withdrawn the version that the alias points to now, and that it leaves
/// @param alias the alias to move; null for `champion`
/// @param to the version to move it to; null for the one before, by the history
/// @param reason for the history, at most 1,000 characters; null for none
public record RollbackRequest(
        int withdrawn,
        @Nullable String alias,
        @Nullable Integer to,
        @Nullable String reason) {}
