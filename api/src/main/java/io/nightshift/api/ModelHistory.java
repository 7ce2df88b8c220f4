package io.nightshift.api;

import java.util.List;
import java.util.Map;

/// The aliases of a model, and how they were moved.
///
/// @param model the model's name
/// @param aliases version number by alias
/// @param moves the newest first; at most the last 1,000 moves of all aliases are kept
public record ModelHistory(String model, Map<String, Integer> aliases, List<AliasMove> moves) {

    /// Keeps unmodifiable copies of the map and the list.
    public ModelHistory {
        aliases = Map.copyOf(aliases);
        moves = List.copyOf(moves);
    }
}
