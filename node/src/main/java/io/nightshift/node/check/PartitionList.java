package io.nightshift.node.check;

import io.nightshift.protocol.failure.FailureException;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Parses a list of partitions, such as `0,7,12-15`.
public final class PartitionList {

    /// The most partitions that fit in a message between nodes.
    private static final int MOST = 10_000;

    private static final Pattern RANGE = Pattern.compile("(\\d{1,9})(?:-(\\d{1,9}))?");

    private PartitionList() {}

    /// @return sorted, each once
    /// @throws FailureException if it isn't such a list
    public static List<Integer> parse(String text) {
        TreeSet<Integer> partitions = new TreeSet<>();
        for (String part : text.split(",", -1)) {
            Matcher range = RANGE.matcher(part.strip());
            if (!range.matches()) {
                throw FailureException.permanent(
                        "'%s' is neither a number nor a range. Write a list such as 0,7,12-15".formatted(part));
            }
            int first = Integer.parseInt(range.group(1));
            int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
            if (last < first) {
                throw FailureException.permanent("the range %s ends before it starts".formatted(part.strip()));
            }
            if (partitions.size() + (long) last - first >= MOST) {
                throw FailureException.permanent(
                        "these are more than %d partitions. Name them in several commands".formatted(MOST));
            }
            for (int partition = first; partition <= last; partition++) {
                partitions.add(partition);
            }
        }
        return List.copyOf(partitions);
    }
}
