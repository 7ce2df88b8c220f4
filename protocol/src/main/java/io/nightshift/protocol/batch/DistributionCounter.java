package io.nightshift.protocol.batch;

import java.util.Arrays;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Counts the values of a column for a [Distribution]. For one thread.
public final class DistributionCounter {

    /// A power of two. A third of the places are taken at most, so that few values meet another bin's place.
    private static final int PLACES = 1024;

    private static final int HASH_SHIFT = Integer.SIZE - Integer.numberOfTrailingZeros(PLACES);

    private final @Nullable String column;
    private final @Nullable ExactSum sum;
    private final int[] bins = new int[PLACES];
    private final long[] counts = new long[PLACES];
    private int used;
    private int left;
    private long missing;

    /// @param column the column or feature; null for the predictions
    /// @param isSummed whether the values are also summed
    public DistributionCounter(@Nullable String column, boolean isSummed) {
        this.column = column;
        this.sum = isSummed ? new ExactSum() : null;
    }

    /// Counts values.
    ///
    /// @param number how many, from the first
    public void count(double[] values, int number) {
        for (int row = 0; row < number; row++) {
            double value = values[row];
            if (Double.isFinite(value)) {
                add(Distribution.bin(value) >> left, 1);
                if (used > Distribution.MOST_BINS) {
                    joinBins();
                }
            } else {
                missing++;
            }
        }
        if (sum != null) {
            sum.add(values, number);
        }
    }

    private void add(int bin, long count) {
        int place = (bin * 0x9E3779B9) >>> HASH_SHIFT;
        while (counts[place] != 0 && bins[place] != bin) {
            place = (place + 1) & (PLACES - 1);
        }
        if (counts[place] == 0) {
            bins[place] = bin;
            used++;
        }
        counts[place] += count;
    }

    private void joinBins() {
        while (used > Distribution.MOST_BINS) {
            int[] oldBins = bins.clone();
            long[] oldCounts = counts.clone();
            Arrays.fill(counts, 0);
            used = 0;
            left++;
            for (int place = 0; place < PLACES; place++) {
                if (oldCounts[place] != 0) {
                    add(oldBins[place] >> 1, oldCounts[place]);
                }
            }
        }
    }

    /// The distribution of the values until now.
    public Distribution distribution() {
        TreeMap<Long, Long> sorted = new TreeMap<>();
        for (int place = 0; place < PLACES; place++) {
            if (counts[place] != 0) {
                sorted.put((long) bins[place], counts[place]);
            }
        }
        return Distribution.of(column, missing, Distribution.FINEST - left, sorted, sum == null ? null : sum.text());
    }
}
