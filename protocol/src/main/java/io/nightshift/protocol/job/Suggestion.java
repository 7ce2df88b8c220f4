package io.nightshift.protocol.job;

import io.nightshift.protocol.job.JobKeys.JobKey;
import io.nightshift.protocol.job.JobKeys.Section;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Guesses what the writer of a wrong name meant.
final class Suggestion {

    private Suggestion() {}

    /// What to do about a key that its section doesn't know: a key of another section of exactly this name is named
    /// first, then a similar key of the section itself, then a similar key of another.
    static @Nullable String forKey(Section section, String key) {
        if (!placesOf(key).isEmpty()) {
            return belongs(key);
        }
        String sibling = nearest(key, section.names());
        if (sibling != null) {
            return "did you mean \"" + sibling + "\"?";
        }
        String cousin = nearest(
                key,
                sections().stream()
                        .flatMap(place -> place.section.names().stream())
                        .toList());
        return cousin == null ? null : belongs(cousin);
    }

    /// The candidate with the smallest distance to the text, or null where none is near: a third of its length, and
    /// at least one letter, may differ. Upper case and lower case are the same.
    static @Nullable String nearest(String text, List<String> candidates) {
        String lower = text.toLowerCase(Locale.ROOT);
        return candidates.stream()
                .filter(candidate -> isNear(lower, candidate))
                .min(Comparator.comparingInt(candidate -> distance(lower, candidate)))
                .orElse(null);
    }

    private static boolean isNear(String text, String candidate) {
        int allowed = Math.max(1, candidate.length() / 3);
        return Math.abs(text.length() - candidate.length()) <= allowed && distance(text, candidate) <= allowed;
    }

    /// Damerau and Levenshtein's distance in its restricted form (optimal string alignment): insertions, deletions,
    /// substitutions, and swaps of neighbours, no part edited twice.
    static int distance(String a, String b) {
        int[][] cost = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    cost[i][j] = i + j;
                    continue;
                }
                int substitution = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                cost[i][j] = Math.min(Math.min(cost[i - 1][j], cost[i][j - 1]) + 1, cost[i - 1][j - 1] + substitution);
                boolean swapped =
                        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
                if (swapped) {
                    cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
                }
            }
        }
        return cost[a.length()][b.length()];
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
        List<Place> places = new ArrayList<>(List.of(new Place("", JobKeys.ROOT)));
        for (JobKey key : JobKeys.ROOT.keys()) {
            if (key.type() instanceof Section section) {
                places.add(new Place(key.name(), section));
            }
        }
        return places;
    }
}
