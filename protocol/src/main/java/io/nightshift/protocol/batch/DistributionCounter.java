package io.nightshift.protocol.batch;

import java.util.Arrays;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Counts the values of a column for a [Distribution]. For one thread.
public final class DistributionCounter {

    /// The places for each bin, a power of two. So few values meet another bin's place.
    private static final int PLACES_FOR_A_BIN = 4;

    private final @Nullable String column;
    private final @Nullable ExactSum sum;
    private final int mostBins;
    private final int hashShift;
    private final int[] bins;
    private final long[] counts;
    private int used;
    private int left;
    private long missing;

    /// @param mostBins of the distribution: a power of two, at most [Distribution#MOST_BINS]
    private DistributionCounter(@Nullable String column, int mostBins, @Nullable ExactSum sum) {
        this.column = column;
        this.mostBins = mostBins;
        this.sum = sum;
        int places = PLACES_FOR_A_BIN * mostBins;
        this.hashShift = Integer.SIZE - Integer.numberOfTrailingZeros(places);
        this.bins = new int[places];
        this.counts = new long[places];
    }

    /// A counter of the values of a column or feature.
    ///
    /// @param columns of the batch that have distributions; 1 to [Distribution#MOST_COLUMNS]
    public static DistributionCounter ofColumn(String column, int columns) {
        return new DistributionCounter(column, Distribution.mostBins(columns), null);
    }

    /// A counter of predictions, or of differences of predictions.
    ///
    /// @param isSummed whether they are also summed
    public static DistributionCounter ofPredictions(boolean isSummed) {
        return new DistributionCounter(null, Distribution.MOST_BINS, isSummed ? new ExactSum() : null);
    }

    /// Counts values.
    ///
    /// @param number how many, from the first
    public void count(double[] values, int number) {
        for (int row = 0; row < number; row++) {
            double value = values[row];
            if (Double.isFinite(value)) {
                add(Distribution.bin(value) >> left, 1);
                if (used > mostBins) {
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
        int place = (bin * 0x9E3779B9) >>> hashShift;
        while (counts[place] != 0 && bins[place] != bin) {
            place = (place + 1) & (bins.length - 1);
        }
        if (counts[place] == 0) {
            bins[place] = bin;
            used++;
        }
        counts[place] += count;
    }

    private void joinBins() {
        while (used > mostBins) {
            int[] oldBins = bins.clone();
            long[] oldCounts = counts.clone();
            Arrays.fill(counts, 0);
            used = 0;
            left++;
            for (int place = 0; place < bins.length; place++) {
                if (oldCounts[place] != 0) {
                    add(oldBins[place] >> 1, oldCounts[place]);
                }
            }
        }
    }

    /// The distribution of the values until now.
    public Distribution distribution() {
        TreeMap<Long, Long> sorted = new TreeMap<>();
        for (int place = 0; place < bins.length; place++) {
            if (counts[place] != 0) {
                sorted.put((long) bins[place], counts[place]);
            }
        }
        return Distribution.of(
                column, missing, mostBins, Distribution.FINEST - left, sorted, sum == null ? null : sum.text());
    }
}
