package io.nightshift.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A page of a batch's history, oldest entry first.
///
/// @param batch the batch's full ID
/// @param events the ledger's entries, each a JSON object with `number` (from 1), `hash`, `event` (its kind),
///     `at` and the event's other fields; treat them as immutable
/// @param next the number after which the next page begins, or null if the ledger has no more entries yet
public record EventPage(
        String batch, List<JsonNode> events, @Nullable Long next) {
    /// Keeps an unmodifiable copy of the list.
    public EventPage {
        events = List.copyOf(events);
    }
}
