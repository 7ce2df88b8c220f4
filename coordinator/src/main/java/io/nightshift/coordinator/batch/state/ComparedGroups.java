package io.nightshift.coordinator.batch.state;

import io.nightshift.protocol.batch.Distribution;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;

/// The groups of values by which two distributions are compared.
///
/// The values of the earlier distribution are divided into about ten groups of equal size, at the bounds of
/// bins. A value with a tenth of the rows or more is a group of its own. The missing values are one more
/// group, and so are values below and above all earlier ones. Each group counts half a row more than it
/// has, so that an empty one has a share, too.
///
/// The order of the groups is always the same, so that sums over them are, too.
final class ComparedGroups {

    private static final int GROUPS = 10;
    private static final double EXTRA = 0.5;

    /// A group's shares.
    ///
    /// @param before in the earlier distribution, more than 0 and less than 1
    /// @param now in the later one, likewise
    record Shares(double before, double now) {}

    /// The rows of one group in both distributions.
    private static final class Group {
        private long before;
        private long now;

        void add(long moreBefore, long moreNow) {
            before += moreBefore;
            now += moreNow;
        }
    }

    private ComparedGroups() {}

    /// @param before of at least one row
    /// @param now of at least one row
    static List<Shares> of(Distribution before, Distribution now) {
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
        List<Group> all = new ArrayList<>(List.of(below, above, missing));
        all.addAll(groups.values());
        double extra = EXTRA * all.size();
        return all.stream()
                .map(group -> new Shares(
                        (group.before + EXTRA) / (rowsBefore + extra), (group.now + EXTRA) / (rowsNow + extra)))
                .toList();
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
}
