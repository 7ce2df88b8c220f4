package io.nightshift.client;

import org.jspecify.annotations.Nullable;

/// Selects quarantined rows for [NightshiftClient#quarantinedRows]. Immutable.
///
/// @param reason a part of the rows' reason, in any case; null for all rows
/// @param limit the most rows in a page, 1 to 1,000
/// @param cursor the previous page's `next`, or null for the first page
public record QuarantineFilter(
        @Nullable String reason, int limit, @Nullable String cursor) {

    /// The first 100 rows.
    public static final QuarantineFilter ALL = new QuarantineFilter(null, 100, null);

    /// This filter, for rows of one reason only.
    ///
    /// @param part a part of the reason, in any case; null for all rows
    public QuarantineFilter ofReason(@Nullable String part) {
        return new QuarantineFilter(part, limit, cursor);
    }

    /// This filter with pages of another size.
    ///
    /// @param most 1 to 1,000
    public QuarantineFilter atMost(int most) {
        return new QuarantineFilter(reason, most, cursor);
    }

    /// This filter for the page after another.
    ///
    /// @param next the `next` of the page before
    public QuarantineFilter from(String next) {
        return new QuarantineFilter(reason, limit, next);
    }
}
