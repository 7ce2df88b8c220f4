package io.nightshift.protocol.job;

import io.nightshift.protocol.job.BatchCheck.Measure;
import io.nightshift.protocol.job.BatchCheck.OnFail;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Reads the checks of a job file.
final class BatchChecks {

    private BatchChecks() {}

    /// @param values of the section `checks`
    static List<BatchCheck> of(JobValues values) {
        String common = values.text("on-fail");
        List<BatchCheck> checks = new ArrayList<>();
        OnFail ofRows = onFail(values.textOrNull("rows.on-fail"), common);
        addRows(checks, Measure.ROWS_MIN, values.wholeOrNull("rows.min"), ofRows);
        addRows(checks, Measure.ROWS_MAX, values.wholeOrNull("rows.max"), ofRows);
        addColumns(checks, Measure.NULLS, values, "nulls", common);
        addColumns(checks, Measure.RANGE, values, "range", common);
        return checks;
    }

    private static void addRows(List<BatchCheck> checks, Measure measure, @Nullable Long limit, OnFail onFail) {
        if (limit != null) {
            checks.add(new BatchCheck(measure, null, limit, null, null, onFail));
        }
    }

    private static void addColumns(
            List<BatchCheck> checks, Measure measure, JobValues values, String key, String common) {
        values.limits(key)
                .forEach((column, limit) -> checks.add(new BatchCheck(
                        measure, column, limit.share(), limit.min(), limit.max(), onFail(limit.onFail(), common))));
    }

    private static OnFail onFail(@Nullable String own, String common) {
        return OnFail.valueOf((own == null ? common : own).toUpperCase(Locale.ROOT));
    }
}
