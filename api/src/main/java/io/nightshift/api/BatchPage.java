package io.nightshift.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A page of batches, newest first.
///
/// @param batches the batches of this page; may be fewer than were asked for
/// @param next the cursor of the next page, or null if this page is the last
public record BatchPage(
        List<BatchDescription> batches, @Nullable String next) {
    /// Keeps an unmodifiable copy of the list.
    public BatchPage {
        batches = List.copyOf(batches);
    }
}
