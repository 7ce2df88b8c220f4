package io.nightshift.scoring.kernel;

import io.nightshift.scoring.form.Forest.Comparison;
import java.util.Arrays;

/// Turns a feature's values into ranks. The rank of a value is the number of the feature's thresholds, in the
/// whole ensemble, that are at most the value.
///
/// With the thresholds in ascending order, numbered from 0, `x >= threshold j` is the same as `rank(x) > j`.
/// This holds exactly for every number. The rank of NaN is 0.
///
/// The range of the thresholds is cut into equal buckets. Each stores the rank at its lower end; the few
/// thresholds within a value's bucket are compared one after the other. The bucket is computed in floating
/// point, whose subtraction, multiplication and rounding preserve the order of numbers. So a threshold in a
/// lower bucket is below the value, however the computation was rounded. If the thresholds are spread too
/// unevenly, all are in one bucket, which is searched by bisection.
final class Binning {

    private static final int MAX_BUCKETS = 2048;
    private static final int MAX_PROBES = 6;

    /// Ascending and distinct, followed by a NaN, which no value reaches.
    private final double[] thresholds;
    private final boolean narrow;
    private final Comparison comparison;
    private double low;
    private double scale;
    private char[] starts = {0};
    private int probes;

    /// @param splits the thresholds of a feature's nodes
    /// @param narrow whether the feature's values are rounded to single precision
    /// @param comparison of the forest
    Binning(double[] splits, boolean narrow, Comparison comparison) {
        double[] keys = new double[splits.length];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = key(splits[i], comparison);
        }
        this.thresholds = distinct(keys);
        this.narrow = narrow;
        this.comparison = comparison;
        this.probes = size();
        for (int buckets = 16; buckets <= MAX_BUCKETS && probes > 1; buckets *= 2) {
            // Otherwise one of the buckets has too many thresholds, wherever they are.
            if (size() <= MAX_PROBES * buckets) {
                cut(buckets);
            }
        }
    }

    /// The number of thresholds, which is also the highest rank.
    int size() {
        return thresholds.length - 1;
    }

    /// The thresholds in single precision, rounded up. A number in single precision is at least a threshold if, and
    /// only if, it is at least the rounded one. Empty if values are not rounded to single precision.
    float[] singles() {
        float[] singles = new float[narrow ? size() : 0];
        for (int i = 0; i < singles.length; i++) {
            float near = (float) thresholds[i];
            singles[i] = near < thresholds[i] ? Math.nextUp(near) : near;
        }
        return singles;
    }

    /// The position of a node's threshold among the feature's.
    int position(double threshold) {
        return Arrays.binarySearch(thresholds, 0, size(), key(threshold, comparison));
    }

    long heapBytes() {
        return 96 + 8L * thresholds.length + 2L * starts.length;
    }

    /// Stores the ranks of the values from position `from` in `ranks`. Each step is done for all rows before
    /// the next one: the compiler vectorises some steps, and in the others no row waits for another.
    ///
    /// @param scratch room for as many values
    void rank(double[] column, int from, int rows, double[] scratch, int[] ranks) {
        if (narrow) {
            for (int row = 0; row < rows; row++) {
                scratch[row] = (float) column[from + row];
            }
        } else {
            System.arraycopy(column, from, scratch, 0, rows);
        }
        if (probes > MAX_PROBES) {
            search(scratch, rows, ranks);
            return;
        }
        bucket(scratch, rows, ranks);
        for (int row = 0; row < rows; row++) {
            ranks[row] = starts[ranks[row]];
        }
        for (int i = 0; i < probes; i++) {
            probe(scratch, rows, ranks);
        }
    }

    private void bucket(double[] values, int rows, int[] buckets) {
        double from = low;
        double perUnit = scale;
        int last = starts.length - 1;
        for (int row = 0; row < rows; row++) {
            buckets[row] = Math.min(Math.max((int) ((values[row] - from) * perUnit), 0), last);
        }
    }

    private void probe(double[] values, int rows, int[] ranks) {
        double[] of = thresholds;
        for (int row = 0; row < rows; row++) {
            int rank = ranks[row];
            ranks[row] = rank + (values[row] >= of[rank] ? 1 : 0);
        }
    }

    /// Branch-free.
    private void search(double[] values, int rows, int[] ranks) {
        for (int row = 0; row < rows; row++) {
            double x = values[row];
            int rank = 0;
            int half;
            for (int length = size(); length > 0; length -= half) {
                half = (length + 1) >>> 1;
                rank += x >= thresholds[rank + half - 1] ? half : 0;
            }
            ranks[row] = rank;
        }
    }

    /// Cuts the range into buckets, if that leaves fewer thresholds in the fullest one.
    private void cut(int buckets) {
        int first = 0;
        int last = size() - 1;
        while (first < last && Double.isInfinite(thresholds[first])) {
            first++;
        }
        while (last > first && !Double.isFinite(thresholds[last])) {
            last--;
        }
        double lowest = thresholds[first];
        double perUnit = (buckets - 1) / (thresholds[last] - lowest);
        if (!Double.isFinite(lowest) || !Double.isFinite(perUnit) || perUnit == 0) {
            return;
        }
        char[] cuts = new char[buckets];
        int[] counts = new int[buckets];
        for (int i = 0; i < size(); i++) {
            int bucket = Double.isNaN(thresholds[i])
                    ? buckets - 1
                    : Math.min(Math.max((int) ((thresholds[i] - lowest) * perUnit), 0), buckets - 1);
            counts[bucket]++;
        }
        int below = 0;
        int fullest = 0;
        for (int bucket = 0; bucket < buckets; bucket++) {
            cuts[bucket] = (char) below;
            below += counts[bucket];
            fullest = Math.max(fullest, counts[bucket]);
        }
        if (below <= Character.MAX_VALUE && fullest < probes) {
            low = lowest;
            scale = perUnit;
            starts = cuts;
            probes = fullest;
        }
    }

    private static double[] distinct(double[] keys) {
        Arrays.sort(keys);
        int count = 0;
        for (int i = 0; i < keys.length; i++) {
            if (i == 0 || Double.compare(keys[i], keys[i - 1]) != 0) {
                keys[count++] = keys[i];
            }
        }
        double[] distinct = Arrays.copyOf(keys, count + 1);
        distinct[count] = Double.NaN;
        return distinct;
    }

    /// The least number that does not go left: the threshold itself for «less», the next number for «less or
    /// equal», and NaN, which sorts last and which nothing reaches, where all numbers go left. Never -0.0,
    /// which compares equal to 0.0 but sorts below it.
    private static double key(double threshold, Comparison comparison) {
        return switch (comparison) {
            case LESS -> threshold + 0.0;
            case LESS_OR_EQUAL -> threshold == Double.POSITIVE_INFINITY ? Double.NaN : Math.nextUp(threshold) + 0.0;
        };
    }
}
