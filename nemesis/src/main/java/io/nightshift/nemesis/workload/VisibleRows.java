package io.nightshift.nemesis.workload;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The rows of one input file that readers of a destination see, by their positions in the file.
public final class VisibleRows {

    private final String output;
    private final Set<Long> quarantined;
    private final Map<Long, Integer> times = new HashMap<>();

    /// @param output the name of the destination
    /// @param predicted the position of each row with a prediction
    /// @param quarantined the position of each quarantined row
    public VisibleRows(String output, List<Long> predicted, List<Long> quarantined) {
        this.output = output;
        this.quarantined = new HashSet<>(quarantined);
        predicted.forEach(row -> times.merge(row, 1, Integer::sum));
        quarantined.forEach(row -> times.merge(row, 1, Integer::sum));
    }

    /// @param predicted positions with commas in between
    /// @param quarantined the same
    static VisibleRows of(String output, String predicted, String quarantined) {
        return new VisibleRows(output, positions(predicted), positions(quarantined));
    }

    private static List<Long> positions(String list) {
        return list.isEmpty()
                ? List.of()
                : Arrays.stream(list.split(",")).map(Long::valueOf).toList();
    }

    /// The name of the destination.
    String output() {
        return output;
    }

    /// How often readers see a row, in the predictions and in the quarantine together.
    public int times(long row) {
        return times.getOrDefault(row, 0);
    }

    /// How many rows readers see.
    public long count() {
        return times.values().stream().mapToLong(Integer::longValue).sum();
    }

    boolean isQuarantined(long row) {
        return quarantined.contains(row);
    }
}
