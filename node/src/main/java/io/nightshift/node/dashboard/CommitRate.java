package io.nightshift.node.dashboard;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/// Rows that were committed over time, for a chart: a bounded number of equal spans of time, whatever the batch's
/// duration. When the time does not fit any more, each two spans become one. Not safe for several threads.
final class CommitRate {

    static final int SPANS = 240;

    private final Instant start;
    private long span = 1;
    private final Map<String, long[]> nodes = new TreeMap<>();
    private int used;

    /// @param start when the first row could be committed
    CommitRate(Instant start) {
        this.start = start;
    }

    void add(Instant at, String node, long rows) {
        long second = Math.max(0, Duration.between(start, at).toSeconds());
        while (second / span >= SPANS) {
            nodes.values().forEach(CommitRate::halve);
            used = (used + 1) / 2;
            span *= 2;
        }
        int index = (int) (second / span);
        nodes.computeIfAbsent(node, name -> new long[SPANS])[index] += rows;
        used = Math.max(used, index + 1);
    }

    private static void halve(long[] rows) {
        for (int i = 0; i < SPANS; i++) {
            rows[i] = 2 * i + 1 < SPANS ? rows[2 * i] + rows[2 * i + 1] : 0;
        }
    }

    Instant start() {
        return start;
    }

    /// How many nodes have committed.
    int nodes() {
        return nodes.size();
    }

    /// @param most the most spans of the result
    /// @return rows of each node in each span
    Map<String, long[]> byNode(int most) {
        Map<String, long[]> result = new TreeMap<>();
        int join = join(most);
        nodes.forEach((node, rows) -> {
            long[] joined = new long[(used + join - 1) / join];
            for (int i = 0; i < used; i++) {
                joined[i / join] += rows[i];
            }
            result.put(node, joined);
        });
        return result;
    }

    /// The seconds of a span of [#byNode].
    long seconds(int most) {
        return span * join(most);
    }

    private int join(int most) {
        return Math.max(1, (used + most - 1) / most);
    }

    /// Rows of all nodes in each span of [#seconds] with [#SPANS].
    long[] all() {
        long[] sum = new long[used];
        nodes.values().forEach(rows -> Arrays.setAll(sum, i -> sum[i] + rows[i]));
        return sum;
    }
}
