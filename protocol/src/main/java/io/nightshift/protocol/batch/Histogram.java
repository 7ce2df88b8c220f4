package io.nightshift.protocol.batch;

import java.util.ArrayList;
import java.util.List;

/// Two distributions side by side, in bins of the same width, for people. Each value is counted in the bin of the
/// middle of its [Distribution]'s bin.
public final class Histogram {

    /// How many bins there are, unless all values are equal.
    public static final int BINS = 20;

    /// A bin.
    ///
    /// @param from the least value
    /// @param to where the next bin begins
    /// @param first how many values of the first distribution it has; 0 or more
    /// @param second how many values of the second distribution it has; 0 or more
    public record Bin(double from, double to, long first, long second) {}

    private Histogram() {}

    /// @return ascending; empty if neither distribution has a value
    public static List<Bin> of(Distribution first, Distribution second) {
        if (first.rows() + second.rows() == 0) {
            return List.of();
        }
        double least = Math.min(least(first), least(second));
        double greatest = Math.max(greatest(first), greatest(second));
        double width = (greatest - least) / BINS;
        if (!(width > 0) || Double.isInfinite(width)) {
            return List.of(new Bin(least, greatest, first.rows(), second.rows()));
        }
        long[] firsts = counts(first, least, width);
        long[] seconds = counts(second, least, width);
        List<Bin> bins = new ArrayList<>();
        for (int bin = 0; bin < BINS; bin++) {
            bins.add(new Bin(
                    least + bin * width,
                    bin == BINS - 1 ? greatest : least + (bin + 1) * width,
                    firsts[bin],
                    seconds[bin]));
        }
        return bins;
    }

    private static double least(Distribution values) {
        return values.bins().isEmpty()
                ? Double.POSITIVE_INFINITY
                : values.lower(values.bins().getFirst());
    }

    private static double greatest(Distribution values) {
        return values.bins().isEmpty()
                ? Double.NEGATIVE_INFINITY
                : values.upper(values.bins().get(values.bins().size() - 2));
    }

    private static long[] counts(Distribution values, double least, double width) {
        long[] counts = new long[BINS];
        List<Long> bins = values.bins();
        for (int i = 0; i < bins.size(); i += 2) {
            double lower = values.lower(bins.get(i));
            double middle = lower + (values.upper(bins.get(i)) - lower) / 2;
            counts[Math.clamp((long) ((middle - least) / width), 0, BINS - 1)] += bins.get(i + 1);
        }
        return counts;
    }
}
