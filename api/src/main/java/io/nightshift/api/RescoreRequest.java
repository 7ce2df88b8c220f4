package io.nightshift.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The body of an HTTP request that opens a batch which scores partitions of a published batch again with another
/// model, and reuses all other parts; the path names the published batch. A repeated request leads to the same
/// batch.
///
/// @param model the registered model that scores: `name`, `name@3`, `name@alias` or `name@sha256:…`
/// @param partitions the partitions to score again: positions in the plan, from 0, at most 10,000; empty
///     if `whereModel` selects them, or all are scored again
/// @param whereModel scores those partitions again that this model has scored: the SHA-256 of its file, 64
///     hexadecimal digits, which `sha256:` may precede; null for any model
public record RescoreRequest(
        String model, List<Integer> partitions, @Nullable String whereModel) {

    /// Keeps an unmodifiable copy of the list.
    public RescoreRequest {
        partitions = List.copyOf(partitions);
    }
}
