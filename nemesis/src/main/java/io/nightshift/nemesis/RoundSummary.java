package io.nightshift.nemesis;

import io.nightshift.nemesis.fault.Fault;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The results of many rounds, grouped by fault.
///
/// @param results at least one
record RoundSummary(List<RoundResult> results) {

    private static final String HEADER = """
            | fault | rounds | violations | recovery, s: median | largest | scored twice, most |
            |---|---|---|---|---|---|""";

    RoundSummary {
        results = List.copyOf(results);
    }

    /// A table in Markdown.
    String table() {
        List<String> lines = new ArrayList<>(List.of(HEADER));
        TreeMap<Fault, List<RoundResult>> byFault =
                results.stream().collect(Collectors.groupingBy(RoundResult::fault, TreeMap::new, Collectors.toList()));
        byFault.forEach((fault, rounds) -> lines.add(line(fault.title(), rounds)));
        lines.add(line("all", results));
        return String.join("\n", lines);
    }

    private static String line(String title, List<RoundResult> rounds) {
        List<Double> recoveries = rounds.stream()
                .map(RoundResult::recovery)
                .filter(Objects::nonNull)
                .sorted()
                .toList();
        return "| %s | %d | %d | %s | %s | %d |"
                .formatted(
                        title,
                        rounds.size(),
                        rounds.stream().filter(round -> !round.isGood()).count(),
                        seconds(recoveries.isEmpty() ? null : recoveries.get(recoveries.size() / 2)),
                        seconds(recoveries.isEmpty() ? null : recoveries.getLast()),
                        rounds.stream().mapToInt(RoundResult::scoredTwice).max().orElse(0));
    }

    private static String seconds(@Nullable Double seconds) {
        return seconds == null ? "–" : String.format(Locale.ROOT, "%.1f", seconds);
    }
}
