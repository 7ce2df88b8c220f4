package io.nightshift.api;

import org.jspecify.annotations.Nullable;

/// The result of moving an alias. The change is durable. The next submission of a job that names the alias uses the
/// new version; batches that are open keep theirs.
///
/// @param model the model's name
/// @param alias the alias
/// @param from the version that it pointed to before; null if there was no such alias
/// @param to the version that it points to
/// @param moved whether the request has moved it; false if it pointed there already
public record AliasChange(
        String model, String alias, @Nullable Integer from, int to, boolean moved) {}
