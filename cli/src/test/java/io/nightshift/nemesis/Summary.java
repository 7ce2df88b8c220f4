package io.nightshift.nemesis;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What many rounds came to, fault by fault.
///
/// @param outcomes at least one
record Summary(List<Outcome> outcomes) {

    private static final String HEADER = """
            | fault | rounds | violations | recovery, s: median | largest | scored twice, most |
            |---|---|---|---|---|---|""";

    Summary {
        outcomes = List.copyOf(outcomes);
    }

    /// In Markdown.
    String table() {
        List<String> lines = new ArrayList<>(List.of(HEADER));
        TreeMap<Fault, List<Outcome>> byFault =
                outcomes.stream().collect(Collectors.groupingBy(Outcome::fault, TreeMap::new, Collectors.toList()));
        byFault.forEach((fault, rounds) -> lines.add(line(fault.title(), rounds)));
        lines.add(line("all", outcomes));
        return String.join("\n", lines);
    }

    private static String line(String title, List<Outcome> rounds) {
        List<Double> recoveries = rounds.stream()
                .map(Outcome::recovery)
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
                        rounds.stream().mapToInt(Outcome::scoredTwice).max().orElse(0));
    }

    private static String seconds(@Nullable Double seconds) {
        return seconds == null ? "–" : String.format(Locale.ROOT, "%.1f", seconds);
    }
}
