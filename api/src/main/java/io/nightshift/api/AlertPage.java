package io.nightshift.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A page of alerts, newest first.
///
/// @param alerts at most as many as were asked for
/// @param next the cursor of the next page; null if this is the last
public record AlertPage(
        List<AlertDescription> alerts, @Nullable String next) {

    /// Keeps an unmodifiable copy of the list.
    public AlertPage {
        alerts = List.copyOf(alerts);
    }
}
