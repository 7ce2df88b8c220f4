package io.nightshift.protocol.failure;

import info.debatty.java.stringsimilarity.OptimalStringAlignment;
import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Suggests a known name for an unknown one, for the "did you mean" of an error message.
public final class NameSuggestion {

    /// Counts insertions, deletions, substitutions, and swaps of two neighbouring characters.
    private static final OptimalStringAlignment DISTANCE = new OptimalStringAlignment();

    private NameSuggestion() {}

    /// The candidate with the smallest edit distance to the text, ignoring case. A candidate's distance may
    /// be at most a third of its length, but at least one.
    ///
    /// @param text the misspelt name
    /// @param candidates the valid names
    /// @return null if no candidate is close enough
    public static @Nullable String closest(String text, Collection<String> candidates) {
        String lower = text.toLowerCase(Locale.ROOT);
        return candidates.stream()
                .filter(candidate -> isClose(lower, candidate))
                .min(Comparator.comparingDouble(
                        candidate -> DISTANCE.distance(lower, candidate.toLowerCase(Locale.ROOT))))
                .orElse(null);
    }

    private static boolean isClose(String text, String candidate) {
        int allowed = Math.max(1, candidate.length() / 3);
        // The length is checked first, since a caller's text may be long and the distance takes memory for
        // both lengths.
        return Math.abs(text.length() - candidate.length()) <= allowed
                && DISTANCE.distance(text, candidate.toLowerCase(Locale.ROOT)) <= allowed;
    }
}
