package io.nightshift.coordinator.batch.attempt;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.TreeSet;

/// Formats partition numbers as ranges.
public final class PartitionRangeFormat {

    private static final int RANGES_SHOWN = 20;

    private PartitionRangeFormat() {}

    /// The numbers in order, consecutive ones as a range: `1, 5-9`. After 20 ranges it only counts the rest.
    public static String text(Collection<Integer> partitions) {
        List<String> ranges = new ArrayList<>();
        int left = 0;
        Iterator<Integer> sorted = new TreeSet<>(partitions).iterator();
        Integer next = sorted.hasNext() ? sorted.next() : null;
        while (next != null) {
            int from = next;
            int to = from;
            next = sorted.hasNext() ? sorted.next() : null;
            while (next != null && next == to + 1) {
                to = next;
                next = sorted.hasNext() ? sorted.next() : null;
            }
            if (ranges.size() < RANGES_SHOWN) {
                ranges.add(from == to ? String.valueOf(from) : from + "-" + to);
            } else {
                left += to - from + 1;
            }
        }
        return String.join(", ", ranges) + (left == 0 ? "" : " and %d more".formatted(left));
    }
}
