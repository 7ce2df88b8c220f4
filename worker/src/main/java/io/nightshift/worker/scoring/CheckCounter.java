package io.nightshift.worker.scoring;

import io.nightshift.protocol.batch.PartitionStatistics;
import io.nightshift.protocol.job.BatchCheck;
import io.nightshift.protocol.job.BatchCheck.Measure;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;

/// Counts the rows of an attempt that the checks of its job count: in the pass that scores them, a block at a
/// time. For one thread.
///
/// A job without checks pays nothing: it has no columns to look at.
public final class CheckCounter {

    private final List<BatchCheck> checks;
    private final Counted[] counted;
    private final int features;
    private final double[][] columns;

    private static final class Counted {
        private final Measure measure;
        private final double min;
        private final double max;
        private final int column;
        private long rows;

        Counted(BatchCheck check, int column) {
            this.column = column;
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
    /// @param values where their values are
    /// @param features the number of the model's features
    public CheckCounter(List<BatchCheck> checks, CheckedValues values, int features) {
        this.checks = checks;
        this.features = features;
        Iterator<Integer> positions = values.positions().iterator();
        this.counted = checks.stream()
                .filter(check -> check.measure().isCounted())
                .map(check -> new Counted(check, positions.next()))
                .toArray(Counted[]::new);
        this.columns = new double[values.own().size()][ScoringSession.BLOCK];
    }

    /// The number of columns that follow the features.
    int columns() {
        return columns.length;
    }

    /// Where to put the values of a column of the next block; NaN stands for NULL.
    ///
    /// @param column its position after the features
    double[] column(int column) {
        return columns[column];
    }

    /// Counts the rows of a block.
    ///
    /// @param values of the features
    void count(double[][] values, int rows) {
        for (Counted each : counted) {
            each.count(each.column < features ? values[each.column] : columns[each.column - features], rows);
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
