package io.nightshift.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A page of the quarantined rows of a batch, in the order of the partitions.
///
/// @param batch the batch's full ID
/// @param state the batch's state, such as `failed`
/// @param quarantined number of quarantined rows in all committed partitions
/// @param rows the rows of this page; may be fewer than the limit, or none, although more pages follow
/// @param next the cursor of the next page, or null if this page is the last
public record QuarantinedRowPage(
        String batch,
        String state,
        long quarantined,
        List<QuarantinedRow> rows,
        @Nullable String next) {

    /// Keeps an unmodifiable copy of the list.
    public QuarantinedRowPage {
        rows = List.copyOf(rows);
    }
}
