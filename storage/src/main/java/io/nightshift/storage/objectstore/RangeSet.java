package io.nightshift.storage.objectstore;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A set of bytes, as ranges. For one thread.
public final class RangeSet {

    /// The end of each range by its start. No two ranges touch.
    private final TreeMap<Long, Long> ends = new TreeMap<>();

    /// Adds bytes.
    public void add(ByteRange range) {
        long start = range.start();
        long end = range.end();
        Map.Entry<Long, Long> before = ends.floorEntry(start);
        if (before != null && before.getValue() >= start) {
            start = before.getKey();
            end = Math.max(end, before.getValue());
        }
        Map.Entry<Long, Long> next = ends.ceilingEntry(start);
        while (next != null && next.getKey() <= end) {
            end = Math.max(end, next.getValue());
            ends.remove(next.getKey());
            next = ends.ceilingEntry(start);
        }
        ends.put(start, end);
    }

    /// Whether every byte of a range is in the set.
    public boolean contains(ByteRange range) {
        Map.Entry<Long, Long> before = ends.floorEntry(range.start());
        return before != null && before.getValue() >= range.end();
    }

    /// The bytes of ranges that are not in the set.
    ///
    /// @return in order, none touching another
    public List<ByteRange> missing(Collection<ByteRange> wanted) {
        RangeSet union = new RangeSet();
        wanted.forEach(union::add);
        List<ByteRange> missing = new ArrayList<>();
        union.ends.forEach((start, end) -> {
            long position = start;
            while (position < end) {
                Map.Entry<Long, Long> before = ends.floorEntry(position);
                if (before != null && before.getValue() > position) {
                    position = before.getValue();
                    continue;
                }
                Long next = ends.higherKey(position);
                long to = next == null ? end : Math.min(next, end);
                missing.add(new ByteRange(position, to));
                position = to;
            }
        });
        return missing;
    }

    /// Empties the set.
    public void clear() {
        ends.clear();
    }

    /// The number of bytes.
    public long bytes() {
        return ends.entrySet().stream()
                .mapToLong(range -> range.getValue() - range.getKey())
                .sum();
    }
}
