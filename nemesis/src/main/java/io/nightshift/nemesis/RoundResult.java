package io.nightshift.nemesis;

import io.nightshift.nemesis.fault.Fault;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The result of a round.
///
/// @param fault the injected fault
/// @param victim the affected node in words, empty where the fault names it
/// @param destination the name of the destination, such as `parquet`
/// @param seconds from the batch's submission to its end
/// @param recovery seconds from the fault to the next commit, or to the end of the redrive; null if the fault was
///     later
/// @param scoredTwice partitions that were leased more than once, without attempts that reported a failure or
///     were returned
/// @param violations the promises that were broken
public record RoundResult(
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

    public RoundResult {
        violations = List.copyOf(violations);
    }

    /// The result of a round that an error ended.
    static RoundResult broken(int round, long seed, Fault fault, String destination, String reason) {
        return new RoundResult(round, seed, fault, "", destination, 0, null, 0, List.of(reason));
    }

    public boolean isGood() {
        return violations.isEmpty();
    }

    /// A row of the table.
    public String line() {
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
