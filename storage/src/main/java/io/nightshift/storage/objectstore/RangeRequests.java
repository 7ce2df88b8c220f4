package io.nightshift.storage.objectstore;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/// Which bytes to ask for, to get some ranges with few requests. A request costs about as much time as a
/// megabyte, so ranges with a small gap between them are fetched together with the gap. The smallest gaps are
/// taken first, and only as many as are a small share of what is needed. A large range is split, since a
/// store serves one connection slowly.
public final class RangeRequests {

    /// A gap that is wider is never fetched.
    static final long WIDEST_GAP = 1 << 20;

    /// The part of the needed bytes that the fetched gaps may have.
    static final double WASTE = 0.05;

    /// The largest request.
    static final long LARGEST = 8 << 20;

    private RangeRequests() {}

    /// @param needed in order, none touching another
    /// @return in order; they contain every needed range
    public static List<ByteRange> of(List<ByteRange> needed) {
        long budget =
                (long) (WASTE * needed.stream().mapToLong(ByteRange::length).sum());
        Set<Integer> filled = new HashSet<>();
        for (int gap : IntStream.range(1, needed.size())
                .boxed()
                .sorted(Comparator.comparingLong(i -> gap(needed, i)))
                .toList()) {
            budget -= gap(needed, gap);
            if (budget < 0 || gap(needed, gap) > WIDEST_GAP) {
                break;
            }
            filled.add(gap);
        }
        List<ByteRange> requests = new ArrayList<>();
        for (int i = 0; i < needed.size(); i++) {
            ByteRange range = needed.get(i);
            if (filled.contains(i)) {
                range = new ByteRange(requests.removeLast().start(), range.end());
            }
            requests.add(range);
        }
        return requests.stream().flatMap(request -> split(request).stream()).toList();
    }

    /// The bytes before a range and after the one before it.
    private static long gap(List<ByteRange> ranges, int range) {
        return ranges.get(range).start() - ranges.get(range - 1).end();
    }

    private static List<ByteRange> split(ByteRange range) {
        long parts = (range.length() + LARGEST - 1) / LARGEST;
        long size = (range.length() + parts - 1) / parts;
        List<ByteRange> split = new ArrayList<>();
        for (long start = range.start(); start < range.end(); start += size) {
            split.add(new ByteRange(start, Math.min(start + size, range.end())));
        }
        return split;
    }
}
