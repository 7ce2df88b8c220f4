package io.nightshift.protocol.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Some of the batches, newest first.
///
/// @param next the cursor of the next page, or null if this is the last
public record BatchPage(
        List<BatchDescription> batches, @Nullable String next) {
    public BatchPage {
        batches = List.copyOf(batches);
    }
}
