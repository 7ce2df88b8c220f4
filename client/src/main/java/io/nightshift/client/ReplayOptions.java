package io.nightshift.client;

import org.jspecify.annotations.Nullable;

/// Which partitions a replay scores, and by how many threads.
///
/// @param partitions a list such as `0,7,12-15`; null for all that the batch has not reused from another one
/// @param threads number of scoring threads; null for one
public record ReplayOptions(
        @Nullable String partitions, @Nullable Integer threads) {

    /// All partitions, one after another.
    public static final ReplayOptions ALL = new ReplayOptions(null, null);
}
