package io.nightshift.protocol.failure;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Finds the known name that is most similar to an unknown one, for messages that ask «did you mean».
public final class NameSuggestion {

    private NameSuggestion() {}

    /// The candidate with the smallest distance to the text, or null if none is similar. A candidate is
    /// similar if at most a third of its length differs, or one character. Case is ignored.
    public static @Nullable String closest(String text, Collection<String> candidates) {
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

    /// The optimal string alignment distance, which is the restricted Damerau-Levenshtein distance:
    /// insertions, deletions, substitutions and swaps of neighbours; no substring is edited twice. It is
    /// written here because `protocol` has few dependencies, and a library for one function would be one
    /// more.
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
}
