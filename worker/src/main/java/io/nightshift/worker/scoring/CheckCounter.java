package io.nightshift.worker.scoring;

import io.nightshift.protocol.batch.DistributionCounter;
import io.nightshift.protocol.batch.PartitionStatistics;
import io.nightshift.protocol.job.BatchCheck;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Counts the rows of an attempt that the checks of its job count, and the distributions that they compare: in the
/// pass that scores them, a block at a time. For one thread.
///
/// A job without checks pays nothing: it has no columns to look at.
public final class CheckCounter {

    private final int features;
    private final int prediction;
    private final double[][] columns;
    private final @Nullable Counted[] counted;
    private final List<Compared> compared = new ArrayList<>();

    /// A check that counts rows.
    private static final class Counted {
        private final BatchCheck.Measure measure;
        private final double min;
        private final double max;
        private final int column;
        private long rows;

        /// @param column the position of the values; -1 for the predictions
        Counted(BatchCheck check, int column) {
            this.column = column;
            measure = check.measure();
            min = Objects.requireNonNullElse(check.min(), Double.NEGATIVE_INFINITY);
            max = Objects.requireNonNullElse(check.max(), Double.POSITIVE_INFINITY);
        }

        void count(double[] values, int number) {
            int found = 0;
            if (measure == BatchCheck.Measure.NULLS) {
                for (int row = 0; row < number; row++) {
                    found += Double.isNaN(values[row]) ? 1 : 0;
                }
            } else if (measure == BatchCheck.Measure.PREDICTION_NULLS) {
                for (int row = 0; row < number; row++) {
                    found += Double.isFinite(values[row]) ? 0 : 1;
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

    /// A distribution.
    ///
    /// @param column the position of the values; -1 for the predictions
    private record Compared(DistributionCounter counter, int column) {}

    /// @param checks of the job
    /// @param values where the values of columns are
    /// @param features the number of the model's features
    /// @param prediction the output that checks of predictions look at
    public CheckCounter(List<BatchCheck> checks, CheckedValues values, int features, int prediction) {
        this.features = features;
        this.prediction = prediction;
        this.columns = new double[values.own().size()][ScoringSession.BLOCK];
        this.counted = new Counted[checks.size()];
        if (checks.stream()
                .anyMatch(check ->
                        check.measure().isOfPredictions() && check.measure().isOfDistribution())) {
            compared.add(new Compared(DistributionCounter.ofPredictions(true), -1));
        }
        int distributions = (int) checks.stream()
                .filter(check -> check.measure() == BatchCheck.Measure.PSI)
                .map(BatchCheck::column)
                .distinct()
                .count();
        Iterator<Integer> positions = values.positions().iterator();
        Set<String> known = new HashSet<>();
        for (int i = 0; i < counted.length; i++) {
            BatchCheck check = checks.get(i);
            int column = check.measure().isOfColumn() && check.column() != null ? positions.next() : -1;
            if (check.measure().isCounted()) {
                counted[i] = new Counted(check, column);
            } else if (check.column() != null && column >= 0 && known.add(check.column())) {
                compared.add(new Compared(DistributionCounter.ofColumn(check.column(), distributions), column));
            }
        }
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

    /// Counts the values of columns in a block.
    ///
    /// @param values of the features
    void countColumns(double[][] values, int rows) {
        for (Counted each : counted) {
            if (each != null && each.column >= 0) {
                each.count(values(values, each.column), rows);
            }
        }
        for (Compared each : compared) {
            if (each.column >= 0) {
                each.counter.count(values(values, each.column), rows);
            }
        }
    }

    private double[] values(double[][] values, int column) {
        return column < features ? values[column] : columns[column - features];
    }

    /// Counts the predictions of a block.
    ///
    /// @param outputs of the scorer
    void countPredictions(double[][] outputs, int rows) {
        for (Counted each : counted) {
            if (each != null && each.column < 0) {
                each.count(outputs[prediction], rows);
            }
        }
        for (Compared each : compared) {
            if (each.column < 0) {
                each.counter.count(outputs[prediction], rows);
            }
        }
    }

    /// The counts of all blocks.
    public PartitionStatistics statistics() {
        List<Long> counts = new ArrayList<>();
        for (Counted each : counted) {
            counts.add(each == null ? 0L : each.rows);
        }
        return new PartitionStatistics(
                counts,
                compared.stream().map(each -> each.counter.distribution()).toList());
    }
}
