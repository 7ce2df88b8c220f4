package io.nightshift.protocol.job;

import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.protocol.job.ValueType.Section;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Suggests a correction for an unknown key.
final class Suggestion {

    private Suggestion() {}

    /// Suggests, in this order, the section to which a key with exactly this name belongs, a key with a
    /// similar name in the same section, or one in another section.
    ///
    /// @return a phrase for people, or null if no key is similar
    static @Nullable String forKey(Section section, String key) {
        if (!placesOf(key).isEmpty()) {
            return belongs(key);
        }
        String sibling = siblingOf(section, key);
        if (sibling != null) {
            return "did you mean \"" + sibling + "\"?";
        }
        String cousin = NameSuggestion.closest(
                key,
                sections().stream()
                        .flatMap(place -> place.section.names().stream())
                        .toList());
        return cousin == null ? null : belongs(cousin);
    }

    /// The key of the same section that an unknown key probably is, or null.
    static @Nullable String siblingOf(Section section, String key) {
        return placesOf(key).isEmpty() ? NameSuggestion.closest(key, section.names()) : null;
    }

    /// The name that an unknown one probably means, as a phrase; null if no name is similar.
    static @Nullable String nearest(String unknown, Collection<String> names) {
        String closest = NameSuggestion.closest(unknown, names);
        return closest == null ? null : "did you mean \"" + closest + "\"?";
    }

    private static String belongs(String key) {
        return placesOf(key).stream()
                .map(place -> place.isEmpty() ? "at the top level" : "under " + place)
                .collect(Collectors.joining(" or ", "\"" + key + "\" belongs ", ""));
    }

    private static List<String> placesOf(String key) {
        return sections().stream()
                .filter(place -> place.section.key(key) != null)
                .map(Place::name)
                .toList();
    }

    private record Place(String name, Section section) {}

    private static List<Place> sections() {
        List<Place> places = new ArrayList<>();
        addSections(new Place("", JobKeys.ROOT), places);
        return places;
    }

    private static void addSections(Place place, List<Place> places) {
        places.add(place);
        for (JobKey key : place.section.keys()) {
            Section inner = ValueType.sectionOf(key.type());
            if (inner != null) {
                addSections(new Place(JobKey.path(place.name, key.name()), inner), places);
            }
        }
    }
}
