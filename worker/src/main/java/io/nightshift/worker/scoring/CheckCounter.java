package io.nightshift.worker.scoring;

import io.nightshift.protocol.batch.PartitionStatistics;
import io.nightshift.protocol.job.BatchCheck;
import io.nightshift.protocol.job.BatchCheck.Measure;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// Counts the rows of an attempt that the checks of its job count: in the pass that scores them, a block at a
/// time. For one thread.
///
/// A job without checks pays nothing: it has no columns to look at.
public final class CheckCounter {

    private final List<BatchCheck> checks;
    private final Counted[] counted;
    private final double[][] columns;

    private static final class Counted {
        private final Measure measure;
        private final double min;
        private final double max;
        private long rows;

        Counted(BatchCheck check) {
            measure = check.measure();
            min = Objects.requireNonNullElse(check.min(), Double.NEGATIVE_INFINITY);
            max = Objects.requireNonNullElse(check.max(), Double.POSITIVE_INFINITY);
        }

        void count(double[] values, int number) {
            int found = 0;
            if (measure == Measure.NULLS) {
                for (int row = 0; row < number; row++) {
                    found += Double.isNaN(values[row]) ? 1 : 0;
                }
            } else {
                for (int row = 0; row < number; row++) {
                    // NaN is neither.
                    found += values[row] < min || values[row] > max ? 1 : 0;
                }
            }
            rows += found;
        }
    }

    /// @param checks of the job
    public CheckCounter(List<BatchCheck> checks) {
        this.checks = checks;
        this.counted = checks.stream()
                .filter(check -> check.measure().isCounted())
                .map(Counted::new)
                .toArray(Counted[]::new);
        this.columns = new double[counted.length][ScoringSession.BLOCK];
    }

    /// The number of checks that count values of columns: the arguments that follow the features.
    int columns() {
        return counted.length;
    }

    /// Where to put the values of a checked column of the next block; NaN stands for NULL.
    ///
    /// @param check its position among the checks that count values
    double[] column(int check) {
        return columns[check];
    }

    /// Counts the rows of a block.
    void count(int rows) {
        for (int i = 0; i < counted.length; i++) {
            counted[i].count(columns[i], rows);
        }
    }

    /// What was counted in all blocks.
    public PartitionStatistics statistics() {
        List<Long> counts = new ArrayList<>();
        int next = 0;
        for (BatchCheck check : checks) {
            counts.add(check.measure().isCounted() ? counted[next++].rows : 0L);
        }
        return new PartitionStatistics(counts);
    }
}
