package io.nightshift.protocol.job;

import io.nightshift.protocol.job.BatchCheck.Measure;
import io.nightshift.protocol.job.BatchCheck.OnFail;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Reads the checks of a job file.
final class BatchChecks {

    private final JobValues values;
    private final String common;
    private final @Nullable String baseline;
    private final List<BatchCheck> checks = new ArrayList<>();

    private BatchChecks(JobValues values) {
        this.values = values;
        this.common = values.text("on-fail");
        String named = values.text("baseline");
        this.baseline = named.equals(CheckKeys.PREVIOUS) ? null : named;
    }

    /// @param values of the section `checks`
    static List<BatchCheck> of(JobValues values) {
        BatchChecks read = new BatchChecks(values);
        read.addWhole(Measure.ROWS_MIN, values.wholeOrNull("rows.min"));
        read.addWhole(Measure.ROWS_MAX, values.wholeOrNull("rows.max"));
        read.add(Measure.ROWS_CHANGE, values.decimalOrNull("rows.max-change"), null, null);
        read.addColumns(Measure.NULLS);
        read.addColumns(Measure.RANGE);
        read.addColumns(Measure.PSI);
        read.addColumns(Measure.UNSEEN);
        read.add(Measure.PREDICTION_NULLS, values.decimalOrNull("prediction.nulls"), null, null);
        Double min = values.decimalOrNull("prediction.min");
        Double max = values.decimalOrNull("prediction.max");
        if (min != null || max != null) {
            read.add(Measure.PREDICTION_RANGE, 0.0, min, max);
        }
        read.add(Measure.PREDICTION_MEAN, values.decimalOrNull("prediction.mean-change"), null, null);
        read.add(Measure.PREDICTION_PSI, values.decimalOrNull("prediction.psi"), null, null);
        return read.checks;
    }

    private void addWhole(Measure measure, @Nullable Long limit) {
        add(measure, limit == null ? null : Double.valueOf(limit), null, null);
    }

    /// Adds a check of rows or predictions if it has a limit.
    private void add(Measure measure, @Nullable Double limit, @Nullable Double min, @Nullable Double max) {
        if (limit != null) {
            String own = values.textOrNull(measure.isOfPredictions() ? "prediction.on-fail" : "rows.on-fail");
            add(measure, null, limit, min, max, own);
        }
    }

    private void addColumns(Measure measure) {
        values.map(measure.text(), ColumnLimit.class)
                .forEach((column, limit) -> add(
                        measure,
                        isOfAll(measure, column) ? null : column,
                        limit.most(),
                        limit.min(),
                        limit.max(),
                        limit.onFail()));
    }

    private static boolean isOfAll(Measure measure, String column) {
        return (measure == Measure.UNSEEN || measure == Measure.PSI) && column.equals(BatchCheck.ALL);
    }

    private void add(
            Measure measure,
            @Nullable String column,
            double limit,
            @Nullable Double min,
            @Nullable Double max,
            @Nullable String own) {
        OnFail onFail = OnFail.valueOf((own == null ? common : own).toUpperCase(Locale.ROOT));
        checks.add(new BatchCheck(measure, column, limit, min, max, onFail, measure.compares() ? baseline : null));
    }
}
