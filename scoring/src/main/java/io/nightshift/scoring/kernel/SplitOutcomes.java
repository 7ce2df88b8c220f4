package io.nightshift.scoring.kernel;

import io.nightshift.scoring.form.Forest;
import java.util.Arrays;
import java.util.Objects;

/// The outcomes of a forest's distinct tests, 64 rows per word: the part of bit-sliced scoring that reads
/// values. Only one thread at a time may use it.
///
/// A test has `words` neighbouring words, in which bit r of word w is 1 if row 64w + r goes right.
final class SplitOutcomes {

    /// Rows of a word, a bit each.
    static final int WORD = Long.SIZE;

    /// By test and word.
    final long[] right;

    private final SplitConditions tests;
    private final int words;
    private final double[] values;
    private final int[] ranks;
    /// The same, with another rank for missing values.
    private final int[] adjusted;

    SplitOutcomes(SplitConditions tests, int words) {
        this.tests = tests;
        this.words = words;
        this.right = new long[Math.multiplyExact(tests.count, words)];
        this.values = new double[WORD * words];
        this.ranks = new int[WORD * words];
        this.adjusted = new int[WORD * words];
    }

    /// Evaluates all tests for the rows.
    ///
    /// @param count at most 64 a word; the bits behind the last row are undefined
    void load(double[][] features, int from, int count) {
        Arrays.fill(right, 0);
        int ranked = -1;
        for (SplitConditions.Slot slot : tests.slots) {
            double[] column = features[slot.feature()];
            if (slot.kind().isNumeric() && slot.feature() != ranked) {
                ranked = slot.feature();
                tests.binnings[ranked].rank(column, from, count, values, ranks);
            }
            switch (slot.kind()) {
                case LEAF -> throw new IllegalStateException("a leaf tests nothing");
                case NUMERIC_MISSING_LEFT -> mark(slot, ranks, count);
                case NUMERIC_MISSING_RIGHT -> {
                    raiseMissing(column, from, count, tests.binnings[ranked].size());
                    mark(slot, adjusted, count);
                }
                case ZERO_MISSING_LEFT -> {
                    replaceZero(column, from, count, 0);
                    mark(slot, adjusted, count);
                }
                case ZERO_MISSING_RIGHT -> {
                    replaceZero(column, from, count, tests.binnings[ranked].size());
                    mark(slot, adjusted, count);
                }
                case SET_MISSING_LEFT -> lookUp(slot, column, from, count, true);
                case SET_MISSING_RIGHT -> lookUp(slot, column, from, count, false);
                case NOMINAL -> compare(slot, column, from, count);
            }
        }
    }

    private void raiseMissing(double[] column, int from, int count, int highest) {
        for (int row = 0; row < count; row++) {
            adjusted[row] = Double.isNaN(column[from + row]) ? highest : ranks[row];
        }
    }

    private void replaceZero(double[] column, int from, int count, int missing) {
        for (int row = 0; row < count; row++) {
            adjusted[row] = Math.abs(column[from + row]) > Forest.ZERO ? ranks[row] : missing;
        }
    }

    private void lookUp(SplitConditions.Slot slot, double[] column, int from, int count, boolean missingLeft) {
        for (int test = slot.first(); test < slot.first() + slot.size(); test++) {
            CategorySet set = Objects.requireNonNull(tests.sets[test]);
            for (int row = 0; row < count; row++) {
                long bit = set.isRight(column[from + row], missingLeft) ? 1L << row : 0;
                right[test * words + row / WORD] |= bit;
            }
        }
    }

    /// Marks each row at its rank; then a test leads the rows right that are marked at it or above.
    private void mark(SplitConditions.Slot slot, int[] rank, int count) {
        int first = slot.first();
        int[] below = tests.below[slot.number()];
        for (int row = 0; row < count; row++) {
            right[(first + below[rank[row]]) * words + row / WORD] |= 1L << row;
        }
        int end = first * words;
        for (int at = (first + slot.size() - 1) * words - 1; at >= end; at--) {
            right[at] |= right[at + words];
        }
    }

    private void compare(SplitConditions.Slot slot, double[] column, int from, int count) {
        int[] levels = tests.levels[slot.feature()];
        int first = slot.first();
        for (int row = 0; row < count; row++) {
            double value = column[from + row];
            int level = (int) value;
            int at = level == value ? Arrays.binarySearch(levels, level) : -1;
            if (at >= 0) {
                right[(first + at) * words + row / WORD] |= 1L << row;
            }
        }
        for (int at = first * words; at < (first + slot.size()) * words; at++) {
            right[at] = ~right[at];
        }
    }
}
