package io.nightshift.protocol.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A part of a batch's history, oldest first.
///
/// @param events each `number` and `hash` of the ledger's entry, and the event as it is stored
/// @param next the number after which the next page begins, or null if there is nothing more for now
public record EventPage(
        String batch, List<JsonNode> events, @Nullable Long next) {
    public EventPage {
        events = List.copyOf(events);
    }
}
