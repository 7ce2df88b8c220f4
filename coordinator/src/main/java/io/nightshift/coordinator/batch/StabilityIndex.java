package io.nightshift.coordinator.batch;

import io.nightshift.protocol.batch.Distribution;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;

/// The population stability index: how much two distributions differ. 0 for equal ones; there is no largest value.
///
/// The values of the earlier distribution are divided into about ten groups of equal size, at the bounds of
/// bins. A value with a tenth of the rows or more is a group of its own. The missing values are one more
/// group, and so are values below and above all earlier ones. The index is the sum of (q - p) ln(q / p) over
/// the groups, where p and q are the shares of a group in both. Each group counts half a row more than it
/// has, so that an empty one has a share, too.
///
/// Computed in one order, with functions whose results are the same on all processors.
public final class StabilityIndex {

    private static final int GROUPS = 10;
    private static final double EXTRA = 0.5;

    private StabilityIndex() {}

    /// The rows of one group in both distributions.
    private static final class Group {
        private long before;
        private long now;

        void add(long moreBefore, long moreNow) {
            before += moreBefore;
            now += moreNow;
        }
    }

    /// @param before of at least one row
    /// @param now of at least one row
    public static double of(Distribution before, Distribution now) {
        int bits = Math.min(before.bits(), now.bits());
        NavigableMap<Long, Long> earlier = counts(before, bits);
        NavigableMap<Long, Long> later = counts(now, bits);
        long rowsBefore = before.rows() + before.missing();
        long rowsNow = now.rows() + now.missing();
        NavigableMap<Long, Group> groups = groups(earlier, Math.max(1, rowsBefore / GROUPS));
        Group below = new Group();
        Group above = new Group();
        TreeSet<Long> bins = new TreeSet<>(earlier.keySet());
        bins.addAll(later.keySet());
        for (long bin : bins) {
            Group group = earlier.isEmpty() || bin > earlier.lastKey()
                    ? above
                    : bin < earlier.firstKey()
                            ? below
                            : Objects.requireNonNull(groups.floorEntry(bin)).getValue();
            group.add(earlier.getOrDefault(bin, 0L), later.getOrDefault(bin, 0L));
        }
        Group missing = new Group();
        missing.add(before.missing(), now.missing());
        double extra = EXTRA * (groups.size() + 3);
        double index = term(below, rowsBefore, rowsNow, extra)
                + term(above, rowsBefore, rowsNow, extra)
                + term(missing, rowsBefore, rowsNow, extra);
        for (Group group : groups.values()) {
            index += term(group, rowsBefore, rowsNow, extra);
        }
        return index;
    }

    private static NavigableMap<Long, Long> counts(Distribution distribution, int bits) {
        NavigableMap<Long, Long> counts = new TreeMap<>();
        distribution.addTo(counts, bits);
        return counts;
    }

    /// Empty groups, by their first bins.
    private static NavigableMap<Long, Group> groups(NavigableMap<Long, Long> counts, long size) {
        NavigableMap<Long, Group> groups = new TreeMap<>();
        long inGroup = size;
        for (Map.Entry<Long, Long> bin : counts.entrySet()) {
            if (inGroup >= size || bin.getValue() >= size) {
                groups.put(bin.getKey(), new Group());
                inGroup = 0;
            }
            inGroup += bin.getValue();
        }
        return groups;
    }

    private static double term(Group group, long rowsBefore, long rowsNow, double extra) {
        double p = (group.before + EXTRA) / (rowsBefore + extra);
        double q = (group.now + EXTRA) / (rowsNow + extra);
        return (q - p) * StrictMath.log(q / p);
    }
}
