package io.nightshift.protocol.job;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A set of times: ranges in order, which neither overlap nor touch. Immutable.
public final class TimeRanges {

    /// No time at all.
    public static final TimeRanges NONE = new TimeRanges(List.of());

    private static final Comparator<TimeRange> BY_START =
            Comparator.comparing(TimeRange::after, Comparator.nullsFirst(Comparator.naturalOrder()));

    private final List<TimeRange> ranges;

    private TimeRanges(List<TimeRange> ranges) {
        this.ranges = List.copyOf(ranges);
    }

    /// All times up to one.
    public static TimeRanges upTo(Instant last) {
        return new TimeRanges(List.of(new TimeRange(null, last)));
    }

    /// The times of ranges in any order, which may overlap.
    public static TimeRanges of(List<TimeRange> ranges) {
        List<TimeRange> joined = new ArrayList<>();
        for (TimeRange range : ranges.stream().sorted(BY_START).toList()) {
            TimeRange last = joined.isEmpty() ? null : joined.getLast();
            if (last == null || (range.after() != null && range.after().isAfter(last.upTo()))) {
                joined.add(range);
            } else if (range.upTo().isAfter(last.upTo())) {
                joined.set(joined.size() - 1, new TimeRange(last.after(), range.upTo()));
            }
        }
        return new TimeRanges(joined);
    }

    /// The ranges, in order.
    public List<TimeRange> ranges() {
        return ranges;
    }

    /// Whether there is no time in it.
    public boolean isEmpty() {
        return ranges.isEmpty();
    }

    /// These times and those of other ranges.
    public TimeRanges plus(List<TimeRange> others) {
        return of(Stream.concat(ranges.stream(), others.stream()).toList());
    }

    /// These times without those of another set.
    public TimeRanges minus(TimeRanges others) {
        List<TimeRange> left = new ArrayList<>();
        for (TimeRange range : ranges) {
            Instant after = range.after();
            boolean isUsedUp = false;
            for (TimeRange other : others.ranges) {
                if (isBefore(after, other.after())) {
                    add(left, after, earlier(other.after(), range.upTo()));
                }
                if (isBefore(after, other.upTo())) {
                    after = other.upTo();
                }
                if (!range.upTo().isAfter(other.upTo())) {
                    isUsedUp = true;
                    break;
                }
            }
            if (!isUsedUp) {
                add(left, after, range.upTo());
            }
        }
        return new TimeRanges(left);
    }

    /// The times that this set and another one have in common.
    public TimeRanges and(TimeRanges others) {
        return minus(minus(others));
    }

    private static void add(List<TimeRange> ranges, @Nullable Instant after, Instant upTo) {
        if (isBefore(after, upTo)) {
            ranges.add(new TimeRange(after, upTo));
        }
    }

    /// @param one null for the beginning of time
    /// @param other null for the beginning of time
    private static boolean isBefore(@Nullable Instant one, @Nullable Instant other) {
        return other != null && (one == null || one.isBefore(other));
    }

    private static Instant earlier(@Nullable Instant one, Instant other) {
        return one != null && one.isBefore(other) ? one : other;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TimeRanges set && set.ranges.equals(ranges);
    }

    @Override
    public int hashCode() {
        return ranges.hashCode();
    }

    /// The ranges for people, separated by semicolons.
    @Override
    public String toString() {
        return ranges.isEmpty()
                ? "no time"
                : String.join("; ", ranges.stream().map(TimeRange::toString).toList());
    }
}
