package io.nightshift.nemesis;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What a round came to.
///
/// @param fault that was dealt
/// @param victim whom it hit, in words; empty where that is plain
/// @param destination `parquet` or `postgres`
/// @param seconds from the batch's submission to its end
/// @param recovery seconds from the fault to the next commit, or null if there was nothing left to commit
/// @param scoredTwice partitions that were leased more than once; attempts that told of a failure, or were given back,
///     are not counted
/// @param violations of what was promised, empty if there are none
record Outcome(
        int round,
        long seed,
        Fault fault,
        String victim,
        String destination,
        double seconds,
        @Nullable Double recovery,
        int scoredTwice,
        List<String> violations) {

    static final String HEADER = """
            | round | seed | fault | destination | seconds | recovery, s | scored twice | verdict |
            |---|---|---|---|---|---|---|---|""";

    Outcome {
        violations = List.copyOf(violations);
    }

    /// Of a round that didn't get to its end.
    static Outcome broken(int round, long seed, Fault fault, String destination, String reason) {
        return new Outcome(round, seed, fault, "", destination, 0, null, 0, List.of(reason));
    }

    boolean isGood() {
        return violations.isEmpty();
    }

    /// As a line of the table.
    String line() {
        return String.format(
                Locale.ROOT,
                "| %d | %d | %s | %s | %.0f | %s | %d | %s |",
                round,
                seed,
                fault.title() + (victim.isEmpty() ? "" : ": " + victim),
                destination,
                seconds,
                recovery == null ? "–" : String.format(Locale.ROOT, "%.1f", recovery),
                scoredTwice,
                isGood() ? "good" : "**" + String.join("; ", violations) + "**");
    }
}
