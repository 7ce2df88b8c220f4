package io.nightshift.coordinator.registry;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// A model's name with all that stands under it.
///
/// @param versions oldest first, at least one
/// @param aliases alias to version
public record ModelListing(String name, List<RegisteredModel> versions, SortedMap<String, Integer> aliases) {

    public ModelListing {
        versions = List.copyOf(versions);
        aliases = Collections.unmodifiableSortedMap(new TreeMap<>(aliases));
    }
}
