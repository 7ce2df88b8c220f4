package io.nightshift.nemesis;

import java.util.List;
import java.util.Map;

/// How nodes are started.
///
/// @param configuration further HOCON for all
/// @param options of their JVMs
/// @param threads that score, for those that have more than one
/// @param processors to which nodes are pinned, as `taskset --cpu-list` has them; others run on any
record Shape(String configuration, List<String> options, Map<Place, Integer> threads, Map<Place, String> processors) {

    /// Small and soon up: compiled only once.
    static final Shape SMALL = new Shape("", List.of("-XX:TieredStopAtLevel=1"), Map.of(), Map.of());

    /// As nodes are started by those who mean it.
    static final Shape FAST = new Shape("", List.of(), Map.of(), Map.of());

    Shape with(Map<Place, Integer> more) {
        return new Shape(configuration, options, more, processors);
    }

    Shape pinned(Map<Place, String> pins) {
        return new Shape(configuration, options, threads, pins);
    }

    int threads(Place place) {
        return threads.getOrDefault(place, 1);
    }

    /// Words that go before the node's command.
    List<String> under(Place place) {
        return processors.containsKey(place) ? List.of("taskset", "--cpu-list", processors.get(place)) : List.of();
    }
}
