package io.nightshift.client;

import org.jspecify.annotations.Nullable;

/// Which alerts to list, and where the page begins.
///
/// @param onlyOpen whether to leave out alerts whose cause has ended
/// @param limit the most alerts in a page, 1 to 100
/// @param cursor the `next` of the page before; null for the first page
public record AlertFilter(
        boolean onlyOpen, int limit, @Nullable String cursor) {

    /// All alerts, 20 in a page.
    public static final AlertFilter ALL = new AlertFilter(false, 20, null);

    /// Open alerts only, 20 in a page.
    public static final AlertFilter OPEN = new AlertFilter(true, 20, null);

    /// This filter with pages of another size.
    ///
    /// @param most 1 to 100
    public AlertFilter atMost(int most) {
        return new AlertFilter(onlyOpen, most, cursor);
    }

    /// This filter for the page after another.
    ///
    /// @param next the `next` of the page before
    public AlertFilter from(String next) {
        return new AlertFilter(onlyOpen, limit, next);
    }
}
