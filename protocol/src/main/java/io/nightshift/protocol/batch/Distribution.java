package io.nightshift.protocol.batch;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// How often the values of a column occur, in bins that are the same for all columns and batches. The memory is
/// bounded.
///
/// The bin of a value is given by the leading bits of its floating-point form: its sign, its exponent, and up to
/// [#FINEST] bits of its fraction. So a bin is at most 0.1 % wide, and whole numbers up to 2,048 have bins of their
/// own. If the values need more bins than allowed, neighbouring bins are joined by leaving out the last bit, until
/// they fit. How many bits are left follows from the values alone. So the sum over partitions is the same to the
/// last bit in any order, and two distributions can be compared whatever batches they are of.
///
/// @param column the column or feature; null for the predictions
/// @param missing the number of values that are NULL, NaN or infinite; 0 or more
/// @param mostBins how many bins it may have; 1 to [#MOST_BINS], the same for all partitions of a batch
/// @param bits how many bits of the fraction tell bins apart: [#FINEST] or less; below 0, bits of the exponent are
///     left out
/// @param bins for each bin, in the order of its values: its number, and how many values it has, at least 1
/// @param sum the exact sum of the values, as [ExactSum] writes it; null if it is not known
public record Distribution(
        @Nullable String column,
        long missing,
        int mostBins,
        int bits,
        List<Long> bins,
        @Nullable String sum) {

    /// The most bins of a distribution.
    public static final int MOST_BINS = 256;

    /// The most columns of which a batch has distributions.
    public static final int MOST_COLUMNS = 500;

    /// The bins that all columns of a batch share. Each may have at least [#FEWEST_BINS].
    private static final int MOST_BINS_OF_COLUMNS = 32 * MOST_BINS;

    /// The smallest limit for the bins of a column. A comparison forms about ten groups, so they are enough.
    private static final int FEWEST_BINS = 32;

    /// The most bits of the fraction that tell bins apart.
    public static final int FINEST = 10;

    /// With fewer bits, all numbers of a sign have one bin.
    private static final int COARSEST = -11;

    private static final int FRACTION = 52;

    public Distribution {
        bins = List.copyOf(bins);
        if (missing < 0
                || mostBins < 1
                || mostBins > MOST_BINS
                || bits > FINEST
                || bits < COARSEST
                || bins.size() % 2 != 0
                || bins.size() > 2 * mostBins) {
            throw new IllegalArgumentException("%d missing values, %d bits, %d numbers, at most %d bins"
                    .formatted(missing, bits, bins.size(), mostBins));
        }
        for (int i = 0; i < bins.size(); i += 2) {
            if (bins.get(i + 1) < 1 || (i > 0 && bins.get(i) <= bins.get(i - 2))) {
                throw new IllegalArgumentException("the bins " + bins);
            }
        }
    }

    /// How many bins the distribution of a column may have, so that a commit of many columns stays small: a power
    /// of two.
    ///
    /// @param columns of the batch that have distributions; 1 to [#MOST_COLUMNS]
    public static int mostBins(int columns) {
        return Math.clamp(Integer.highestOneBit(MOST_BINS_OF_COLUMNS / columns), FEWEST_BINS, MOST_BINS);
    }

    /// The bin of a finite value, with all bits. Larger values have the same or a larger number.
    static int bin(double value) {
        // Adding 0 makes -0 the same as 0.
        long form = Double.doubleToRawLongBits(value + 0.0);
        return (int) ((form ^ ((form >> 63) & Long.MAX_VALUE)) >> (FRACTION - FINEST));
    }

    /// The least value of a bin.
    ///
    /// @param bin its number
    public double lower(long bin) {
        return edge(bin);
    }

    /// The greatest value of a bin, or the value after it.
    ///
    /// @param bin its number
    public double upper(long bin) {
        return edge(bin + 1);
    }

    /// The inverse of [#bin]. A bin that reaches beyond the finite numbers ends at the greatest of them.
    private double edge(long bin) {
        long ordered = bin << (FINEST - bits) << (FRACTION - FINEST);
        double value = Double.longBitsToDouble(ordered ^ ((ordered >> 63) & Long.MAX_VALUE));
        return Double.isFinite(value) ? value + 0.0 : bin < 0 ? -Double.MAX_VALUE : Double.MAX_VALUE;
    }

    /// The number of values in bins.
    public long rows() {
        long rows = 0;
        for (int i = 1; i < bins.size(); i += 2) {
            rows += bins.get(i);
        }
        return rows;
    }

    /// The mean of the values in bins; NaN if there are none, or if their sum is not known.
    public double mean() {
        long rows = rows();
        return rows == 0 || sum == null
                ? Double.NaN
                : ExactSum.parse(sum)
                        .value()
                        .divide(BigDecimal.valueOf(rows), MathContext.DECIMAL64)
                        .doubleValue();
    }

    /// The values of both.
    ///
    /// @param other of the same column
    public Distribution plus(Distribution other) {
        if (!Objects.equals(column, other.column)) {
            throw new IllegalArgumentException("%s and %s".formatted(column, other.column));
        }
        TreeMap<Long, Long> counts = new TreeMap<>();
        int fewer = Math.min(bits, other.bits);
        addTo(counts, fewer);
        other.addTo(counts, fewer);
        return of(
                column,
                missing + other.missing,
                Math.min(mostBins, other.mostBins),
                fewer,
                counts,
                sum == null || other.sum == null
                        ? null
                        : ExactSum.parse(sum).plus(ExactSum.parse(other.sum)).text());
    }

    /// Adds the counts to those of another distribution.
    ///
    /// @param counts by the number of the bin
    /// @param fewer the bits that tell bins apart there; at most [#bits()]
    public void addTo(Map<Long, Long> counts, int fewer) {
        for (int i = 0; i < bins.size(); i += 2) {
            counts.merge(bins.get(i) >> (bits - fewer), bins.get(i + 1), Long::sum);
        }
    }

    /// Joins neighbouring bins until they are few enough.
    ///
    /// @param counts by the number of the bin
    static Distribution of(
            @Nullable String column,
            long missing,
            int mostBins,
            int bits,
            SortedMap<Long, Long> counts,
            @Nullable String sum) {
        SortedMap<Long, Long> fewer = counts;
        int left = bits;
        while (fewer.size() > mostBins) {
            TreeMap<Long, Long> joined = new TreeMap<>();
            fewer.forEach((bin, count) -> joined.merge(bin >> 1, count, Long::sum));
            fewer = joined;
            left--;
        }
        List<Long> bins = new ArrayList<>();
        fewer.forEach((bin, count) -> bins.addAll(Arrays.asList(bin, count)));
        return new Distribution(column, missing, mostBins, left, bins, sum);
    }
}
