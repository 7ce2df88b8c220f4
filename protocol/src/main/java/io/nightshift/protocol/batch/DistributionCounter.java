package io.nightshift.protocol.batch;

import java.util.Arrays;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Counts the values of a column for a [Distribution]. For one thread.
public final class DistributionCounter {

    /// The places for each bin, a power of two. So few values meet another bin's place.
    private static final int PLACES_FOR_A_BIN = 4;

    /// An entry is a bin's number, and in its lower bits how many values the bin has.
    private static final int COUNT_BITS = 42;

    private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;

    /// A place without an entry. No bin of a finite number has this number.
    private static final long EMPTY = Long.MIN_VALUE;

    private static final int LOWEST_BIN = Distribution.bin(-Double.MAX_VALUE);
    private static final int FINITE_BINS = Distribution.bin(Double.MAX_VALUE) - LOWEST_BIN + 1;

    private final @Nullable String column;
    private final @Nullable ExactSum sum;
    private final int mostBins;
    private final int hashShift;
    private final long[] entries;
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
        this.entries = new long[places];
        Arrays.fill(entries, EMPTY);
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
            int finest = Distribution.bin(values[row]);
            if (Integer.compareUnsigned(finest - LOWEST_BIN, FINITE_BINS) < 0) {
                int bin = finest >> left;
                int place = place(bin);
                long entry = entries[place];
                if (entry >> COUNT_BITS == bin) {
                    entries[place] = entry + 1;
                } else {
                    add(bin, 1);
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

    private int place(int bin) {
        return (bin * 0x9E3779B9) >>> hashShift;
    }

    private void add(int bin, long count) {
        int place = place(bin);
        while (entries[place] != EMPTY && entries[place] >> COUNT_BITS != bin) {
            place = (place + 1) & (entries.length - 1);
        }
        if (entries[place] == EMPTY) {
            entries[place] = (long) bin << COUNT_BITS;
            used++;
        }
        entries[place] += count;
    }

    private void joinBins() {
        while (used > mostBins) {
            long[] finer = entries.clone();
            Arrays.fill(entries, EMPTY);
            used = 0;
            left++;
            for (long entry : finer) {
                if (entry != EMPTY) {
                    add((int) (entry >> (COUNT_BITS + 1)), entry & COUNT_MASK);
                }
            }
        }
    }

    /// The distribution of the values until now.
    public Distribution distribution() {
        TreeMap<Long, Long> sorted = new TreeMap<>();
        for (long entry : entries) {
            if (entry != EMPTY) {
                sorted.put(entry >> COUNT_BITS, entry & COUNT_MASK);
            }
        }
        return Distribution.of(
                column, missing, mostBins, Distribution.FINEST - left, sorted, sum == null ? null : sum.text());
    }
}
