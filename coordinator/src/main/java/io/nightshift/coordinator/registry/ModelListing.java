package io.nightshift.coordinator.registry;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// A registered model with its versions and aliases.
///
/// @param name of the model
/// @param versions oldest first, at least one
/// @param aliases the version number of each alias
public record ModelListing(String name, List<RegisteredModel> versions, SortedMap<String, Integer> aliases) {

    public ModelListing {
        versions = List.copyOf(versions);
        aliases = Collections.unmodifiableSortedMap(new TreeMap<>(aliases));
    }
}
